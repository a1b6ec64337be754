#include "provision/cli/deprovision.h"

#include <chrono>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#include "base/ascii.h"
#include "base/text.h"
#include "imds/identity.h"
#include "provision/cli/output.h"
#include "provision/engine/stage_lock.h"
#include "provision/image/deprovision/carry_out.h"
#include "provision/image/deprovision/gather.h"
#include "provision/image/deprovision/removal_list.h"

namespace azl::provision {
namespace {

using namespace std::chrono_literals;

constexpr Duration kLookTime = 30s;
constexpr Duration kRemoveTime = 10min;

int refuse(const std::string& sentence, int exit_status = kExitFailed) {
  std::fprintf(stderr, "azl-provision: %s\n", printable_line(sentence).c_str());
  return exit_status;
}

/// Returns the exit status in a container, from which no image is captured, after saying why; the
/// same as that of run. Returns nullopt on any other machine.
std::optional<int> find_other_machine(const Root& root) {
  if (!root.live()) return std::nullopt;
  const auto identity = imds::identify(imds::read_identity_facts(root));
  if (identity.platform != imds::Platform::kContainer) return std::nullopt;
  return refuse("not applicable here: " + identity.why, kExitNotHere);
}

RemovalReport list_removals(const Root& root, const DeprovisionCommand& command) {
  SystemProcesses processes;
  const SystemClock clock;
  auto gathered = gather_deprovision(root, processes, Deadline(clock, kLookTime));
  RemovalReport report{.root = root.directory(), .dry_run = command.dry_run};
  for (auto& removal : decide_deprovision(gathered.facts, command.what))
    report.ends.push_back({.removal = std::move(removal)});
  report.unread = std::move(gathered.unread);
  return report;
}

int print_report(const RemovalReport& report, const DeprovisionCommand& command) {
  for (const auto& sentence : report.unread) (void)refuse(sentence);
  if (command.format == "json") return write_output(printable_json(to_json(report)));
  const auto style = decide_style(command.style, look_at_terminal());
  auto text = describe_removals(report) + describe_end(report);
  if (style.text.ascii) text = to_ascii(text);
  return report.dry_run ? write_text(text, style) : write_output(text);
}

/// Removes what is listed. Returns the exit status.
int remove_listed(const Root& root, const DeprovisionCommand& command) {
  SystemProcesses processes;
  const SystemClock clock;
  // From here on no stage begins.
  const auto locks = hold_stages(root);
  if (!locks) return refuse(locks.error().to_string());
  auto report = list_removals(root, command);
  if (!command.force) {
    std::fputs(describe_removals(report).c_str(), stderr);
    if (!confirm("Remove this from", root)) return refuse("nothing was removed");
  }
  if (const auto forgotten = forget_provisioning(root); !forgotten)
    return print_error(forgotten.error());
  std::vector<Removal> removals;
  for (auto& end : report.ends) removals.push_back(std::move(end.removal));
  report.ends = carry_out_removals(root, processes, Deadline(clock, kRemoveTime), removals);
  const int printed = print_report(report, command);
  return printed == kExitDone ? report.exit_status() : printed;
}

}  // namespace

int deprovision_command(const DeprovisionCommand& command) {
  const auto root = Root::open(command.root);
  if (!root) return print_error(root.error());
  if (const auto status = find_other_machine(*root)) return *status;
  if (const auto why = find_running_system(*root); !why.empty()) return refuse(why);
  if (command.dry_run) return print_report(list_removals(*root, command), command);
  if (!command.force && ::isatty(STDIN_FILENO) == 0)
    return refuse(
        "this removes what makes the machine this VM: give --force, or --dry-run to see "
        "what it would remove",
        kExitUsage);
  if (::geteuid() != 0)
    return refuse(
        "only root can deprovision a machine; run it with sudo, or see what it would "
        "remove with --dry-run");
  return remove_listed(*root, command);
}

}  // namespace azl::provision
