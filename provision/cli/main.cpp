// The program: parses the command line and runs the command.
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>

#include <sys/prctl.h>

#include "provision/cli/applicable.h"
#include "provision/cli/check_image.h"
#include "provision/cli/cloud_init.h"
#include "provision/cli/config.h"
#include "provision/cli/custom_data.h"
#include "provision/cli/deprovision.h"
#include "provision/cli/kvp.h"
#include "provision/cli/link.h"
#include "provision/cli/migrate.h"
#include "provision/cli/options.h"
#include "provision/cli/plan.h"
#include "provision/cli/report.h"
#include "provision/cli/run.h"
#include "provision/cli/status.h"
#include "provision/cli/validate.h"

namespace azl::provision {
namespace {

int run_as_cloud_init(int argc, char** argv) {
  const auto [options, exit_status] = parse_cloud_init_options(argc, argv);
  return exit_status >= 0 ? exit_status : cloud_init_command(options);
}

int run_program(int argc, char** argv) {
  if (argc > 0 && is_cloud_init(argv[0])) return run_as_cloud_init(argc, argv);
  const auto [options, exit_status] = parse_options(argc, argv);
  if (exit_status >= 0) return exit_status;
  if (const auto not_applicable = end_in_wsl(options)) return *not_applicable;
  switch (options.command) {
    case Command::kRun:
      return run_command(options.run);
    case Command::kPlan:
      return plan_command(options.plan);
    case Command::kDumpLinks:
      return dump_links_command(options.plan);
    case Command::kDumpDisks:
      return dump_disks_command(options.plan);
    case Command::kRenderNetwork:
      return render_network_command(options.plan);
    case Command::kReport:
      return report_command(options.report);
    case Command::kStatus:
      return status_command(options.status);
    case Command::kConfig:
      return config_command(options.config);
    case Command::kValidate:
      return validate_command(options.validate);
    case Command::kCustomData:
      return custom_data_command(options.custom_data);
    case Command::kDeprovision:
      return deprovision_command(options.deprovision);
    case Command::kMigrate:
      return migrate_command(options.migrate);
    case Command::kCheckImage:
      return check_image_command(options.check_image);
    case Command::kKvp:
      return kvp_command(options.kvp);
    case Command::kLinkRole:
      return link_role_command(options.link_name);
    case Command::kTuneLink:
      return tune_link_command(options.link_index);
    case Command::kHelp:
      break;
  }
  std::fputs(options.help.c_str(), stderr);
  return kExitUsage;
}

/// A full disk shows only when the buffer is written.
int flush_output(int exit_status) {
  errno = 0;
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return exit_status;
  if (errno == EPIPE) return exit_status;  // as "azl-provision status | true"
  std::perror("azl-provision: writing to standard output");
  return exit_status == kExitDone ? kExitFailed : exit_status;
}

}  // namespace
}  // namespace azl::provision

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  // The process holds a password: no core dump, and no other process of this user looks into it.
  // execve(2) resets this for the programs that it starts; LimitCORE= counts for them.
  ::prctl(PR_SET_DUMPABLE, 0);
  try {
    return azl::provision::flush_output(azl::provision::run_program(argc, argv));
  } catch (const std::exception& error) {
    // A library threw although its documentation says that it does not. The platform may not have
    // been told.
    std::fprintf(stderr, "azl-provision: unexpected: %s\n", error.what());
    return azl::provision::kExitFailed;
  }
}
