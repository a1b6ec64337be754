#include "provision/cli/cloud_init_clean.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include <unistd.h>

#include "base/text.h"
#include "imds/identity.h"
#include "provision/accounts/account.h"
#include "provision/accounts/authorized_keys.h"
#include "provision/accounts/keys_file.h"
#include "provision/accounts/sshd.h"
#include "provision/cli/output.h"
#include "provision/cli/report.h"
#include "provision/cloud_init/files.h"
#include "provision/custom_data/run/output_log.h"
#include "provision/custom_data/run/program_runs.h"
#include "provision/custom_data/run/stored.h"
#include "provision/plan/course.h"
#include "provision/record/record.h"
#include "provision/report/boots.h"
#include "provision/report/headline.h"
#include "provision/store/kept_custom_data.h"
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

/// Whether azl-provision provisioned this VM. One that another agent provisioned stays adopted.
bool is_ours(const State& state) {
  return state.provisioned && state.provisioned->by == "azl-provision";
}

/// Returns the last record of a run that provisioned this VM, which names its user if there is one;
/// null if it is gone. Runs that only did the rest name nobody.
const StageRecord* find_user_record(const ReportInputs& inputs) {
  const StageRecord* found = nullptr;
  for (const auto& boot : inputs.boots) {
    const auto* main = find_stage(boot, Stage::kMain);
    if (main == nullptr || !imds::same_vm(main->vm_id, inputs.state.vm_id)) continue;
    const bool provisioned = main->course == to_string(Course::kProvision) ||
                             main->course == to_string(Course::kSpecialized);
    if (provisioned) found = main;
  }
  return found;
}

/// Whether sshd accepts a key of the user.
bool has_ssh_key(const Root& root, const std::string& user) {
  const auto facts = read_accounts(root);
  const auto* account = facts ? facts->find(user) : nullptr;
  if (account == nullptr) return false;
  SystemProcesses processes;
  const SystemClock clock;
  std::vector<KeysFile> files;
  if (has_sshd(root)) {
    const auto sshd = ask_sshd(root, processes, user, Deadline(clock, 30s));
    if (sshd && !sshd->public_key) return false;
    if (sshd) files = find_keys_files(*sshd, *account);
  }
  if (files.empty()) files.push_back(usual_keys_file(*account));
  return std::ranges::any_of(files, [&](const KeysFile& file) {
    const auto keys = read_keys(root, *account, file);
    return keys && !keys->empty();
  });
}

/// Returns why nobody might be able to log in after the next boot, which locks the user's password
/// unless the platform still gives one: Azure takes the provisioning media away. Empty: no reason.
std::string find_lockout(const Root& root, const ReportInputs& inputs) {
  if (!is_ours(inputs.state)) return {};
  const auto* record = find_user_record(inputs);
  if (record == nullptr)
    return "no record says which user this VM has: 'azl-provision --list' shows what is kept; to "
           "provision the VM anew, deploy it anew";
  const auto& user = record->user.name;
  if (user.empty() || has_ssh_key(root, user)) return {};
  return "user '" + user +
         "' has no SSH key that sshd accepts, and the next boot would lock the password: nobody "
         "could log in; add a key first, for example with 'ssh-copy-id " +
         user + "@VM'";
}

/// Lets the next boot go on as after one that did not finish: it provisions this VM anew, and keeps
/// the host keys that were made for it.
Result<bool> forget_provisioning(const Root& root) {
  auto state = OR_RETURN(load_state(root));
  if (!is_ours(state)) return false;
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
  if (OR_RETURN(forget_provisioning(root))) {
    done.emplace_back("the next boot provisions this VM anew: user, keys, host name, network");
    done.emplace_back(
        "the next boot locks the user's password, unless the platform still gives one; SSH keys "
        "stay");
  }
  if (OR_RETURN(custom_data::forget_custom_data(root)))
    done.emplace_back("forgot the custom data; the next boot takes what the platform gives");
  if (OR_RETURN(root.remove(custom_data::kProgramsFile)))
    done.emplace_back("forgot which programs of the image ran: they run again");
  auto removed = OR_RETURN(remove_kept_custom_data(root));
  for (auto& path : OR_RETURN(cloud_init::remove_files(root))) removed.push_back(std::move(path));
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
  const auto inputs = read_report_inputs(*root);
  if (const auto stage = find_running_stage(inputs); !stage.empty())
    return refuse("stage " + stage +
                  " is running; wait for its end with 'cloud-init status --wait'");
  if (const auto why = find_lockout(*root, inputs); !why.empty()) return refuse(why);
  const auto done = clean(*root, options);
  if (!done) return refuse(done.error().to_string());
  for (const auto& line : *done) std::printf("%s\n", printable_line(line).c_str());
  print_left(options);
  return options.reboot ? reboot() : 0;
}

}  // namespace azl::provision
