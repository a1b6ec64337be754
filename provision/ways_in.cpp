#include "provision/apply.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include <systemd/sd-id128.h>
#include <unistd.h>

#include "base/text.h"
#include "disk/media.h"
#include "imds/ovf.h"
#include "net/networkd.h"
#include "provision/accounts/authorized_keys.h"
#include "provision/accounts/password.h"
#include "provision/accounts/sshd.h"
#include "provision/accounts/sudoers.h"
#include "provision/accounts/tool.h"
#include "provision/accounts/user.h"

namespace azl::provision {
namespace {

using namespace std::chrono_literals;

constexpr Duration kToolTime =
    60s;  // useradd, chpasswd, visudo, sshd -t: milliseconds, unless the disk stalls
constexpr Duration kKeygenTime = 120s;  // RSA on a small and busy VM
constexpr Duration kBusTime = 5s;
constexpr std::string_view kWaagent = "/var/lib/waagent";

Deadline tool_deadline(const Boot& boot, Duration how_long = kToolTime) {
  return {boot.machine.clock, how_long};
}

Said changed(bool yes, std::string what) {
  return {yes ? Said::kDone : Said::kUnchanged, std::move(what)};
}

bool is_kernel_host_name(const std::string& name) {
  std::array<char, 256> present{};
  return ::gethostname(present.data(), present.size() - 1) == 0 && name == present.data();
}

/// In the main stage by hostnamed, so that networkd learns it; before D-Bus is up, or without
/// hostnamed, by the kernel.
Result<void> set_kernel_host_name(Boot& boot, const std::string& name) {
  if (boot.stage == Stage::kMain) {
    auto told = net::set_transient_hostname(name, Deadline(boot.machine.clock, kBusTime));
    if (told && is_kernel_host_name(name)) return {};
    if (!told) boot.find(Severity::kNote, told.error(), "hostname");
  }
  if (::sethostname(name.c_str(), name.size()) == 0) return {};
  return fail_errno(errno, "setting the host name to " + name, Reason::kHostName);
}

/// Sets /etc/hostname, and in the live system the kernel's name. Returns whether anything changed.
Result<bool> apply_host_name(Boot& boot, const std::string& name) {
  const Root& root = boot.machine.root;
  auto written = root.write("/etc/hostname", name + "\n");
  if (!written) return std::unexpected(std::move(written.error()));
  boot.record.hostname = name;
  if (!root.live() || is_kernel_host_name(name)) return written;
  if (auto set = set_kernel_host_name(boot, name); !set)
    return std::unexpected(std::move(set.error()));
  return true;
}

Result<bool> write_hosts(Boot& boot, const std::string& name) {
  auto present = boot.machine.root.read_if_exists("/etc/hosts");
  if (!present) return std::unexpected(std::move(present.error()));
  return boot.machine.root.write("/etc/hosts", hosts_with(present->value_or(""), name));
}

/// After a new name, networkd must ask again, or Azure's DNS never learns it. An error only means
/// that it does not.
std::string announce_host_name(Boot& boot) {
  if (!boot.machine.root.live()) return "skipped to announce it: root tree";
  if (!boot.facts.primary) return "there is no primary link to announce it on";
  auto reconfigured =
      net::reconfigure_link(boot.facts.primary->link, Deadline(boot.machine.clock, kBusTime));
  if (reconfigured) return "networkd announces it by DHCP";
  boot.find(
      Severity::kNote,
      std::move(reconfigured.error())
          .with_context("Azure's DNS may not learn the host name before the lease is renewed"),
      "hostname");
  return "networkd could not be asked to announce it";
}

std::string key_count(std::size_t keys) {
  return std::to_string(keys) + (keys == 1 ? " key" : " keys");
}

/// Files that WALinuxAgent looks for. The directory is its own: 0700.
Result<bool> leave(const Boot& boot, const std::string& name, std::string_view content,
                   mode_t mode) {
  auto written = boot.machine.root.write(std::string(kWaagent) + "/" + name, content,
                                         {.mode = mode, .owner = 0, .group = 0});
  if (!written)
    return fail_tool(Reason::kHandOver, std::move(written.error()),
                     "leaving " + name + " for WALinuxAgent");
  return written;
}

Result<std::string> random_machine_id() {
  sd_id128_t id;
  if (const int result = ::sd_id128_randomize(&id); result < 0)
    return fail_errno(-result, "drawing a machine id", Reason::kMachineId);
  std::array<char, SD_ID128_STRING_MAX> text{};
  return std::string(::sd_id128_to_string(id, text.data()));
}

}  // namespace

Result<Said> set_early_host_name(Boot& boot) {
  const auto name = early_host_name(boot.facts);
  if (!name) return Said{Said::kSkipped, "the media gives none that can be used"};
  auto set = apply_host_name(boot, name->value);
  if (!set) return std::unexpected(std::move(set.error()));
  return changed(*set, "'" + name->value + "' (" + name->why + ")");
}

Result<Said> begin_host_keys(Boot& boot) {
  const bool made =
      boot.state.host_keys_made && imds::same_vm(boot.state.vm_id, boot.facts.identity.vm_id);
  if (!boot.config.replace_host_keys || made || !has_sshd(boot.machine.root))
    return Said{Said::kSkipped, "no host keys are due"};
  boot.host_keys =
      std::make_unique<HostKeyJob>(boot.machine.root, *boot.tools, boot.config.host_key_types);
  return Said{Said::kDone, "keys of types " + join(boot.config.host_key_types, ", ") +
                               " are made while the network comes up"};
}

Result<Said> set_host_name(Boot& boot) {
  if (!boot.plan.hostname) return Said{Said::kSkipped, "none was given, or none that can be used"};
  const auto& [name, why] = *boot.plan.hostname;
  auto set = apply_host_name(boot, name);
  if (!set) return std::unexpected(std::move(set.error()));
  if (boot.config.manage_etc_hosts) {
    if (auto hosts = write_hosts(boot, name); !hosts)
      return std::unexpected(std::move(hosts.error()));
  }
  auto said = "'" + name + "' (" + why + ")";
  if (*set) said += "; " + announce_host_name(boot);
  return changed(*set, said);
}

Result<Said> renew_machine_id(Boot& boot) {
  if (!boot.plan.machine_id.yes) return Said{Said::kSkipped, boot.plan.machine_id.why};
  auto id = random_machine_id();
  if (!id) return std::unexpected(std::move(id.error()));
  if (auto written = boot.machine.root.write("/etc/machine-id", *id + "\n", {.mode = 0444});
      !written)
    return std::unexpected(std::move(written.error()));
  boot.facts.machine_id = *id;
  return Said{Said::kDone, boot.plan.machine_id.why};
}

Result<Said> make_user(Boot& boot) {
  const auto& user = *boot.plan.user;
  auto& processes = *boot.tools;
  const bool there = boot.facts.accounts.find(user.name) != nullptr;
  auto account = ensure_user(boot.machine.root, processes,
                             {.name = user.name,
                              .comment = "Azure administrator",
                              .shell = boot.config.shell,
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
                             boot.config.password_hash, tool_deadline(boot));
  if (!set)
    return fail(std::move(set.error()), "could not set the password of '" + user.name + "'");
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
    if (user.password != PasswordChange::kSet) return std::unexpected(std::move(error));
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
  if (!boot.config.lock_root) return Said{Said::kSkipped, "[User] LockRoot=no"};
  auto& processes = *boot.tools;
  auto locked = ensure_password(boot.machine.root, processes, "root", PasswordChange::kLocked,
                                Secret(), boot.config.password_hash, tool_deadline(boot));
  if (!locked) return std::unexpected(std::move(locked.error()));
  return changed(*locked, "root cannot log in by password");
}

Result<Said> put_host_keys(Boot& boot) {
  if (!boot.plan.host_keys.yes || !boot.host_keys) {
    boot.host_keys.reset();
    return Said{Said::kSkipped, boot.plan.host_keys.why};
  }
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
  if (!boot.plan.sshd)
    return Said{Said::kSkipped,
                boot.config.configure_sshd ? "there is no sshd here" : "[Ssh] ConfigureSshd=no"};
  const bool allowed = boot.plan.sshd->password_authentication && !boot.failure;
  const auto& why = boot.failure ? "provisioning failed" : boot.plan.sshd->why;
  const auto user = boot.plan.user ? boot.plan.user->name : "root";
  auto& processes = *boot.tools;
  auto outcome = ensure_sshd(boot.machine.root, processes, user, allowed, why, tool_deadline(boot));
  const bool unsafe = !allowed && (!outcome || (outcome->judged && !outcome->effective));
  if (unsafe && boot.account && boot.plan.user->password == PasswordChange::kSet) {
    auto locked = ensure_password(boot.machine.root, processes, user, PasswordChange::kLocked,
                                  Secret(), boot.config.password_hash, tool_deadline(boot));
    if (locked) boot.record.user.password = "locked";
    boot.find(Severity::kDegraded,
              Error(Reason::kPassword,
                    locked ? "the password of '" + user +
                                 "' was locked, since sshd could not be told to refuse passwords"
                           : locked.error().to_string()),
              "sshd");
  }
  if (!outcome) return std::unexpected(std::move(outcome.error()));
  if (outcome->judged && !outcome->effective) return fail(Reason::kSshd, outcome->why);
  if (!outcome->accepts_keys)
    boot.find(Severity::kDegraded,
              Error(Reason::kSshd,
                    "sshd does not look for keys in ~/.ssh/authorized_keys: " + outcome->why),
              "sshd");
  if (boot.machine.root.live() && outcome->changed) {
    if (auto reloaded = reload_sshd(processes, tool_deadline(boot)); !reloaded)
      boot.find(Severity::kDegraded, reloaded.error(), "sshd");
  }
  return changed(outcome->changed, std::string("logins by password ") +
                                       (allowed ? "allowed" : "forbidden") + " (" + why + "); " +
                                       outcome->why);
}

Result<Said> hand_over(Boot& boot) {
  if (boot.plan.course == Course::kAdopted)
    return Said{Said::kSkipped, "the agent that provisioned this VM has left its own files"};
  const Root& root = boot.machine.root;
  if (auto made = root.make_directory(kWaagent, {.mode = 0700, .owner = 0, .group = 0}); !made)
    return fail_tool(Reason::kHandOver, std::move(made.error()));
  bool any = false;
  const auto add = [&](Result<bool> written) -> Result<void> {
    if (!written) return std::unexpected(std::move(written.error()));
    any = any || *written;
    return {};
  };
  if (!boot.ovf_text.empty()) {
    auto redacted = imds::redact_ovf(boot.ovf_text.reveal());
    if (!redacted) return fail(std::move(redacted.error()), "redacting ovf-env.xml");
    if (auto left = add(leave(boot, "ovf-env.xml", *redacted, 0600)); !left)
      return std::unexpected(std::move(left.error()));
  }
  const auto& name = boot.record.hostname.empty() ? boot.facts.hostname : boot.record.hostname;
  if (auto left = add(leave(boot, "published_hostname", name + "\n", 0644)); !left)
    return std::unexpected(std::move(left.error()));
  const std::string mark = std::string(kWaagent) + "/disable_agent";
  auto marked =
      boot.plan.guest_agent.yes ? root.remove(mark) : leave(boot, "disable_agent", "", 0644);
  if (auto left = add(std::move(marked)); !left) return std::unexpected(std::move(left.error()));
  // Last: whoever finds this file takes the rest for done.
  if (auto left = add(leave(boot, "provisioned", boot.plan.vm_id + "\n", 0644)); !left)
    return std::unexpected(std::move(left.error()));
  return changed(any, std::string("WALinuxAgent ") +
                          (boot.plan.guest_agent.yes ? "may start: " : "must not start: ") +
                          boot.plan.guest_agent.why);
}

Result<Said> remember(Boot& boot) {
  // First what is remembered, then that it is: after a power cut in between it is done again.
  if (auto synced = boot.machine.root.sync(); !synced)
    return std::unexpected(std::move(synced.error()));
  State state = boot.state;
  if (!imds::same_vm(state.vm_id, boot.plan.vm_id)) state = State{};
  const auto now = iso8601(boot.machine.clock.wall());
  const bool adopted = boot.plan.course == Course::kAdopted;
  state.vm_id = boot.plan.vm_id;
  state.begun = false;
  state.machine_id = boot.facts.machine_id;
  state.stale_machine_id.clear();
  state.guest_agent = adopted || boot.plan.guest_agent.yes;
  state.provisioned =
      Provisioned{.at = now,
                  .by = adopted ? boot.facts.provisioned_by->name : "azl-provision",
                  .boot_id = boot.record.boot_id,
                  .degraded = std::ranges::any_of(
                      boot.record.findings, [](const auto& f) { return f.severity == "degraded"; }),
                  .specialized = boot.plan.course == Course::kSpecialized};
  if (adopted) {
    state.reported =
        Reported{.at = now, .protocol = boot.facts.provisioned_by->name, .ready = true};
  } else {
    state.untold = Untold{.ready = true, .description = {}};
  }
  if (auto saved = save_state(boot.machine.root, state); !saved)
    return std::unexpected(std::move(saved.error()));
  boot.state = std::move(state);
  return Said{Said::kDone, "VM " + boot.plan.vm_id + " is provisioned"};
}

Result<Said> eject_media(Boot& boot) {
  if (boot.media_device.empty()) return Said{Said::kSkipped, "there is no drive to open"};
  if (boot.state.untold) return Said{Said::kSkipped, "the platform has not been told yet"};
  auto ejected =
      disk::eject({.where = boot.facts.ovf_source, .device = boot.media_device, .ovf = {}});
  if (!ejected) return std::unexpected(std::move(ejected.error()));
  return Said{Said::kDone, boot.media_device};
}

std::string hosts_with(std::string_view present, std::string_view host_name) {
  constexpr std::string_view kMark = "  # azl-provision";
  const auto line = "127.0.1.1\t" + std::string(host_name) + std::string(kMark);
  std::string text;
  bool placed = false;
  for (std::size_t from = 0; from < present.size();) {
    const auto end = std::min(present.find('\n', from), present.size());
    const auto old = present.substr(from, end - from);
    from = end + 1;
    if (!old.ends_with(kMark)) {
      text += std::string(old) + "\n";
    } else if (!placed) {
      text += line + "\n";
      placed = true;
    }
  }
  return placed ? text : text + line + "\n";
}

}  // namespace azl::provision
