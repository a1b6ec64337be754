#include "provision/image/check/cpio_names.h"

#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/provision/image/check/cpio_bytes.h"

using namespace azl::provision;
using azl::test::cpio_archive;
using azl::test::cpio_entry;

namespace {

using Names = std::vector<std::string>;

struct Listed {
  Names names;
  CpioNames reader;
  std::size_t taken = 0;
};
Listed list(std::string_view bytes, std::size_t piece = 1 << 20) {
  Listed listed;
  while (listed.taken < bytes.size()) {
    const auto taken = listed.reader.feed(bytes.substr(listed.taken, piece),
                                          [&](auto name) { listed.names.emplace_back(name); });
    listed.taken += taken;
    if (taken == 0) break;
  }
  return listed;
}

}  // namespace

TEST_CASE("the names of a cpio archive are read, whatever the pieces") {
  const auto archive = cpio_archive({".", "a", "lib/modules/6/x.ko"});
  for (const std::size_t piece : {1UL, 3UL, 110UL, 1000000UL}) {
    const auto listed = list(archive + "behind", piece);
    CHECK(listed.names == Names{".", "a", "lib/modules/6/x.ko"});
    CHECK(listed.reader.ended());
    CHECK(listed.taken == archive.size());
  }
}

TEST_CASE("contents can be skipped") {
  CpioNames reader;
  const auto entry = cpio_entry("big", std::string(1000, 'x'));
  (void)reader.feed(std::string_view(entry).substr(0, 200), [](auto) {});
  CHECK(reader.skippable() == entry.size() - 200);
  reader.skip(reader.skippable());
  CHECK(reader.between_entries());
}

TEST_CASE("an archive that is cut off has not ended, and what is no archive is damaged") {
  const auto archive = cpio_archive({"a"});
  const auto cut = list(std::string_view(archive).substr(0, archive.size() - 30));
  CHECK(!cut.reader.ended());
  CHECK(!cut.reader.damaged());
  const std::vector<std::string> bad = {
      std::string(200, 'x'),           std::string(200, '\0'), "070707" + std::string(200, '0'),
      cpio_entry("x", "", 0),             // a name without its NUL
      cpio_entry("x", "", 4097),          // longer than a path
      cpio_entry("x", "", 0xffffffff),    // 4 GiB
      "070701" + std::string(104, 'z')};  // no numbers
  for (const auto& bytes : bad) CHECK(list(bytes).reader.damaged());
}

TEST_CASE("a huge content takes no memory") {
  const auto listed = list(cpio_entry("x", "", -1, 0xffffffff));
  CHECK(listed.names == Names{"x"});
  CHECK(listed.reader.skippable() == 0x100000000);
}

TEST_CASE("the module of a file is its name without suffixes") {
  CHECK(module_of_file("usr/lib/modules/6.6.1/kernel/drivers/hv/hv_vmbus.ko.xz") == "hv_vmbus");
  CHECK(module_of_file("lib/modules/6.6.1/kernel/drivers/pci/controller/pci-hyperv.ko") ==
        "pci_hyperv");
  CHECK(module_of_file("lib/modules/6.6.1/x.ko.zst") == "x");
  CHECK(module_of_file("lib/modules/6.6.1/modules.builtin").empty());
  CHECK(module_of_file("lib/modules/6.6.1/x.ko.txt").empty());
  CHECK(module_of_file("etc/x.ko").empty());
  CHECK(module_of_file("").empty());
  CHECK(module_name("hv-storvsc") == "hv_storvsc");
}
