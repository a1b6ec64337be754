#include "provision/report/boots.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/text.h"
#include "provision/report/headline.h"

namespace azl::provision {
namespace {

/// Marks the running stages whose lock nobody holds: the record of a killed run says "running" too.
/// Returns whether there was one.
bool mark_interrupted(const Root& root, std::vector<BootRecords>& boots) {
  bool any = false;
  for (auto& boot : boots) {
    for (auto& stage : boot.stages) {
      if (stage.outcome != StageOutcome::kRunning || is_locked(root, stage.stage)) continue;
      stage.outcome = StageOutcome::kInterrupted;
      any = true;
    }
  }
  return any;
}

/// Returns the directory of records whose file system has no room for another record; empty if both
/// have.
std::string find_full_directory(const Root& root) {
  constexpr std::uint64_t kRoom = 64 << 10;
  constexpr std::uint64_t kFiles = 4;
  for (const std::string_view path : {"/run", "/var/lib"}) {
    const auto fd = root.open_file(path, O_RDONLY | O_DIRECTORY);
    struct statvfs room{};
    if (!fd || ::fstatvfs(fd->get(), &room) != 0 || room.f_blocks == 0) continue;
    const bool counts_files = room.f_files != 0;  // false for btrfs, which has no fixed number
    if (room.f_bavail * room.f_frsize < kRoom || (counts_files && room.f_favail < kFiles))
      return std::string(path);
  }
  return {};
}

/// Whether the main stage has begun and ended on this boot, and there is no record of it. If
/// there was no inode even for its lock, a file system is full, and no main stage is to come.
bool is_main_unrecorded(const Root& root, const ReportInputs& inputs) {
  if (!inputs.here.acts || inputs.state.provisioned) return false;
  const auto* boot = find_running_boot(inputs);
  if (boot != nullptr && find_stage(*boot, Stage::kMain) != nullptr) return false;
  if (root.exists(std::string(kRunDirectory) + "/main.lock")) return !is_locked(root, Stage::kMain);
  return !inputs.full.empty() && (boot == nullptr || !inputs.here.will_start);
}

std::vector<BootRecords> read_boots(const Root& root) {
  auto boots = load_boots(root);
  if (!mark_interrupted(root, boots)) return boots;
  // The stage may have ended after its record was read: then its final record exists now.
  boots = load_boots(root);
  mark_interrupted(root, boots);
  return boots;
}

/// Returns the boot that provisioned the VM, or the last one if that has no record.
const BootRecords* find_provisioning_boot(const ReportInputs& inputs) {
  if (inputs.boots.empty()) return nullptr;
  const auto& provisioned = inputs.state.provisioned;
  const auto found = std::ranges::find(inputs.boots, provisioned ? provisioned->boot_id : "",
                                       &BootRecords::boot_id);
  return found == inputs.boots.end() ? &inputs.boots.back() : &*found;
}

}  // namespace

ReportInputs read_report_inputs(const Root& root, Here here) {
  ReportInputs inputs;
  inputs.here = std::move(here);
  inputs.vm_id = inputs.here.vm_id;
  inputs.boot_id = boot_id_of(root);
  // The records before the state: a stage that ends meanwhile has written its state already.
  inputs.boots = read_boots(root);
  if (auto state = load_state(root)) {
    inputs.state = std::move(*state);
    inputs.state.forget_untold_of_others(inputs.vm_id.empty() ? inputs.state.vm_id : inputs.vm_id);
  } else {
    inputs.unseen.push_back(state.error().to_string());
  }
  if (inputs.vm_id.empty() && !inputs.state.vm_id.empty()) {
    inputs.vm_id = inputs.state.vm_id;
    if (::geteuid() != 0)
      inputs.unseen.emplace_back("only root can read the firmware's VM id; this is the stored one");
  }
  // A disk without its VM runs nothing: the last boot is the one that people ask about.
  if (!inputs.here.sees_firmware && !inputs.boots.empty())
    inputs.boot_id = inputs.boots.back().boot_id;
  inputs.full = find_full_directory(root);
  inputs.main_unrecorded = is_main_unrecorded(root, inputs);
  for (const auto& boot : inputs.boots) {
    for (const auto& unread : boot.unread) inputs.unseen.push_back(unread);
  }
  return inputs;
}

bool is_locked(const Root& root, Stage stage) {
  const auto path = std::string(kRunDirectory) + "/" + std::string(to_string(stage)) + ".lock";
  const auto lock = root.open_file(path, O_RDONLY | O_NOFOLLOW);
  return lock && ::flock(lock->get(), LOCK_SH | LOCK_NB) != 0;
}

const BootRecords* find_running_boot(const ReportInputs& inputs) {
  const auto found = std::ranges::find(inputs.boots, inputs.boot_id, &BootRecords::boot_id);
  return found == inputs.boots.end() ? nullptr : &*found;
}

int count_earlier_boots(const ReportInputs& inputs) {
  return static_cast<int>(inputs.boots.size()) - (find_running_boot(inputs) != nullptr ? 1 : 0);
}

Result<ReportChoice> choose_boot(const ReportInputs& inputs, const std::string& which) {
  const auto named = std::ranges::find(inputs.boots, which, &BootRecords::boot_id);
  if (named != inputs.boots.end()) return ReportChoice{&*named, false};
  int back = 0;
  const auto [end, error] = std::from_chars(which.data(), which.data() + which.size(), back);
  if (error != std::errc() || end != which.data() + which.size() || back > 0)
    return fail(Reason::kUsage, "'" + printable(which) +
                                    "' is not 0, -1, -2 and so on, and not a boot id of --list");
  if (back == 0) {
    if (const auto* running = find_running_boot(inputs)) return ReportChoice{running, false};
    const auto* provisioning = find_provisioning_boot(inputs);
    return ReportChoice{provisioning, provisioning != nullptr};
  }
  const auto earlier = count_earlier_boots(inputs);
  if (back < -earlier)
    return fail(Reason::kUsage, "only " + std::to_string(earlier) +
                                    " earlier boots have records; --list shows them");
  return ReportChoice{
      &inputs.boots[static_cast<std::size_t>(earlier) - static_cast<std::size_t>(-back)], false};
}

}  // namespace azl::provision
