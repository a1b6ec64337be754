// What stage disks does to a disk between its decision and its first write, on loop devices: see
// disk_writing_test.sh. systemd is not asked here; what it would be asked is looked at.
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
          asked.push_back(join(command.argv, " "));
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
  /// Looks at the disk and decides, as at the beginning of the stage.
  void look() {
    Disk disk{.device = device, .kind = DiskKind::kResource};
    const auto fd = bench.root.open_file(device, O_RDONLY);
    REQUIRE(fd);
    REQUIRE(disk::probe_disk(fd->get(), disk));
    auto memory = load_disk_memory(bench.root);
    REQUIRE(memory);
    boot.disks = {.facts = {.disks = {disk}, .history = *memory}};
    boot.disks.actions = disk::plan_disks(boot.disks.facts, boot.config.disk);
  }
  /// mkfs fails while somebody has the partition, who still has it afterwards.
  UniqueFd fail_while_held(const LoopDisk& loop) {
    failing = "mkfs.ext4";
    UniqueFd other;
    meanwhile = [&] { other = UniqueFd(open(loop.partition(1).c_str(), O_RDWR | O_EXCL)); };
    look();
    CHECK_FALSE(set_up().empty());
    meanwhile = {};
    REQUIRE(other);
    return other;
  }
  /// What is remembered is what it would be had the machine been switched off in the middle.
  void forget_failures() const {
    auto memory = load_disk_memory(bench.root);
    REQUIRE(memory);
    for (auto& each : memory->unfinished) each.failed = false;
    REQUIRE(save_disk_memory(bench.root, *memory));
  }
  /// Does it. The sentence of the one finding, or nothing.
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
  std::string failing;              ///< a program that fails
  std::function<void()> meanwhile;  ///< what somebody else does before it does
  std::vector<std::string> asked;
  Boot boot = bench.boot(Stage::kDisks);
};

TEST_CASE("a blank disk gets a table, a file system and a mount, and is known again") {
  const LoopDisk loop(256 * kMiB);
  Setup setup(loop);
  setup.look();
  CHECK(setup.first_action() ==
        "partition " + loop.device() + " and format it as ext4 'ephemeral': it is blank");
  CHECK(setup.set_up() == "");
  CHECK(test::run({"blkid", "-p", "-o", "value", "-s", "LABEL", loop.partition(1)}) == "ephemeral");
  REQUIRE(setup.asked.size() == 1);
  CHECK(setup.asked[0].starts_with("systemd-mount "));
  CHECK(setup.asked[0].ends_with(" " + loop.partition(1) + " /mnt"));
  CHECK(setup.bench.root.exists("/mnt/DATALOSS_WARNING_README.txt"));
  CHECK(load_disk_memory(setup.bench.root)->unfinished.empty());

  (void)setup.bench.root.remove("/mnt/DATALOSS_WARNING_README.txt");
  setup.look();
  CHECK(setup.first_action() ==
        "mount " + loop.device() + " partition 1 at /mnt: an earlier boot made its file system");
}

TEST_CASE("a disk on which somebody wrote since the decision is left, to the byte") {
  const LoopDisk loop(128 * kMiB);
  Setup setup(loop);
  setup.look();
  test::run({"mkfs.ext4", "-q", "-F", "-L", "precious", loop.device()});
  const auto before = test::run({"sha256sum", loop.device()});
  CHECK(setup.set_up().find("has changed since it was looked at") != std::string::npos);
  CHECK(test::run({"sha256sum", loop.device()}) == before);
  CHECK(setup.asked.empty());
}

TEST_CASE("a disk that somebody opened for himself alone is left") {
  const LoopDisk loop(128 * kMiB);
  Setup setup(loop);
  setup.look();
  {
    const UniqueFd other = loop.open(O_EXCL);
    REQUIRE(other);
    CHECK(setup.set_up().find("is in use by now") != std::string::npos);
  }
  CHECK(loop.bytes(0, kMiB) == std::string(kMiB, '\0'));
}

TEST_CASE("nothing is formatted that could not be mounted any more") {
  const LoopDisk loop(128 * kMiB);
  Setup setup(loop);
  setup.look();
  setup.bench.tree.write("mnt/file", "somebody's");
  CHECK(setup.set_up().find("/mnt is a directory with files in it") != std::string::npos);
  CHECK(loop.bytes(0, kMiB) == std::string(kMiB, '\0'));
}

TEST_CASE("a program that is missing is missed before anything is written") {
  const LoopDisk loop(128 * kMiB);
  Setup setup(loop);
  setup.look();
  setup.boot.disks.actions.at(0).file_system = "nofs";
  CHECK(setup.set_up().find("there is no mkfs.nofs") != std::string::npos);
  CHECK(setup.asked.empty());
  CHECK(loop.bytes(0, kMiB) == std::string(kMiB, '\0'));
  CHECK(load_disk_memory(setup.bench.root)->unfinished.empty());
}

TEST_CASE("another disk under the name of one that was decided on is left") {
  const LoopDisk loop(128 * kMiB);
  Setup setup(loop);
  setup.look();
  setup.boot.disks.facts.disks.at(0).sequence = UINT64_MAX;
  CHECK(setup.set_up().find("has changed since it was looked at") != std::string::npos);
  CHECK(loop.bytes(0, kMiB) == std::string(kMiB, '\0'));
}

TEST_CASE("a disk on which mkfs failed is blank again, and the next boot tries once more") {
  const LoopDisk loop(256 * kMiB);
  Setup setup(loop);
  setup.failing = "mkfs.ext4";
  setup.look();
  CHECK(setup.set_up().find("mkfs.ext4 exited with status 1") != std::string::npos);
  CHECK(load_disk_memory(setup.bench.root)->unfinished.empty());
  CHECK(setup.asked.empty());
  CHECK(loop.bytes(0, kMiB) == std::string(kMiB, '\0'));
  CHECK_FALSE(setup.bench.root.exists(loop.partition(1)));

  setup.failing.clear();
  setup.look();
  CHECK(setup.first_action() ==
        "partition " + loop.device() + " and format it as ext4 'ephemeral': it is blank");
  CHECK(setup.set_up() == "");
  CHECK(load_disk_memory(setup.bench.root)->unfinished.empty());
}

TEST_CASE("what somebody has by the time mkfs has failed is not taken from him") {
  const LoopDisk loop(256 * kMiB);
  Setup setup(loop);
  UniqueFd other = setup.fail_while_held(loop);
  CHECK(load_disk_memory(setup.bench.root)->unfinished.size() == 1);
  setup.look();
  const auto begun = "partition " + loop.device() + " and format it as ext4 'ephemeral': " +
                     "an earlier boot began to make its file system and did not end";
  CHECK(setup.first_action() == begun);
  other.reset();

  setup.meanwhile = [&] { test::run({"mkfs.ext4", "-q", "-L", "mine", loop.partition(1)}); };
  setup.look();
  CHECK(setup.first_action() == begun);
  CHECK_FALSE(setup.set_up().empty());
  setup.look();
  CHECK(setup.first_action() == "leave " + loop.device() + ": its partition has ext4 'mine'");
}

TEST_CASE("what somebody writes to a partition that he has when mkfs fails is left") {
  const LoopDisk loop(256 * kMiB);
  Setup setup(loop);
  UniqueFd other = setup.fail_while_held(loop);
  const std::string line = "raw data, of no file system\n";
  REQUIRE(pwrite(other.get(), line.data(), line.size(), 4096) == static_cast<ssize_t>(line.size()));
  other.reset();
  setup.look();
  CHECK(setup.first_action() == "leave " + loop.device() +
                                    ": making its file system failed, and what is on it now may "
                                    "be somebody's");
  setup.forget_failures();
  setup.look();
  CHECK(setup.first_action().starts_with("partition "));
}

TEST_CASE("what a cut-off boot began and the next one leaves may be somebody's after that") {
  const LoopDisk loop(256 * kMiB);
  Setup setup(loop);
  setup.fail_while_held(loop).reset();
  setup.forget_failures();
  setup.look();
  setup.boot.disks.actions = {{.act = disk::Act::kLeave, .device = loop.device()}};
  const auto failed = [&] {
    const auto memory = load_disk_memory(setup.bench.root);
    REQUIRE(memory);
    REQUIRE(memory->unfinished.size() == 1);
    return memory->unfinished.front().failed;
  };
  setup.boot.disks.late = {"/dev/another"};
  CHECK(setup.set_up() == "");
  CHECK_FALSE(failed());  // a run of its own is yet to come
  setup.boot.disks.late = {};
  CHECK(setup.set_up() == "");
  CHECK(failed());
}

TEST_CASE("XFS whose mkfs was cut off is nobody's, and begun anew") {
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
  setup.look();
  CHECK_FALSE(setup.set_up().empty());
  REQUIRE(other);
  CHECK(test::run({"blkid", "-p", "-o", "value", "-s", "TYPE", loop.partition(1)}) == "xfs");
  other.reset();
  setup.forget_failures();
  setup.look();
  CHECK(setup.first_action() == "partition " + loop.device() +
                                    " and format it as xfs 'ephemeral': an earlier boot began to "
                                    "make its file system and did not end");
  setup.meanwhile = {};
  CHECK_FALSE(setup.set_up().empty());
  setup.look();
  CHECK(setup.first_action() ==
        "partition " + loop.device() + " and format it as xfs 'ephemeral': it is blank");
}

TEST_CASE("what somebody wrote after mkfs had failed is left, without a file system even") {
  const LoopDisk loop(256 * kMiB);
  Setup setup(loop);
  setup.failing = "mkfs.ext4";
  setup.look();
  CHECK_FALSE(setup.set_up().empty());
  test::run({"dd", "if=/dev/urandom", "of=" + loop.device(), "bs=4096", "count=1", "conv=notrunc",
             "status=none"});
  setup.failing.clear();
  setup.look();
  CHECK(setup.first_action() == "leave " + loop.device() + ": it has no file system known here");
}

TEST_CASE("swap that could not be made costs no file system") {
  const LoopDisk loop(512 * kMiB);
  Setup setup(loop);
  setup.boot.config.disk.swap = disk::DiskOptions::Swap::kPartition;
  setup.boot.config.disk.swap_size = 64 * kMiB;
  setup.failing = "mkswap";
  setup.look();
  CHECK(setup.set_up().find("mkswap exited with status 1") != std::string::npos);
  const auto memory = load_disk_memory(setup.bench.root);
  REQUIRE(memory);
  CHECK(memory->unfinished.empty());
  REQUIRE(setup.asked.size() == 1);
  CHECK(setup.asked[0].starts_with("systemd-mount "));
  setup.failing.clear();
  setup.look();
  CHECK(setup.first_action() ==
        "mount " + loop.device() + " partition 1 at /mnt: an earlier boot made its file system");
}

TEST_CASE("swap in a partition of its own") {
  const LoopDisk loop(512 * kMiB);
  Setup setup(loop);
  setup.boot.config.disk.swap = disk::DiskOptions::Swap::kPartition;
  setup.boot.config.disk.swap_size = 64 * kMiB;
  setup.look();
  CHECK(setup.set_up() == "");
  CHECK(test::run({"blkid", "-p", "-o", "value", "-s", "TYPE", loop.partition(2)}) == "swap");
  CHECK(setup.asked.back() == "swapon " + loop.partition(2));
}

TEST_CASE("fstab: our line is added, and a line of the user's wins") {
  const LoopDisk loop(256 * kMiB);
  Setup setup(loop);
  setup.boot.config.disk.mounts = disk::DiskOptions::Mounts::kFstab;
  setup.bench.tree.write("etc/fstab", "UUID=abc / ext4 defaults 0 1\n");
  setup.look();
  CHECK(setup.set_up() == "");
  const auto text = setup.bench.root.read("/etc/fstab");
  REQUIRE(text);
  CHECK(text->starts_with("UUID=abc / ext4 defaults 0 1\n"));
  CHECK(text->find(" /mnt ext4 ") != std::string::npos);
  CHECK(text->find("nofail") != std::string::npos);
  CHECK(setup.asked ==
        std::vector<std::string>{"systemctl daemon-reload", "systemctl start -- mnt.mount"});

  (void)setup.bench.root.remove("/mnt/DATALOSS_WARNING_README.txt");
  setup.bench.tree.write("etc/fstab", "/dev/sdx1 /mnt xfs defaults 0 0\n");
  setup.look();
  CHECK(setup.set_up().find("/etc/fstab has a line of its own") != std::string::npos);
  CHECK(setup.bench.root.read("/etc/fstab").value() == "/dev/sdx1 /mnt xfs defaults 0 0\n");
}

}  // namespace
}  // namespace azl::provision
