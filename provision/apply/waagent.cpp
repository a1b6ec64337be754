#include "provision/apply/waagent.h"

#include <algorithm>

#include "disk/provisioning_media.h"
#include "imds/ovf.h"
#include "provision/accounts/tool.h"

namespace azl::provision {
namespace {

constexpr std::string_view kWaagent = "/var/lib/waagent";

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

}  // namespace

Result<Said> hand_over(Boot& boot) {
  if (boot.plan.course == Course::kAdopted) {
    boot.handed_over = true;
    return Said{Said::kSkipped, "the agent that provisioned this VM has left its own files"};
  }
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
  boot.handed_over = true;
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
  // Without its mark WALinuxAgent would provision the VM once more, and tell so.
  state.guest_agent = boot.handed_over && (adopted || boot.plan.guest_agent.yes);
  state.provisioned =
      Provisioned{.at = now,
                  .by = adopted ? boot.facts.provisioned_by->name : "azl-provision",
                  .boot_id = boot.record.boot_id,
                  .degraded = std::ranges::any_of(
                      boot.record.findings, [](const auto& f) { return f.severity == "degraded"; }),
                  .specialized = boot.plan.course == Course::kSpecialized};
  state.untold.reset();
  // The record that names the VM may be what we left for WALinuxAgent ourselves, if what we knew of
  // that is lost: a Ready that is told twice does no harm.
  if (adopted && !boot.facts.state_unreadable) {
    state.reported =
        Reported{.at = now, .protocol = boot.facts.provisioned_by->name, .ready = true};
  } else {
    state.untold = Untold{.vm_id = boot.plan.vm_id, .ready = true, .description = {}};
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

}  // namespace azl::provision
