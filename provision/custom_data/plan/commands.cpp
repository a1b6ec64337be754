#include "provision/custom_data/plan/commands.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/count.h"
#include "provision/custom_data/parse/yaml_scalar.h"
#include "provision/custom_data/plan/surprises.h"

namespace azl::provision::custom_data {
namespace {

constexpr std::string_view kHeader = "#!/bin/sh\n";

/// The script that a list of commands becomes.
struct CommandScript {
  std::string text = std::string(kHeader);
  std::vector<const YamlNode*> lines = {nullptr};  ///< the item of each line of the text
  std::size_t commands = 0;
};

bool is_scalar(const YamlNode& node) {
  return node.kind != YamlKind::kList && node.kind != YamlKind::kMap;
}

std::string quote_word(std::string_view word) {
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

/// Why a command became a map, and how to quote it.
struct MapMistake {
  std::string_view why;
  std::string_view example;
};
MapMistake find_map_mistake(const YamlNode& map) {
  const auto& members = map.members;
  // A map without braces starts with its first key.
  if (members.empty() || members[0].line != map.line || members[0].column != map.column)
    return {"it starts with a brace", "'- { a; b; }' as \"- '{ a; b; }'\""};
  const auto& value = members[0].value;
  if (members.size() == 1 && value.kind == YamlKind::kNull && value.text.empty())
    return {"it ends with a colon", "'- echo a:' as \"- 'echo a:'\""};
  return {"it contains ': ' without quotes", "'- echo a: b' as \"- 'echo a: b'\""};
}

/// Python's text for a list or a map of texts, which cloud-init passes to the command. Returns
/// false for what Python may write otherwise: values that are no text, and texts with quotes,
/// backslashes or other than printable ASCII characters.
bool append_python(const YamlNode& node, std::string& text) {
  const auto append_text = [&](std::string_view value) {
    const bool simple = std::ranges::all_of(
        value, [](char c) { return c >= ' ' && c <= '~' && c != '\'' && c != '\\'; });
    text.append("'").append(value).append("'");
    return simple;
  };
  if (node.kind == YamlKind::kText) return !node.date && append_text(node.text.reveal());
  if (is_scalar(node)) return false;
  const bool is_list = node.kind == YamlKind::kList;
  std::string_view between;
  const auto separate = [&] { text += std::exchange(between, ", "); };
  text += is_list ? '[' : '{';
  for (const auto& item : node.items) {
    separate();
    if (!append_python(item, text)) return false;
  }
  for (const auto& member : node.members) {
    separate();
    const auto name = resolve_plain_scalar(member.name);
    const bool is_text = name.kind == PlainScalar::Kind::kText && !name.date;
    if (!is_text || !append_text(member.name)) return false;
    text += ": ";
    if (!append_python(member.value, text)) return false;
  }
  text += is_list ? ']' : '}';
  return true;
}

class CommandReader {
 public:
  CommandReader(std::string_view key, ModuleOutput& out) : key_(key), out_(out) {}

  /// Returns nullopt, with a remark, if an item voids the list.
  std::optional<CommandScript> read(const YamlNode& list);
  /// The same for one command.
  std::optional<CommandScript> read_only(const YamlNode& item);

 private:
  [[nodiscard]] bool read_item(const YamlNode& item);
  void read_words(const YamlNode& item);
  /// Returns nullopt, with a remark, if the word costs its command.
  [[nodiscard]] std::optional<std::string> read_word(const YamlNode& word);
  void add_line(std::string_view text, const YamlNode& item);
  void refuse_map(const YamlNode& item);
  void remark_number(const YamlNode& node, bool is_word);
  /// Remarks that YAML takes a "!" away.
  void remark_exclaimed(const YamlNode& node);

  std::string_view key_;
  ModuleOutput& out_;
  CommandScript script_;
};

std::optional<CommandScript> CommandReader::read(const YamlNode& list) {
  bool usable = true;
  for (const auto& item : list.items) usable = read_item(item) && usable;
  if (!usable) return std::nullopt;
  return std::move(script_);
}

std::optional<CommandScript> CommandReader::read_only(const YamlNode& item) {
  const bool is_empty = item.kind == YamlKind::kList && item.items.empty();
  if (is_empty || !read_item(item) || script_.commands == 0) return std::nullopt;
  return std::move(script_);
}

bool CommandReader::read_item(const YamlNode& item) {
  remark_exclaimed(item);
  switch (item.kind) {
    case YamlKind::kNull:
      return true;
    case YamlKind::kMap:
      refuse_map(item);
      return false;
    case YamlKind::kList:
      read_words(item);
      return true;
    case YamlKind::kText:
      if (item.date) remark_number(item, false);
      break;
    default:
      remark_number(item, false);
  }
  add_line(item.text.reveal(), item);
  return true;
}

void CommandReader::read_words(const YamlNode& item) {
  std::string line;
  bool usable = true;
  for (const auto& word : item.items) {
    const auto text = read_word(word);
    usable = usable && text;
    if (usable) line += (line.empty() ? "" : " ") + quote_word(*text);
  }
  if (usable) add_line(line, item);
}

std::optional<std::string> CommandReader::read_word(const YamlNode& word) {
  if (is_scalar(word)) {
    remark_exclaimed(word);
    if (word.kind != YamlKind::kText || word.date) remark_number(word, true);
    return std::string(word.text.reveal());
  }
  const std::string kind(to_string(word.kind));
  const std::string rule = std::string(key_) + "-word";
  constexpr auto kAdvice =
      "write each word of the command as text, and quote what contains ': ', '[' or '{'";
  std::string text;
  if (append_python(word, text)) {
    out_.remark(RemarkLevel::kWarning, rule, out_.place_of(word),
                "a word of the command is " + kind +
                    ", and is passed as Python writes it, as by cloud-init",
                kAdvice);
    return text;
  }
  out_.remark(RemarkLevel::kError, rule, out_.place_of(word),
              "a word of the command is " + kind + ", so that the command is not run", kAdvice);
  return std::nullopt;
}

void CommandReader::add_line(std::string_view text, const YamlNode& item) {
  script_.text += text;
  script_.text += '\n';
  script_.lines.insert(script_.lines.end(),
                       static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1,
                       &item);
  ++script_.commands;
}

void CommandReader::refuse_map(const YamlNode& item) {
  const auto mistake = find_map_mistake(item);
  out_.remark(RemarkLevel::kError, std::string(key_) + "-map", out_.place_of(item),
              "YAML reads this command as a map, because " + std::string(mistake.why) +
                  ", so that none of " + std::string(key_) + " is run",
              "quote the whole command: write " + std::string(mistake.example));
}

void CommandReader::remark_number(const YamlNode& node, bool is_word) {
  const std::string kind(describe_kind(node));
  const std::string other =
      is_word ? "cloud-init passes what Python makes of it" : "cloud-init runs nothing then";
  out_.remark(RemarkLevel::kWarning, std::string(key_) + "-not-text", out_.place_of(node),
              (is_word ? "a word of the command is " : "the command is ") + kind +
                  " for YAML; here it counts as it is written, and " + other,
              "quote it");
}

void CommandReader::remark_exclaimed(const YamlNode& node) {
  if (!node.exclaimed) return;
  out_.remark(RemarkLevel::kWarning, std::string(key_) + "-exclamation", out_.place_of(node),
              "YAML takes the '!' here for a tag, so the command is run without it",
              "quote the whole command: write '- ! COMMAND' as \"- '! COMMAND'\"");
}

/// Reports what would surprise in the script at the items that it comes from.
void remark_surprises(const CommandScript& script, ModuleOutput& out) {
  for (auto& remark : find_surprises(script.text)) {
    const auto* item = script.lines.at(static_cast<std::size_t>(remark.place.line) - 1);
    out.remark(remark.level, remark.rule, item == nullptr ? Place{} : out.place_of(*item),
               std::move(remark.text), std::move(remark.advice));
  }
}

std::string describe_commands(std::size_t count) {
  return "run " + describe_count(count, "command") + " with /bin/sh";
}

void plan_commands(const YamlMember& member, Item item, ModuleOutput& out) {
  const auto& list = member.value;
  if (list.kind == YamlKind::kNull) {
    out.remark(RemarkLevel::kWarning, "no-value", out.place_of(member),
               "'" + member.name + "' has no commands");
    return;
  }
  if (list.kind != YamlKind::kList) {
    out.remark(RemarkLevel::kError, member.name + "-kind", out.place_of(member),
               describe_wrong_kind(member.name, list.kind, "a list") + ", so that nothing is run",
               "write each command on a line of its own that starts with '- '");
    return;
  }
  auto script = CommandReader(member.name, out).read(list);
  if (!script || script->commands == 0) return;
  remark_surprises(*script, out);
  item.id = member.name;
  item.place = out.place_of(member);
  item.what = describe_commands(script->commands);
  item.action = RunScript{.name = member.name, .text = Secret(std::move(script->text))};
  out.add(std::move(item));
}

}  // namespace

void plan_runcmd(const YamlMember& member, ModuleOutput& out) {
  plan_commands(member, {.phase = ItemPhase::kFinal}, out);
}

void plan_bootcmd(const YamlMember& member, ModuleOutput& out) {
  plan_commands(member, {.phase = ItemPhase::kEarly, .repeat = ItemRepeat::kEachBoot}, out);
}

std::optional<Secret> read_command(std::string_view key, const YamlNode& command,
                                   ModuleOutput& out) {
  auto script = CommandReader(key, out).read_only(command);
  if (!script) return std::nullopt;
  return Secret(std::move(script->text));
}

}  // namespace azl::provision::custom_data
