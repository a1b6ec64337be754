#include "provision/store/disk_wishes.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tests/unit/provision/bench.h"

namespace azl::provision {
namespace {

using disk::DiskTarget;

DiskWishes all_kinds() {
  return {.vm_id = "2b6d1c5c-3a6e-0b4c-9f0e-0123456789ab",
          .disks = {{.target = {.kind = DiskTarget::Kind::kResource},
                     .label = "scratch",
                     .swap_percent = 33,
                     .swap_file = 1U << 30U},
                    {.target = {.kind = DiskTarget::Kind::kLun, .lun = 63},
                     .file_system = "xfs",
                     .mount_point = "/data",
                     .mount_options = "noatime",
                     .overwrite = true},
                    {.target = {.kind = DiskTarget::Kind::kDevice, .device = "/dev/sdc"}},
                    {.target = {.kind = DiskTarget::Kind::kResource}, .use = false}}};
}

TEST_CASE("saved wishes are loaded unchanged, and can be removed") {
  azl::test::TemporaryTree tree;
  const auto root = Root::open(tree.path()).value();
  CHECK(load_disk_wishes(root).value() == std::nullopt);
  CHECK(remove_disk_wishes(root).has_value());
  tree.mkdir("var/lib/azl-provision");
  REQUIRE(save_disk_wishes(root, all_kinds()));
  const auto loaded = load_disk_wishes(root).value();
  REQUIRE(loaded);
  CHECK(loaded->vm_id == all_kinds().vm_id);
  CHECK(loaded->disks == all_kinds().disks);
  CHECK(root.stat(kDiskWishesFile).value()->mode == (S_IFREG | 0600U));
  REQUIRE(remove_disk_wishes(root));
  CHECK(load_disk_wishes(root).value() == std::nullopt);
}

TEST_CASE("values that a document cannot ask for are refused") {
  for (const auto* const text :
       {R"({})", R"([1])", R"([{}])", R"([{"disk": "tape"}])", R"([{"disk": "lun"}])",
        R"([{"disk": "lun", "lun": 64}])", R"([{"disk": "device", "device": "sdc"}])",
        R"([{"disk": "resource", "file_system": "vfat"}])",
        R"([{"disk": "resource", "label": "a b"}])",
        R"([{"disk": "resource", "mount_point": "/etc"}])",
        R"([{"disk": "resource", "mount_options": "a b"}])",
        R"([{"disk": "resource", "swap_percent": 100}])",
        R"([{"disk": "resource", "swap_file": -1}])"}) {
    CAPTURE(text);
    const auto wishes = parse_disk_wishes(nlohmann::json::parse(text));
    REQUIRE_FALSE(wishes);
    CHECK(wishes.error().reason() == Reason::kState);
  }
}

TEST_CASE("a damaged file is an error that names it") {
  azl::test::TemporaryTree tree;
  const auto root = Root::open(tree.path()).value();
  for (const auto* const text :
       {"", "{", "[]", R"({"schema_version": 2, "disks": []})", R"({"schema_version": 1})",
        R"({"schema_version": 1, "disks": [{"disk": "lun"}]})"}) {
    CAPTURE(text);
    tree.write("var/lib/azl-provision/custom-data-disks.json", text);
    const auto wishes = load_disk_wishes(root);
    REQUIRE_FALSE(wishes);
    CHECK(wishes.error().reason() == Reason::kState);
    CHECK(wishes.error().to_string().contains(kDiskWishesFile));
  }
}

}  // namespace
}  // namespace azl::provision
