#include "base/process.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <optional>

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"

namespace azl {

namespace {

constexpr std::size_t kLongestOut = 1 << 20;
constexpr std::array<std::string_view, 4> kPath = {"/usr/sbin", "/usr/bin", "/sbin", "/bin"};

// ---- The child, between clone and exec. It may call only what signal-safety(7) allows, and must
// not change memory, which it shares with the parent. ----

/// What the child failed to do. The parent reads it from a pipe that exec closes.
struct Complaint {
  enum class Step { kNamespace, kBind, kStdio, kExec } step;
  int error;
  std::size_t bind;  ///< index into the binds
};

/// Everything the child needs, prepared before clone, because the child must not allocate.
struct Launch {
  std::vector<std::string> candidates;  ///< paths to try, in order
  std::vector<char*> argv;
  std::vector<char*> environment;
  const std::vector<BindMount>* binds;
  std::vector<UniqueFd> trees;  ///< a detached mount for each bind
  const std::vector<int>* inherited;
  ProcessLimits limits;
  std::array<int, 3> stdio;
  int complaints;
  pid_t parent;
};

/// _exit(2) without [[noreturn]]. Before a call of a [[noreturn]] function, AddressSanitizer
/// examines the stack, and it does not know this one.
void exit_child() { syscall(SYS_exit_group, 127); }

void complain(const Launch& launch, Complaint::Step step, std::size_t bind = 0) {
  const Complaint complaint{.step = step, .error = errno, .bind = bind};
  // An error here cannot be reported; the parent sees the exit status.
  const ssize_t ignored = write(launch.complaints, &complaint, sizeof complaint);
  (void)ignored;
  exit_child();
}

/// Undoes what the agent has changed for itself, so that the program starts as from a login.
void reset_signals() {
  struct sigaction standard{};
  standard.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) sigaction(number, &standard, nullptr);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

void mount_binds(const Launch& launch) {
  if (launch.binds->empty()) return;
  if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    complain(launch, Complaint::Step::kNamespace);
  }
  for (std::size_t i = 0; i < launch.binds->size(); ++i) {
    if (syscall(SYS_move_mount, launch.trees[i].get(), "", AT_FDCWD,
                (*launch.binds)[i].target.c_str(), MOVE_MOUNT_F_EMPTY_PATH) != 0) {
      complain(launch, Complaint::Step::kBind, i);
    }
  }
}

void execute(const Launch& launch) {
  int error = ENOENT;
  for (const std::string& path : launch.candidates) {
    execve(path.c_str(), launch.argv.data(), launch.environment.data());
    // Keeps the error of a program that exists but cannot be run, and tries the next path.
    if (errno != ENOENT && errno != ENOTDIR) error = errno;
  }
  errno = error;
  complain(launch, Complaint::Step::kExec);
}

/// Starts a session of its own, so that the whole group can be killed and no terminal can be used.
void become_program(const Launch& launch) {
  setsid();
  // If the agent is killed, its programs must not interfere with the next run, for example an
  // ssh-keygen that writes its key there.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != launch.parent) exit_child();
  reset_signals();
  umask(022);
  mount_binds(launch);
  for (std::size_t i = 0; i < launch.stdio.size(); ++i) {
    if (dup2(launch.stdio[i], static_cast<int>(i)) < 0) complain(launch, Complaint::Step::kStdio);
  }
  if (chdir("/") != 0) complain(launch, Complaint::Step::kStdio);
  // Our own are close-on-exec already; a library may have opened others.
  close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
  for (const int fd : *launch.inherited) {
    if (fcntl(fd, F_SETFD, 0) != 0) complain(launch, Complaint::Step::kStdio);
  }
  const rlimit memory{.rlim_cur = launch.limits.memory, .rlim_max = launch.limits.memory};
  if (launch.limits.memory != 0 && setrlimit(RLIMIT_AS, &memory) != 0) {
    complain(launch, Complaint::Step::kStdio);
  }
  execute(launch);
  exit_child();
}

// ---- The parent ----

struct Pipe {
  UniqueFd read;
  UniqueFd write;
};

/// Returns a descriptor above 2, because dup2 in the child overwrites 0, 1 and 2.
Result<UniqueFd> move_above_stdio(UniqueFd fd) {
  if (fd.get() > STDERR_FILENO) return fd;
  UniqueFd higher(fcntl(fd.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  if (!higher) return fail_errno(errno, "duplicating a file descriptor");
  return higher;
}

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return fail_errno(errno, "making a pipe");
  Pipe made{UniqueFd(ends[0]), UniqueFd(ends[1])};
  made.read = OR_RETURN(move_above_stdio(std::move(made.read)));
  made.write = OR_RETURN(move_above_stdio(std::move(made.write)));
  return made;
}

bool set_nonblocking(int fd) { return fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) == 0; }

/// Returns the program's name for messages: the last component of argv[0].
std::string name_of(const Command& command) {
  const std::string& program = command.argv.front();
  return printable(std::string_view(program).substr(program.rfind('/') + 1));
}

std::vector<std::string> candidates_for(const std::string& program) {
  if (program.find('/') != std::string::npos) return {program};
  std::vector<std::string> paths;
  for (const std::string_view directory : kPath) {
    paths.push_back(std::string(directory) + "/" + program);
  }
  return paths;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (std::string& string : strings) result.push_back(string.data());
  result.push_back(nullptr);
  return result;
}

/// Returns the last lines of stderr on one line: ": cannot open x; giving up".
std::string last_lines(std::string_view err) {
  constexpr std::size_t kLines = 3;
  constexpr std::size_t kLongest = 400;
  std::vector<std::string> lines;
  for (const std::string_view line : split(err, '\n')) {
    if (!trim(line).empty()) lines.push_back(printable(trim(line), kLongest, Quotes::kKept));
  }
  if (lines.size() > kLines) lines.erase(lines.begin(), lines.end() - kLines);
  return lines.empty() ? std::string() : ": " + join(lines, "; ");
}

class SystemChild final : public Child {
 public:
  /// The parent's ends of the pipes, and the child's pidfd.
  struct Ends {
    UniqueFd pidfd;
    Pipe input;  ///< with the child's end, see feed()
    UniqueFd out;
    UniqueFd err;
  };

  SystemChild(pid_t pid, Ends ends, const Command& command)
      : pid_(pid),
        ends_(std::move(ends)),
        name_(name_of(command)),
        good_statuses_(command.good_statuses),
        err_limit_(command.err_limit),
        input_(command.input.clone()),
        started_(SystemClock().now()) {
    feed();
  }
  ~SystemChild() override {
    if (pid_ > 0) kill_group();
  }

  [[nodiscard]] Result<ProcessOutput> wait(const Deadline& deadline) override;

 private:
  enum class End { kExited, kStillThere };

  /// Writes as much input as the pipe takes. The reading end stays open here too, so that a program
  /// that does not read its input causes no SIGPIPE; that is not an error. A pipe, not a memfd,
  /// because SELinux policies let a program of another domain inherit only the pipe.
  void feed();
  void poll_once(int timeout);
  /// Reads what `fd` has; closes it at its end.
  void drain(UniqueFd& fd, std::string& into, std::size_t limit, bool keep_tail);
  void drain_both();
  [[nodiscard]] bool has_ended() const;
  End kill_group();
  /// Collects the status of the child, which has ended.
  void reap();
  [[nodiscard]] std::string describe_end() const;  ///< for the log
  [[nodiscard]] Result<ProcessOutput> take_result();

  pid_t pid_;  ///< 0 after wait4 or a failed kill
  Ends ends_;
  std::string name_;
  std::vector<int> good_statuses_;
  std::size_t err_limit_;
  Secret input_;
  std::size_t fed_ = 0;
  SteadyTime started_;
  int wait_status_ = 0;
  ProcessOutput output_;
};

Result<ProcessOutput> SystemChild::wait(const Deadline& deadline) {
  if (pid_ == 0) return fail(Reason::kUnexpected, name_ + " has already been waited for");
  while (!has_ended()) {
    if (deadline.passed()) {
      const bool killed = kill_group() == End::kExited;
      drain_both();
      return fail(Cause::kToolTimeout, name_ + " did not end in time and " +
                                           (killed ? "was killed" : "could not be killed") +
                                           last_lines(output_.err_tail));
    }
    poll_once(deadline.poll_timeout());
  }
  reap();
  AZL_LOG(kBase, kDebug, describe_end());
  drain_both();  // not up to the end, because a daemon that it started may keep the pipes open
  return take_result();
}

void SystemChild::feed() {
  while (ends_.input.write && fed_ < input_.size()) {
    const auto rest = input_.reveal().substr(fed_);
    const ssize_t put = write(ends_.input.write.get(), rest.data(), rest.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0 && errno == EAGAIN) return;
    if (put < 0) break;
    fed_ += static_cast<std::size_t>(put);
  }
  ends_.input = Pipe();  // the end of its input
  input_ = Secret();
}

void SystemChild::poll_once(int timeout) {
  std::array<pollfd, 4> fds{{{.fd = ends_.pidfd.get(), .events = POLLIN, .revents = 0},
                             {.fd = ends_.out.get(), .events = POLLIN, .revents = 0},
                             {.fd = ends_.err.get(), .events = POLLIN, .revents = 0},
                             {.fd = ends_.input.write.get(), .events = POLLOUT, .revents = 0}}};
  if (poll(fds.data(), fds.size(), timeout) <= 0) return;  // negative fds are left out
  drain_both();
  if (fds[3].revents != 0) feed();
}

void SystemChild::drain(UniqueFd& fd, std::string& into, std::size_t limit, bool keep_tail) {
  std::array<char, 16384> buffer;
  // Bounded, so that the deadline also applies to a program that writes without end.
  constexpr int kReads = 64;
  for (int i = 0; fd && i < kReads; ++i) {
    const ssize_t got = read(fd.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) {
      fd.reset();
      return;
    }
    const std::string_view piece(buffer.data(), static_cast<std::size_t>(got));
    into += keep_tail ? piece : piece.substr(0, limit - into.size());
    if (into.size() > limit) into.erase(0, into.size() - limit);
  }
}

void SystemChild::drain_both() {
  drain(ends_.out, output_.out, kLongestOut, false);
  drain(ends_.err, output_.err_tail, err_limit_, true);
}

bool SystemChild::has_ended() const {
  pollfd end{.fd = ends_.pidfd.get(), .events = POLLIN, .revents = 0};
  return poll(&end, 1, 0) > 0;
}

SystemChild::End SystemChild::kill_group() {
  kill(-pid_, SIGKILL);
  // Bounded, because a process in an uninterruptible sleep (a stalled disk) does not end at once.
  constexpr int kMilliseconds = 2000;
  pollfd end{.fd = ends_.pidfd.get(), .events = POLLIN, .revents = 0};
  int ended = 0;
  do {
    ended = poll(&end, 1, kMilliseconds);
  } while (ended < 0 && errno == EINTR);
  if (ended > 0) reap();
  pid_ = 0;
  return ended > 0 ? End::kExited : End::kStillThere;
}

void SystemChild::reap() {
  rusage usage{};
  while (wait4(pid_, &wait_status_, 0, &usage) < 0 && errno == EINTR) {
  }
  pid_ = 0;
  output_.wall = SystemClock().now() - started_;
  for (const timeval& time : {usage.ru_utime, usage.ru_stime}) {
    output_.cpu += std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
  }
}

std::string SystemChild::describe_end() const {
  const auto milliseconds = [](Duration time) {
    return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(time).count()) +
           " ms";
  };
  return name_ +
         (WIFSIGNALED(wait_status_) ? ": killed by signal " + std::to_string(WTERMSIG(wait_status_))
                                    : ": status " + std::to_string(WEXITSTATUS(wait_status_))) +
         " after " + milliseconds(output_.wall) + ", CPU " + milliseconds(output_.cpu);
}

Result<ProcessOutput> SystemChild::take_result() {
  std::string how;
  if (WIFSIGNALED(wait_status_)) {
    const char* signal = sigabbrev_np(WTERMSIG(wait_status_));
    how = " was killed by signal " + std::to_string(WTERMSIG(wait_status_)) +
          (signal != nullptr ? std::string(" (SIG") + signal + ")" : "");
  } else {
    output_.status = WEXITSTATUS(wait_status_);
    if (std::find(good_statuses_.begin(), good_statuses_.end(), output_.status) !=
        good_statuses_.end()) {
      return std::move(output_);
    }
    how = " ended with status " + std::to_string(output_.status);
  }
  return fail(Reason::kToolFailed, name_ + how + last_lines(output_.err_tail));
}

/// All pipes, with both ends.
struct Plumbing {
  Pipe in;
  Pipe out;
  Pipe err;
  Pipe complaints;
};

Result<Plumbing> make_plumbing(const Command& command) {
  Plumbing made;
  for (Pipe* pipe : {&made.in, &made.out, &made.err, &made.complaints}) {
    *pipe = OR_RETURN(make_pipe());
  }
  if (command.input_fd >= 0 || command.input.empty()) {
    UniqueFd file(command.input_fd >= 0
                      ? fcntl(command.input_fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1)
                      : open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (!file) return fail_errno(errno, "opening its standard input");
    made.in = {OR_RETURN(move_above_stdio(std::move(file))), UniqueFd()};
  }
  if ((made.in.write && !set_nonblocking(made.in.write.get())) ||
      !set_nonblocking(made.out.read.get()) || !set_nonblocking(made.err.read.get())) {
    return fail_errno(errno, "preparing a pipe");
  }
  return made;
}

int child_of(void* launch) {
  become_program(*static_cast<const Launch*>(launch));
  return 127;
}

/// Starts the child as posix_spawn(3) does: it shares our memory until exec. So no page tables are
/// copied, which is most of the cost of a fork here; a first boot starts ten programs. All signals
/// are blocked, so that none of our handlers runs in the child.
pid_t spawn(Launch& launch) {
  // The ABIs require the alignment of max_align_t.
  std::vector<std::max_align_t> stack((128 << 10) / sizeof(std::max_align_t));
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  void* top = stack.data() + stack.size();  // it grows down
  const pid_t pid = clone(child_of, top, CLONE_VM | CLONE_VFORK | SIGCHLD, &launch);
  const int error = errno;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  return pid;
}

/// Waits until the child has executed the program. Returns what failed, or nullopt.
std::optional<Complaint> read_complaint(int fd) {
  Complaint complaint{};
  ssize_t got = 0;
  do {
    got = read(fd, &complaint, sizeof complaint);
  } while (got < 0 && errno == EINTR);
  if (got != static_cast<ssize_t>(sizeof complaint)) return std::nullopt;
  return complaint;
}

std::unexpected<Error> to_error(const Complaint& complaint, const Command& command) {
  const std::string name = name_of(command);
  switch (complaint.step) {
    case Complaint::Step::kNamespace:
      return fail_errno(complaint.error, "making a mount namespace for " + name);
    case Complaint::Step::kBind: {
      const BindMount& bind = command.binds[complaint.bind];
      return fail_errno(complaint.error,
                        "mounting a directory at " + printable(bind.target) + " for " + name);
    }
    case Complaint::Step::kStdio:
      return fail_errno(complaint.error, "preparing to start " + name);
    case Complaint::Step::kExec:
      break;
  }
  if (complaint.error == ENOENT) {
    return std::unexpected(
        Error(Reason::kToolMissing, name + " is not installed").with_detail(name));
  }
  return fail_errno(complaint.error, "starting " + name, Reason::kToolFailed);
}

/// Makes a detached mount of each bind's directory. The parent does this, because the child, in a
/// mount namespace of its own, cannot clone a mount of the parent's namespace.
Result<std::vector<UniqueFd>> open_trees(const Command& command) {
  std::vector<UniqueFd> trees;
  for (const BindMount& bind : command.binds) {
    UniqueFd tree(static_cast<int>(syscall(SYS_open_tree, bind.source, "",
                                           OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH)));
    if (!tree) {
      return fail_errno(
          errno, "mounting a directory at " + printable(bind.target) + " for " + name_of(command));
    }
    trees.push_back(std::move(tree));
  }
  return trees;
}

}  // namespace

Result<ProcessOutput> Processes::run(const Command& command, const Deadline& deadline) {
  const auto child = OR_RETURN(start(command));
  return child->wait(deadline);
}

Result<std::unique_ptr<Child>> SystemProcesses::start(const Command& command) {
  if (command.argv.empty()) return fail(Reason::kUnexpected, "the command has no program");
  auto plumbing = OR_RETURN(make_plumbing(command), "starting " + name_of(command));

  std::vector<std::string> arguments = command.argv;
  std::vector<std::string> environment = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C",
                                          "LC_ALL=C"};
  Launch launch{.candidates = candidates_for(command.argv.front()),
                .argv = pointers(arguments),
                .environment = pointers(environment),
                .binds = &command.binds,
                .trees = OR_RETURN(open_trees(command)),
                .inherited = &command.inherited,
                .limits = command.limits,
                .stdio = {plumbing.in.read.get(),
                          command.output_fd >= 0 ? command.output_fd : plumbing.out.write.get(),
                          plumbing.err.write.get()},
                .complaints = plumbing.complaints.write.get(),
                .parent = getpid()};
  const pid_t pid = spawn(launch);
  if (pid < 0) return fail_errno(errno, "starting " + name_of(command));

  plumbing.complaints.write.reset();
  plumbing.out.write.reset();
  plumbing.err.write.reset();
  if (const auto complaint = read_complaint(plumbing.complaints.read.get())) {
    waitpid(pid, nullptr, 0);
    return to_error(*complaint, command);
  }
  // The child has not been reaped, so the pid is still its own.
  UniqueFd pidfd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  if (!pidfd) {
    const int error = errno;
    kill(-pid, SIGKILL);
    waitpid(pid, nullptr, 0);
    return fail_errno(error, "starting " + name_of(command));
  }
  AZL_LOG(kBase, kDebug, "started " + join(command.argv, " ") + ", pid " + std::to_string(pid));
  return std::make_unique<SystemChild>(pid,
                                       SystemChild::Ends{.pidfd = std::move(pidfd),
                                                         .input = std::move(plumbing.in),
                                                         .out = std::move(plumbing.out.read),
                                                         .err = std::move(plumbing.err.read)},
                                       command);
}

}  // namespace azl
