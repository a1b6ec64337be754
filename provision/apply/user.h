// The steps that make the user and the ways in: account, password, keys, sudo, host keys, sshd.
// Each is idempotent.
#pragma once

#include "provision/engine/boot.h"
#include "provision/engine/step_table.h"

namespace azl::provision {

[[nodiscard]] Result<Said> begin_host_keys(Boot& boot);
[[nodiscard]] Result<Said> make_user(Boot& boot);
[[nodiscard]] Result<Said> set_password(
    Boot& boot);  ///< an error only where there are no keys, or where it was to be locked
[[nodiscard]] Result<Said> put_ssh_keys(Boot& boot);  ///< an error only where no password was set
[[nodiscard]] Result<Said> allow_sudo(Boot& boot);
[[nodiscard]] Result<Said> lock_root(Boot& boot);
[[nodiscard]] Result<Said> put_host_keys(Boot& boot);
[[nodiscard]] Result<Said> configure_sshd(
    Boot& boot);  ///< logins by password are forbidden after a failure, until the next success

}  // namespace azl::provision
