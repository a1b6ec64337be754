// Finds the word that somebody probably meant.
#pragma once

#include <span>
#include <string_view>

namespace azl {

/// Returns the candidate that differs from `word` by the fewest typing errors: a letter that is
/// missing, added, wrong, or swapped with its neighbour (the optimal string alignment distance).
/// Case does not count. Returns an empty view if even the closest differs by more than a third of
/// the longer word's letters. Compares only the first 64 bytes.
[[nodiscard]] std::string_view find_closest(std::string_view word,
                                            std::span<const std::string_view> candidates);

}  // namespace azl
