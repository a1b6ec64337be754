#include "disk/mounted.h"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>

#include <doctest/doctest.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/disk/images.h"

namespace azl::disk {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kLimit = 1 << 20;

Result<std::optional<std::string>> read_hello(const Root& tree) {
  return tree.read_if_exists("/hello");
}

/// Mounts an image for `read`.
Result<std::optional<std::string>> read_image(test::Image& image, const ReadTree& read,
                                              Duration patience = 30s, std::size_t limit = kLimit) {
  const SystemClock clock;
  return read_mounted({.path = image.ext4(), .image = true, .types = {"ext4"}}, read, limit,
                      Deadline(clock, patience));
}

/// Whether the mount and the loop device are gone. Waits, as the kernel may clean up late after a
/// kill.
bool nothing_remains(const test::Image& image) {
  constexpr int kTries = 100;
  for (int i = 0; i < kTries && image.attached(); ++i) poll(nullptr, 0, 50);
  return !image.attached() && !test::sees_media_mounted();
}

bool has_children() { return waitpid(-1, nullptr, WNOHANG) >= 0 || errno != ECHILD; }

TEST_CASE("a file of an image is read, and the mount is gone afterwards") {
  if (!test::can_mount_images()) return;
  test::Image image;
  image.files().write("hello", "world");
  const auto content = read_image(image, read_hello);
  if (!content) FAIL(content.error().to_string());
  CHECK(*content == "world");
  CHECK_FALSE(image.attached());  // the child unmounts before it answers
  CHECK_FALSE(test::sees_media_mounted());
  CHECK_FALSE(has_children());
}

TEST_CASE("a missing file is not an error") {
  if (!test::can_mount_images()) return;
  test::Image image;
  const auto absent = read_image(image, read_hello);
  REQUIRE(absent);
  CHECK_FALSE(*absent);

  test::Image other;
  const auto failed = read_image(other, [](const Root&) -> Result<std::optional<std::string>> {
    return fail(Reason::kIo, "the disc is scratched");
  });
  REQUIRE_FALSE(failed);
  CHECK(failed.error().reason() == Reason::kMediaUnreadable);
  CHECK(failed.error().to_string() == "the disc is scratched");
  CHECK(nothing_remains(other));
}

TEST_CASE("an empty file differs from a missing file") {
  if (!test::can_mount_images()) return;
  test::Image image;
  image.files().write("hello", "");
  const auto content = read_image(image, read_hello);
  REQUIRE(content);
  CHECK(*content == "");
}

TEST_CASE("the tree is mounted read-only, nosuid, nodev and noexec") {
  if (!test::can_mount_images()) return;
  test::Image image;
  const auto flags = read_image(image, [](const Root& tree) -> Result<std::optional<std::string>> {
    struct statvfs status{};
    if (statvfs(tree.directory().c_str(), &status) != 0) return fail_errno(errno, "statvfs");
    const unsigned long wanted = ST_RDONLY | ST_NOSUID | ST_NODEV | ST_NOEXEC;
    return std::string((status.f_flag & wanted) == wanted ? "safe" : "unsafe");
  });
  REQUIRE(flags);
  CHECK(*flags == "safe");
}

TEST_CASE("no helper of a file system type is run") {
  if (!test::can_mount_images()) return;
  test::TemporaryTree tree;
  const auto proof = tree.path("proof");
  tree.write("mount.azltest", "#!/bin/sh\necho \"$*\" > " + proof + "\n");
  REQUIRE(chmod(tree.path("mount.azltest").c_str(), 0755) == 0);
  test::Image image;
  const auto path = image.ext4();
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    // libmount looks for helpers in /sbin, which is changed only in this process's namespace.
    const bool ready = unshare(CLONE_NEWNS) == 0 &&
                       mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                       mount(tree.path().c_str(), "/sbin", nullptr, MS_BIND, nullptr) == 0 &&
                       access("/sbin/mount.azltest", X_OK) == 0;
    const SystemClock clock;
    const auto content = read_mounted({.path = path, .image = true, .types = {"azltest"}},
                                      read_hello, kLimit, Deadline(clock, 30s));
    _exit(!ready ? 2 : content ? 1 : 0);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  CHECK_FALSE(tree.exists("proof"));
}

TEST_CASE("the mount is visible in the child only") {
  if (!test::can_mount_images()) return;
  test::Image image;
  const std::string mountinfo = "/proc/" + std::to_string(getpid()) + "/mountinfo";
  const auto seen = read_image(image, [&](const Root&) -> Result<std::optional<std::string>> {
    std::ifstream file(mountinfo);
    const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    const bool parent = text.find("/run/azl-provision/media") != std::string::npos;
    return std::string(test::sees_media_mounted() && !parent ? "private" : "shared");
  });
  REQUIRE(seen);
  CHECK(*seen == "private");
}

TEST_CASE("a child that hangs is killed at the deadline, and the mount is gone") {
  if (!test::can_mount_images()) return;
  test::Image image;
  const SystemClock clock;
  const SteadyTime start = clock.now();
  const auto result = read_image(
      image,
      [](const Root&) -> Result<std::optional<std::string>> {
        while (true) pause();
      },
      1s);
  REQUIRE_FALSE(result);
  CHECK(result.error().reason() == Reason::kTimeout);
  CHECK(clock.now() - start < 20s);
  CHECK(nothing_remains(image));
  CHECK_FALSE(has_children());
}

TEST_CASE("a killed child is an error, and the mount is gone") {
  if (!test::can_mount_images()) return;
  test::Image image;
  const auto result = read_image(image, [](const Root&) -> Result<std::optional<std::string>> {
    raise(SIGKILL);
    return std::nullopt;
  });
  REQUIRE_FALSE(result);
  CHECK(result.error().to_string() == "its reader was killed by signal 9");
  CHECK(nothing_remains(image));
}

TEST_CASE("when the agent is killed, the child ends and the mount is gone") {
  if (!test::can_mount_images()) return;
  test::Image image;
  int ready[2];
  REQUIRE(pipe(ready) == 0);
  const pid_t agent = fork();
  if (agent == 0) {
    (void)read_image(image, [&](const Root&) -> Result<std::optional<std::string>> {
      (void)!write(ready[1], "x", 1);  // mounted
      while (true) pause();
    });
    _exit(0);
  }
  char byte = 0;
  REQUIRE(read(ready[0], &byte, 1) == 1);
  CHECK(image.attached());
  kill(agent, SIGKILL);
  REQUIRE(waitpid(agent, nullptr, 0) == agent);
  CHECK(nothing_remains(image));
  close(ready[0]);
  close(ready[1]);
}

TEST_CASE("an exception in the child is an error in the parent") {
  if (!test::can_mount_images()) return;
  test::Image image;
  const auto result = read_image(image, [](const Root&) -> Result<std::optional<std::string>> {
    throw std::runtime_error("an exception");
  });
  REQUIRE_FALSE(result);
  CHECK(result.error().to_string() == "an exception");
}

TEST_CASE("content above the limit is an error") {
  if (!test::can_mount_images()) return;
  for (const std::size_t size : {std::size_t{100}, std::size_t{101}, std::size_t{5 << 20}}) {
    CAPTURE(size);
    test::Image image;
    const auto result = read_image(
        image,
        [size](const Root&) -> Result<std::optional<std::string>> {
          return std::string(size, 'x');
        },
        30s, 100);
    CHECK(result.has_value() == (size <= 100));
    if (!result) CHECK(result.error().to_string() == "it is larger than 100 bytes");
    CHECK(nothing_remains(image));
  }
}

TEST_CASE("an unsupported type is an error that names the module, and the next type is tried") {
  if (!test::can_mount_images()) return;
  test::Image image;
  image.files().write("hello", "world");
  const std::string path = image.ext4();
  const SystemClock clock;
  const auto failed = read_mounted({.path = path, .image = true, .types = {"nosuchfs"}}, read_hello,
                                   kLimit, Deadline(clock, 30s));
  REQUIRE_FALSE(failed);
  CHECK(failed.error().to_string() ==
        "mounting it as nosuchfs: unknown filesystem type 'nosuchfs' (this kernel does not "
        "support nosuchfs; try 'modprobe nosuchfs')");
  CHECK(nothing_remains(image));

  const auto content = read_mounted({.path = path, .image = true, .types = {"nosuchfs", "ext4"}},
                                    read_hello, kLimit, Deadline(clock, 30s));
  REQUIRE(content);
  CHECK(*content == "world");
}

TEST_CASE("a damaged image is an error, and the mount is gone") {
  if (!test::can_mount_images()) return;
  test::Image image;
  const std::string path = image.ext4();
  test::run("truncate --size 64K " + path);
  const SystemClock clock;
  const auto result = read_mounted({.path = path, .image = true, .types = {"ext4"}}, read_hello,
                                   kLimit, Deadline(clock, 30s));
  REQUIRE_FALSE(result);
  CHECK(result.error().to_string().starts_with("mounting it as ext4: "));
  CHECK(nothing_remains(image));
}

}  // namespace
}  // namespace azl::disk
