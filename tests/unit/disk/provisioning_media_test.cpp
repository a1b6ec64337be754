#include "disk/provisioning_media.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <linux/cdrom.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "tests/unit/disk/images.h"

namespace azl::disk {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kLimit = 1 << 20;
const std::string kXml = "<?xml version=\"1.0\"?>\n<Environment/>\n";

Result<Media> read_path(const std::string& path, std::size_t limit = kLimit) {
  const SystemClock clock;
  return read_media(path, limit, Deadline(clock, 30s));
}

std::string error_of(const Result<Media>& media) { return media ? "" : media.error().to_string(); }

/// A fake /sys of block devices.
class FakeSys {
 public:
  /// A physical disk.
  FakeSys& disk(const std::string& name, std::uint64_t sectors, const std::string& dev = "8:0") {
    tree_.mkdir("sys/class/block/" + name + "/device");
    return attribute(name, "size", std::to_string(sectors)).attribute(name, "dev", dev);
  }
  FakeSys& attribute(const std::string& name, const std::string& key, const std::string& value) {
    tree_.write("sys/class/block/" + name + "/" + key, value + "\n");
    return *this;
  }
  [[nodiscard]] test::TemporaryTree& tree() { return tree_; }
  [[nodiscard]] Root root() const { return std::move(Root::open(tree_.path()).value()); }
  [[nodiscard]] std::vector<std::string> candidates() const {
    std::vector<std::string> names;
    const auto found = find_media_candidates(root());
    for (const MediaCandidate& each : found.value()) {
      names.push_back(each.device + (each.optical ? " optical" : ""));
    }
    return names;
  }

 private:
  test::TemporaryTree tree_;
};

using Names = std::vector<std::string>;

TEST_CASE("a machine without disks has no candidates") { CHECK(FakeSys().candidates().empty()); }

TEST_CASE("drives come first and by number, then small disks") {
  FakeSys sys;
  sys.disk("sda", 2048).disk("sr10", 0).disk("sr2", 0).disk("sr0", 2097151).disk("vdb", 131072);
  CHECK(sys.candidates() ==
        Names{"/dev/sr0 optical", "/dev/sr2 optical", "/dev/sr10 optical", "/dev/sda", "/dev/vdb"});
}

TEST_CASE("large, empty, virtual and hidden devices are not candidates") {
  FakeSys sys;
  sys.disk("sda", 131073);  // more than 64 MiB
  sys.disk("sdb", 0);       // a reader without a card
  sys.disk("sdc1", 2048).attribute("sdc1", "partition", "1");
  sys.disk("fd0", 8, "2:0");  // a floppy drive
  sys.disk("nvme0c0n1", 2048).attribute("nvme0c0n1", "hidden", "1");
  sys.disk("sdd", 2048).attribute("sdd", "size", "garbage");
  sys.attribute("loop0", "size", "2048");  // virtual
  sys.attribute("dm-0", "size", "2048");
  sys.attribute("srv", "size", "2048");  // not the name of a drive
  CHECK(sys.candidates().empty());
}

TEST_CASE("a drive is recognized by its SCSI type, whatever its name is") {
  FakeSys sys;
  sys.disk("xvdd", 1 << 30).attribute("xvdd", "device/type", "5");
  sys.disk("xvde", 2048).attribute("xvde", "device/type", "0");
  CHECK(sys.candidates() == Names{"/dev/xvdd optical", "/dev/xvde"});
}

TEST_CASE("a device's name can contain a slash") {
  FakeSys sys;
  sys.disk("cciss!c0d0", 2048);
  CHECK(sys.candidates() == Names{"/dev/cciss/c0d0"});
}

TEST_CASE("at most sixteen disks are candidates") {
  FakeSys sys;
  for (int i = 10; i < 60; ++i) sys.disk("nvme" + std::to_string(i) + "n1", 2048);
  sys.disk("sr0", 0);
  const Names names = sys.candidates();
  CHECK(names.size() == 17);
  CHECK(names.front() == "/dev/sr0 optical");
  CHECK(names.back() == "/dev/nvme25n1");
}

TEST_CASE("the status of a drive decides whether it is read, skipped or asked again") {
  CHECK(decide_drive(CDS_DISC_OK) == DriveAction::kRead);
  CHECK(decide_drive(CDS_NO_INFO) == DriveAction::kRead);
  CHECK(decide_drive(-1) == DriveAction::kRead);
  CHECK(decide_drive(CDS_NO_DISC) == DriveAction::kSkip);
  CHECK(decide_drive(CDS_TRAY_OPEN) == DriveAction::kSkip);
  CHECK(decide_drive(CDS_DRIVE_NOT_READY) == DriveAction::kRetry);
}

TEST_CASE("ovf-env.xml is found in any case and with an ISO 9660 version suffix") {
  struct Row {
    Names names;
    std::optional<std::string> expected;
  };
  const Row rows[] = {
      {{}, std::nullopt},
      {{"ovf-env.xml"}, "ovf-env.xml"},
      {{"OVF-ENV.XML", "ovf-env.xml"}, "ovf-env.xml"},
      {{"OVF-ENV.XML;1", "README"}, "OVF-ENV.XML;1"},
      {{"Ovf-Env.Xml"}, "Ovf-Env.Xml"},
      {{"ovf-env.xml.bak", "xovf-env.xml", "ovf-env", "ovf_env.xml"}, std::nullopt},
  };
  for (const Row& row : rows) CHECK(find_ovf_name(row.names) == row.expected);
}

TEST_CASE("XML begins with '<', after a byte order mark or white space") {
  for (const char* text : {"<", "<?xml", "\xEF\xBB\xBF<?xml", "\r\n\t <a>", "\xEF\xBB\xBF\n<a>"}) {
    CAPTURE(text);
    CHECK(looks_like_xml(text));
  }
  for (const char* text : {"", " ", "\xEF\xBB\xBF", "{", "x<", "\xEF\xBB<"}) {
    CAPTURE(text);
    CHECK_FALSE(looks_like_xml(text));
  }
}

TEST_CASE("ovf-env.xml is read from a directory or directly") {
  test::TemporaryTree tree;
  tree.write("media/OVF-ENV.XML", kXml).write("other.xml", "\xEF\xBB\xBF" + kXml);
  const auto directory = read_path(tree.path("media"));
  if (!directory) FAIL(directory.error().to_string());
  CHECK(directory->ovf == kXml);
  CHECK(directory->where == tree.path("media"));
  CHECK(directory->device.empty());

  tree.symlink(tree.path("other.xml"), "link.xml");
  const auto file = read_path(tree.path("link.xml"));
  if (!file) FAIL(file.error().to_string());
  CHECK(file->ovf == "\xEF\xBB\xBF" + kXml);
  CHECK(file->where == tree.path("link.xml"));
}

TEST_CASE("a path that is not media is an error that says why") {
  test::TemporaryTree tree;
  tree.mkdir("empty").write("text", "hello\n").write("big/ovf-env.xml", std::string(101, '<'));
  tree.symlink("/etc/passwd", "planted/ovf-env.xml").mkdir("folder/ovf-env.xml");
  REQUIRE(mkfifo(tree.path("fifo").c_str(), 0600) == 0);
  tree.mkdir("fifos");
  REQUIRE(mkfifo(tree.path("fifos/ovf-env.xml").c_str(), 0600) == 0);
  const auto message = [&](const std::string& name) {
    const auto media = read_path(tree.path(name), 100);
    REQUIRE_FALSE(media);
    CHECK(media.error().reason() == Reason::kMediaUnreadable);
    return error_of(media);
  };
  const auto expected = [&](const std::string& name, const std::string& what) {
    return "reading " + tree.path(name) + ": " + what;
  };
  CHECK(message("absent") == "opening " + tree.path("absent") + ": No such file or directory");
  CHECK(message("empty") == "there is no ovf-env.xml in " + tree.path("empty"));
  CHECK(message("text") == expected("text", "it is neither XML nor a file system image"));
  CHECK(message("fifo") ==
        expected("fifo", "it is neither a directory, a file nor a block device"));
  CHECK(message("big").ends_with("is longer than 100 bytes"));
  CHECK(message("big/ovf-env.xml").ends_with("is longer than 100 bytes"));
  CHECK(message("planted") == expected("planted", "ovf-env.xml is not a regular file"));
  CHECK(message("folder") == expected("folder", "ovf-env.xml is not a regular file"));
  CHECK(message("fifos") == expected("fifos", "ovf-env.xml is not a regular file"));
}

TEST_CASE("an image is mounted and read, and the mount is gone afterwards") {
  if (!test::can_mount_images()) return;
  test::Image image;
  image.files().write("ovf-env.xml", kXml);
  const auto media = read_path(image.ext4());
  if (!media) FAIL(media.error().to_string());
  CHECK(media->ovf == kXml);
  CHECK(media->device.empty());
  CHECK_FALSE(image.attached());
  CHECK_FALSE(test::sees_media_mounted());
}

TEST_CASE("a block device is mounted and read, and can be ejected") {
  if (!test::can_mount_images()) return;
  test::Image image;
  image.files().write("ovf-env.xml", kXml);
  const test::LoopDevice loop(image.ext4());
  const auto media = read_path(loop.path());
  if (!media) FAIL(media.error().to_string());
  CHECK(media->ovf == kXml);
  CHECK(media->device == loop.path());
  const auto ejected = eject(*media);
  REQUIRE_FALSE(ejected);  // a loop device has no tray
  CHECK(ejected.error().to_string().starts_with("ejecting " + loop.path()));
}

TEST_CASE("an image without ovf-env.xml, or with a link or a directory of that name, is an error") {
  if (!test::can_mount_images()) return;
  test::Image without;
  CHECK(error_of(read_path(without.ext4())).starts_with("there is no ovf-env.xml in "));
  test::Image linked;
  linked.files().symlink("/etc/hostname", "ovf-env.xml");
  CHECK(error_of(read_path(linked.ext4())).ends_with("ovf-env.xml is not a regular file"));
  test::Image long_one;
  long_one.files().write("ovf-env.xml", kXml);
  CHECK(error_of(read_path(long_one.ext4(), 10)).ends_with("is longer than 10 bytes"));
  for (const test::Image* image : {&without, &linked, &long_one}) CHECK_FALSE(image->attached());
}

TEST_CASE("ejecting a file or a directory does nothing") {
  CHECK(eject({.where = "/tmp", .device = "", .ovf = ""}));
  CHECK_FALSE(eject({.where = "", .device = "/dev/no-such-drive", .ovf = ""}));
}

bool kernel_has(const std::string& type) {
  std::ifstream file("/proc/filesystems");
  std::string word;
  while (file >> word) {
    if (word == type) return true;
  }
  return false;
}

/// A machine whose /dev/sr0 is a block device with this image.
void add_drive(FakeSys& sys, const std::string& name, const std::string& device) {
  struct stat status{};
  REQUIRE(stat(device.c_str(), &status) == 0);
  sys.disk(name, 2048);
  sys.tree().mkdir("dev");
  REQUIRE(mknod(sys.tree().path("dev/" + name).c_str(), S_IFBLK | 0600, status.st_rdev) == 0);
}

TEST_CASE("there is no media without a drive or a disc, or with another kind of disc") {
  const SystemClock clock;
  const Deadline deadline(clock, 30s);
  FakeSys none;
  const auto nothing = find_media(none.root(), kLimit, deadline);
  REQUIRE(nothing);
  CHECK_FALSE(*nothing);

  FakeSys gone;  // sr0 is in /sys, but not in /dev
  gone.disk("sr0", 2048);
  const auto absent = find_media(gone.root(), kLimit, deadline);
  REQUIRE(absent);
  CHECK_FALSE(*absent);

  if (!test::can_mount_images()) return;
  test::Image image;
  image.files().write("ovf-env.xml", kXml);
  const test::LoopDevice loop(image.ext4());
  FakeSys sys;
  add_drive(sys, "sr0", loop.path());
  const auto ext4 = find_media(sys.root(), kLimit, deadline);  // neither UDF nor ISO 9660
  if (!ext4) FAIL(ext4.error().to_string());
  CHECK_FALSE(*ext4);
}

TEST_CASE("a disc like Azure's is found by its content") {
  if (!test::can_mount_images()) return;
  if (!test::has_program("genisoimage")) {
    MESSAGE("skipped: needs genisoimage");
    return;
  }
  test::Image image;
  image.files().write("ovf-env.xml", kXml);
  const test::LoopDevice loop(image.disc());
  FakeSys sys;
  add_drive(sys, "sr0", loop.path());
  add_drive(sys, "vdb", loop.path());
  const SystemClock clock;
  const auto media = find_media(sys.root(), kLimit, Deadline(clock, 30s));
  CHECK_FALSE(test::sees_media_mounted());
  if (kernel_has("udf") || kernel_has("iso9660")) {
    if (!media) FAIL(media.error().to_string());
    REQUIRE(*media);
    CHECK((*media)->ovf == kXml);
    CHECK((*media)->where == "/dev/sr0");
    return;
  }
  REQUIRE_FALSE(media);
  CHECK(media.error().reason() == Reason::kMediaUnreadable);
  const std::string text = media.error().to_string();
  CAPTURE(text);
  CHECK(text.starts_with("reading /dev/sr0: mounting it as udf: "));
  CHECK(text.find("modprobe udf") != std::string::npos);
  CHECK(text.find("modprobe isofs") != std::string::npos);
  CHECK(text.find("; reading /dev/vdb: ") != std::string::npos);
}

TEST_CASE("the error at the deadline names the devices that were not read") {
  FakeSys sys;
  sys.disk("sr0", 2048);
  const SystemClock clock;
  const auto media = find_media(sys.root(), kLimit, Deadline(clock, 0s));
  REQUIRE_FALSE(media);
  CHECK(media.error().to_string() == "no time was left for /dev/sr0");
}

}  // namespace
}  // namespace azl::disk
