#include "provision/accounts/user_name.h"

#include <algorithm>
#include <cstddef>
#include <string>

#include "base/text.h"

namespace azl::provision {

namespace {

constexpr std::size_t kLongestName = 32;  // utmp's ut_user; what useradd(8) allows

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_name_character(char c) {
  return is_letter(c) || is_digit(c) || c == '_' || c == '.' || c == '-';
}

std::unexpected<Error> bad_name(std::string_view name, std::string_view what) {
  return fail(Reason::kUserName, "the user name '" + printable(name) + "' " + std::string(what));
}

/// Checks the form of a name of a user or a group.
Result<void> check_form(std::string_view name) {
  if (name.empty()) return fail(Reason::kUserName, "the user name is empty");
  if (name.size() > kLongestName) return bad_name(name, "is longer than 32 bytes");
  if (!is_letter(name.front()) && name.front() != '_') {
    return bad_name(name, "does not begin with a letter or '_'");
  }
  if (!std::ranges::all_of(name, is_name_character))
    return bad_name(name, "has characters other than letters, digits, '_', '.' and '-'");
  return {};
}

}  // namespace

Result<void> check_user_name(std::string_view name) {
  OR_RETURN(check_form(name));
  if (name == "root")
    return fail(Cause::kUserNameReserved, "the user name 'root' belongs to the superuser");
  return {};
}

bool is_account_name(std::string_view name) { return check_form(name).has_value(); }

}  // namespace azl::provision
