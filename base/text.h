// Operations on text that the standard library lacks.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace azl {

/// Removes white space (space, tab, CR, LF, VT, FF) at both ends.
[[nodiscard]] std::string_view trim(std::string_view text);
/// Returns the text in ASCII lower case.
[[nodiscard]] std::string lower(std::string_view text);
/// Whether a character is an ASCII letter or digit.
[[nodiscard]] bool is_letter_or_digit(char c);
/// Returns the lines, empty ones too, without their line breaks.
[[nodiscard]] std::vector<std::string_view> split_lines(std::string_view text);
/// Returns the parts between separators, without empty parts.
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);
[[nodiscard]] std::string join(const std::vector<std::string>& parts, std::string_view separator);
/// Decodes RFC 4648 base64 with padding; skips white space. Returns nullopt for any other
/// character, a wrong length, or non-zero trailing bits.
[[nodiscard]] std::optional<std::string> base64_decode(std::string_view text);
[[nodiscard]] std::string base64_encode(std::string_view bytes);
/// Returns the number of bytes of the UTF-8 character at the start of `text`; 0 if `text` is empty
/// or starts with no valid character.
[[nodiscard]] std::size_t utf8_length(std::string_view text);
/// Cuts `text` between UTF-8 characters to at most `limit` bytes. Each invalid byte counts as one
/// character.
[[nodiscard]] std::string_view cut_utf8(std::string_view text, std::size_t limit);
/// What printable() does with ' and ".
enum class Quotes { kEscaped, kKept };
/// Prepares text for messages. Escapes control characters (also those that change the direction of
/// text), quotes and invalid UTF-8 as \xNN. Returns at most `limit` bytes; ends with "…" if text
/// was cut.
[[nodiscard]] std::string printable(std::string_view text, std::size_t limit = 80,
                                    Quotes quotes = Quotes::kEscaped);
/// Prepares one line for a terminal: printable() with quotes kept, at most 8 KiB.
[[nodiscard]] std::string printable_line(std::string_view text);
/// Escapes in a JSON document the characters that printable() escapes and JSON does not, as \uNNNN:
/// U+007F, C1 controls, separators, and those that change the direction of text. Such characters
/// occur only inside the document's strings, so its meaning stays. `json` is valid UTF-8.
[[nodiscard]] std::string printable_json(std::string_view json);
/// Parses a boolean as systemd does: "1", "yes", "y", "true", "t", "on" and "0", "no", "n",
/// "false", "f", "off", in any case. Returns nullopt for anything else.
[[nodiscard]] std::optional<bool> parse_boolean(std::string_view text);

/// Replaces octal escapes such as "\040", by which fstab(5) and /proc/self/mountinfo write white
/// space and backslashes. Leaves all other text as it is.
[[nodiscard]] std::string unescape_octal(std::string_view text);

}  // namespace azl
