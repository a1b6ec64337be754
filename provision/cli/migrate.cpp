#include "provision/cli/migrate.h"

#include <chrono>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>

#include <unistd.h>

#include "base/ascii.h"
#include "base/text.h"
#include "imds/identity.h"
#include "provision/cli/output.h"
#include "provision/engine/stage_lock.h"
#include "provision/image/deprovision/gather.h"
#include "provision/image/migrate/carry_out.h"
#include "provision/image/migrate/gather.h"
#include "provision/image/migrate/migration_list.h"

namespace azl::provision {
namespace {

using namespace std::chrono_literals;

constexpr Duration kTime = 10min;  // of all calls of systemctl; a slow VM takes seconds for each

int refuse(const std::string& sentence, int exit_status = kExitFailed) {
  std::fprintf(stderr, "azl-provision: %s\n", printable_line(sentence).c_str());
  return exit_status;
}

/// Returns the exit status on a machine that is no VM on Azure, after saying why; the same as that
/// of run.
std::optional<int> find_other_machine(const Root& root, const imds::Identity& identity) {
  if (identity.platform == imds::Platform::kAzure) return std::nullopt;
  if (!root.live() && !root.exists("/sys/class/dmi/id"))
    return refuse(
        "cannot see the firmware of this disk's VM, so it is not known whether it was provisioned: "
        "run this command on the VM",
        kExitNotHere);
  return refuse("nothing to do: " + identity.why, kExitNotHere);
}

int print_report(const MigrationReport& report, const MigrateOptions& command) {
  for (const auto& sentence : report.migration.unread) (void)refuse(sentence);
  if (command.format == "json") return write_output(printable_json(to_json(report)));
  const auto style = decide_style(command.style, look_at_terminal());
  auto text = describe_migration(report) + describe_end(report);
  if (style.text.ascii) text = to_ascii(text);
  return report.dry_run ? write_text(text, style) : write_output(text);
}

struct Gathered {
  MigrationFacts facts;
  MigrationReport report;
};

Gathered gather(const Root& root, const imds::Identity& identity, const MigrateOptions& command) {
  auto [facts, unread] = gather_migration(root, identity);
  MigrationReport report{
      .root = root.directory(), .dry_run = command.dry_run, .vm_id = facts.vm_id};
  report.migration = decide_migration(facts);
  report.migration.unread.insert(report.migration.unread.begin(), unread.begin(), unread.end());
  return {std::move(facts), std::move(report)};
}

int migrate(const Root& root, const imds::Identity& identity, const MigrateOptions& command) {
  // From here on no stage begins.
  const auto locks = hold_stages(root);
  if (!locks) return refuse(locks.error().to_string());
  auto [facts, report] = gather(root, identity, command);
  if (const auto& refusal = report.migration.refusal)
    return refuse(refusal->why, refusal->exit_status);
  if (!command.force && !report.migration.steps.empty()) {
    std::fputs(describe_migration(report).c_str(), stderr);
    if (!confirm("Do this on", root)) return refuse("nothing was changed");
  }
  SystemProcesses processes;
  SystemClock clock;
  report.ends = carry_out_migration({root, processes, clock}, Deadline(clock, kTime), facts,
                                    report.migration);
  const int printed = print_report(report, command);
  return printed == kExitDone ? report.exit_status() : printed;
}

int print_plan(const Root& root, const imds::Identity& identity, const MigrateOptions& command) {
  const auto [facts, report] = gather(root, identity, command);
  if (const auto& refusal = report.migration.refusal)
    return refuse(refusal->why, refusal->exit_status);
  return print_report(report, command);
}

}  // namespace

int migrate_command(const MigrateOptions& command) {
  const auto root = Root::open(command.root);
  if (!root) return print_error(root.error());
  const auto identity = imds::identify(imds::read_identity_facts(*root));
  if (const auto status = find_other_machine(*root, identity)) return *status;
  if (const auto why = find_running_system(*root); !why.empty()) return refuse(why);
  // Without root, the firmware tells no VM id, and cloud-init's custom data cannot be read.
  if (::geteuid() != 0)
    return refuse("only root can see who provisioned this VM, and take it over; run it with sudo");
  if (command.dry_run) return print_plan(*root, identity, command);
  if (!command.force && ::isatty(STDIN_FILENO) == 0)
    return refuse(
        "this switches other agents off: give --force, or --dry-run to see what it would do",
        kExitUsage);
  return migrate(*root, identity, command);
}

}  // namespace azl::provision
