#include "provision/custom_data/plan/password_text.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>

namespace azl::provision::custom_data {
namespace {

bool has_blank(std::string_view text) {
  return std::ranges::any_of(
      text, [](char c) { return c == ':' || static_cast<unsigned char>(c) <= 0x20U || c == 0x7f; });
}

}  // namespace

PasswordText read_password_text(std::string_view text) {
  constexpr std::size_t kLongest = 511;
  PasswordText password;
  password.cut = text.ends_with('\n');
  if (password.cut) text.remove_suffix(text.ends_with("\r\n") ? 2 : 1);
  password.text = Secret(std::string(text));
  if (text.empty()) {
    password.wrong = "is empty";
  } else if (text.find('\0') != std::string_view::npos) {
    password.wrong = "has a NUL byte";
  } else if (text.find('\n') != std::string_view::npos) {
    password.wrong = "has more than one line";
  } else if (text.size() > kLongest) {
    password.wrong = "has more than 511 bytes";
  }
  return password;
}

bool is_password_hash(std::string_view text) {
  if (text.empty() || has_blank(text)) return false;
  if (text.front() == '!' || text.front() == '*') return true;
  return text.front() == '$' && std::ranges::count(text, '$') >= 3 && !text.ends_with('$');
}

PasswordKind find_password_kind(std::string_view text) {
  if (text == "R" || text == "RANDOM") return PasswordKind::kRandom;
  constexpr auto kMethods =
      std::to_array<std::string_view>({"$1$", "$2a$", "$2b$", "$2y$", "$5$", "$6$", "$y$"});
  const bool known = std::ranges::any_of(
      kMethods, [text](std::string_view method) { return text.starts_with(method); });
  return known && is_password_hash(text) ? PasswordKind::kHash : PasswordKind::kText;
}

}  // namespace azl::provision::custom_data
