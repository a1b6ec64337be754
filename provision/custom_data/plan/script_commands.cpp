#include "provision/custom_data/plan/script_commands.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace azl::provision::custom_data {
namespace {

/// Words after which a command follows.
constexpr auto kBefore = std::to_array<std::string_view>(
    {"!", "{", "do", "elif", "else", "env", "exec", "if", "nice", "nohup", "sudo", "then", "time",
     "timeout", "until", "while", "xargs"});

constexpr std::string_view kSpace = " \t\r\v\f";
constexpr std::string_view kSeparators = ";&|()`";

bool is_assignment(std::string_view word) {
  const auto name = word.substr(0, word.find('='));
  return name.size() < word.size() && !name.empty() &&
         std::all_of(
             name.begin(), name.end(),
             [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '_';
             });
}

bool is_number(std::string_view word) {
  return !word.empty() && word.find_first_not_of("0123456789") == std::string_view::npos;
}

/// Programs for which a here-document is a script.
constexpr auto kShells =
    std::to_array<std::string_view>({"bash", "dash", "ksh", "sh", "ssh", "zsh"});

/// "<<EOF" or "<<-EOF", the latter with tabs in front of its lines.
struct HereDocument {
  std::string end;
  bool tabs = false;
};

/// Reads one line.
class LineReader {
 public:
  LineReader(std::vector<ScriptCommand>& commands, std::string_view line, int number,
             int first_column)
      : commands_(commands), line_(line), number_(number), first_column_(first_column) {}

  void read();
  /// The here-documents that start in the line.
  [[nodiscard]] const std::vector<HereDocument>& documents() const { return documents_; }

 private:
  /// Reads from "<<" on.
  void read_document();
  /// Returns the next word without quotes around it; empty at a separator or the end.
  ScriptWord read_word();
  void add(const ScriptWord& word);
  void begin_command() { before_ = true, optional_ = false, text_next_ = false; }
  [[nodiscard]] int column(std::size_t at) const { return static_cast<int>(at) + first_column_; }

  std::vector<ScriptCommand>& commands_;
  std::string_view line_;
  int number_;
  int first_column_;
  std::size_t at_ = 0;
  bool before_ = true;      ///< no command has begun
  bool optional_ = false;   ///< options and numbers may come before the command, as after sudo
  bool text_next_ = false;  ///< the next word is a script, as after "sh -c"
  std::vector<HereDocument> documents_ = {};
};

ScriptWord LineReader::read_word() {
  const std::size_t start = at_;
  const char quote = line_[at_] == '\'' || line_[at_] == '"' ? line_[at_] : '\0';
  if (quote != '\0') {
    const auto end = std::min(line_.find(quote, at_ + 1), line_.size());
    at_ = std::min(end + 1, line_.size());
    return {line_.substr(start + 1, end - start - 1), number_, column(start + 1)};
  }
  while (at_ < line_.size()) {
    const char c = line_[at_];
    if (kSpace.contains(c) || kSeparators.contains(c) || line_.substr(at_).starts_with("<<")) break;
    // A quote inside of a word belongs to it, with all up to the next one.
    if (c == '\'' || c == '"') at_ = std::min(line_.find(c, at_ + 1), line_.size() - 1);
    ++at_;
  }
  return {line_.substr(start, at_ - start), number_, column(start)};
}

void LineReader::add(const ScriptWord& word) {
  if (std::exchange(text_next_, false)) {
    // Text in quotes contains no quotes of the same kind, so this is nested at most twice.
    LineReader(commands_, word.text, number_, word.column).read();
    return;
  }
  if (!before_) {
    // Words after the text of "-c" count as arguments of the command in it.
    commands_.back().arguments.push_back(word);
    text_next_ = word.text == "-c" || word.text == "-lc" || word.text == "-ec";
    return;
  }
  if (is_assignment(word.text)) return;
  if (optional_ && (word.text.starts_with('-') || is_number(word.text))) return;
  if (std::find(kBefore.begin(), kBefore.end(), word.text) != kBefore.end()) {
    optional_ = true;
    return;
  }
  ScriptCommand command{.name = word};
  const auto folder = word.text.find_last_of('/') + 1;  // npos + 1 is 0
  command.name.text.remove_prefix(folder);
  command.name.column += static_cast<int>(folder);
  commands_.push_back(std::move(command));
  before_ = false;
}

void LineReader::read_document() {
  at_ += 2;
  if (line_.substr(at_).starts_with('<')) return static_cast<void>(++at_);  // "<<<" and a word
  HereDocument document{.end = {}, .tabs = line_.substr(at_).starts_with('-')};
  if (document.tabs) ++at_;
  at_ = std::min(line_.find_first_not_of(" \t", at_), line_.size());
  for (char quote = '\0'; at_ < line_.size(); ++at_) {
    const char c = line_[at_];
    if (quote != '\0' && c == quote) {
      quote = '\0';
    } else if (quote == '\0' && (c == '\'' || c == '"')) {
      quote = c;
    } else if (quote == '\0' && (kSpace.contains(c) || kSeparators.contains(c) || c == '>')) {
      break;
    } else if (c != '\\') {
      document.end += c;
    }
  }
  // A number is shifted, as in "$((1 << 4))".
  if (!document.end.empty() && !is_number(document.end.substr(0, 1)))
    documents_.push_back(std::move(document));
}

void LineReader::read() {
  while (at_ < line_.size()) {
    const char c = line_[at_];
    if (kSpace.contains(c)) {
      ++at_;
    } else if (c == '#') {
      return;  // a word starts here, so this is a comment
    } else if (kSeparators.contains(c)) {
      begin_command();
      ++at_;
    } else if (line_.substr(at_).starts_with("<<")) {
      read_document();
    } else if (line_.substr(at_).starts_with("$(")) {
      begin_command();
      at_ += 2;
    } else {
      add(read_word());
    }
  }
}

bool is_shell(const ScriptCommand& command) {
  return std::find(kShells.begin(), kShells.end(), command.name.text) != kShells.end();
}

/// Removes the first line, and returns it without its line end.
std::string_view take_line(std::string_view& script) {
  const auto end = std::min(script.find('\n'), script.size());
  auto line = script.substr(0, end);
  script.remove_prefix(std::min(end + 1, script.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

/// Removes the lines of a here-document with the one that ends it, and counts them. Returns false
/// if no line ends it.
bool skip_document(const HereDocument& document, std::string_view& script, int& number) {
  while (!script.empty()) {
    auto line = take_line(script);
    ++number;
    if (document.tabs) line.remove_prefix(std::min(line.find_first_not_of('\t'), line.size()));
    if (line == document.end) return true;
  }
  return false;
}

bool skip_documents(const std::vector<HereDocument>& documents, std::string_view& script,
                    int& number) {
  return std::all_of(documents.begin(), documents.end(), [&](const HereDocument& document) {
    return skip_document(document, script, number);
  });
}

}  // namespace

std::vector<ScriptCommand> find_script_commands(std::string_view script) {
  std::vector<ScriptCommand> commands;
  bool skips = true;
  for (int number = 1; !script.empty(); ++number) {
    const auto first = static_cast<std::ptrdiff_t>(commands.size());
    LineReader reader(commands, take_line(script), number, 1);
    reader.read();
    if (!skips || std::any_of(commands.begin() + first, commands.end(), is_shell)) continue;
    auto rest = script;
    auto last = number;
    // Without its end this is no here-document: "<<" means something else here.
    skips = skip_documents(reader.documents(), rest, last);
    if (!skips) continue;
    script = rest;
    number = last;
  }
  return commands;
}

}  // namespace azl::provision::custom_data
