// The encoding of text in custom data. It should be UTF-8.
#pragma once

#include <cstddef>
#include <string_view>

namespace azl::provision::custom_data {

/// Removes UTF-8's byte-order mark, which editors of Windows write.
[[nodiscard]] std::string_view skip_byte_order_mark(std::string_view text);
/// Removes a byte-order mark and the white space after it.
[[nodiscard]] std::string_view skip_leading_space(std::string_view text);

/// Returns true if the bytes start as UTF-16 does: with its byte-order mark, or with two ASCII
/// characters of two bytes each.
[[nodiscard]] bool is_utf16(std::string_view bytes);

/// Returns the offset of the first byte that is not UTF-8; npos if there is none.
[[nodiscard]] std::size_t find_invalid_utf8(std::string_view text);

}  // namespace azl::provision::custom_data
