#include "base/closest.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <utility>

namespace azl {
namespace {

constexpr std::size_t kLongest = 64;

/// A word's first bytes in lower case.
struct Word {
  explicit Word(std::string_view text) : size(std::min(text.size(), kLongest)) {
    for (std::size_t i = 0; i < size; ++i) {
      const char c = text[i];
      letters[i] = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
  }
  std::array<char, kLongest> letters = {};
  std::size_t size;
};

/// Two lengths differ by this many letters, which are missing or added.
std::size_t count_added(const Word& a, const Word& b) {
  return a.size > b.size ? a.size - b.size : b.size - a.size;
}

std::size_t count_typing_errors(const Word& one, const Word& other) {
  const auto& a = one.letters;
  const auto& b = other.letters;
  // Three rows of the table are enough, because a swap looks back two rows.
  using Row = std::array<std::size_t, kLongest + 1>;
  Row before = {};
  Row above = {};
  Row row = {};
  for (std::size_t j = 0; j <= other.size; ++j) above[j] = j;
  for (std::size_t i = 1; i <= one.size; ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= other.size; ++j) {
      const std::size_t wrong = a[i - 1] == b[j - 1] ? 0 : 1;
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + wrong});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, above);
    std::swap(above, row);
  }
  return above[other.size];
}

}  // namespace

std::string_view find_closest(std::string_view word, std::span<const std::string_view> candidates) {
  const Word typed(word);
  std::string_view closest;
  std::size_t fewest = std::numeric_limits<std::size_t>::max();
  for (const auto candidate : candidates) {
    const Word known(candidate);
    const auto longer = std::max(typed.size, candidate.size());
    const auto is_far = [&](std::size_t errors) { return errors * 3 > longer || errors >= fewest; };
    if (is_far(count_added(typed, known))) continue;  // most candidates
    const auto errors = count_typing_errors(typed, known);
    if (is_far(errors)) continue;
    fewest = errors;
    closest = candidate;
  }
  return closest;
}

}  // namespace azl
