// `cloud-init status`: how this boot stands in cloud-init's words.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "provision/cloud_init/boot_status.h"

namespace azl::provision::cloud_init {

/// What keeps azl-provision from acting here.
enum class Disabled { kNo, kByMarkerFile, kByKernelCommandLine, kByAnythingElse };

/// What the status is decided from.
struct Situation {
  Disabled disabled = Disabled::kNo;
  std::string why_disabled = {};  ///< a sentence
  BootStatus boot = {};           ///< of the running boot
  bool provisioned = false;       ///< this VM, on this boot or an earlier one
  bool main_ended = false;        ///< it has a record of this boot, and does not run
  std::string unrecorded = {};    ///< why there is no record of a main stage that ran; empty: none
  bool will_start = false;        ///< azl-provision is enabled
  bool items_due = false;         ///< a stage of custom data has something to do on this boot
  bool finished = false;          ///< result.json is there
  bool will_finish = false;       ///< cloud-final.service will write result.json on this boot
};

enum class Running { kNotStarted, kRunning, kDone, kDisabled };

struct Status {
  Running running = Running::kNotStarted;
  bool waits = false;            ///< --wait waits
  std::string code = {};         ///< boot_status_code
  std::string detail = {};       ///< a sentence, or what gave the provisioning data
  std::string last_update = {};  ///< RFC 5322; empty: nothing has begun
  std::vector<std::string> errors = {};
  std::vector<std::string> warnings = {};
  BootStatus boot = {};
};

/// Decides the status. `uptime` and `now` are of the same moment. Pure.
[[nodiscard]] Status decide_status(const Situation& situation, Duration uptime, WallTime now);

/// The status for a program of custom data that waits for the end of custom data, and so for its
/// own: it is running, and `--wait` does not wait. Pure.
[[nodiscard]] Status make_running(Status status);

/// "not started", "running", "done", "error" or "disabled". Pure.
[[nodiscard]] std::string describe_state(const Status& status);
/// The same with the warnings: "degraded done", "error - running". Pure.
[[nodiscard]] std::string describe_extended_state(const Status& status);
/// 0, 1 for errors, 2 for warnings. Pure.
[[nodiscard]] int find_exit_status(const Status& status);

/// The forms in which cloud-init prints it. Pure.
[[nodiscard]] std::string print_tabular(const Status& status, bool long_form);
[[nodiscard]] std::string print_json(const Status& status);
[[nodiscard]] std::string print_yaml(const Status& status);

}  // namespace azl::provision::cloud_init
