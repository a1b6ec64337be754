#include "base/sysfs.h"

#include <charconv>
#include <system_error>

#include "base/text.h"

namespace azl {

namespace {

std::optional<std::uint64_t> parse_digits(std::string_view digits, int base) {
  std::uint64_t value = 0;
  const auto [stop, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  const bool whole = stop == digits.data() + digits.size();
  return error == std::errc() && whole ? std::optional(value) : std::nullopt;
}

}  // namespace

std::string read_attribute(const Root& root, std::string_view path) {
  constexpr std::size_t kLimit = 4096;  // the kernel gives an attribute one page
  return std::string(trim(root.read(path, kLimit).value_or("")));
}

std::optional<std::uint64_t> read_number(const Root& root, std::string_view path) {
  const auto text = read_attribute(root, path);
  if (text.starts_with("0x")) return parse_digits(std::string_view(text).substr(2), 16);
  return parse_number(text);
}

std::string read_link_name(const Root& root, std::string_view path) {
  const auto target = root.link_target(path).value_or("");
  return target.substr(target.rfind('/') + 1);  // npos + 1 is 0
}

std::optional<std::uint64_t> parse_number(std::string_view text) { return parse_digits(text, 10); }

}  // namespace azl
