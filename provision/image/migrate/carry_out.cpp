#include "provision/image/migrate/carry_out.h"

#include <string>
#include <utility>

#include "imds/identity.h"
#include "provision/gather/tree.h"
#include "provision/gather/waagent_conf.h"
#include "provision/image/unit_links.h"
#include "provision/record/record.h"
#include "provision/store/vm_state.h"

namespace azl::provision {
namespace {

class CarryOut {
 public:
  CarryOut(const MigrationMachine& machine, const Deadline& deadline, const MigrationFacts& facts,
           const Migration& migration)
      : root_(machine.root),
        processes_(machine.processes),
        clock_(machine.clock),
        deadline_(deadline),
        facts_(facts),
        provisioned_by_(migration.provisioned_by) {}

  Result<void> carry_out(const MigrationStep& step) {
    switch (step.action) {
      case MigrationAction::kWrite:
        return write(step.what, step.content, {.mode = 0644, .owner = 0, .group = 0});
      case MigrationAction::kRecord:
        return save_state(root_, adopted_state());
      case MigrationAction::kEnable:
        return enable(step.what);
      case MigrationAction::kSwitchOff:
        OR_RETURN(sync_once());
        return write(step.what, "", {.mode = 0644, .owner = 0, .group = 0});
      case MigrationAction::kDisable:
        OR_RETURN(sync_once());
        return disable(step.what);
      case MigrationAction::kEdit:
        return edit_waagent_conf(step.what);
    }
    return {};
  }

 private:
  /// From here on no other agent acts. What was written before has to survive a power failure.
  Result<void> sync_once() {
    if (std::exchange(synced_, true)) return {};
    return root_.sync();
  }

  [[nodiscard]] Result<void> write(const std::string& path, std::string_view content,
                                   const FileAttributes& attributes) const {
    const auto directory = path.substr(0, path.rfind('/'));
    // WALinuxAgent trusts what is in its directory.
    const mode_t mode = directory == "/var/lib/waagent" ? 0700 : 0755;
    OR_RETURN(root_.make_directory(directory, {.mode = mode}));
    OR_RETURN(root_.write(path, content, attributes));
    return {};
  }

  /// The same as after a boot that adopts the VM: apply/vm_state.cpp.
  [[nodiscard]] State adopted_state() const {
    State state = imds::same_vm(facts_.state.vm_id, facts_.vm_id) ? facts_.state : State{};
    const auto now = iso8601(clock_.wall());
    state.vm_id = facts_.vm_id;
    state.begun = false;
    state.machine_id = read_first_line(root_, "/etc/machine-id");
    state.stale_machine_id.clear();
    state.missing_host_keys.clear();
    state.guest_agent = true;
    state.provisioned = Provisioned{.at = now, .by = provisioned_by_, .boot_id = boot_id_of(root_)};
    state.untold.reset();
    state.reported = Reported{.at = now, .protocol = provisioned_by_, .ready = true};
    return state;
  }

  [[nodiscard]] Result<void> systemctl(std::string verb, const std::string& unit) const {
    // Only the next boot needs what changes. Reading all units again takes seconds each time.
    OR_RETURN(
        processes_.run({.argv = {"systemctl", "--no-reload", std::move(verb), unit}}, deadline_));
    return {};
  }

  [[nodiscard]] Result<void> enable(const std::string& unit) const {
    return root_.live() ? systemctl("enable", unit) : make_enabling_link(root_, unit);
  }

  [[nodiscard]] Result<void> disable(const std::string& unit) const {
    if (root_.live())
      OR_RETURN(systemctl("disable", unit));
    else
      OR_RETURN(remove_enabling_links(root_, unit));
    // A link in /usr stays. cloud-init is off by its file; azure-init has none.
    if (unit != "azure-init.service" || !is_unit_enabled(root_, unit)) return {};
    return root_.live() ? systemctl("mask", unit) : make_mask(root_, unit);
  }

  [[nodiscard]] Result<void> edit_waagent_conf(const std::string& path) const {
    const auto text = OR_RETURN(root_.read(path), "editing " + path);
    const auto info = OR_RETURN(root_.stat(path));
    FileAttributes attributes;
    if (info) attributes = {.mode = info->mode & 07777, .owner = info->uid, .group = info->gid};
    OR_RETURN(
        root_.write(path, with_waagent_value(text, "Provisioning.Agent", "auto"), attributes));
    return {};
  }

  const Root& root_;
  Processes& processes_;
  Clock& clock_;
  const Deadline& deadline_;
  const MigrationFacts& facts_;
  const std::string& provisioned_by_;
  bool synced_ = false;
};

}  // namespace

std::vector<MigrationEnd> carry_out_migration(const MigrationMachine& machine,
                                              const Deadline& deadline, const MigrationFacts& facts,
                                              const Migration& migration) {
  CarryOut work(machine, deadline, facts, migration);
  std::vector<MigrationEnd> ends;
  bool failed = false;
  for (const auto& step : migration.steps) {
    ends.push_back({.step = step});
    if (failed) continue;
    auto done = work.carry_out(step);
    ends.back().done = done.has_value();
    failed = !done;
    if (failed) ends.back().error = std::move(done.error());
  }
  if (!failed && !migration.steps.empty()) {
    if (auto synced = machine.root.sync(); !synced) {
      ends.back().done = false;
      ends.back().error = std::move(synced.error());
    }
  }
  return ends;
}

}  // namespace azl::provision
