#include "provision/custom_data/plan/surprises.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "base/text.h"
#include "provision/custom_data/plan/script_commands.h"

namespace azl::provision::custom_data {
namespace {

/// A longer script is an archive with a few lines in front of it.
constexpr std::size_t kLookedAt = std::size_t{256} << 10;

struct Rule {
  std::string_view name;
  RemarkLevel level;
  /// Commands to which it applies. Empty: it applies to the text.
  std::string_view commands;
  /// One of these is among the command's arguments. Empty: with any arguments. Of a rule about the
  /// text: what it looks for; "?" stands for a small letter.
  std::string_view words;
  /// Does not apply if one of these commands is called too.
  std::string_view unless;
  std::string_view text;  ///< after the word that was found
  std::string_view advice;
};

constexpr std::string_view kWaitAdvice =
    "remove this; programs outside of custom data can wait with 'azl-provision status --wait'";
constexpr std::string_view kReboots =
    "restarts or stops the machine before custom data has ended: the script is not run again, and "
    "what follows it runs on the next boot";
constexpr std::string_view kRebootAdvice =
    "delay it in the last line of the last script: 'shutdown -r +1', or 'shutdown -P +1' to stop";

constexpr auto kRules = std::to_array<Rule>({
    {"debian-only", RemarkLevel::kWarning,
     "apt apt-get apt-key apt-mark aptitude add-apt-repository dpkg snap", "",
     "dnf tdnf yum microdnf zypper", "is a program of Debian and Ubuntu, which Azure Linux lacks",
     "on Azure Linux, install with 'dnf install -y PACKAGE'"},
    {"waits-for-itself", RemarkLevel::kWarning, "cloud-init", "--wait -w", "",
     "waits for the end of custom data, of which this script is a part", kWaitAdvice},
    {"waits-for-itself", RemarkLevel::kWarning, "", "/instance/boot-finished", "",
     "is made at the end of custom data, so this script must not wait for it", kWaitAdvice},
    {"reboots", RemarkLevel::kNote, "reboot shutdown poweroff halt", "", "", kReboots,
     kRebootAdvice},
    {"reboots", RemarkLevel::kNote, "systemctl", "reboot poweroff halt kexec", "", kReboots,
     kRebootAdvice},
    {"reboots", RemarkLevel::kNote, "init telinit", "0 6", "", kReboots, kRebootAdvice},
    {"comes-with-cloud-init", RemarkLevel::kWarning, "cloud-init-per", "", "",
     "comes with cloud-init, and is not there without it",
     "for once in the life of a VM, use runcmd, or a file as a mark: "
     "'[ -e /var/lib/MARK ] || { COMMAND && touch /var/lib/MARK; }'"},
    {"kernel-disk-name", RemarkLevel::kNote, "", "/dev/sd?", "",
     "is a name that the kernel gives, and it can be another disk's on the next boot",
     "use the links in /dev/disk/azure, such as /dev/disk/azure/data/by-lun/0"},
});

/// Whether a word is in a list whose words are separated by spaces.
bool has_word(std::string_view list, std::string_view word) {
  for (auto at = list.find(word); at != std::string_view::npos; at = list.find(word, at + 1)) {
    const auto end = at + word.size();
    if ((at == 0 || list[at - 1] == ' ') && (end == list.size() || list[end] == ' '))
      return !word.empty();
  }
  return false;
}

bool calls_any(const std::vector<ScriptCommand>& commands, std::string_view list) {
  return std::any_of(commands.begin(), commands.end(),
                     [&](const ScriptCommand& c) { return has_word(list, c.name.text); });
}

bool applies(const Rule& rule, const ScriptCommand& command) {
  if (!has_word(rule.commands, command.name.text)) return false;
  return rule.words.empty() ||
         std::any_of(command.arguments.begin(), command.arguments.end(),
                     [&](const ScriptWord& word) { return has_word(rule.words, word.text); });
}

/// Returns the length of the match at the start of `text`; 0 if there is none.
std::size_t match_start(std::string_view text, std::string_view pattern) {
  if (text.size() < pattern.size()) return 0;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const bool fits = pattern[i] == '?' ? text[i] >= 'a' && text[i] <= 'z' : text[i] == pattern[i];
    if (!fits) return 0;
  }
  return pattern.size();
}

/// Looks for a pattern in a line that is no comment.
std::optional<ScriptWord> find_in_line(std::string_view line, int number,
                                       std::string_view pattern) {
  if (trim(line).starts_with('#')) return std::nullopt;
  const auto fixed = pattern.substr(0, pattern.find('?'));
  for (auto at = line.find(fixed); at != std::string_view::npos; at = line.find(fixed, at + 1)) {
    if (const auto length = match_start(line.substr(at), pattern); length > 0)
      return ScriptWord{line.substr(at, length), number, static_cast<int>(at) + 1};
  }
  return std::nullopt;
}

std::optional<ScriptWord> find_in_text(std::string_view script, std::string_view pattern) {
  for (int number = 1; !script.empty(); ++number) {
    const auto end = std::min(script.find('\n'), script.size());
    if (auto found = find_in_line(script.substr(0, end), number, pattern)) return found;
    script.remove_prefix(std::min(end + 1, script.size()));
  }
  return std::nullopt;
}

/// Words that end a block, or a script.
bool ends_block(const ScriptCommand& command) {
  return has_word("fi done esac } exit", command.name.text);
}

/// Whether the machine goes down after the script has ended, as by "shutdown -r +1" in the last
/// line, or "-c" keeps it from that.
bool is_harmless_shutdown(const std::vector<ScriptCommand>& commands,
                          std::vector<ScriptCommand>::const_iterator at) {
  if (at->name.text != "shutdown") return false;
  const auto has = [at](auto fits) {
    return std::any_of(at->arguments.begin(), at->arguments.end(),
                       [&](const ScriptWord& word) { return fits(word.text); });
  };
  if (has([](std::string_view text) { return text == "-c"; })) return true;
  const bool is_last = std::all_of(at + 1, commands.end(), [at](const ScriptCommand& other) {
    return other.name.line == at->name.line || ends_block(other);
  });
  return is_last && has([](std::string_view text) {
           return text.starts_with('+') && text.find_first_not_of("+0") != std::string_view::npos;
         });
}

std::optional<ScriptWord> find_first(const Rule& rule, std::string_view script,
                                     const std::vector<ScriptCommand>& commands) {
  if (rule.commands.empty()) return find_in_text(script, rule.words);
  auto found = commands.begin();
  while (found != commands.end() &&
         (!applies(rule, *found) || is_harmless_shutdown(commands, found)))
    ++found;
  const bool counts =
      found != commands.end() && (rule.unless.empty() || !calls_any(commands, rule.unless));
  return counts ? std::optional(found->name) : std::nullopt;
}

/// The sentence about a found word, which is one of the rules' own.
Remark describe(const Rule& rule, const ScriptWord& found) {
  return {.level = rule.level,
          .rule = std::string(rule.name),
          .place = {.line = found.line, .column = found.column},
          .text = "'" + std::string(found.text) + "' " + std::string(rule.text),
          .advice = std::string(rule.advice)};
}

}  // namespace

Remarks find_surprises(std::string_view script) {
  script = script.substr(0, kLookedAt);
  const auto commands = find_script_commands(script);
  Remarks remarks;
  for (const auto& rule : kRules) {
    const bool known = std::any_of(remarks.begin(), remarks.end(),
                                   [&](const Remark& r) { return r.rule == rule.name; });
    if (known) continue;
    if (const auto found = find_first(rule, script, commands))
      remarks.push_back(describe(rule, *found));
  }
  return remarks;
}

std::vector<std::string_view> surprising_words() {
  std::vector<std::string_view> words;
  for (const auto& rule : kRules) {
    for (const auto word : split(rule.commands, ' ')) words.push_back(word);
  }
  return words;
}

}  // namespace azl::provision::custom_data
