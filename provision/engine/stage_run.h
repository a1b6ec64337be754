// Runs stages: prepare, choose, execute, finish.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "provision/config/config.h"
#include "provision/engine/step_runner.h"
#include "provision/record/words.h"
#include "provision/step/context.h"

namespace azl::provision {

/// What the command line overrides.
struct RunOptions {
  std::string root = "/";
  std::vector<Stage> stages;  ///< empty: all, in the boot's order
  std::string media;
  std::string links_file = {};  ///< links in place of the tree's own
  /// For stage disks: the name of the disk that came late, "sdd"; empty: all disks are set up.
  std::string late_disk = {};
  std::string imds_url;
  std::string wireserver_url;
  std::optional<LogLevel> log_level =
      {};  ///< nullopt: that of the kernel's command line or of the configuration
};

/// Whether systemd's $SERVICE_RESULT and $EXIT_STATUS are those of a main stage that ended by
/// itself or was stopped on purpose, as at a shutdown: then there is nothing to close.
/// systemd.exec(5). Pure.
[[nodiscard]] bool ended_by_itself(std::string_view service_result, std::string_view exit_status);

/// The configuration of `root` with the options on top.
[[nodiscard]] Config effective_config(const Root& root, const RunOptions& options);

/// Runs the stages and prints to stdout and stderr. Returns the exit status.
[[nodiscard]] int run(const RunOptions& options, Clock& clock, Processes& processes,
                      imds::HttpClient& http, StepObserver& observer);

}  // namespace azl::provision
