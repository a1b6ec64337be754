#include "base/closest.h"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include "base/text.h"

namespace azl {
namespace {

constexpr std::size_t kLongest = 64;

std::size_t count_typing_errors(std::string_view a, std::string_view b) {
  // Three rows of the table are enough, because a swap looks back two rows.
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> above(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) above[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t wrong = a[i - 1] == b[j - 1] ? 0 : 1;
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + wrong});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, above);
    std::swap(above, row);
  }
  return above[b.size()];
}

}  // namespace

std::string_view find_closest(std::string_view word, std::span<const std::string_view> candidates) {
  const std::string typed = lower(word.substr(0, kLongest));
  std::string_view closest;
  std::size_t fewest = std::numeric_limits<std::size_t>::max();
  for (const auto candidate : candidates) {
    const auto errors = count_typing_errors(typed, lower(candidate.substr(0, kLongest)));
    const auto longer = std::max(typed.size(), candidate.size());
    if (errors * 3 > longer || errors >= fewest) continue;
    fewest = errors;
    closest = candidate;
  }
  return closest;
}

}  // namespace azl
