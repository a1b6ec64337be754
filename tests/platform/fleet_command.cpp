#include "tests/platform/fleet_command.h"

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <iostream>
#include <thread>
#include <utility>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/platform/examples.h"
#include "tests/platform/fleet.h"
#include "tests/platform/fleet_report.h"
#include "tests/platform/result.h"

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
    if (temporary_ && !path_.empty()) remove();
  }

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  WorkDirectory(std::string path, bool temporary) : path_(std::move(path)), temporary_(temporary) {}

  /// After a signal, agents that are being killed may still make files for a moment.
  void remove() const {
    constexpr int kTries = 50;
    for (int i = 0; i < kTries; ++i) {
      std::error_code error;
      fs::remove_all(path_, error);
      if (!error) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
  }

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

/// Waits for the child. Passes signals on to it. Returns the exit status for its end.
int watch(pid_t child, const sigset_t& signals) {
  for (;;) {
    int signal = 0;
    sigwait(&signals, &signal);
    if (signal != SIGCHLD) kill(child, signal);
    int status = 0;
    if (waitpid(child, &status, WNOHANG) != child) continue;
    if (WIFEXITED(status)) return WEXITSTATUS(status);
    std::cerr << "azl-platform: ended by signal " << WTERMSIG(status) << '\n';
    return 1;
  }
}

/// Runs `work` in a child process, which may end by a signal. Returns the exit status.
int run_apart(const std::function<int()>& work) {
  sigset_t signals;
  sigset_t before;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGCHLD}) sigaddset(&signals, signal);
  sigprocmask(SIG_BLOCK, &signals, &before);
  std::cout.flush();
  const pid_t child = fork();
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    sigprocmask(SIG_SETMASK, &before, nullptr);
    const int status = work();
    std::cout.flush();
    _exit(status);
  }
  const int status = child < 0 ? 1 : watch(child, signals);
  sigprocmask(SIG_SETMASK, &before, nullptr);
  return status;
}

Result<bool> run_in(const std::string& directory, const FleetCommand& command) {
  auto scenario = find_scenario(command.scenario);
  if (!scenario) return std::unexpected(scenario.error());
  const unsigned spent = command.spent < 0 ? command.rate : static_cast<unsigned>(command.spent);
  if (spent > command.rate) return std::unexpected("--spent must be at most --rate");
  scenario->imds.rate_limit = {.per_second = command.rate, .spent = spent};
  const bool is_path = command.program.find('/') != std::string::npos;
  auto vms = run_fleet({.scenario = std::move(*scenario),
                        .vms = command.vms,
                        .tree = absolute(command.tree),
                        .program = is_path ? absolute(command.program) : command.program,
                        .directory = absolute(directory),
                        .timeout = std::chrono::seconds(command.timeout_s),
                        .progress = [&](unsigned ended) { show_progress(ended, command.vms); }});
  if (!vms) return std::unexpected(vms.error());
  std::cout << (command.format == "json" ? fleet_json(*vms) : fleet_text(*vms));
  return summarize_fleet(*vms).all_ready();
}

int report(const std::string& error) {
  std::cerr << "azl-platform: " << error << '\n';
  return 1;
}

}  // namespace

int fleet_command(const FleetCommand& command) {
  const auto directory = WorkDirectory::make(command.keep);
  if (!directory) return report(directory.error());
  return run_apart([&] {
    const auto all_ready = run_in(directory->path(), command);
    if (!all_ready) return report(all_ready.error());
    return *all_ready ? 0 : 1;
  });
}

}  // namespace azl::platform
