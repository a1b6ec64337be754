#include "provision/apply/user.h"

#include "base/text.h"
#include "provision/accounts/authorized_keys.h"
#include "provision/accounts/password.h"
#include "provision/accounts/sshd.h"
#include "provision/accounts/sudoers.h"
#include "provision/accounts/tool.h"
#include "provision/accounts/user.h"
#include "provision/plan/host_keys.h"

namespace azl::provision {
namespace {

using namespace std::chrono_literals;

constexpr Duration kToolTime =
    60s;  // useradd, chpasswd, visudo, sshd -t: milliseconds, unless the disk stalls
constexpr Duration kKeygenTime = 120s;  // RSA on a small and busy VM

Deadline tool_deadline(const Boot& boot, Duration how_long = kToolTime) {
  return {boot.machine.clock, how_long};
}

std::string key_count(std::size_t keys) {
  return std::to_string(keys) + (keys == 1 ? " key" : " keys");
}

std::unique_ptr<HostKeyJob> begin_keys(Boot& boot) {
  return std::make_unique<HostKeyJob>(boot.machine.root, *boot.tools,
                                      boot.config.ssh.host_key_types);
}

/// For a VM whose sshd is not ours to configure: only what an earlier failure closed is opened.
Result<Said> reopen(Boot& boot) {
  auto opened = reopen_sshd(boot.machine.root);
  if (!opened) return std::unexpected(std::move(opened.error()));
  if (!*opened) return Said{Said::kUnchanged, "it stays as this machine has it"};
  return Said{Said::kDone, "what an earlier failure had closed is open again"};
}

/// What the admin user is to sshd; root where there is none.
SshdWish sshd_wish(const Boot& boot) {
  SshdWish wish{.password_authentication = boot.plan.sshd->password_authentication && !boot.failure,
                .reason = boot.failure ? "provisioning failed" : boot.plan.sshd->why,
                .closing = boot.failure.has_value()};
  wish.user = boot.plan.user ? boot.plan.user->name : "root";
  if (boot.account)
    wish.groups = groups_of(boot.machine.root, *boot.account).value_or(std::vector<std::string>());
  return wish;
}

/// What of sshd's answer the user of this VM should know.
void judge_sshd(Boot& boot, const SshdWish& wish, const SshdOutcome& outcome) {
  const auto find = [&](const std::string& what) {
    boot.find(Severity::kDegraded, Error(Reason::kSshd, what), "sshd");
  };
  if (!outcome.judged) find("whether sshd obeys is not known: " + outcome.why);
  if (!outcome.accepts_keys)
    find("sshd does not look for keys in ~/.ssh/authorized_keys: " + outcome.why);
  if (boot.account && !outcome.refused.empty())
    find("sshd lets '" + wish.user + "' in by no means: " + outcome.refused);
  if (!outcome.exceptions.empty()) find(outcome.exceptions);
}

}  // namespace

Result<Said> begin_host_keys(Boot& boot) {
  boot.facts.has_sshd = has_sshd(boot.machine.root);
  // A source may still come, so what hangs on that is decided later.
  const auto due = decide_host_keys(boot.facts, boot.config, true);
  if (!due.yes) return Said{Said::kSkipped, due.why};
  boot.host_keys = begin_keys(boot);
  return Said{Said::kDone, "keys of types " + join(boot.config.ssh.host_key_types, ", ") +
                               " are made while the network comes up"};
}

Result<Said> make_user(Boot& boot) {
  const auto& user = *boot.plan.user;
  auto& processes = *boot.tools;
  const bool there = boot.facts.accounts.find(user.name) != nullptr;
  auto account = ensure_user(boot.machine.root, processes,
                             {.name = user.name,
                              .comment = "Azure administrator",
                              .shell = user.shell,
                              .groups = user.groups},
                             tool_deadline(boot));
  if (!account)
    return fail(std::move(account.error()), "could not create user '" + user.name + "'");
  boot.account = std::move(*account);
  boot.record.user.name = user.name;
  boot.record.user.groups = user.groups;
  return Said{Said::kDone, std::string(there ? "adopted" : "created") + " '" + user.name + "' (" +
                               user.why + "), uid " + std::to_string(boot.account->uid) +
                               (user.groups.empty() ? ", in no further groups"
                                                    : ", in " + join(user.groups, ", "))};
}

Result<Said> set_password(Boot& boot) {
  const auto& user = *boot.plan.user;
  auto& processes = *boot.tools;
  static const Secret kNone;
  const auto& password = boot.facts.ovf ? boot.facts.ovf->password : kNone;
  auto set = ensure_password(boot.machine.root, processes, user.name, user.password, password,
                             boot.config.user.password_hash, tool_deadline(boot));
  if (!set) {
    auto error =
        std::move(set.error()).with_context("could not set the password of '" + user.name + "'");
    if (user.password != PasswordChange::kSet || user.keys.empty())
      return std::unexpected(std::move(error));
    boot.find(Severity::kDegraded, error, "password");
    boot.record.user.password = "unchanged";
    return Said{Said::kSkipped, "failed, and SSH keys are the way in: " + error.to_string()};
  }
  boot.record.user.password = user.password == PasswordChange::kSet ? "set" : "locked";
  return changed(*set, boot.record.user.password + ": " + user.password_why);
}

Result<Said> put_ssh_keys(Boot& boot) {
  const auto& user = *boot.plan.user;
  if (user.keys.empty()) return Said{Said::kSkipped, "no usable SSH key was given"};
  std::vector<SshKey> keys;
  for (const auto& planned : user.keys) keys.push_back(planned.key);
  auto installed = install_keys(boot.machine.root, *boot.account, keys);
  if (!installed) {
    auto error = std::move(installed.error())
                     .with_context("could not put the SSH keys of '" + user.name + "' in place");
    if (boot.record.user.password != "set") return std::unexpected(std::move(error));
    boot.find(Severity::kDegraded, error, "ssh-keys");
    return Said{Said::kSkipped, "failed, and the password is the way in: " + error.to_string()};
  }
  for (const auto& [key, why] : user.keys)
    boot.record.user.keys.push_back({key.type, key.fingerprint, why});
  return changed(*installed,
                 key_count(keys.size()) + " in " + boot.account->home + "/.ssh/authorized_keys");
}

Result<Said> allow_sudo(Boot& boot) {
  if (!boot.facts.has_sudo) return Said{Said::kSkipped, "there is no /etc/sudoers.d"};
  auto& processes = *boot.tools;
  auto written = ensure_sudoers(boot.machine.root, processes, *boot.account, boot.plan.user->sudo,
                                tool_deadline(boot));
  if (!written) return std::unexpected(std::move(written.error()));
  return changed(*written, boot.plan.user->sudo == SudoRule::kNone
                               ? "no entry, as configured"
                               : "/etc/sudoers.d/90-azl-provision");
}

Result<Said> lock_root(Boot& boot) {
  if (!boot.config.user.lock_root) return Said{Said::kSkipped, "[User] LockRoot=no"};
  auto& processes = *boot.tools;
  auto locked = ensure_password(boot.machine.root, processes, "root", PasswordChange::kLocked,
                                Secret(), boot.config.user.password_hash, tool_deadline(boot));
  if (!locked) return std::unexpected(std::move(locked.error()));
  return changed(*locked, "root cannot log in by password");
}

Result<Said> put_host_keys(Boot& boot) {
  if (!boot.plan.host_keys.yes) {
    boot.host_keys.reset();
    return Said{Said::kSkipped, boot.plan.host_keys.why};
  }
  if (!boot.host_keys) boot.host_keys = begin_keys(boot);
  auto keys = boot.host_keys->install(tool_deadline(boot, kKeygenTime));
  const auto made_by = boot.host_keys->made_by();
  boot.host_keys.reset();
  if (!keys) return std::unexpected(std::move(keys.error()));
  for (const auto& key : *keys)
    boot.record.host_keys.push_back({key.type, key.fingerprint, "made by " + made_by});
  if (imds::same_vm(boot.state.vm_id, boot.plan.vm_id)) {
    boot.state.host_keys_made = true;
    if (auto saved = save_state(boot.machine.root, boot.state); !saved)
      return std::unexpected(std::move(saved.error()));
  }
  return Said{Said::kDone,
              key_count(keys->size()) + " made by " + made_by + ": " + boot.plan.host_keys.why};
}

Result<Said> configure_sshd(Boot& boot) {
  const auto course = boot.plan.course;
  if (course == Course::kSpecialized || course == Course::kAdopted) return reopen(boot);
  if (!boot.plan.sshd)
    return Said{Said::kSkipped, boot.config.ssh.configure_sshd ? "there is no sshd here"
                                                               : "[Ssh] ConfigureSshd=no"};
  const auto wish = sshd_wish(boot);
  auto& processes = *boot.tools;
  auto outcome = ensure_sshd(boot.machine.root, processes, wish, tool_deadline(boot));
  const bool allowed = wish.password_authentication;
  const bool unsafe = !allowed && (!outcome || (outcome->judged && !outcome->effective));
  if (unsafe && boot.account && boot.record.user.password == "set") {
    auto locked = ensure_password(boot.machine.root, processes, wish.user, PasswordChange::kLocked,
                                  Secret(), boot.config.user.password_hash, tool_deadline(boot));
    if (locked) boot.record.user.password = "locked";
    boot.find(Severity::kDegraded,
              Error(Reason::kPassword,
                    locked ? "the password of '" + wish.user +
                                 "' was locked, since sshd could not be told to refuse passwords"
                           : locked.error().to_string()),
              "sshd");
  }
  if (!outcome) return std::unexpected(std::move(outcome.error()));
  if (outcome->judged && !outcome->effective) return fail(Reason::kSshd, outcome->why);
  judge_sshd(boot, wish, *outcome);
  if (boot.machine.root.live() && outcome->changed) {
    if (auto reloaded = reload_sshd(processes, tool_deadline(boot)); !reloaded)
      boot.find(Severity::kDegraded, reloaded.error(), "sshd");
  }
  return changed(outcome->changed, std::string("logins by password ") +
                                       (allowed ? "allowed" : "forbidden") + " (" + wish.reason +
                                       "); " + outcome->why);
}

}  // namespace azl::provision
