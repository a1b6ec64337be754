#include "disk/mounted.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <exception>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <libmount/libmount.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"

namespace azl::disk {

namespace {

/// Where the child mounts. Other processes see an empty directory there.
constexpr const char* kStateDirectory = "/run/azl-provision";
constexpr const char* kMountPoint = "/run/azl-provision/media";

// The child's answer: one of these, then what `read` returned, or the error as text.
constexpr char kFound = 'F';
constexpr char kAbsent = 'A';
constexpr char kFailed = 'E';
constexpr std::size_t kMaxError = 1024;  // libmount's message for one failure has at most 512

using MountContext = Handle<libmnt_context, mnt_free_context>;

/// What runs in the child. The parent may have threads, so the child is limited to what glibc keeps
/// usable after fork: system calls, memory allocation, and stdio in libmount. It takes no lock of
/// this program, writes no log, and ends with _exit.
namespace child {

/// The kernel module of a file system type.
std::string module_of(const std::string& type) {
  if (type == "iso9660") return "isofs";
  return type;
}

std::string describe_failure(libmnt_context* context, int result, const std::string& type) {
  std::array<char, 512> text{};
  mnt_context_get_excode(context, result, text.data(), text.size());
  std::string message = "mounting it as " + type + ": " + text.data();
  if (mnt_context_syscall_called(context) == 1 &&
      mnt_context_get_syscall_errno(context) == ENODEV) {
    message +=
        " (this kernel does not support " + type + "; try 'modprobe " + module_of(type) + "')";
  }
  return message;
}

/// Mounts as one type. Returns the error as text; empty on success.
std::string mount_as(const MountSource& source, const std::string& type) {
  const MountContext context(mnt_new_context());
  if (!context) return "no memory for a mount";
  libmnt_context* raw = context.get();
  mnt_context_disable_helpers(raw, 1);  // the media must not choose a program, /sbin/mount.TYPE
  mnt_context_disable_mtab(raw, 1);     // the mount is private
  mnt_context_set_optsmode(raw, MNT_OMODE_NOTAB);  // ignore options in fstab
  const char* options = source.image ? "ro,nosuid,nodev,noexec,loop" : "ro,nosuid,nodev,noexec";
  int result = mnt_context_set_fstype(raw, type.c_str());
  if (result == 0) result = mnt_context_set_source(raw, source.path.c_str());
  if (result == 0) result = mnt_context_set_target(raw, kMountPoint);
  if (result == 0) result = mnt_context_set_options(raw, options);
  if (result == 0) result = mnt_context_mount(raw);
  return result == 0 ? std::string() : describe_failure(raw, result, type);
}

Result<void> mount_privately(const MountSource& source) {
  if (unshare(CLONE_NEWNS) != 0) return fail_errno(errno, "making a private mount namespace");
  if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    return fail_errno(errno, "making the mounts private");
  }
  std::vector<std::string> failures;
  for (const std::string& type : source.types) {
    std::string failure = mount_as(source, type);
    if (failure.empty()) return {};
    failures.push_back(std::move(failure));
  }
  return fail(Reason::kMediaUnreadable, join(failures, "; "));
}

Result<std::optional<std::string>> mount_and_read(const MountSource& source, const ReadTree& read) {
  OR_RETURN(mount_privately(source));
  auto content = [&]() -> Result<std::optional<std::string>> {
    const auto tree = OR_RETURN(Root::open(kMountPoint));
    return read(tree);
  }();
  // The end of the namespace unmounts too, but a little later, and then eject could fail. Errors
  // are ignored for that reason.
  umount2(kMountPoint, 0);
  return content;
}

std::string make_answer(const MountSource& source, const ReadTree& read) {
  try {
    const auto content = mount_and_read(source, read);
    if (!content) {
      return kFailed + std::string(cut_utf8(content.error().to_string(), kMaxError));
    }
    return *content ? kFound + **content : std::string(1, kAbsent);
  } catch (const std::exception& exception) {
    return kFailed + std::string(exception.what());
  }
}

[[noreturn]] void run(const MountSource& source, const ReadTree& read, int pipe, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);   // the mount must not outlive the agent
  if (getppid() != parent) _exit(1);  // the parent died before prctl
  (void)signal(SIGPIPE, SIG_DFL);
  const std::string text = make_answer(source, read);
  std::string_view rest = text;
  while (!rest.empty()) {
    const ssize_t put = write(pipe, rest.data(), rest.size());
    if (put < 0 && errno != EINTR) _exit(1);
    if (put > 0) rest.remove_prefix(static_cast<std::size_t>(put));
  }
  _exit(0);
}

}  // namespace child

std::unexpected<Error> too_long(std::size_t limit) {
  return fail(Reason::kMediaUnreadable, "it is larger than " + std::to_string(limit) + " bytes");
}

/// The child process. The destructor kills it if it still runs.
class Reader {
 public:
  [[nodiscard]] static Result<Reader> start(const MountSource& source, const ReadTree& read) {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) return fail_errno(errno, "making a pipe");
    UniqueFd read_end(ends[0]);
    const UniqueFd write_end(ends[1]);
    const pid_t parent = getpid();
    const pid_t pid = fork();
    if (pid < 0) return fail_errno(errno, "starting a process");
    if (pid == 0) child::run(source, read, write_end.get(), parent);
    return Reader(pid, std::move(read_end));
  }

  Reader(Reader&& other) noexcept
      : pid_(std::exchange(other.pid_, -1)), pipe_(std::move(other.pipe_)) {}
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  Reader& operator=(Reader&&) = delete;
  ~Reader() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    (void)reap(pid_);
  }

  /// Reads the child's answer until the child closes the pipe: at most `limit` bytes of content.
  [[nodiscard]] Result<std::string> receive(std::size_t limit, const Deadline& deadline) const {
    std::string text;
    std::array<char, 65536> buffer;
    while (true) {
      pollfd ready{.fd = pipe_.get(), .events = POLLIN, .revents = 0};
      const int count = poll(&ready, 1, deadline.poll_timeout());
      if (count < 0 && errno != EINTR) return fail_errno(errno, "waiting for the media's reader");
      if (count <= 0 && deadline.passed()) {
        return fail(Reason::kTimeout, "mounting and reading it took too long");
      }
      if (count <= 0) continue;
      const ssize_t got = ::read(pipe_.get(), buffer.data(), buffer.size());
      if (got < 0) return fail_errno(errno, "reading from the media's reader");
      if (got == 0) return text;
      text.append(buffer.data(), static_cast<std::size_t>(got));
      if (text.size() > 1 + std::max(limit, kMaxError)) return too_long(limit);
    }
  }

  /// Waits for the child, which ends soon because it has closed its pipe. Returns its status as of
  /// waitpid(2); nullopt if it does not end, for example because unmounting a drive hangs.
  [[nodiscard]] std::optional<int> finish() { return reap(std::exchange(pid_, -1)); }

 private:
  Reader(pid_t pid, UniqueFd pipe) : pid_(pid), pipe_(std::move(pipe)) {}

  /// Waits for a limited time. A child that hangs in the kernel dies when it can.
  static std::optional<int> reap(pid_t pid) {
    constexpr int kReapTimeoutMs = 2000;
    // By syscall, as the header of glibc 2.36 declares pidfd_open without extern "C".
    const UniqueFd process(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
    pollfd ended{.fd = process.get(), .events = POLLIN, .revents = 0};
    (void)poll(&ended, 1, kReapTimeoutMs);
    int status = 0;
    return waitpid(pid, &status, WNOHANG) == pid ? std::optional(status) : std::nullopt;
  }

  pid_t pid_;
  UniqueFd pipe_;
};

std::string describe_end(std::optional<int> status) {
  if (status && WIFSIGNALED(*status)) {
    return "its reader was killed by signal " + std::to_string(WTERMSIG(*status));
  }
  return "its reader ended without an answer";
}

Result<std::optional<std::string>> parse_answer(std::string text, std::optional<int> status) {
  if (text.empty() || !status || !WIFEXITED(*status) || WEXITSTATUS(*status) != 0) {
    return fail(Reason::kMediaUnreadable, describe_end(status));
  }
  const char kind = text.front();
  text.erase(0, 1);
  if (kind == kAbsent) return std::nullopt;
  if (kind == kFound) return text;
  return fail(Reason::kMediaUnreadable, std::move(text));
}

Result<void> make_mount_point() {
  const auto root = OR_RETURN(Root::open("/"));
  for (const char* directory : {kStateDirectory, kMountPoint}) {
    OR_RETURN(root.make_directory(directory, {.mode = 0700}), "making the mount point");
  }
  return {};
}

}  // namespace

Result<std::optional<std::string>> read_mounted(const MountSource& source, const ReadTree& read,
                                                std::size_t limit, const Deadline& deadline) {
  OR_RETURN(make_mount_point());
  auto reader = OR_RETURN(Reader::start(source, read));
  auto text = OR_RETURN(reader.receive(limit, deadline));
  auto found = parse_answer(std::move(text), reader.finish());
  if (found && *found && (*found)->size() > limit) return too_long(limit);
  return found;
}

}  // namespace azl::disk
