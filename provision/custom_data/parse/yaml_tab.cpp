#include "provision/custom_data/parse/yaml_tab.h"

#include <algorithm>

namespace azl::provision::custom_data {
namespace {

constexpr std::string_view kSpace = " \t\n";

/// Walks through a text from scalar to scalar.
class TabFinder {
 public:
  TabFinder(std::string_view text, const YamlEvents& events) : text_(text), events_(events) {}

  std::optional<std::size_t> find();

 private:
  /// The offset of an event. Each call is for a later one, or returns an offset before at_.
  std::size_t offset_of(const YamlEvent& event);
  /// Looks between at_ and `end`, and moves on. Returns false if there is a tab.
  [[nodiscard]] bool pass(std::size_t end);
  /// Looks at a scalar's tag and anchor, and skips its quotes or its block.
  [[nodiscard]] bool pass_scalar(std::size_t start, std::size_t event);
  [[nodiscard]] std::size_t find_next_line(std::size_t event) const;
  void skip_quotes();
  void skip_block(bool any_depth, std::size_t end);
  [[nodiscard]] std::size_t find_line_end(std::size_t at) const {
    return std::min(text_.find('\n', at), text_.size());
  }

  std::string_view text_;
  const YamlEvents& events_;
  std::size_t at_ = 0;
  int line_ = 1;                ///< of line_start_
  std::size_t line_start_ = 0;  ///< the offset of the line of the last event
};

std::size_t TabFinder::offset_of(const YamlEvent& event) {
  // A value that is not written has the place of what comes before it.
  if (event.line < line_ || event.column < 1) return 0;
  for (; line_ < event.line; ++line_)
    line_start_ = std::min(find_line_end(line_start_) + 1, text_.size());
  return std::min(line_start_ + static_cast<std::size_t>(event.column) - 1, text_.size());
}

bool TabFinder::pass(std::size_t end) {
  while (at_ < end) {
    at_ = std::min(text_.find_first_of("\t#", at_), end);
    if (at_ == end) return true;
    if (text_[at_] == '\t') return false;
    const bool is_comment = at_ == 0 || kSpace.contains(text_[at_ - 1]);
    at_ = is_comment ? find_line_end(at_) : at_ + 1;
  }
  return true;
}

/// `at_` is at the first quote. Two single quotes do not end the text: here they end one, and begin
/// the next.
void TabFinder::skip_quotes() {
  const char quote = text_[at_];
  while (at_ < text_.size() && text_[at_] == quote) {
    for (++at_; at_ < text_.size() && text_[at_] != quote; ++at_)
      if (quote == '"' && text_[at_] == '\\') ++at_;
    at_ = std::min(at_ + 1, text_.size());
  }
}

/// `at_` is at the end of the indicator's line. Skips lines that are as deep as the first one that
/// has more than spaces; with an indicator of indentation, such as "|2", those that are indented.
void TabFinder::skip_block(bool any_depth, std::size_t end) {
  std::optional<std::size_t> depth = any_depth ? std::optional<std::size_t>(1) : std::nullopt;
  while (at_ + 1 < end) {
    const auto start = at_ + 1;
    const auto content = std::min(text_.find_first_not_of(' ', start), text_.size());
    const bool blank = content == text_.size() || text_[content] == '\n';
    if (!blank) {
      if (!depth) depth = content - start;
      if (content - start < *depth || *depth == 0) return;
    }
    at_ = find_line_end(content);
  }
}

/// Where the line starts that has the next value.
std::size_t TabFinder::find_next_line(std::size_t event) const {
  constexpr std::size_t kMostNulls = 8;  // nulls that are not written have earlier places
  const auto most = std::min(events_.size(), event + kMostNulls);
  auto next = event + 1;
  while (next < most && events_[next].line <= line_) ++next;
  if (next >= most) return text_.size();
  auto start = line_start_;
  for (int line = line_; line < events_[next].line && start < text_.size(); ++line)
    start = std::min(find_line_end(start) + 1, text_.size());
  return start;
}

bool TabFinder::pass_scalar(std::size_t start, std::size_t event) {
  if (!pass(start)) return false;
  while (start < text_.size() && std::string_view("&!").contains(text_[start])) {
    start = std::min(text_.find_first_of(kSpace, start), text_.size());
    if (!pass(start)) return false;
    start = std::min(text_.find_first_not_of(" \n", start), text_.size());
  }
  if (start == text_.size()) return true;
  if (text_[start] == '\'' || text_[start] == '"') {
    at_ = start;
    skip_quotes();
    if (at_ < text_.size() && text_[at_] == '#') at_ = find_line_end(at_);  // PyYAML wants no space
  } else if (text_[start] == '|' || text_[start] == '>') {
    const auto header_end = find_line_end(start);
    if (!pass(header_end)) return false;
    const auto header = text_.substr(start, std::min<std::size_t>(header_end - start, 3));
    skip_block(header.find_first_of("123456789") != std::string_view::npos, find_next_line(event));
  }
  return true;
}

std::optional<std::size_t> TabFinder::find() {
  if (!text_.contains('\t')) return {};
  for (std::size_t i = 0; i < events_.size(); ++i) {
    const auto start = offset_of(events_[i]);
    // A plain scalar has neither quotes nor a block, and no place of its own if it is not written.
    const bool may_hold_tabs =
        events_[i].kind == YamlEvent::Kind::kScalar && events_[i].tag != YamlTag::kPlain;
    if (!may_hold_tabs || start < at_) continue;
    if (!pass_scalar(start, i)) return at_;
  }
  if (!pass(text_.size())) return at_;
  return {};
}

}  // namespace

std::optional<std::size_t> find_refused_tab(std::string_view text, const YamlEvents& events) {
  return TabFinder(text, events).find();
}

}  // namespace azl::provision::custom_data
