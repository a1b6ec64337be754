// What stage disks does with a disk after the decision, on loop devices: see disk_writing_test.sh.
// Calls of systemd are only recorded.
#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/text.h"
#include "disk/fstab.h"
#include "disk/probe.h"
#include "disk/resource_line.h"
#include "provision/disks/carry_out.h"
#include "provision/disks/swap.h"
#include "provision/store/disks.h"
#include "tests/system/loop_disk.h"
#include "tests/unit/fake_clock.h"
#include "tests/unit/imds/scripted_http.h"
#include "tests/unit/provision/accounts/account_tree.h"

namespace azl::provision {
namespace {

using disk::Disk;
using disk::DiskKind;
using test::kMiB;
using test::LoopDisk;

/// A machine whose resource disk is a loop device.
struct Setup {
  explicit Setup(const LoopDisk& loop) : device(loop.device()) {
    tree.mkdir("dev").mkdir("run/systemd/system").mkdir("var/lib/azl-provision");
    add_node(device);
  }
  /// Runs a program, except those that would change this machine: they are recorded.
  Result<ProcessOutput> play(const Command& command) {
    const auto& name = command.argv.front();
    if (name.starts_with("system") || name == "swapon") {
      asked.push_back(join(command.argv, " "));
      return ProcessOutput{};
    }
    if (name == failing) {
      if (meanwhile) meanwhile();
      return fail(Reason::kToolFailed, name + " exited with status 1");
    }
    SystemProcesses system;
    return system.run(command, test::disk_patience());
  }
  void add_node(const std::string& path) {
    struct stat status{};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    const auto node = tree.path(path);
    (void)::unlink(node.c_str());
    REQUIRE(::mknod(node.c_str(), S_IFBLK | 0600, status.st_rdev) == 0);
  }
  /// Looks at the disk and decides, as at the beginning of the stage.
  void look() {
    Disk disk{.device = device, .kind = DiskKind::kResource};
    const auto fd = root.open_device(device, O_RDONLY);
    REQUIRE(fd);
    REQUIRE(disk::probe_disk(fd->get(), disk));
    const auto history = load_disk_history(root);
    REQUIRE(history);
    const auto fstab = disk::read_fstab(root);
    REQUIRE(fstab);
    run = {.facts = {.disks = {disk},
                     .resource_line =
                         disk::find_resource_line(root, *fstab, {disk}, config.disk.mount_point),
                     .history = *history}};
    run.actions = disk::plan_disks(run.facts, config.disk);
  }
  /// Lets mkfs fail while another program has opened the partition. Returns the descriptor of that
  /// program.
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
  /// Makes the history what it would be after a power cut during the work.
  void forget_failures() const {
    auto history = load_disk_history(root);
    REQUIRE(history);
    for (auto& each : history->unfinished) each.failed = false;
    REQUIRE(save_disk_history(root, *history));
  }
  /// Carries out the actions. Returns the text of the only finding, or nothing.
  std::string set_up() {
    StageRecord record;
    Recorder recorder(record);
    REQUIRE(set_up_disks(context, run, recorder));
    if (record.findings.empty()) return {};
    REQUIRE(record.findings.size() == 1);
    return join(record.findings[0].chain, ": ");
  }
  [[nodiscard]] std::string first_action() const {
    return disk::describe_action(run.actions.at(0)) + ": " + run.actions.at(0).why;
  }

  test::AccountTree tree;
  Root root = tree.root();
  test::FakeClock clock;
  test::ScriptedHttp http{clock, {}};
  test::PlayedProcesses processes{[this](const Command& command) { return play(command); }};
  Config config;
  imds::Identity identity;
  Context context{.machine = {root, clock, processes, http},
                  .stage = Stage::kDisks,
                  .config = config,
                  .identity = identity};
  std::string device;
  std::string failing;              ///< the program that fails
  std::function<void()> meanwhile;  ///< called before it fails
  std::vector<std::string> asked;   ///< the recorded commands
  DisksRun run;
};

TEST_CASE("a blank disk gets a table, a file system and a mount, and the next boot mounts it") {
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
  CHECK(setup.root.exists("/mnt/DATALOSS_WARNING_README.txt"));
  CHECK(load_disk_history(setup.root)->unfinished.empty());

  (void)setup.root.remove("/mnt/DATALOSS_WARNING_README.txt");
  setup.look();
  CHECK(setup.first_action() ==
        "mount " + loop.device() + " partition 1 at /mnt: an earlier boot made its file system");
}

TEST_CASE("a resource disk of more than 2 TB, as Azure hands it out, gets one partition") {
  for (const char* tool : {"/usr/sbin/mkntfs", "/usr/sbin/sfdisk"}) {
    if (::access(tool, X_OK) == 0) continue;
    MESSAGE("skipped: needs " << tool);
    return;
  }
  const LoopDisk loop(512 * kMiB);
  test::run({"sh", "-c",
             "printf 'label: gpt\nfirst-lba: 34\nstart=34, size=32734, "
             "type=E3C9E316-0B5C-4DB8-817D-F92DF00215AE"
             "\nstart=32768, type=EBD0A0A2-B9E5-4433-87C0-68B6B72699C7\n' | sfdisk -q \"$0\"",
             loop.device()});
  // The kernel may have no support for GPT, so the file system is made in a file.
  constexpr const char* kMakeNtfs =
      "truncate -s 490M \"$0\" && mkntfs -q -Q -F -L 'Temporary Storage' \"$0\" && "
      "dd if=\"$0\" of=\"$1\" bs=1M seek=16 conv=notrunc,sparse status=none; rm \"$0\"";
  test::run({"sh", "-c", kMakeNtfs, test::work("ntfs"), loop.device()});
  test::run({"partx", "--update", loop.device()});
  REQUIRE(::access(loop.partition(2).c_str(), F_OK) == 0);
  Setup setup(loop);
  setup.look();
  CHECK(setup.first_action() ==
        "leave " + loop.device() +
            ": it has Azure's label, but this kernel cannot read NTFS to check that it is empty");
  setup.config.disk.trust_label = true;
  setup.look();
  CHECK(setup.first_action() == "partition " + loop.device() +
                                    " and format it as ext4 'ephemeral': it has Azure's label, "
                                    "which the configuration trusts");
  CHECK(setup.set_up() == "");
  CHECK(test::run({"blkid", "-p", "-o", "value", "-s", "LABEL", loop.partition(1)}) == "ephemeral");
  CHECK(::access(loop.partition(2).c_str(), F_OK) != 0);

  (void)setup.root.remove("/mnt/DATALOSS_WARNING_README.txt");
  setup.look();
  CHECK(setup.first_action() ==
        "mount " + loop.device() + " partition 1 at /mnt: an earlier boot made its file system");
}

TEST_CASE("a disk that somebody wrote to after the decision keeps every byte") {
  const LoopDisk loop(128 * kMiB);
  Setup setup(loop);
  setup.look();
  test::run({"mkfs.ext4", "-q", "-F", "-L", "precious", loop.device()});
  const auto before = test::run({"sha256sum", loop.device()});
  CHECK(setup.set_up().find("has changed since the decision") != std::string::npos);
  CHECK(test::run({"sha256sum", loop.device()}) == before);
  CHECK(setup.asked.empty());
}

TEST_CASE("a disk that another program has opened exclusively is not changed") {
  const LoopDisk loop(128 * kMiB);
  Setup setup(loop);
  setup.look();
  {
    const UniqueFd other = loop.open(O_EXCL);
    REQUIRE(other);
    CHECK(setup.set_up().find("is in use since the decision") != std::string::npos);
  }
  CHECK(loop.bytes(0, kMiB) == std::string(kMiB, '\0'));
}

TEST_CASE("a disk is not formatted if it can no longer be mounted") {
  const LoopDisk loop(128 * kMiB);
  Setup setup(loop);
  setup.look();
  setup.tree.write("mnt/file", "somebody's");
  CHECK(setup.set_up().find("/mnt is a directory with files in it") != std::string::npos);
  CHECK(loop.bytes(0, kMiB) == std::string(kMiB, '\0'));
}

TEST_CASE("missing programs are detected before anything is written") {
  const LoopDisk loop(128 * kMiB);
  Setup setup(loop);
  setup.look();
  std::get<disk::act::Format>(setup.run.actions.at(0).act).file_system = "nofs";
  CHECK(setup.set_up().find("there is no mkfs.nofs") != std::string::npos);
  CHECK(setup.asked.empty());
  CHECK(loop.bytes(0, kMiB) == std::string(kMiB, '\0'));
  CHECK(load_disk_history(setup.root)->unfinished.empty());
}

TEST_CASE("a disk that took over the name of another one after the decision is not changed") {
  const LoopDisk loop(128 * kMiB);
  Setup setup(loop);
  setup.look();
  setup.run.facts.disks.at(0).sequence = UINT64_MAX;
  CHECK(setup.set_up().find("has changed since the decision") != std::string::npos);
  CHECK(loop.bytes(0, kMiB) == std::string(kMiB, '\0'));
}

TEST_CASE("a disk is made blank after mkfs failed, and the next boot tries again") {
  const LoopDisk loop(256 * kMiB);
  Setup setup(loop);
  setup.failing = "mkfs.ext4";
  setup.look();
  CHECK(setup.set_up().find("mkfs.ext4 exited with status 1") != std::string::npos);
  CHECK(load_disk_history(setup.root)->unfinished.empty());
  CHECK(setup.asked.empty());
  CHECK(loop.bytes(0, kMiB) == std::string(kMiB, '\0'));
  CHECK_FALSE(setup.root.exists(loop.partition(1)));

  setup.failing.clear();
  setup.look();
  CHECK(setup.first_action() ==
        "partition " + loop.device() + " and format it as ext4 'ephemeral': it is blank");
  CHECK(setup.set_up() == "");
  CHECK(load_disk_history(setup.root)->unfinished.empty());
}

TEST_CASE("a partition that another program has opened is not erased after mkfs failed") {
  const LoopDisk loop(256 * kMiB);
  Setup setup(loop);
  UniqueFd other = setup.fail_while_held(loop);
  CHECK(load_disk_history(setup.root)->unfinished.size() == 1);
  setup.look();
  const auto begun = "partition " + loop.device() + " and format it as ext4 'ephemeral': " +
                     "an earlier boot did not finish making its file system";
  CHECK(setup.first_action() == begun);
  other.reset();

  setup.meanwhile = [&] { test::run({"mkfs.ext4", "-q", "-L", "mine", loop.partition(1)}); };
  setup.look();
  CHECK(setup.first_action() == begun);
  CHECK_FALSE(setup.set_up().empty());
  setup.look();
  CHECK(setup.first_action() == "leave " + loop.device() + ": its partition has ext4 'mine'");
}

TEST_CASE("data that another program writes after mkfs failed is kept") {
  const LoopDisk loop(256 * kMiB);
  Setup setup(loop);
  UniqueFd other = setup.fail_while_held(loop);
  const std::string line = "raw data, of no file system\n";
  REQUIRE(pwrite(other.get(), line.data(), line.size(), 4096) == static_cast<ssize_t>(line.size()));
  other.reset();
  setup.look();
  CHECK(setup.first_action() == "leave " + loop.device() +
                                    ": making its file system failed, and it may hold "
                                    "somebody's data now");
  setup.forget_failures();
  setup.look();
  CHECK(setup.first_action().starts_with("partition "));
}

TEST_CASE("work of a cut-off boot that the next boot does not resume is marked as failed") {
  const LoopDisk loop(256 * kMiB);
  Setup setup(loop);
  setup.fail_while_held(loop).reset();
  setup.forget_failures();
  setup.look();
  setup.run.actions = {{.device = loop.device(), .act = disk::act::Leave{}}};
  const auto failed = [&] {
    const auto history = load_disk_history(setup.root);
    REQUIRE(history);
    REQUIRE(history->unfinished.size() == 1);
    return history->unfinished.front().failed;
  };
  setup.run.late_disks = {"/dev/another"};
  CHECK(setup.set_up() == "");
  CHECK_FALSE(failed());  // another run is for this disk
  setup.run.late_disks = {};
  CHECK(setup.set_up() == "");
  CHECK(failed());
}

TEST_CASE("XFS whose mkfs was cut off is made again") {
  const LoopDisk loop(512 * kMiB);
  Setup setup(loop);
  setup.config.disk.file_system = "xfs";
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
                                    " and format it as xfs 'ephemeral': an earlier boot did not "
                                    "finish making its file system");
  setup.meanwhile = {};
  CHECK_FALSE(setup.set_up().empty());
  setup.look();
  CHECK(setup.first_action() ==
        "partition " + loop.device() + " and format it as xfs 'ephemeral': it is blank");
}

TEST_CASE("raw data that was written to the disk after mkfs failed is kept") {
  const LoopDisk loop(256 * kMiB);
  Setup setup(loop);
  setup.failing = "mkfs.ext4";
  setup.look();
  CHECK_FALSE(setup.set_up().empty());
  test::run({"dd", "if=/dev/urandom", "of=" + loop.device(), "bs=4096", "count=1", "conv=notrunc",
             "status=none"});
  setup.failing.clear();
  setup.look();
  CHECK(setup.first_action() == "leave " + loop.device() + ": it has no known file system");
}

TEST_CASE("the file system is made even if mkswap fails") {
  const LoopDisk loop(512 * kMiB);
  Setup setup(loop);
  setup.config.disk.swap = disk::DiskOptions::Swap::kPartition;
  setup.config.disk.swap_size = 64 * kMiB;
  setup.failing = "mkswap";
  setup.look();
  CHECK(setup.set_up().find("mkswap exited with status 1") != std::string::npos);
  const auto history = load_disk_history(setup.root);
  REQUIRE(history);
  CHECK(history->unfinished.empty());
  REQUIRE(setup.asked.size() == 1);
  CHECK(setup.asked[0].starts_with("systemd-mount "));
  setup.failing.clear();
  setup.look();
  CHECK(setup.first_action() ==
        "mount " + loop.device() + " partition 1 at /mnt: an earlier boot made its file system");
}

TEST_CASE("a swap file that is there already is used only if it is root's alone and ours") {
  const LoopDisk loop(512 * kMiB);
  Setup setup(loop);
  setup.config.disk.swap = disk::DiskOptions::Swap::kFile;
  setup.config.disk.swap_size = 16 * kMiB;
  const disk::act::Swap swap{
      .file_system = "ext4", .mount_point = "/mnt", .size = setup.config.disk.swap_size};
  const auto activate = [&]() -> std::string {
    setup.asked.clear();
    auto history = load_disk_history(setup.root);
    REQUIRE(history);
    const auto done = activate_swap(setup.context, "", swap, *history);
    CHECK(setup.asked.size() == (done ? 1 : 0));
    return done ? "" : done.error().to_string();
  };
  setup.tree.mkdir("mnt").chmod_to("mnt", 0755);
  const auto path = setup.tree.path("mnt/swapfile");
  CHECK(activate() == "");
  CHECK(setup.asked.front() == "swapon /mnt/swapfile");
  CHECK(load_disk_history(setup.root)->swap_files.size() == 1);
  CHECK(activate() == "");
  CHECK(load_disk_history(setup.root)->swap_files.size() == 1);

  const std::string left = "/mnt/swapfile stays as it is, and is not used as swap: ";
  setup.tree.chmod_to("mnt/swapfile", 0644);
  CHECK(activate() == left + "its mode is 0644, not 0600");
  setup.tree.chmod_to("mnt/swapfile", 0600).chown_to("mnt/swapfile", 1000, 1000);
  CHECK(activate() == left + "it belongs to uid 1000, not to root");
  setup.tree.chown_to("mnt/swapfile", 0, 0);
  REQUIRE(::link(path.c_str(), setup.tree.path("mnt/second").c_str()) == 0);
  CHECK(activate() == left + "it has 2 hard links");
  (void)setup.root.remove("/mnt/second");
  CHECK(activate() == "");
  setup.tree.write("elsewhere", "").plant("../elsewhere", "mnt/swapfile");
  CHECK(activate() == left + "it is not a plain file");

  // Somebody else's swap file, of another size and of the size that is asked for.
  (void)setup.root.remove("/mnt/swapfile");
  const auto make = [&](const char* size) {
    test::run({"fallocate", "-l", size, path});
    setup.tree.chmod_to("mnt/swapfile", 0600);
    test::run({"mkswap", path});
  };
  make("20M");
  CHECK(activate() == left +
                          "this program did not make it, and it has 20 MiB, not the 16 MiB of "
                          "SwapSize=");
  (void)setup.root.remove("/mnt/swapfile");
  make("16M");
  CHECK(activate() == "");
  (void)setup.root.remove("/mnt/swapfile");
  setup.tree.write("mnt/swapfile", std::string(16 * kMiB, 'x')).chmod_to("mnt/swapfile", 0600);
  CHECK(activate() == left + "it has no swap area");

  // A file of another file system, mounted on it.
  setup.tree.write("mnt/swapfile", "");
  REQUIRE(::mount("/proc/self/status", path.c_str(), nullptr, MS_BIND, nullptr) == 0);
  CHECK(activate() == left + "it is not a plain file");
  CHECK(::umount2(path.c_str(), 0) == 0);
}

TEST_CASE("swap gets a partition of its own") {
  const LoopDisk loop(512 * kMiB);
  Setup setup(loop);
  setup.config.disk.swap = disk::DiskOptions::Swap::kPartition;
  setup.config.disk.swap_size = 64 * kMiB;
  setup.look();
  CHECK(setup.set_up() == "");
  CHECK(test::run({"blkid", "-p", "-o", "value", "-s", "TYPE", loop.partition(2)}) == "swap");
  CHECK(setup.asked.back() == "swapon " + loop.partition(2));
}

TEST_CASE("a line is added to fstab, unless the user's own line is for the mount point") {
  const LoopDisk loop(256 * kMiB);
  Setup setup(loop);
  setup.config.disk.mounts = disk::DiskOptions::Mounts::kFstab;
  setup.tree.write("etc/fstab", "UUID=abc / ext4 defaults 0 1\n");
  setup.look();
  CHECK(setup.set_up() == "");
  const auto text = setup.root.read("/etc/fstab");
  REQUIRE(text);
  CHECK(text->starts_with("UUID=abc / ext4 defaults 0 1\n"));
  CHECK(text->find(" /mnt ext4 ") != std::string::npos);
  CHECK(text->find("nofail") != std::string::npos);
  CHECK(setup.asked ==
        std::vector<std::string>{"systemctl daemon-reload", "systemctl start -- mnt.mount"});

  (void)setup.root.remove("/mnt/DATALOSS_WARNING_README.txt");
  setup.tree.write("etc/fstab", "/dev/sdx1 /mnt xfs defaults 0 0\n");
  setup.look();
  CHECK(setup.set_up().find("/etc/fstab has another line") != std::string::npos);
  CHECK(setup.root.read("/etc/fstab").value() == "/dev/sdx1 /mnt xfs defaults 0 0\n");
}

constexpr const char* kCloudInitLine =
    "/dev/disk/cloud/azure_resource-part1 /mnt auto "
    "defaults,nofail,x-systemd.after=cloud-init-network.service,_netdev,comment=cloudconfig 0 2\n";

TEST_CASE("cloud-init's line in fstab is replaced when the disk is formatted, and a copy is kept") {
  const LoopDisk loop(256 * kMiB);
  Setup setup(loop);
  const auto fstab = std::string("UUID=abc / ext4 defaults 0 1\n") + kCloudInitLine +
                     "LABEL=d /data ext4 defaults,comment=cloudconfig 0 2\n";
  setup.tree.write("etc/fstab", fstab);
  setup.look();
  CHECK(setup.set_up() == "");
  const auto uuid = test::run({"blkid", "-p", "-o", "value", "-s", "UUID", loop.partition(1)});
  const auto ours = "UUID=" + uuid +
                    " /mnt ext4 nofail,x-systemd.device-timeout=10s,x-azl-provision,"
                    "x-azl-provision.adopted 0 2\n";
  CHECK(setup.root.read("/etc/fstab").value() ==
        "UUID=abc / ext4 defaults 0 1\n" + ours +
            "LABEL=d /data ext4 defaults,comment=cloudconfig 0 2\n");
  CHECK(setup.root.read("/etc/fstab.before-azl-provision").value() == fstab);
  CHECK(setup.asked == std::vector<std::string>{"systemctl daemon-reload",
                                                "systemctl daemon-reload",
                                                "systemctl start -- mnt.mount"});

  // The next boot keeps the line.
  (void)setup.root.remove("/mnt/DATALOSS_WARNING_README.txt");
  const auto before = setup.root.read("/etc/fstab").value();
  setup.look();
  CHECK(setup.first_action() ==
        "mount " + loop.device() + " partition 1 at /mnt: an earlier boot made its file system");
  CHECK(setup.set_up() == "");
  CHECK(setup.root.read("/etc/fstab").value() == before);
  CHECK_FALSE(setup.root.exists("/etc/fstab.before-azl-provision.1"));
}

TEST_CASE("cloud-init's file system on the resource disk stays mounted, by a line of ours") {
  const LoopDisk loop(256 * kMiB);
  Setup setup(loop);
  test::run({"sh", "-c", "printf 'label: gpt\nstart=2048\n' | sfdisk -q \"$0\"", loop.device()});
  test::run({"partx", "--update", loop.device()});
  test::run({"mkfs.ext4", "-q", loop.partition(1)});
  const auto bytes = test::run({"sha256sum", loop.partition(1)});
  setup.tree.write("etc/fstab", kCloudInitLine);
  setup.look();
  CHECK(setup.first_action().starts_with("take over cloud-init's line in /etc/fstab for "));
  CHECK(setup.set_up() == "");
  CHECK(setup.root.read("/etc/fstab")->find("cloud") == std::string::npos);
  CHECK(setup.asked.back() == "systemctl start -- mnt.mount");
  CHECK(test::run({"sha256sum", loop.partition(1)}) == bytes);
}

TEST_CASE("cloud-init's line that has mounted Azure's NTFS file system is removed") {
  const LoopDisk loop(128 * kMiB);
  Setup setup(loop);
  const auto fstab = std::string("UUID=abc / ext4 defaults 0 1\n") + kCloudInitLine;
  setup.tree.write("etc/fstab", fstab);
  setup.look();
  setup.run.facts.disks[0].use.mounted_at = {"/mnt"};
  setup.run.facts.resource_line->mounted_type = "ntfs3";
  setup.run.facts.resource_line->mounted_untouched = true;
  setup.run.actions = disk::plan_disks(setup.run.facts, setup.config.disk);
  CHECK(setup.set_up() == "");
  CHECK(setup.root.read("/etc/fstab").value() == "UUID=abc / ext4 defaults 0 1\n");
  CHECK(setup.root.read("/etc/fstab.before-azl-provision").value() == fstab);
  CHECK(setup.asked == std::vector<std::string>{"systemctl daemon-reload"});
  CHECK(loop.bytes(0, kMiB) == std::string(kMiB, '\0'));
}

TEST_CASE("a line of cloud-init's that has changed since the decision stays") {
  const LoopDisk loop(256 * kMiB);
  Setup setup(loop);
  setup.tree.write("etc/fstab", kCloudInitLine);
  setup.look();
  const std::string changed = "LABEL=mine /mnt ext4 defaults 0 0\n";
  setup.tree.write("etc/fstab", changed);
  CHECK(setup.set_up().find("/etc/fstab has changed since the decision") != std::string::npos);
  CHECK(setup.root.read("/etc/fstab").value() == changed);
  CHECK_FALSE(setup.root.exists("/etc/fstab.before-azl-provision"));
}

}  // namespace
}  // namespace azl::provision
