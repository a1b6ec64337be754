#include "tests/platform/fleet_command.h"

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <utility>

#include <unistd.h>

#include "tests/platform/examples.h"
#include "tests/platform/fleet.h"
#include "tests/platform/fleet_report.h"

namespace azl::platform {
namespace {

namespace fs = std::filesystem;

/// The directory of the VMs' folders. Removes it at the end, unless it is to be kept.
class WorkDirectory {
 public:
  /// An empty `keep` is a temporary directory, in /var/tmp because of its size.
  [[nodiscard]] static Result<WorkDirectory> make(const std::string& keep) {
    if (keep.empty()) {
      const char* parent = std::getenv("TMPDIR");
      std::string path = std::string(parent == nullptr ? "/var/tmp" : parent) + "/azl-fleet.XXXXXX";
      if (mkdtemp(path.data()) == nullptr) return std::unexpected("could not make " + path);
      return WorkDirectory(path, true);
    }
    std::error_code error;
    fs::create_directories(keep, error);
    if (error || !fs::is_empty(keep, error) || error)
      return std::unexpected("--keep: " + keep + " must be an empty or a missing directory");
    return WorkDirectory(keep, false);
  }
  WorkDirectory(WorkDirectory&& other) noexcept
      : path_(std::exchange(other.path_, {})), temporary_(other.temporary_) {}
  WorkDirectory& operator=(WorkDirectory&&) = delete;
  ~WorkDirectory() {
    std::error_code ignored;  // what cannot be removed stays below /var/tmp
    if (temporary_ && !path_.empty()) fs::remove_all(path_, ignored);
  }

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  WorkDirectory(std::string path, bool temporary) : path_(std::move(path)), temporary_(temporary) {}

  std::string path_;
  bool temporary_;
};

/// Programs are started in another directory.
std::string absolute(const std::string& path) {
  std::error_code error;
  const fs::path absolute = fs::absolute(path, error);
  return error ? path : absolute.string();
}

/// Only on a terminal, where the line can be written over.
void show_progress(unsigned ended, unsigned vms) {
  if (isatty(STDERR_FILENO) == 0) return;
  std::cerr << "\r" << ended << " of " << vms << " VMs have ended" << (ended == vms ? "\n" : "")
            << std::flush;
}

}  // namespace

Result<bool> fleet_command(const FleetCommand& command) {
  auto scenario = find_scenario(command.scenario);
  if (!scenario) return std::unexpected(scenario.error());
  const unsigned spent = command.spent < 0 ? command.rate : static_cast<unsigned>(command.spent);
  if (spent > command.rate) return std::unexpected("--spent must be at most --rate");
  scenario->imds.rate_limit = {.per_second = command.rate, .spent = spent};
  auto directory = WorkDirectory::make(command.keep);
  if (!directory) return std::unexpected(directory.error());

  const bool is_path = command.program.find('/') != std::string::npos;
  auto vms = run_fleet({.scenario = std::move(*scenario),
                        .vms = command.vms,
                        .tree = absolute(command.tree),
                        .program = is_path ? absolute(command.program) : command.program,
                        .directory = absolute(directory->path()),
                        .timeout = std::chrono::seconds(command.timeout_s),
                        .progress = [&](unsigned ended) { show_progress(ended, command.vms); }});
  if (!vms) return std::unexpected(vms.error());
  std::cout << (command.format == "json" ? fleet_json(*vms) : fleet_text(*vms));
  return summarize_fleet(*vms).all_ready();
}

}  // namespace azl::platform
