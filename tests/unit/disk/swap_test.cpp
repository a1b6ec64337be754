#include "disk/swap.h"

#include <cstdint>
#include <iostream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/disk/images.h"
#include "tests/unit/disk/sparse_disk.h"
#include "tests/unit/provision/accounts/account_tree.h"

namespace azl::disk {
namespace {

using test::kMiB;
using test::patience;
using test::PlayedProcesses;
using test::SparseDisk;

Root open_root(const test::TemporaryTree& tree) {
  auto root = Root::open(tree.path());
  if (!root) throw std::runtime_error(root.error().to_string());
  return std::move(*root);
}

TEST_CASE("a swap file is complete and private") {
  if (!test::has_program("mkswap")) return;
  const test::TemporaryTree tree;
  const Root root = open_root(tree);
  SystemProcesses processes;
  const auto made = make_swap_file(processes, root, "/swapfile", 4 * kMiB + 1, "ext4", patience());
  if (!made) FAIL(made.error().to_string());
  CHECK(made->type == "swap");
  struct stat status{};
  REQUIRE(stat(tree.path("swapfile").c_str(), &status) == 0);
  CHECK(status.st_size == static_cast<off_t>(4 * kMiB + 4096));
  CHECK(status.st_blocks * 512 >= status.st_size);
  CHECK((status.st_mode & 07777) == 0600);

  const auto again = make_swap_file(processes, root, "/swapfile", 4 * kMiB, "ext4", patience());
  REQUIRE_FALSE(again);
  CHECK(again.error().to_string() == "making the swap file /swapfile: it exists already");
}

TEST_CASE("a swap file is made by a process that programs may not look into, as the agent is") {
  if (!test::has_program("mkswap") || geteuid() != 0) return;
  const test::TemporaryTree tree;
  const Root root = open_root(tree);
  const pid_t pid = fork();
  REQUIRE(pid >= 0);
  if (pid == 0) {
    // What cli/main.cpp does, and what CapabilityBoundingSet= of the units leaves out.
    if (prctl(PR_SET_DUMPABLE, 0) != 0 || prctl(PR_CAPBSET_DROP, CAP_SYS_PTRACE) != 0) _exit(2);
    SystemProcesses processes;
    const auto made = make_swap_file(processes, root, "/swapfile", kMiB, "ext4", patience());
    if (!made) std::cerr << made.error().to_string() << "\n";
    _exit(made ? 0 : 1);
  }
  int status = 0;
  REQUIRE(waitpid(pid, &status, 0) == pid);
  CHECK(status == 0);
}

TEST_CASE("a swap file that is too large, too small, or not supported leaves nothing behind") {
  struct Case {
    std::uint64_t bytes;
    std::string type;
    Reason reason;
  };
  for (const Case& each : {Case{.bytes = 1ULL << 50U, .type = "ext4", .reason = Reason::kDiskFull},
                           Case{.bytes = 4096, .type = "ext4", .reason = Reason::kInvalidInput},
                           Case{.bytes = kMiB, .type = "vfat", .reason = Reason::kInvalidInput}}) {
    CAPTURE(each.bytes);
    const test::TemporaryTree tree;
    const Root root = open_root(tree);
    PlayedProcesses processes([](const Command&) { return ProcessOutput{}; });
    const auto made =
        make_swap_file(processes, root, "/swapfile", each.bytes, each.type, patience());
    REQUIRE_FALSE(made);
    CHECK(made.error().reason() == each.reason);
    CHECK(processes.commands.empty());
    CHECK(root.list("/")->empty());
    if (each.reason == Reason::kDiskFull) {
      CHECK(made.error().cause().find("1073741824 MiB are needed; ") == 0);
    }
  }
}

TEST_CASE("nothing is left behind if mkswap fails") {
  const test::TemporaryTree tree;
  const Root root = open_root(tree);
  PlayedProcesses processes([](const Command&) -> Result<ProcessOutput> {
    return fail(Reason::kToolFailed, "mkswap ended with 1");
  });
  const auto made = make_swap_file(processes, root, "/swapfile", kMiB, "xfs", patience());
  REQUIRE_FALSE(made);
  CHECK(made.error().to_string() == "making the swap file /swapfile: mkswap ended with 1");
  CHECK(root.list("/")->empty());
}

TEST_CASE("a swap file that exists is looked at without following links") {
  if (!test::has_program("mkswap")) return;
  test::TemporaryTree tree;
  const Root root = open_root(tree);
  SystemProcesses processes;
  const auto none = find_swap_file(root, "/swapfile");
  REQUIRE(none);
  CHECK_FALSE(none->has_value());
  const auto made = make_swap_file(processes, root, "/swapfile", 4 * kMiB, "ext4", patience());
  REQUIRE(made);
  auto found = find_swap_file(root, "/swapfile");
  REQUIRE((found && *found));
  CHECK((*found)->plain);
  CHECK((*found)->on_file_system);
  CHECK((*found)->directory_is_safe == (geteuid() == 0));
  CHECK((*found)->owner == geteuid());
  CHECK((*found)->mode == 0600);
  CHECK((*found)->links == 1);
  CHECK((*found)->size == 4 * kMiB);
  CHECK((*found)->type == "swap");
  CHECK((*found)->uuid == made->uuid);

  REQUIRE(chmod(tree.path("swapfile").c_str(), 0640) == 0);
  REQUIRE(link(tree.path("swapfile").c_str(), tree.path("other").c_str()) == 0);
  REQUIRE(chmod(tree.path().c_str(), 0777) == 0);
  found = find_swap_file(root, "/swapfile");
  REQUIRE((found && *found));
  CHECK((*found)->mode == 0640);
  CHECK((*found)->links == 2);
  CHECK_FALSE((*found)->directory_is_safe);
  REQUIRE(chmod(tree.path().c_str(), 01777) == 0);
  CHECK((*find_swap_file(root, "/swapfile"))->directory_is_safe == (geteuid() == 0));

  tree.symlink("swapfile", "link").symlink("nowhere", "dangling").mkdir("directory");
  tree.write("text", "no swap");
  REQUIRE(mkfifo(tree.path("fifo").c_str(), 0600) == 0);
  for (const char* path : {"/link", "/dangling", "/directory", "/fifo"}) {
    CAPTURE(path);
    found = find_swap_file(root, path);
    REQUIRE((found && *found));
    CHECK_FALSE((*found)->plain);
  }
  CHECK((*find_swap_file(root, "/text"))->type.empty());
  CHECK_FALSE(find_swap_file(root, "/nowhere/swapfile")->has_value());
}

TEST_CASE("a symbolic link with the swap file's name is not followed") {
  test::TemporaryTree tree;
  tree.symlink("/elsewhere", "swapfile");
  const Root root = open_root(tree);
  PlayedProcesses processes([](const Command&) { return ProcessOutput{}; });
  CHECK_FALSE(make_swap_file(processes, root, "/swapfile", kMiB, "ext4", patience()));
  CHECK_FALSE(tree.exists("elsewhere"));
}

TEST_CASE("swap is made on a partition and activated") {
  if (!test::has_program("mkswap")) return;
  const SparseDisk disk(4 * kMiB);
  SystemProcesses processes;
  const auto made = make_swap(processes, disk.path(), patience());
  if (!made) FAIL(made.error().to_string());
  CHECK(made->type == "swap");
  CHECK(made->uuid.size() == 36);

  PlayedProcesses played([](const Command&) { return ProcessOutput{}; });
  REQUIRE(swap_on(played, "/dev/sdb2", patience()));
  CHECK(played.commands == std::vector<std::vector<std::string>>{{"swapon", "/dev/sdb2"}});
}

}  // namespace
}  // namespace azl::disk
