#include "disk/file_system.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/disk/images.h"
#include "tests/unit/disk/sparse_disk.h"
#include "tests/unit/provision/accounts/account_tree.h"

namespace azl::disk {
namespace {

using test::kMiB;
using test::patience;
using test::PlayedProcesses;
using test::SparseDisk;
using Commands = std::vector<std::vector<std::string>>;

Result<ProcessOutput> succeed(const Command&) { return ProcessOutput{}; }

TEST_CASE("each file system has a limit for its label") {
  struct Case {
    std::string type;
    std::string label;
    bool good;
  };
  for (const Case& each : {Case{.type = "ext4", .label = "", .good = true},
                           Case{.type = "ext4", .label = std::string(16, 'a'), .good = true},
                           Case{.type = "ext4", .label = std::string(17, 'a'), .good = false},
                           Case{.type = "ext4", .label = "ä23456789012345", .good = true},
                           Case{.type = "ext4", .label = "ä234567890123456", .good = false},
                           Case{.type = "xfs", .label = std::string(12, 'a'), .good = true},
                           Case{.type = "xfs", .label = std::string(13, 'a'), .good = false},
                           Case{.type = "btrfs", .label = std::string(255, 'a'), .good = true},
                           Case{.type = "btrfs", .label = std::string(256, 'a'), .good = false},
                           Case{.type = "ext4", .label = "a\nb", .good = false},
                           Case{.type = "ext4", .label = "-n", .good = true},
                           Case{.type = "ntfs", .label = "", .good = false},
                           Case{.type = "", .label = "", .good = false}}) {
    CAPTURE(each.type);
    CAPTURE(each.label);
    const auto checked = check_label(each.type, each.label);
    CHECK(checked.has_value() == each.good);
    if (!checked) CHECK(checked.error().reason() == Reason::kInvalidInput);
  }
}

TEST_CASE("mkfs is run without a force option, questions, or discard") {
  struct Case {
    std::string type;
    std::string label;
    std::vector<std::string> argv;
  };
  for (const Case& each :
       {Case{.type = "ext4",
             .label = "ephemeral",
             .argv = {"mkfs.ext4", "-q", "-E", "nodiscard,lazy_itable_init=1,lazy_journal_init=1",
                      "-L", "ephemeral"}},
        Case{.type = "xfs", .label = "", .argv = {"mkfs.xfs", "-q", "-K"}},
        Case{.type = "btrfs", .label = "-a b", .argv = {"mkfs.btrfs", "-q", "-K", "-L", "-a b"}}}) {
    CAPTURE(each.type);
    const SparseDisk disk(16 * kMiB);
    PlayedProcesses processes(succeed);
    const auto made = make_file_system(
        processes, {.path = disk.path(), .type = each.type, .label = each.label}, patience());
    auto argv = each.argv;
    argv.push_back(disk.path());
    CHECK(processes.commands == Commands{argv});
    // The program succeeded without making a file system.
    REQUIRE_FALSE(made);
    CHECK(made.error().reason() == Reason::kToolFailed);
    CHECK(made.error().to_string() == "making " + each.type + " on " + disk.path() + ": mkfs." +
                                          each.type + " succeeded, but libblkid finds ''");
  }
}

TEST_CASE("a file system is made over an old one") {
  if (!test::has_program("mkfs.ext4")) return;
  const SparseDisk disk(16 * kMiB);
  test::run("mkswap " + disk.path());
  SystemProcesses processes;
  const auto made = make_file_system(
      processes, {.path = disk.path(), .type = "ext4", .label = "data"}, patience());
  if (!made) FAIL(made.error().to_string());
  CHECK(made->type == "ext4");
  CHECK(made->uuid.size() == 36);
}

TEST_CASE("a label that is too long or a missing device is an error before anything is run") {
  PlayedProcesses processes(succeed);
  const SparseDisk disk(16 * kMiB);
  const auto label = make_file_system(
      processes, {.path = disk.path(), .type = "xfs", .label = "much too long"}, patience());
  REQUIRE_FALSE(label);
  CHECK(label.error().cause() ==
        "the label 'much too long' has 13 bytes, and xfs takes at most 12");
  const auto absent =
      make_file_system(processes, {.path = "/nonexistent/sdb1", .type = "xfs"}, patience());
  REQUIRE_FALSE(absent);
  CHECK(absent.error().reason() == Reason::kIo);
  CHECK(processes.commands.empty());
}

TEST_CASE("a file system is grown by the first program that is installed") {
  struct Case {
    std::string type;
    std::vector<std::string> own;
  };
  for (const Case& each :
       {Case{.type = "ext4", .own = {"resize2fs", "/dev/sda2"}},
        Case{.type = "xfs", .own = {"xfs_growfs", "/"}},
        Case{.type = "btrfs", .own = {"btrfs", "filesystem", "resize", "max", "/"}}}) {
    CAPTURE(each.type);
    const std::vector<std::string> usr = {"/usr/lib/systemd/systemd-growfs", "/"};
    const std::vector<std::string> lib = {"/lib/systemd/systemd-growfs", "/"};
    const Commands order = {usr, lib, each.own};
    for (std::size_t installed = 0; installed <= order.size(); ++installed) {
      CAPTURE(installed);
      PlayedProcesses processes([&](const Command& command) -> Result<ProcessOutput> {
        if (installed < order.size() && command.argv == order[installed]) return ProcessOutput{};
        return fail(Reason::kToolMissing, command.argv.front() + " is missing");
      });
      const auto grown = grow_file_system(processes, "/", each.type, "/dev/sda2", patience());
      CHECK(grown.has_value() == (installed < order.size()));
      CHECK(processes.commands.size() == std::min(installed + 1, order.size()));
      if (grown) CHECK(grown->old_size == grown->new_size);
      if (!grown) CHECK(grown.error().reason() == Reason::kToolMissing);
    }
  }
}

TEST_CASE("growing an unsupported file system is an error that names its type") {
  PlayedProcesses processes(succeed);
  const auto grown = grow_file_system(processes, "/", "vfat", "/dev/sda2", patience());
  REQUIRE_FALSE(grown);
  CHECK(grown.error().reason() == Reason::kInvalidInput);
  CHECK(grown.error().to_string() ==
        "growing the vfat file system at /: only ext4, xfs and btrfs can be grown");
  CHECK(processes.commands.empty());
}

}  // namespace
}  // namespace azl::disk
