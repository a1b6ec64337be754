#include "provision/custom_data/run/account_items.h"

#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/text.h"
#include "provision/accounts/account.h"
#include "provision/accounts/ageing.h"
#include "provision/accounts/authorized_keys.h"
#include "provision/accounts/groups.h"
#include "provision/accounts/keys_file.h"
#include "provision/accounts/password.h"
#include "provision/accounts/ssh_key.h"
#include "provision/accounts/sshd.h"
#include "provision/apply/ssh_keys.h"
#include "provision/apply/sshd.h"
#include "provision/apply/tool_time.h"
#include "provision/custom_data/run/user_keys.h"

namespace azl::provision::custom_data {
namespace {

Result<Account> find_azure_user(const AccountRun& run) {
  if (run.azure_user.empty()) return fail(Reason::kCustomData, "Azure names no user for this VM");
  return find_account(run, run.azure_user);
}

/// Sets the password that the item has, or a random one, which is printed.
Result<void> change_password(const AccountRun& run, const std::string& user,
                             const SetPassword& item) {
  const Root& root = run.context.root();
  Processes& processes = run.context.machine.processes;
  const auto deadline = run.context.within(kToolTime);
  if (item.kind == PasswordKind::kHash) {
    OR_RETURN(set_password_hash(root, processes, user, item.password, deadline));
    return {};
  }
  const bool random = item.kind == PasswordKind::kRandom;
  if (random && !run.print)
    return fail(Reason::kCustomData,
                "a random password cannot be printed, because the console is "
                "off ([Report] Console=no)");
  const Secret made = random ? OR_RETURN(make_random_password()) : Secret();
  // First: nobody could log in with a password that nobody knows.
  if (random)
    OR_RETURN(
        run.print("custom data: the new password of " + user + " is " + std::string(made.reveal())),
        "printing a random password, which is not set");
  auto set =
      ensure_password(root, processes, user, PasswordChange::kSet, random ? made : item.password,
                      run.context.config.user.password_hash, deadline);
  if (set) return {};
  return fail(std::move(set.error()),
              random ? "the password that was printed on the console is not set" : "");
}

}  // namespace

Error as_custom_data_error(const Error& error) {
  const bool stays = error.reason() == Reason::kDiskFull || error.reason() == Reason::kReadOnly ||
                     error.reason() == Reason::kCustomData;
  return stays ? error : Error(Reason::kCustomData, error.to_string());
}

Result<std::string> make_group(const AccountRun& run, const MakeGroup& group) {
  const auto groups = ensure_groups(run.context.root(), run.context.machine.processes,
                                    std::vector{group.name}, run.context.within(kToolTime));
  if (!groups) return std::unexpected(as_custom_data_error(groups.error()));
  if (!groups->failures.empty())
    return std::unexpected(as_custom_data_error(groups->failures.front()));
  std::string what =
      (groups->made.empty() ? "there is a group '" : "made the group '") + group.name + "'";
  if (group.members.empty()) return what;
  const auto members = add_members(run.context.root(), run.context.machine.processes, group.name,
                                   group.members, run.context.within(kToolTime));
  if (!members) return std::unexpected(as_custom_data_error(members.error()));
  for (const auto& failure : members->failures)
    run.recorder.record_finding(Severity::kDegraded, as_custom_data_error(failure));
  if (!members->missing.empty())
    return fail(Reason::kCustomData,
                what + ", but it has no users who do not exist yet (" +
                    printable(join(members->missing, ", "), 400) +
                    "): groups are made before users; list the group in 'groups' of the user");
  return what + ", and added " +
         (members->added.empty() ? "nobody" : printable(join(members->added, ", "), 400));
}

Result<std::string> add_ssh_keys(const AccountRun& run, const AddSshKeys& keys) {
  const auto account = OR_RETURN(find_azure_user(run));
  return install_user_keys(run, account, parse_keys(keys.keys));
}

Result<std::string> allow_root_login(const AccountRun& run, const AllowRootLogin& /*login*/) {
  const auto account = OR_RETURN(find_azure_user(run));
  const auto root_account = OR_RETURN(find_account(run, "root"));
  const auto keys = read_user_keys(run, account);
  if (!keys) return std::unexpected(as_custom_data_error(keys.error()));
  if (keys->empty()) return "'" + account.name + "' has no SSH keys";
  return install_user_keys(run, root_account, *keys);
}

Result<std::string> set_password_logins(const AccountRun& run, const SetPasswordLogins& logins) {
  const auto& context = run.context;
  if (!context.config.ssh.configure_sshd)
    return fail(Reason::kCustomData, "sshd stays as it is, because of [Ssh] ConfigureSshd=no");
  if (!has_sshd(context.root())) return "there is no sshd here";
  const SshdWish wish{.user = run.azure_user,
                      .password_authentication = logins.allowed,
                      .reason = "ssh_pwauth in custom data"};
  auto outcome =
      ensure_sshd(context.root(), context.machine.processes, wish, context.within(kToolTime));
  const auto end = end_sshd_change(context, wish, std::move(outcome), run.recorder);
  if (!end) return std::unexpected(as_custom_data_error(end.error()));
  return end->why;
}

Result<std::string> set_password(const AccountRun& run, const SetPassword& password) {
  const auto account = password.user.empty() ? OR_RETURN(find_azure_user(run))
                                             : OR_RETURN(find_account(run, password.user));
  if (const auto changed = change_password(run, account.name, password); !changed)
    return std::unexpected(as_custom_data_error(changed.error()));
  if (!password.expire) return "set the password of '" + account.name + "'";
  const auto expired =
      change_ageing(run.context.root(), run.context.machine.processes, account.name,
                    {.last_change = 0}, run.context.within(kToolTime));
  if (!expired) return std::unexpected(as_custom_data_error(expired.error()));
  return "set the password of '" + account.name + "', who has to change it at the next login";
}

}  // namespace azl::provision::custom_data
