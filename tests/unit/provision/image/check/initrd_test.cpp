#include "provision/image/check/initrd.h"

#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "tests/unit/provision/custom_data/parse/packed.h"
#include "tests/unit/provision/gather/tree_files.h"
#include "tests/unit/provision/image/check/cpio_bytes.h"

using namespace azl;
using namespace azl::provision;
using namespace azl::test;
using namespace std::chrono_literals;

namespace {

using Modules = std::set<std::string>;
const std::string kModules = "usr/lib/modules/6.6.1/kernel/";

InitrdFacts read(const TemporaryTree& tree, const std::string& path = "/boot/initrd") {
  SystemProcesses processes;
  const SystemClock clock;
  return read_initrd(root_of(tree), path, processes, Deadline(clock, 60s));
}

std::string archive() {
  return cpio_archive(
      {"init", kModules + "drivers/scsi/hv_storvsc.ko.xz", kModules + "fs/ext4/ext4.ko"});
}

/// Packs text by a program of this machine.
std::string packed_by(const std::string& program, const std::string& text) {
  TemporaryTree tree;
  tree.write("plain", text);
  const auto command = program + " < " + tree.path("plain") + " > " + tree.path("packed");
  REQUIRE(std::system(command.c_str()) == 0);
  return tree.read("packed");
}

}  // namespace

TEST_CASE("the modules of an initrd are listed, however it is packed") {
  const auto early =
      cpio_archive({"kernel/x86/microcode/GenuineIntel.bin"}) + std::string(512, '\0');
  const auto more = cpio_archive({kModules + "drivers/nvme/host/nvme.ko"});
  struct Row {
    std::string what;
    std::string bytes;
    Modules modules;
  };
  const Row rows[] = {
      {"plain", archive(), {"ext4", "hv_storvsc"}},
      {"gzip", packed(archive()), {"ext4", "hv_storvsc"}},
      {"xz", packed_by("xz --check=crc32", archive()), {"ext4", "hv_storvsc"}},
      {"zstd", packed_by("zstd -q", archive()), {"ext4", "hv_storvsc"}},
      {"lz4", packed_by("lz4 -l", archive()), {"ext4", "hv_storvsc"}},
      {"early and gzip", early + packed(archive()), {"ext4", "hv_storvsc"}},
      {"early and zstd", early + packed_by("zstd -q", archive()), {"ext4", "hv_storvsc"}},
      {"zstd with zeros behind",
       packed_by("zstd -q", archive()) + std::string(100, '\0'),
       {"ext4", "hv_storvsc"}},
      {"two in one",
       packed(archive() + std::string(20, '\0') + more),
       {"ext4", "hv_storvsc", "nvme"}},
      {"two packed", packed(archive()) + packed(more), {"ext4", "hv_storvsc", "nvme"}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    TemporaryTree tree;
    tree.write("boot/initrd", row.bytes);
    const auto facts = read(tree);
    CHECK(facts.unread == "");
    CHECK(facts.modules == row.modules);
  }
}

TEST_CASE("what is no initrd says so") {
  const std::string rows[] = {"",
                              "text",
                              packed("text that is no archive"),
                              packed(archive()).substr(0, 60),
                              "\x28\xb5\x2f\xfd text",
                              cpio_entry("x", "", 0xffffffff)};
  for (const auto& bytes : rows) {
    CAPTURE(bytes);
    TemporaryTree tree;
    tree.write("boot/initrd", bytes);
    CHECK(!read(tree).unread.empty());
  }
  TemporaryTree tree;
  REQUIRE(mkfifo(tree.path("initrd").c_str(), 0600) == 0);
  CHECK(!read(tree, "/initrd").unread.empty());
}

TEST_CASE("a large initrd is read in pieces, and what is in its files is passed over") {
  TemporaryTree tree;
  tree.write("boot/initrd", cpio_entry("big", "", -1, 1 << 30));
  const auto path = tree.path("boot/initrd");
  std::filesystem::resize_file(path, std::filesystem::file_size(path) + (std::size_t{1} << 30));
  std::ofstream(path, std::ios::app) << archive();
  const auto facts = read(tree);
  CHECK(facts.unread == "");
  CHECK(facts.modules == Modules{"ext4", "hv_storvsc"});
  // Nothing but zeros
  std::ofstream(path, std::ios::trunc).close();
  std::filesystem::resize_file(path, std::size_t{1} << 30);
  CHECK(!read(tree).unread.empty());
}
