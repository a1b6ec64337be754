// The steps that change the machine. Each is idempotent.
#pragma once

#include "provision/boot.h"
#include "provision/steps.h"

namespace azl::provision {

[[nodiscard]] Result<Said> set_early_host_name(Boot& boot);  ///< in the local stage, from media
[[nodiscard]] Result<Said> begin_host_keys(Boot& boot);
[[nodiscard]] Result<Said> set_host_name(Boot& boot);
[[nodiscard]] Result<Said> renew_machine_id(Boot& boot);
[[nodiscard]] Result<Said> make_user(Boot& boot);
[[nodiscard]] Result<Said> set_password(Boot& boot);
[[nodiscard]] Result<Said> put_ssh_keys(
    Boot& boot);  ///< its error is fatal only where no password was set
[[nodiscard]] Result<Said> allow_sudo(Boot& boot);
[[nodiscard]] Result<Said> lock_root(Boot& boot);
[[nodiscard]] Result<Said> put_host_keys(Boot& boot);
[[nodiscard]] Result<Said> configure_sshd(
    Boot& boot);  ///< logins by password are forbidden after a failure
[[nodiscard]] Result<Said> hand_over(Boot& boot);
[[nodiscard]] Result<Said> remember(Boot& boot);
[[nodiscard]] Result<Said> eject_media(Boot& boot);

/// /etc/hosts with "127.0.1.1 NAME" in place of the line that this function wrote before, or added.
/// Pure.
[[nodiscard]] std::string hosts_with(std::string_view present, std::string_view host_name);

}  // namespace azl::provision
