// The few operations on text that the standard library lacks.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace azl {

/// Without white space (space, tab, CR, LF, VT, FF) at both ends.
[[nodiscard]] std::string_view trim(std::string_view text);
/// ASCII lower case.
[[nodiscard]] std::string lower(std::string_view text);
/// The parts between separators; empty parts are left out.
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);
[[nodiscard]] std::string join(const std::vector<std::string>& parts, std::string_view separator);
/// RFC 4648 base64 with padding; white space inside is skipped. Empty optional on any other
/// character, wrong length or non-zero trailing bits.
[[nodiscard]] std::optional<std::string> base64_decode(std::string_view text);
[[nodiscard]] std::string base64_encode(std::string_view bytes);
/// At most `limit` bytes, cut between UTF-8 characters; invalid bytes count as characters of their
/// own.
[[nodiscard]] std::string_view cut_utf8(std::string_view text, std::size_t limit);
/// What printable() does with ' and ".
enum class Quotes { kEscaped, kKept };
/// For messages: control characters (also those that turn the direction of text), quotes and
/// invalid UTF-8 shown as \xNN; at most `limit` bytes, ending with "…" when something was cut.
[[nodiscard]] std::string printable(std::string_view text, std::size_t limit = 80,
                                    Quotes quotes = Quotes::kEscaped);
/// "1", "yes", "y", "true", "t", "on" and "0", "no", "n", "false", "f", "off", any case, as systemd
/// reads booleans; empty optional for anything else.
[[nodiscard]] std::optional<bool> parse_boolean(std::string_view text);

/// "\040" as a blank: how fstab(5) and /proc/self/mountinfo write white space and backslashes. What
/// is no such escape stays.
[[nodiscard]] std::string unescape_octal(std::string_view text);

}  // namespace azl
