#include "provision/custom_data/run/program.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"

namespace azl::provision::custom_data {
namespace {

/// What systemd passes to the agent alone. sd_notify(3), sd_listen_fds(3), systemd.exec(5)
constexpr std::array<std::string_view, 9> kOnlyOurs = {
    "NOTIFY_SOCKET=", "JOURNAL_STREAM=", "LISTEN_PID=",      "LISTEN_FDS=",       "LISTEN_FDNAMES=",
    "WATCHDOG_PID=",  "WATCHDOG_USEC=",  "STATE_DIRECTORY=", "RUNTIME_DIRECTORY="};
constexpr std::string_view kStandardPath =
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

bool is_only_ours(std::string_view variable) {
  for (const auto name : kOnlyOurs) {
    if (variable.starts_with(name)) return true;
  }
  return variable.starts_with("HOME=") || variable.starts_with("INSTANCE_ID=");
}

bool is_replaced(std::string_view variable, const std::vector<std::string>& by) {
  const auto name = variable.substr(0, variable.find('=') + 1);
  return std::any_of(by.begin(), by.end(),
                     [&](const std::string& other) { return other.starts_with(name); });
}

/// The environment of a service. Someone who runs the agent by hand has another one, with variables
/// of the shell and of sudo.
std::vector<std::string> make_environment(const Program& program, std::string_view instance_id) {
  std::vector<std::string> environment;
  const bool is_service = ::getenv("INVOCATION_ID") != nullptr;  // systemd.exec(5)
  for (char** variable = environ; is_service && *variable != nullptr; ++variable) {
    if (!is_only_ours(*variable) && !is_replaced(*variable, program.environment))
      environment.emplace_back(*variable);
  }
  if (!is_service) environment.emplace_back(kStandardPath);
  environment.emplace_back("HOME=/root");
  environment.push_back("INSTANCE_ID=" + std::string(instance_id));
  environment.insert(environment.end(), program.environment.begin(), program.environment.end());
  return environment;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (auto& string : strings) result.push_back(string.data());
  result.push_back(nullptr);
  return result;
}

/// The attributes and file actions of posix_spawn(3).
class SpawnSettings {
 public:
  /// `output`: -1 for none.
  explicit SpawnSettings(int output) {
    ::posix_spawnattr_init(&attributes_);
    ::posix_spawn_file_actions_init(&actions_);
    // The agent ignores SIGPIPE; programs expect the default.
    sigset_t all;
    sigset_t none;
    ::sigfillset(&all);
    ::sigemptyset(&none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (output >= 0) {
      ::posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
    } else {
      ::posix_spawn_file_actions_addopen(&actions_, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    }
    ::posix_spawn_file_actions_adddup2(&actions_, STDOUT_FILENO, STDERR_FILENO);
    ::posix_spawn_file_actions_addchdir_np(&actions_, "/");
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
  ~SpawnSettings() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  [[nodiscard]] const posix_spawnattr_t* attributes() const { return &attributes_; }
  [[nodiscard]] const posix_spawn_file_actions_t* actions() const { return &actions_; }

 private:
  posix_spawnattr_t attributes_{};
  posix_spawn_file_actions_t actions_{};
};

/// Starts the program. Returns its process id.
Result<pid_t> start(const Program& program, std::string_view instance_id, int output) {
  auto arguments = program.argv;
  auto environment = make_environment(program, instance_id);
  const auto argv = pointers(arguments);
  const auto envp = pointers(environment);
  const SpawnSettings settings(program.quiet ? -1 : output);
  pid_t pid = 0;
  const mode_t umask_before = ::umask(022);
  const int error = ::posix_spawn(&pid, argv.front(), settings.actions(), settings.attributes(),
                                  argv.data(), envp.data());
  ::umask(umask_before);
  if (error != 0)
    return fail_errno(error, "starting " + printable(program.argv.front()), Reason::kCustomData);
  return pid;
}

/// Waits for the end of the process. Returns false if the agent is to stop before.
bool wait_for_end(pid_t pid, OutputLog& log, StopSignal& stop, const WhileRunning& while_running) {
  constexpr int kMinute = 60'000;
  constexpr int kWithoutPidfd = 200;
  const UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U)));
  for (;;) {
    std::array<pollfd, 3> events{{{.fd = process.get(), .events = POLLIN, .revents = 0},
                                  {.fd = log.changes(), .events = POLLIN, .revents = 0},
                                  {.fd = stop.fd(), .events = POLLIN, .revents = 0}}};
    const bool can_watch = process && log.changes() >= 0;
    (void)::poll(events.data(), events.size(), can_watch ? kMinute : kWithoutPidfd);
    log.follow();
    siginfo_t info{};
    const int looked = ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT);
    if ((looked == 0 && info.si_pid == pid) || (looked != 0 && errno != EINTR)) return true;
    if (stop.came()) return false;
    while_running();
  }
}

/// Returns the status of a process that has ended.
ProgramEnd take_status(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
  if (WIFSIGNALED(status)) return {.status = 0, .signal = WTERMSIG(status)};
  return {.status = WEXITSTATUS(status), .signal = 0};
}

}  // namespace

Result<ProgramEnd> run_to_end(const Program& program, OutputLog& log, const ProgramRun& run) {
  if (run.before_start) OR_RETURN(run.before_start());
  const auto pid = OR_RETURN(start(program, run.instance_id, log.fd()));
  if (!wait_for_end(pid, log, run.stop, run.while_running)) return ProgramEnd{.running = true};
  const auto end = take_status(pid);
  // Bounded, because a process that it left behind may write without end.
  constexpr int kMostPieces = 64;
  for (int i = 0; i < kMostPieces && log.follow(); ++i) continue;
  return end;
}

std::string describe_end(const ProgramEnd& end) {
  if (end.running) return "was still running when azl-provision was stopped, as at a shutdown";
  if (end.signal == 0) return "ended with exit status " + std::to_string(end.status);
  const char* name = ::sigabbrev_np(end.signal);
  return "was killed by SIG" + std::string(name == nullptr ? "?" : name);
}

}  // namespace azl::provision::custom_data
