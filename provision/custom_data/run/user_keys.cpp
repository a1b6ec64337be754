#include "provision/custom_data/run/user_keys.h"

#include <iterator>
#include <optional>
#include <utility>

#include "base/count.h"
#include "base/text.h"
#include "provision/accounts/authorized_keys.h"
#include "provision/accounts/keys_file.h"
#include "provision/accounts/sshd.h"
#include "provision/apply/ssh_keys.h"
#include "provision/apply/tool_time.h"

namespace azl::provision::custom_data {
namespace {

/// What sshd does for a user. Returns nullopt if it could not be asked.
std::optional<SshdAnswer> ask(const AccountRun& run, const Account& account) {
  const auto& context = run.context;
  if (!has_sshd(context.root())) return std::nullopt;
  auto answer =
      ask_sshd(context.root(), context.machine.processes, account.name, context.within(kToolTime));
  return answer ? std::optional(std::move(*answer)) : std::nullopt;
}

}  // namespace

Result<Account> find_account(const AccountRun& run, std::string_view name) {
  const auto facts = read_accounts(run.context.root());
  if (!facts) return std::unexpected(as_custom_data_error(facts.error()));
  if (const auto* account = facts->find(name)) return *account;
  return fail(Reason::kCustomData, "there is no user '" + printable(name) + "' in /etc/passwd");
}

std::vector<SshKey> parse_keys(std::span<const std::string> lines) {
  std::vector<SshKey> keys;
  for (const auto& line : lines) {
    if (auto key = parse_ssh_key(line)) keys.push_back(std::move(*key));
  }
  return keys;
}

Result<std::string> install_user_keys(const AccountRun& run, const Account& account,
                                      std::span<const SshKey> keys) {
  auto installed =
      install_in_first(run.context.root(), account, ask(run, account), keys, run.recorder);
  if (!installed) return std::unexpected(as_custom_data_error(installed.error()));
  return describe_count(keys.size(), "SSH key") + (installed->changed ? " in " : " were in ") +
         printable(installed->file, 200);
}

Result<std::vector<SshKey>> read_user_keys(const AccountRun& run, const Account& account) {
  std::vector<KeysFile> files;
  if (const auto answer = ask(run, account)) files = find_keys_files(*answer, account);
  if (files.empty()) files.push_back(usual_keys_file(account));
  std::vector<SshKey> keys;
  for (const auto& file : files) {
    auto read = OR_RETURN(read_keys(run.context.root(), account, file));
    keys.insert(keys.end(), std::make_move_iterator(read.begin()),
                std::make_move_iterator(read.end()));
  }
  return keys;
}

}  // namespace azl::provision::custom_data
