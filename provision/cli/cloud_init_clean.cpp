#include "provision/cli/cloud_init_clean.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include <unistd.h>

#include "base/text.h"
#include "provision/cli/output.h"
#include "provision/cli/report.h"
#include "provision/cloud_init/files.h"
#include "provision/custom_data/run/output_log.h"
#include "provision/custom_data/run/program_runs.h"
#include "provision/custom_data/run/stored.h"
#include "provision/record/record.h"
#include "provision/report/boots.h"
#include "provision/store/vm_state.h"

namespace azl::provision {
namespace {

using namespace std::chrono_literals;

int refuse(const std::string& sentence) {
  std::fprintf(stderr, "Error: %s\n", printable_line(sentence).c_str());
  return 1;
}

/// What runs would write what is removed once more.
std::string find_running_stage(const ReportInputs& inputs) {
  const auto* boot = find_running_boot(inputs);
  if (boot == nullptr) return {};
  const auto found = std::ranges::find(boot->stages, StageOutcome::kRunning, &StageRecord::outcome);
  return found == boot->stages.end() ? std::string() : std::string(to_string(found->stage));
}

/// Lets the next boot go on as after one that did not finish: it provisions this VM anew, and keeps
/// the host keys that were made for it.
Result<bool> forget_provisioning(const Root& root) {
  auto state = OR_RETURN(load_state(root));
  // A VM that another agent provisioned stays adopted.
  if (!state.provisioned || state.provisioned->by != "azl-provision") return false;
  state.provisioned.reset();
  state.begun = true;
  OR_RETURN(save_state(root, state));
  // Nothing runs. The lock's file would say that stage main ran on this boot, and that its record
  // is lost.
  OR_RETURN(root.remove(std::string(kRunDirectory) + "/main.lock"));
  return true;
}

Result<std::vector<std::string>> remove_logs(const Root& root) {
  std::vector<std::string> removed;
  const std::string log(custom_data::kOutputLog);
  const auto directory = log.substr(0, log.rfind('/'));
  for (const auto& name : OR_RETURN(root.list(directory))) {
    const auto path = directory + "/" + name;
    if (OR_RETURN(root.remove(path))) removed.push_back(path);
  }
  // A file of cloud-init's own is removed too, as by cloud-init.
  if (OR_RETURN(root.remove(cloud_init::kOutputLink)))
    removed.emplace_back(cloud_init::kOutputLink);
  return removed;
}

/// Removes what there is, and returns a line for each thing.
Result<std::vector<std::string>> clean(const Root& root, const CloudInitOptions& options) {
  std::vector<std::string> done;
  // First: if the rest fails, the next boot provisions this VM anew, and replaces the rest.
  if (OR_RETURN(forget_provisioning(root)))
    done.emplace_back("the next boot provisions this VM anew: user, keys, host name, network");
  if (OR_RETURN(custom_data::forget_custom_data(root)))
    done.emplace_back("forgot the custom data; the next boot takes what the platform gives");
  if (OR_RETURN(root.remove(custom_data::kProgramsFile)))
    done.emplace_back("forgot which programs of the image ran: they run again");
  auto removed = OR_RETURN(cloud_init::remove_files(root));
  if (options.logs) {
    const auto logs = OR_RETURN(remove_logs(root));
    removed.insert(removed.end(), logs.begin(), logs.end());
  }
  for (const auto& path : removed) done.push_back("removed " + path);
  if (options.machine_id) {
    OR_RETURN(root.write("/etc/machine-id", "uninitialized\n", {.mode = 0444}));
    done.emplace_back("wrote 'uninitialized' to /etc/machine-id");
  }
  OR_RETURN(root.sync());
  return done;
}

void print_left(const CloudInitOptions& options) {
  if (options.seed)
    std::fputs("Nothing was done for --seed: azl-provision has no seed directory.\n", stderr);
  if (!options.configs.empty())
    std::fputs("Nothing was done for --configs: no configuration is removed.\n", stderr);
  std::fputs(
      "Users, SSH keys, host keys, network files, records of earlier boots and what custom data "
      "changed stay as they are. For an image, see image-builders.md.\n",
      stderr);
}

int reboot() {
  SystemProcesses processes;
  const SystemClock clock;
  const auto ran = processes.run({.argv = {"shutdown", "-r", "now"}}, Deadline(clock, 30s));
  return ran ? 0 : refuse("Could not reboot this system: " + ran.error().to_string());
}

}  // namespace

int cloud_init_clean_command(const CloudInitOptions& options) {
  if (::geteuid() != 0) return refuse("only root can do this; run it with sudo");
  const auto root = Root::open(options.root);
  if (!root) return print_error(root.error());
  if (options.reboot && !root->live()) return refuse("a root tree cannot be rebooted");
  if (const auto stage = find_running_stage(read_report_inputs(*root)); !stage.empty())
    return refuse("stage " + stage +
                  " is running; wait for its end with 'cloud-init status --wait'");
  const auto done = clean(*root, options);
  if (!done) return refuse(done.error().to_string());
  for (const auto& line : *done) std::printf("%s\n", printable_line(line).c_str());
  print_left(options);
  return options.reboot ? reboot() : 0;
}

}  // namespace azl::provision
