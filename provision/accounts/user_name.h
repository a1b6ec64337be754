// Checks the names of users and groups. Pure.
#pragma once

#include <string_view>

#include "base/error.h"

namespace azl::provision {

/// Checks that a user name matches [A-Za-z_][A-Za-z0-9_.-]*, has at most 32 bytes and is not
/// "root". Errors: kUserName.
[[nodiscard]] Result<void> check_user_name(std::string_view name);
/// Whether a user or a group can have this name: check_user_name() accepts it, or it is "root".
[[nodiscard]] bool is_account_name(std::string_view name);

}  // namespace azl::provision
