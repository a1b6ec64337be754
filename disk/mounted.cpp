#include "disk/mounted.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <exception>

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

/// Where the child mounts. Other processes see an empty directory.
constexpr const char* kStateDirectory = "/run/azl-provision";
constexpr const char* kMountPoint = "/run/azl-provision/media";

// What the child says: one of these, then the bytes that were found, or the error as text.
constexpr char kFound = 'F';
constexpr char kAbsent = 'A';
constexpr char kFailed = 'E';
constexpr std::size_t kLongestError = 1024;  // what libmount says of one failure is at most 512

using MountContext = Handle<libmnt_context, mnt_free_context>;

/// The child's side. A fork of a process that may have threads: what it does beyond system calls is
/// to allocate memory and to read files by stdio in libmount, both of which glibc keeps usable
/// after fork. It takes no lock of ours, writes no log, and leaves by _exit.
namespace child {

/// The kernel's modules are not named after their file systems.
std::string module_of(const std::string& type) {
  if (type == "iso9660") return "isofs";
  return type;
}

std::string explain(libmnt_context* context, int result, const std::string& type) {
  std::array<char, 512> text{};
  mnt_context_get_excode(context, result, text.data(), text.size());
  std::string message = "mounting it as " + type + ": " + text.data();
  if (mnt_context_syscall_called(context) == 1 &&
      mnt_context_get_syscall_errno(context) == ENODEV) {
    message += " (this kernel has no " + type + ": the module is missing, try 'modprobe " +
               module_of(type) + "')";
  }
  return message;
}

/// Mounts as one type; what failed as text, empty on success.
std::string mount_as(const MountSource& source, const std::string& type) {
  const MountContext context(mnt_new_context());
  if (!context) return "no memory for a mount";
  libmnt_context* raw = context.get();
  mnt_context_disable_helpers(raw, 1);  // no program of the media's choice: no /sbin/mount.TYPE
  mnt_context_disable_mtab(raw, 1);     // nobody else needs to know of this mount
  mnt_context_set_optsmode(raw, MNT_OMODE_NOTAB);  // fstab has no say in it
  const char* options = source.image ? "ro,nosuid,nodev,noexec,loop" : "ro,nosuid,nodev,noexec";
  int result = mnt_context_set_fstype(raw, type.c_str());
  if (result == 0) result = mnt_context_set_source(raw, source.path.c_str());
  if (result == 0) result = mnt_context_set_target(raw, kMountPoint);
  if (result == 0) result = mnt_context_set_options(raw, options);
  if (result == 0) result = mnt_context_mount(raw);
  return result == 0 ? std::string() : explain(raw, result, type);
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

Result<std::optional<std::string>> read_it(const MountSource& source, const ReadTree& read) {
  auto mounted = mount_privately(source);
  if (!mounted) return fail(std::move(mounted.error()));
  auto content = [&]() -> Result<std::optional<std::string>> {
    const auto tree = Root::open(kMountPoint);
    if (!tree) return fail(Error(tree.error()));
    return read(*tree);
  }();
  // The namespace's end would do it too, but a little later, and the tray shall open at once.
  // What can't be unmounted now (a file still open) therefore needs no error.
  umount2(kMountPoint, 0);
  return content;
}

std::string answer(const MountSource& source, const ReadTree& read) {
  try {
    const auto content = read_it(source, read);
    if (!content) {
      return kFailed + std::string(cut_utf8(content.error().to_string(), kLongestError));
    }
    return *content ? kFound + **content : std::string(1, kAbsent);
  } catch (const std::exception& exception) {
    return kFailed + std::string(exception.what());
  }
}

[[noreturn]] void run(const MountSource& source, const ReadTree& read, int pipe, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);   // no mount outlives the agent
  if (getppid() != parent) _exit(1);  // it died before that
  (void)signal(SIGPIPE, SIG_DFL);
  const std::string text = answer(source, read);
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
  return fail(Reason::kMediaUnreadable, "it is longer than " + std::to_string(limit) + " bytes");
}

/// The child, seen from the parent. It is killed if it still runs at the end.
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

  /// All that the child says, until it closes the pipe: at most `limit` bytes of content.
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
      if (got < 0) return fail_errno(errno, "hearing from the media's reader");
      if (got == 0) return text;
      text.append(buffer.data(), static_cast<std::size_t>(got));
      if (text.size() > 1 + std::max(limit, kLongestError)) return too_long(limit);
    }
  }

  /// Waits for its end, which must be near since it has closed its pipe: its status as of
  /// waitpid(2). Empty when the kernel does not let go of it, a drive hanging while it is
  /// unmounted.
  [[nodiscard]] std::optional<int> finish() { return reap(std::exchange(pid_, -1)); }

 private:
  Reader(pid_t pid, UniqueFd pipe) : pid_(pid), pipe_(std::move(pipe)) {}

  /// Bounded: a child that the kernel does not let go of is left to itself, and dies when it can.
  static std::optional<int> reap(pid_t pid) {
    constexpr int kPatienceMs = 2000;
    // The header of glibc 2.36 declares pidfd_open without extern "C".
    const UniqueFd process(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
    pollfd ended{.fd = process.get(), .events = POLLIN, .revents = 0};
    (void)poll(&ended, 1, kPatienceMs);
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

Result<std::optional<std::string>> interpret(std::string text, std::optional<int> status) {
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
  const auto root = Root::open("/");
  if (!root) return fail(Error(root.error()));
  for (const char* directory : {kStateDirectory, kMountPoint}) {
    const auto made = root->make_directory(directory, {.mode = 0700});
    if (!made) return fail(Error(made.error()), "making the directory to mount on");
  }
  return {};
}

}  // namespace

Result<std::optional<std::string>> read_mounted(const MountSource& source, const ReadTree& read,
                                                std::size_t limit, const Deadline& deadline) {
  auto made = make_mount_point();
  if (!made) return fail(std::move(made.error()));
  auto reader = Reader::start(source, read);
  if (!reader) return fail(std::move(reader.error()));
  auto text = reader->receive(limit, deadline);
  if (!text) return fail(std::move(text.error()));
  auto found = interpret(std::move(*text), reader->finish());
  if (found && *found && (*found)->size() > limit) return too_long(limit);
  return found;
}

}  // namespace azl::disk
