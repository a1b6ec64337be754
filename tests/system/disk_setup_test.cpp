// Carries out decisions of stage disks on loop devices: see disk_writing_test.sh. Commands for
// systemd are recorded, not run.
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/text.h"
#include "disk/probe.h"
#include "provision/disks/look.h"
#include "provision/store/disks.h"
#include "tests/system/loop_disk.h"
#include "tests/unit/provision/bench.h"

namespace azl::provision {
namespace {

using disk::Disk;
using disk::DiskKind;
using test::kMiB;
using test::LoopDisk;

/// A machine whose resource disk is a loop device.
struct Setup {
  explicit Setup(const LoopDisk& loop) : device(loop.device()) {
    bench.tree.mkdir("dev").mkdir("run/systemd/system").mkdir("var/lib/azl-provision");
    add_node(device);
    bench.processes =
        test::PlayedProcesses([this](const Command& command) -> Result<ProcessOutput> {
          const auto& name = command.argv.front();
          if (!name.starts_with("system") && name != "swapon") {
            if (name == failing) {
              if (meanwhile) meanwhile();
              return fail(Reason::kToolFailed, name + " exited with status 1");
            }
            SystemProcesses system;
            return system.run(command, test::disk_patience());
          }
          recorded.push_back(join(command.argv, " "));
          return ProcessOutput{};
        });
  }
  void add_node(const std::string& path) {
    struct stat status{};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    const auto node = bench.tree.path(path);
    (void)::unlink(node.c_str());
    REQUIRE(::mknod(node.c_str(), S_IFBLK | 0600, status.st_rdev) == 0);
  }
  /// Probes the disk and decides, as at the beginning of the stage.
  void decide() {
    Disk disk{.device = device, .kind = DiskKind::kResource};
    const auto fd = bench.root.open_file(device, O_RDONLY);
    REQUIRE(fd);
    REQUIRE(disk::probe_disk(fd->get(), disk));
    auto history = load_disk_memory(bench.root);
    REQUIRE(history);
    boot.disks = {.facts = {.disks = {disk}, .history = *history}};
    boot.disks.actions = disk::plan_disks(boot.disks.facts, boot.config.disk);
  }
  /// Lets mkfs fail while another process has the partition open. Returns that open file.
  UniqueFd fail_while_held(const LoopDisk& loop) {
    failing = "mkfs.ext4";
    UniqueFd other;
    meanwhile = [&] { other = UniqueFd(open(loop.partition(1).c_str(), O_RDWR | O_EXCL)); };
    decide();
    CHECK_FALSE(set_up().empty());
    meanwhile = {};
    REQUIRE(other);
    return other;
  }
  /// Changes the history as if a power cut had interrupted the run.
  void clear_failures() const {
    auto history = load_disk_memory(bench.root);
    REQUIRE(history);
    for (auto& each : history->unfinished) each.failed = false;
    REQUIRE(save_disk_memory(bench.root, *history));
  }
  /// Carries out the decisions. Returns the error of the only finding; empty if there is none.
  std::string set_up() {
    boot.record.findings.clear();
    boot.tools = std::make_unique<RecordingProcesses>(bench.processes, boot.record);
    REQUIRE(set_up_disks(boot));
    if (boot.record.findings.empty()) return {};
    REQUIRE(boot.record.findings.size() == 1);
    return join(boot.record.findings[0].chain, ": ");
  }
  [[nodiscard]] std::string first_action() const {
    return disk::in_words(boot.disks.actions.at(0)) + ": " + boot.disks.actions.at(0).why;
  }

  test::Bench bench;
  std::string device;
  std::string failing;                ///< a program that fails
  std::function<void()> meanwhile;    ///< called before it fails
  std::vector<std::string> recorded;  ///< commands that were not run
  Boot boot = bench.boot(Stage::kDisks);
};

TEST_CASE(
    "a blank disk is partitioned, formatted and mounted, and mounted again at the next boot") {
  const LoopDisk loop(256 * kMiB);
  Setup setup(loop);
  setup.decide();
  CHECK(setup.first_action() ==
        "partition " + loop.device() + " and format it as ext4 'ephemeral': it is blank");
  CHECK(setup.set_up() == "");
  CHECK(test::run({"blkid", "-p", "-o", "value", "-s", "LABEL", loop.partition(1)}) == "ephemeral");
  REQUIRE(setup.recorded.size() == 1);
  CHECK(setup.recorded[0].starts_with("systemd-mount "));
  CHECK(setup.recorded[0].ends_with(" " + loop.partition(1) + " /mnt"));
  CHECK(setup.bench.root.exists("/mnt/DATALOSS_WARNING_README.txt"));
  CHECK(load_disk_memory(setup.bench.root)->unfinished.empty());

  (void)setup.bench.root.remove("/mnt/DATALOSS_WARNING_README.txt");
  setup.decide();
  CHECK(setup.first_action() ==
        "mount " + loop.device() + " partition 1 at /mnt: an earlier boot made its file system");
}

TEST_CASE("a disk that changed after the decision stays unchanged") {
  const LoopDisk loop(128 * kMiB);
  Setup setup(loop);
  setup.decide();
  test::run({"mkfs.ext4", "-q", "-F", "-L", "precious", loop.device()});
  const auto before = test::run({"sha256sum", loop.device()});
  CHECK(setup.set_up().find("has changed since it was looked at") != std::string::npos);
  CHECK(test::run({"sha256sum", loop.device()}) == before);
  CHECK(setup.recorded.empty());
}

TEST_CASE("a disk that another process has open with O_EXCL stays unchanged") {
  const LoopDisk loop(128 * kMiB);
  Setup setup(loop);
  setup.decide();
  {
    const UniqueFd other = loop.open(O_EXCL);
    REQUIRE(other);
    CHECK(setup.set_up().find("is in use by now") != std::string::npos);
  }
  CHECK(loop.bytes(0, kMiB) == std::string(kMiB, '\0'));
}

TEST_CASE("a disk that could not be mounted is not formatted") {
  const LoopDisk loop(128 * kMiB);
  Setup setup(loop);
  setup.decide();
  setup.bench.tree.write("mnt/file", "somebody's");
  CHECK(setup.set_up().find("/mnt is a directory with files in it") != std::string::npos);
  CHECK(loop.bytes(0, kMiB) == std::string(kMiB, '\0'));
}

TEST_CASE("a missing program is detected before anything is written") {
  const LoopDisk loop(128 * kMiB);
  Setup setup(loop);
  setup.decide();
  setup.boot.disks.actions.at(0).file_system = "nofs";
  CHECK(setup.set_up().find("there is no mkfs.nofs") != std::string::npos);
  CHECK(setup.recorded.empty());
  CHECK(loop.bytes(0, kMiB) == std::string(kMiB, '\0'));
  CHECK(load_disk_memory(setup.bench.root)->unfinished.empty());
}

TEST_CASE("another disk with the same name stays unchanged") {
  const LoopDisk loop(128 * kMiB);
  Setup setup(loop);
  setup.decide();
  setup.boot.disks.facts.disks.at(0).sequence = UINT64_MAX;
  CHECK(setup.set_up().find("has changed since it was looked at") != std::string::npos);
  CHECK(loop.bytes(0, kMiB) == std::string(kMiB, '\0'));
}

TEST_CASE("if mkfs fails, the disk is blank again, and the next boot tries again") {
  const LoopDisk loop(256 * kMiB);
  Setup setup(loop);
  setup.failing = "mkfs.ext4";
  setup.decide();
  CHECK(setup.set_up().find("mkfs.ext4 exited with status 1") != std::string::npos);
  CHECK(load_disk_memory(setup.bench.root)->unfinished.empty());
  CHECK(setup.recorded.empty());
  CHECK(loop.bytes(0, kMiB) == std::string(kMiB, '\0'));
  CHECK_FALSE(setup.bench.root.exists(loop.partition(1)));

  setup.failing.clear();
  setup.decide();
  CHECK(setup.first_action() ==
        "partition " + loop.device() + " and format it as ext4 'ephemeral': it is blank");
  CHECK(setup.set_up() == "");
  CHECK(load_disk_memory(setup.bench.root)->unfinished.empty());
}

TEST_CASE("if mkfs fails, a partition that another process has open stays") {
  const LoopDisk loop(256 * kMiB);
  Setup setup(loop);
  UniqueFd other = setup.fail_while_held(loop);
  CHECK(load_disk_memory(setup.bench.root)->unfinished.size() == 1);
  setup.decide();
  const auto begun = "partition " + loop.device() + " and format it as ext4 'ephemeral': " +
                     "an earlier boot began to make its file system and did not end";
  CHECK(setup.first_action() == begun);
  other.reset();

  setup.meanwhile = [&] { test::run({"mkfs.ext4", "-q", "-L", "mine", loop.partition(1)}); };
  setup.decide();
  CHECK(setup.first_action() == begun);
  CHECK_FALSE(setup.set_up().empty());
  setup.decide();
  CHECK(setup.first_action() == "leave " + loop.device() + ": its partition has ext4 'mine'");
}

TEST_CASE("data that another process writes after mkfs failed is kept") {
  const LoopDisk loop(256 * kMiB);
  Setup setup(loop);
  UniqueFd other = setup.fail_while_held(loop);
  const std::string line = "raw data, of no file system\n";
  REQUIRE(pwrite(other.get(), line.data(), line.size(), 4096) == static_cast<ssize_t>(line.size()));
  other.reset();
  setup.decide();
  CHECK(setup.first_action() == "leave " + loop.device() +
                                    ": making its file system failed, and it may hold "
                                    "somebody's data now");
  setup.clear_failures();
  setup.decide();
  CHECK(setup.first_action().starts_with("partition "));
}

TEST_CASE("unfinished work that the next boot does not resume is marked as failed") {
  const LoopDisk loop(256 * kMiB);
  Setup setup(loop);
  setup.fail_while_held(loop).reset();
  setup.clear_failures();
  setup.decide();
  setup.boot.disks.actions = {{.act = disk::Act::kLeave, .device = loop.device()}};
  const auto failed = [&] {
    const auto history = load_disk_memory(setup.bench.root);
    REQUIRE(history);
    REQUIRE(history->unfinished.size() == 1);
    return history->unfinished.front().failed;
  };
  setup.boot.disks.late = {"/dev/another"};
  CHECK(setup.set_up() == "");
  CHECK_FALSE(failed());  // another run works on this disk later
  setup.boot.disks.late = {};
  CHECK(setup.set_up() == "");
  CHECK(failed());
}

TEST_CASE("an XFS whose mkfs was interrupted is made again") {
  const LoopDisk loop(512 * kMiB);
  Setup setup(loop);
  setup.boot.config.disk.file_system = "xfs";
  setup.failing = "mkfs.xfs";
  UniqueFd other;
  setup.meanwhile = [&] {
    test::run({"mkfs.xfs", "-q", loop.partition(1)});
    test::run({"xfs_db", "-x", "-c", "sb 0", "-c", "write inprogress 1", loop.partition(1)});
    other = UniqueFd(open(loop.partition(1).c_str(), O_RDWR));
  };
  setup.decide();
  CHECK_FALSE(setup.set_up().empty());
  REQUIRE(other);
  CHECK(test::run({"blkid", "-p", "-o", "value", "-s", "TYPE", loop.partition(1)}) == "xfs");
  other.reset();
  setup.clear_failures();
  setup.decide();
  CHECK(setup.first_action() == "partition " + loop.device() +
                                    " and format it as xfs 'ephemeral': an earlier boot began to "
                                    "make its file system and did not end");
  setup.meanwhile = {};
  CHECK_FALSE(setup.set_up().empty());
  setup.decide();
  CHECK(setup.first_action() ==
        "partition " + loop.device() + " and format it as xfs 'ephemeral': it is blank");
}

TEST_CASE("raw data that was written after mkfs failed is kept") {
  const LoopDisk loop(256 * kMiB);
  Setup setup(loop);
  setup.failing = "mkfs.ext4";
  setup.decide();
  CHECK_FALSE(setup.set_up().empty());
  test::run({"dd", "if=/dev/urandom", "of=" + loop.device(), "bs=4096", "count=1", "conv=notrunc",
             "status=none"});
  setup.failing.clear();
  setup.decide();
  CHECK(setup.first_action() == "leave " + loop.device() + ": it has no known file system");
}

TEST_CASE("the file system is mounted if swap cannot be made") {
  const LoopDisk loop(512 * kMiB);
  Setup setup(loop);
  setup.boot.config.disk.swap = disk::DiskOptions::Swap::kPartition;
  setup.boot.config.disk.swap_size = 64 * kMiB;
  setup.failing = "mkswap";
  setup.decide();
  CHECK(setup.set_up().find("mkswap exited with status 1") != std::string::npos);
  const auto history = load_disk_memory(setup.bench.root);
  REQUIRE(history);
  CHECK(history->unfinished.empty());
  REQUIRE(setup.recorded.size() == 1);
  CHECK(setup.recorded[0].starts_with("systemd-mount "));
  setup.failing.clear();
  setup.decide();
  CHECK(setup.first_action() ==
        "mount " + loop.device() + " partition 1 at /mnt: an earlier boot made its file system");
}

TEST_CASE("swap is made on its own partition") {
  const LoopDisk loop(512 * kMiB);
  Setup setup(loop);
  setup.boot.config.disk.swap = disk::DiskOptions::Swap::kPartition;
  setup.boot.config.disk.swap_size = 64 * kMiB;
  setup.decide();
  CHECK(setup.set_up() == "");
  CHECK(test::run({"blkid", "-p", "-o", "value", "-s", "TYPE", loop.partition(2)}) == "swap");
  CHECK(setup.recorded.back() == "swapon " + loop.partition(2));
}

TEST_CASE("fstab: our line is added, and a user's line takes precedence") {
  const LoopDisk loop(256 * kMiB);
  Setup setup(loop);
  setup.boot.config.disk.mounts = disk::DiskOptions::Mounts::kFstab;
  setup.bench.tree.write("etc/fstab", "UUID=abc / ext4 defaults 0 1\n");
  setup.decide();
  CHECK(setup.set_up() == "");
  const auto text = setup.bench.root.read("/etc/fstab");
  REQUIRE(text);
  CHECK(text->starts_with("UUID=abc / ext4 defaults 0 1\n"));
  CHECK(text->find(" /mnt ext4 ") != std::string::npos);
  CHECK(text->find("nofail") != std::string::npos);
  CHECK(setup.recorded ==
        std::vector<std::string>{"systemctl daemon-reload", "systemctl start -- mnt.mount"});

  (void)setup.bench.root.remove("/mnt/DATALOSS_WARNING_README.txt");
  setup.bench.tree.write("etc/fstab", "/dev/sdx1 /mnt xfs defaults 0 0\n");
  setup.decide();
  CHECK(setup.set_up().find("/etc/fstab has a line of its own") != std::string::npos);
  CHECK(setup.bench.root.read("/etc/fstab").value() == "/dev/sdx1 /mnt xfs defaults 0 0\n");
}

}  // namespace
}  // namespace azl::provision
