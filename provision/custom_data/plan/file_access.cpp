#include "provision/custom_data/plan/file_access.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include "base/text.h"

namespace azl::provision::custom_data {
namespace {

constexpr mode_t kDefaultMode = 0644;
constexpr mode_t kModeBits = 07777;

std::string read_name(std::string_view text) {
  text = trim(text);
  const bool names_nobody = text.empty() || text == "-1" || lower(text) == "none";
  return names_nobody ? "root" : std::string(text);
}

/// As Python's int(text, 8).
std::optional<mode_t> parse_octal(std::string_view text) {
  text = trim(text);
  if (text.starts_with("0o") || text.starts_with("0O")) text.remove_prefix(2);
  mode_t mode = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), mode, 8);
  const bool whole = result.ec == std::errc() && result.ptr == text.data() + text.size();
  return whole ? std::optional(mode) : std::nullopt;
}

std::string advise(mode_t mode) { return "write it in quotes: '" + format_mode(mode) + "'"; }

FileMode refuse_mode() {
  return {.mode = kDefaultMode,
          .problem = "'permissions' is no octal number; the mode is " + format_mode(kDefaultMode),
          .advice = advise(kDefaultMode)};
}

/// The kernel takes no further bits of a mode.
FileMode cut_mode(mode_t mode) {
  if (mode <= kModeBits) return {.mode = mode};
  const auto cut = static_cast<mode_t>(mode & kModeBits);
  return {
      .mode = cut,
      .problem = "'permissions' has more than four octal digits; the mode is " + format_mode(cut),
      .advice = advise(cut)};
}

/// Whether people give files such a mode: nobody may do what the owner
/// may not, or write or execute without reading.
bool is_usual(mode_t mode) {
  constexpr mode_t kRead = 4;
  constexpr mode_t kExecute = 1;
  const mode_t owner = (mode >> 6U) & 7U;
  const mode_t group = (mode >> 3U) & 7U;
  const mode_t others = mode & 7U;
  if ((group & ~owner) != 0 || (others & ~group) != 0) return false;
  return std::ranges::all_of(std::array{owner, group, others}, [owner](mode_t bits) {
    if (bits == 0) return true;
    return (bits & kRead) != 0 && (bits & kExecute) == (owner & kExecute);
  });
}

/// The mode that the writer of a decimal number meant: JSON knows no octal numbers, so that 420 can
/// be 0644, but 644 is 0644 without its quotes.
mode_t find_meant_mode(std::int64_t number) {
  const auto mode = static_cast<mode_t>(number) & kModeBits;
  const auto digits = parse_octal(std::to_string(number));
  const bool whole = number <= static_cast<std::int64_t>(kModeBits) && is_usual(mode);
  return digits && *digits <= kModeBits && !whole ? *digits : mode;
}

FileMode read_number(const YamlNode& permissions) {
  const auto value = permissions.integer;
  if (value < 0 || value > INT32_MAX) return refuse_mode();
  auto mode = cut_mode(static_cast<mode_t>(value));
  const auto written = permissions.text.reveal();
  if (written.starts_with('0')) return mode;
  mode.advice = advise(find_meant_mode(value));
  if (!mode.problem.empty()) return mode;
  mode.problem = "'permissions' is the decimal number " + std::to_string(value) +
                 " for YAML, so the mode is " + format_mode(mode.mode);
  return mode;
}

}  // namespace

FileOwner parse_file_owner(std::string_view text) {
  const auto colon = text.find(':');
  FileOwner owner{.user = read_name(text.substr(0, colon))};
  if (colon != std::string_view::npos) owner.group = read_name(text.substr(colon + 1));
  return owner;
}

FileMode read_file_mode(const YamlNode& permissions) {
  switch (permissions.kind) {
    case YamlKind::kNull:
      return {};
    case YamlKind::kInt:
      return read_number(permissions);
    case YamlKind::kText: {
      const auto mode = parse_octal(permissions.text.reveal());
      return mode ? cut_mode(*mode) : refuse_mode();
    }
    default:
      return refuse_mode();
  }
}

std::string format_mode(mode_t mode) {
  std::string digits;
  for (unsigned shift = 12; shift > 0; shift -= 3)
    digits += static_cast<char>('0' + ((mode >> (shift - 3)) & 7U));
  // A leading digit for set-user-id and the sticky bit is written only if it is set: 0644, 04755.
  return digits.starts_with('0') ? digits : "0" + digits;
}

}  // namespace azl::provision::custom_data
