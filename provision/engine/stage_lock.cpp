#include "provision/engine/stage_lock.h"

#include <cerrno>
#include <cstdio>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/text.h"
#include "provision/record/record.h"

namespace azl::provision {
namespace {

using namespace std::chrono_literals;

constexpr Duration kWait = 65min;  // longer than the longest stage, disks
constexpr Duration kPause = 200ms;
constexpr std::size_t kStatLimit = 4096;
constexpr int kMostAncestors = 1000;

/// The process id in a lock's file; empty if there is none.
std::string read_holder(const Root& root, const std::string& path) {
  const auto pid = root.read(path, 64);
  return pid ? std::string(trim(*pid)) : std::string();
}

std::string describe_holder(const std::string& pid) {
  return pid.empty() ? std::string("another process") : "process " + printable(pid);
}

/// The process that started another, and empty if there is none. Source: proc_pid_stat(5).
std::string read_parent(const Root& machine, const std::string& pid) {
  const auto text = machine.read("/proc/" + pid + "/stat", kStatLimit);
  if (!text) return {};
  // "PID (NAME) STATE PARENT …"; the name may have anything in it.
  const auto fields = split(std::string_view(*text).substr(text->rfind(')') + 1), ' ');
  return fields.size() > 1 ? std::string(fields[1]) : std::string();
}

/// Whether a process started this one, directly or through others.
bool is_ancestor(const std::string& pid) {
  const auto machine = Root::open("/");
  if (!machine || pid.empty()) return false;
  auto parent = std::to_string(::getppid());
  for (int i = 0; i < kMostAncestors && !parent.empty() && parent != "0"; ++i) {
    if (parent == pid) return true;
    parent = read_parent(*machine, parent);
  }
  return false;
}

std::string lock_path(Stage stage) {
  const auto name = to_string(stage == Stage::kClose ? Stage::kMain : stage);
  return std::string(kRunDirectory) + "/" + std::string(name) + ".lock";
}

}  // namespace

Result<UniqueFd> lock_stage(const Root& root, Stage stage, Clock& clock) {
  OR_RETURN(root.make_directory(kRunDirectory, {.mode = 0700}));
  const std::string name(to_string(stage == Stage::kClose ? Stage::kMain : stage));
  const auto path = lock_path(stage);
  auto lock =
      OR_RETURN(root.open_file(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0600), "locking the stage");
  const Deadline deadline(clock, kWait);
  bool waiting = false;
  while (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return fail_errno(errno, "locking " + path);
    const auto pid = read_holder(root, path);
    const auto holder = describe_holder(pid);
    if (!waiting && is_ancestor(pid))
      return fail(Reason::kLocked, holder + ", which runs stage " + name +
                                       ", started this program and waits for its end");
    if (deadline.passed()) return fail(Reason::kLocked, holder + " still runs stage " + name);
    if (!waiting)
      std::fprintf(stderr, "azl-provision: waiting for %s, which runs stage %s\n", holder.c_str(),
                   name.c_str());
    waiting = true;
    clock.sleep(kPause);
  }
  // Written in place, because the lock is on this inode. On a full /run the lock works without it.
  const auto pid = std::to_string(::getpid()) + "\n";
  const bool written =
      ::ftruncate(lock.get(), 0) == 0 && ::pwrite(lock.get(), pid.data(), pid.size(), 0) >= 0;
  if (!written && errno != ENOSPC) return fail_errno(errno, "writing " + path);
  return lock;
}

Result<std::vector<UniqueFd>> hold_stages(const Root& root) {
  std::vector<UniqueFd> locks;
  for (const auto& row : kSpellings<Stage>) {
    if (row.value == Stage::kClose) continue;  // it has the lock of main
    const auto path = lock_path(row.value);
    auto lock = root.open_file(path, O_RDWR | O_NOFOLLOW);
    if (!lock && lock.error().errno_value() == ENOENT) continue;
    if (!lock) return fail(std::move(lock.error()), "looking which stages run");
    if (::flock(lock->get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK) return fail_errno(errno, "locking " + path);
      return fail(Reason::kLocked, "stage " + std::string(row.word) + " is running (" +
                                       describe_holder(read_holder(root, path)) +
                                       "); wait for its end with 'azl-provision status --wait'");
    }
    locks.push_back(std::move(*lock));
  }
  return locks;
}

bool is_started_by_stage(const Root& root, Stage stage) {
  return is_ancestor(read_holder(root, lock_path(stage)));
}

StepResult wait_for_stage(const Context& context, Stage stage) {
  const auto path = lock_path(stage);
  const auto lock = context.root().open_file(path, O_RDWR | O_NOFOLLOW);
  if (!lock) return skipped("it has not run on this boot");
  if (::flock(lock->get(), LOCK_EX | LOCK_NB) == 0) return skipped("it has ended");
  // Blocks without using the processor: a user's early program may run for hours.
  while (::flock(lock->get(), LOCK_EX) != 0) {
    if (errno != EINTR) return fail_errno(errno, "waiting for " + path);
  }
  return done("it has ended");
}

}  // namespace azl::provision
