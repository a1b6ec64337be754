#include "provision/custom_data/run/script_runner.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "provision/custom_data/plan/interpreter.h"
#include "provision/custom_data/run/stored.h"

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

/// The environment of a service. Someone who runs the agent by hand has another one, with variables
/// of the shell and of sudo.
std::vector<std::string> make_environment(std::string_view instance_id) {
  std::vector<std::string> environment;
  const bool is_service = ::getenv("INVOCATION_ID") != nullptr;  // systemd.exec(5)
  for (char** variable = environ; is_service && *variable != nullptr; ++variable) {
    if (!is_only_ours(*variable)) environment.emplace_back(*variable);
  }
  if (!is_service) environment.emplace_back(kStandardPath);
  environment.emplace_back("HOME=/root");
  environment.push_back("INSTANCE_ID=" + std::string(instance_id));
  return environment;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (auto& string : strings) result.push_back(string.data());
  result.push_back(nullptr);
  return result;
}

/// The file of a script. Removed on destruction.
class ScriptFile {
 public:
  static Result<ScriptFile> make(const Root& root, const RunScript& script) {
    OR_RETURN(root.make_directory(kScriptDirectory, {.mode = 0700}));
    std::string path = std::string(kScriptDirectory) + "/" + script.name;
    OR_RETURN(root.write(path, script.text.reveal(), {.mode = 0700, .durable = false}));
    return ScriptFile(root, std::move(path));
  }
  ScriptFile(ScriptFile&& other) noexcept
      : root_(other.root_), path_(std::exchange(other.path_, {})) {}
  ScriptFile& operator=(ScriptFile&&) = delete;
  ~ScriptFile() {
    if (!path_.empty()) (void)root_.remove(path_);
  }
  /// The path as the kernel sees it.
  [[nodiscard]] std::string path() const {
    return root_.live() ? path_ : root_.directory() + path_;
  }
  /// Whether its file system forbids execution.
  [[nodiscard]] bool is_noexec() const {
    const auto fd = root_.open_file(path_, O_PATH);
    struct statvfs status{};
    return fd && ::fstatvfs(fd->get(), &status) == 0 && (status.f_flag & ST_NOEXEC) != 0;
  }

 private:
  ScriptFile(const Root& root, std::string path) : root_(root), path_(std::move(path)) {}

  const Root& root_;
  std::string path_;
};

/// The attributes and file actions of posix_spawn(3).
class SpawnSettings {
 public:
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
    ::posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions_, output, STDERR_FILENO);
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

std::unexpected<Error> fail_start(const RunScript& script, int error) {
  const auto interpreter = parse_interpreter(script.text.reveal());
  const bool missing = error == ENOENT || error == ENOTDIR;
  if (missing && !interpreter.path.empty())
    return fail(Reason::kCustomData,
                "its interpreter " + printable(interpreter.path) + " does not exist");
  if (error == ENOEXEC)
    return fail(Reason::kCustomData, "its first line names no interpreter, such as #!/bin/sh");
  return fail(Reason::kCustomData, std::string("it cannot be started: ") + std::strerror(error));
}

/// Starts the script. Returns its process id.
Result<pid_t> start(const ScriptFile& file, const RunScript& script, std::string_view instance_id,
                    int output) {
  std::vector<std::string> arguments;
  if (file.is_noexec()) {
    auto interpreter = parse_interpreter(script.text.reveal());
    if (interpreter.path.empty()) return fail_start(script, ENOEXEC);
    arguments.push_back(std::move(interpreter.path));
    if (!interpreter.argument.empty()) arguments.push_back(std::move(interpreter.argument));
  }
  arguments.push_back(file.path());
  auto environment = make_environment(instance_id);
  const auto argv = pointers(arguments);
  const auto envp = pointers(environment);
  const SpawnSettings settings(output);
  pid_t pid = 0;
  const mode_t umask_before = ::umask(022);
  const int error = ::posix_spawn(&pid, argv.front(), settings.actions(), settings.attributes(),
                                  argv.data(), envp.data());
  ::umask(umask_before);
  if (error != 0) return fail_start(script, error);
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
ScriptEnd take_status(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
  if (WIFSIGNALED(status)) return {.status = 0, .signal = WTERMSIG(status)};
  return {.status = WEXITSTATUS(status), .signal = 0};
}

}  // namespace

Result<ScriptEnd> run_script(const Root& root, const RunScript& script, OutputLog& log,
                             const ScriptRun& run) {
  const auto file = OR_RETURN(ScriptFile::make(root, script), "writing the script");
  OR_RETURN(run.before_start());
  const auto pid = OR_RETURN(start(file, script, run.instance_id, log.fd()));
  if (!wait_for_end(pid, log, run.stop, run.while_running)) return ScriptEnd{.running = true};
  const auto end = take_status(pid);
  // Bounded, because a process that it left behind may write without end.
  constexpr int kMostPieces = 64;
  for (int i = 0; i < kMostPieces && log.follow(); ++i) continue;
  return end;
}

}  // namespace azl::provision::custom_data
