#include "provision/custom_data/parse/line_map.h"

#include <algorithm>
#include <iterator>

namespace azl::provision::custom_data {

void LineMap::start_line(int line, int source, bool moves) {
  const bool follows =
      !runs_.empty() && runs_.back().moves == moves && runs_.back().find(line) == source;
  if (!follows) runs_.push_back({.line = line, .source = source, .moves = moves});
}

void LineMap::add(std::string_view text, int source, bool moves) {
  if (text.empty()) return;
  if (at_start_) start_line(line_, source, moves);
  const auto ends = static_cast<int>(std::count(text.begin(), text.end(), '\n'));
  at_start_ = text.ends_with('\n');
  // The line after the last line end starts with what is appended next.
  if (ends > (at_start_ ? 1 : 0)) start_line(line_ + 1, moves ? source + 1 : source, moves);
  line_ += ends;
}

int LineMap::find(int line) const {
  const auto after = std::upper_bound(runs_.begin(), runs_.end(), line,
                                      [](int wanted, const Run& run) { return wanted < run.line; });
  return line <= 0 || after == runs_.begin() ? line : std::prev(after)->find(line);
}

}  // namespace azl::provision::custom_data
