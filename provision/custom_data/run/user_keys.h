// The accounts and SSH keys of users in items of custom data.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "provision/accounts/account.h"
#include "provision/accounts/ssh_key.h"
#include "provision/custom_data/run/account_items.h"

namespace azl::provision::custom_data {

/// Returns the account of a name. Errors: kCustomData if /etc/passwd has none.
[[nodiscard]] Result<Account> find_account(const AccountRun& run, std::string_view name);

/// Parses lines that parse_ssh_key() accepts; leaves out others.
[[nodiscard]] std::vector<SshKey> parse_keys(std::span<const std::string> lines);
/// Adds keys to the file in which sshd looks for those of a user. Says where. Errors: as
/// AccountRun's items.
[[nodiscard]] Result<std::string> install_user_keys(const AccountRun& run, const Account& account,
                                                    std::span<const SshKey> keys);
/// Reads the keys of a user from the files in which sshd looks for them. Errors: as read_keys().
[[nodiscard]] Result<std::vector<SshKey>> read_user_keys(const AccountRun& run,
                                                         const Account& account);

}  // namespace azl::provision::custom_data
