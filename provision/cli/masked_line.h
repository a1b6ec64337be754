// A line of custom data as it may be shown: custom data is secret, so only our own words are.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace azl::provision {

struct MaskedLine {
  std::string text;       ///< ASCII, except for the ellipsis
  std::size_t caret = 0;  ///< the column of `text`, from 0, that shows the place
};

/// Replaces by an ellipsis, such as "…", all but white space at the start, "- " of list items and
/// our own words (custom_data/plan/own_words.h) with a colon after them. The word at `column` is
/// shown too if `sentence`, which is about this place, quotes it already. `column` counts bytes
/// from 1; 0: the whole line. The ellipsis takes one column, or as many as it has letters if it is
/// ASCII. Looks at the start and behind the place only, and returns at
/// most about 100 columns.
[[nodiscard]] MaskedLine mask_line(std::string_view line, int column, std::string_view sentence,
                                   std::string_view ellipsis);

}  // namespace azl::provision
