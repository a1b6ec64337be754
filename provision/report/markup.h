// Text in HTML and SVG.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace azl::provision {

/// Makes any bytes fit for the text of an element and for an attribute in double quotes, of HTML
/// and of XML. The records quote the platform, users and programs, so this is the only way for
/// their texts into a page: secrets are removed as redact() does; control characters, characters
/// that change the direction of text and invalid UTF-8 are escaped as printable() does; of more
/// than `limit` bytes only the beginning stays, with "…"; and &, <, >, " and ' become references.
[[nodiscard]] std::string to_markup(std::string_view text, std::size_t limit = 4096);

/// Returns the columns that a text takes in a font of fixed width, at most: 1 for each ASCII
/// character, 2 for each other one. `text` is UTF-8.
[[nodiscard]] std::size_t count_columns(std::string_view text);
/// Makes a text printable, and cuts it to so many columns. What was cut ends with "…". The result
/// still needs to_markup().
[[nodiscard]] std::string cut_columns(std::string_view text, std::size_t columns);

}  // namespace azl::provision
