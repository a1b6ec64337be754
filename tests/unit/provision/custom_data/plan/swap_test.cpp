#include "provision/custom_data/plan/swap.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include <doctest/doctest.h>

#include "tests/unit/provision/custom_data/plan/planned_disks.h"

namespace azl::provision::custom_data {
namespace {

using test::items_of;
using test::Lines;
using test::plan_of;
using test::remarks_of;
using test::wishes_of;

constexpr std::uint64_t kMiB = 1ULL << 20U;
constexpr std::uint64_t kGiB = 1ULL << 30U;

TEST_CASE("sizes are read as cloud-init reads them, in any case") {
  // cloudinit/util.py, human2bytes().
  struct Row {
    std::string_view text;
    std::optional<std::uint64_t> size;
  };
  const Row rows[] = {
      {"0", 0},
      {"1048576", kMiB},
      {"100B", 100},
      {"1K", 1024},
      {"2kb", 2048},
      {"512M", 512 * kMiB},
      {"1G", kGiB},
      {"1GB", kGiB},
      {"1.5g", kGiB + kGiB / 2},
      {".5G", kGiB / 2},
      {"1T", 1024 * kGiB},
      {"1024T", 1024 * (1024 * kGiB)},
      {" 2G ", 2 * kGiB},
      {"", std::nullopt},
      {"G", std::nullopt},
      {"B", std::nullopt},
      {"-1G", std::nullopt},
      {"+1G", std::nullopt},
      {"1GiB", std::nullopt},
      {"1 G", std::nullopt},
      {"1P", std::nullopt},
      {"1025T", std::nullopt},
      {"1e9", std::nullopt},
      {"0x10", std::nullopt},
      {"inf", std::nullopt},
      {"nan", std::nullopt},
      {"auto", std::nullopt},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    CHECK(parse_swap_size(row.text) == row.size);
  }
}

TEST_CASE("a swap file is made") {
  struct Row {
    std::string_view swap;
    std::string_view what;
    std::uint64_t size;
    std::uint64_t max_size;
  };
  const Row rows[] = {
      {"{size: 2147483648}", "make a swap file /swap.img (2048 MiB)", 2 * kGiB, 0},
      {"{filename: /swapfile, size: 1.5G}", "make a swap file /swapfile (1536 MiB)",
       kGiB + kGiB / 2, 0},
      {"{size: '512m', maxsize: 1G}", "make a swap file /swap.img (512 MiB)", 512 * kMiB, 0},
      {"{size: auto}", "make a swap file /swap.img (by the size of the memory)", 0, 0},
      {"{size: AUTO, maxsize: auto}", "make a swap file /swap.img (by the size of the memory)", 0,
       0},
      {"{size: auto, maxsize: 1073741824}",
       "make a swap file /swap.img (by the size of the memory, at most 1024 MiB)", 0, kGiB},
      {"{size: 1M, filename: /var/swap/a b}", "make a swap file /var/swap/a b (1 MiB)", kMiB, 0},
      {"{size: 1M, filename: /mntx/swap}", "make a swap file /mntx/swap (1 MiB)", kMiB, 0},
  };
  for (const auto& row : rows) {
    CAPTURE(row.swap);
    const auto plan = plan_of("#cloud-config\nswap: " + std::string(row.swap) + "\n");
    CHECK(items_of(plan) == Lines{"swap early once"});
    CHECK(remarks_of(plan).empty());
    CHECK(plan.items[0].what == row.what);
    const auto& swap = std::get<MakeSwapFile>(plan.items[0].action);
    CHECK(row.what.contains(" " + swap.path + " ("));
    CHECK(swap.size == row.size);
    CHECK(swap.max_size == row.max_size);
  }
}

TEST_CASE("what is no swap file gets a remark") {
  struct Row {
    std::string swap;
    Lines remarks;
  };
  const Row rows[] = {
      {"", {"w 2:1 no-value"}},
      {"false", {}},
      {"true", {"e 2:1 swap"}},
      {"[a]", {"e 2:1 swap"}},
      {"{}", {"n 2:1 no-effect"}},
      {"{filename: /swapfile}", {"n 2:1 no-effect"}},
      {"{size: 0}", {"n 2:1 no-effect"}},
      {"{size: '0G'}", {"n 2:1 no-effect"}},
      {"{size: false}", {"n 2:1 no-effect"}},
      {"{size: much}", {"e 2:14 swap"}},
      {"{size: 1000}", {"e 2:14 swap"}},
      {"{size: 1.5}", {"e 2:14 swap"}},
      {"{size: -1}", {"e 2:14 swap"}},
      {"{size: [1G]}", {"e 2:14 swap"}},
      {"{size: true}", {"e 2:14 swap"}},
      {"{size: 9223372036854775807}", {"e 2:14 swap"}},
      {"{size: auto, maxsize: x}", {"e 2:29 swap"}},
      {"{size: 1G, filename: swapfile}", {"e 2:28 swap"}},
      {"{size: 1G, filename: /}", {"e 2:28 swap"}},
      {"{size: 1G, filename: /a/}", {"e 2:28 swap"}},
      {"{size: 1G, filename: /a//b}", {"e 2:28 swap"}},
      {"{size: 1G, filename: /a/../b}", {"e 2:28 swap"}},
      {"{size: 1G, filename: /dev/sdc1}", {"e 2:28 swap"}},
      {"{size: 1G, filename: [a]}", {"e 2:28 swap"}},
      {R"({size: 1G, filename: "/a\tb"})", {"e 2:28 swap"}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.swap);
    const auto plan = plan_of("#cloud-config\nswap: " + row.swap + "\n");
    CHECK(plan.items.empty());
    CHECK(remarks_of(plan) == row.remarks);
  }
  CHECK(remarks_of("#cloud-config\nswap: {size: 1G, file_name: /a}\n") ==
        Lines{"w 2:18 unknown-key"});
}

TEST_CASE("a swap file below the mount point of the resource disk is made on that disk") {
  struct Row {
    std::string_view mounts;
    std::string_view swap;
    Lines items;
    Lines wishes;
  };
  const std::string file = " file " + std::to_string(kGiB);
  const Lines item = {"swap early once"};
  const Lines disks = {"disk_setup early once"};
  const Row rows[] = {
      {"", "{filename: /mnt/swapfile, size: 1G}", disks, {"the resource disk" + file}},
      {"", "{filename: /mnt/resource/swap, size: 1G}", disks, {"the resource disk" + file}},
      {"[ephemeral0, /scratch]",
       "{filename: /scratch/swap, size: 1G}",
       disks,
       {"the resource disk at /scratch" + file}},
      {"[ephemeral0, /scratch]",
       "{filename: /mnt/swap, size: 1G}",
       {"disk_setup early once", "swap early once"},
       {"the resource disk at /scratch"}},
      {"[ephemeral0]",
       "{filename: /mnt/swap, size: 1G}",
       {"disk_setup early once", "swap early once"},
       {"the resource disk unused"}},
      {"['srv:/x', /mnt/x]",
       "{filename: /mnt/x/swap, size: 1G}",
       {"mounts/1 early once", "swap early once"},
       {}},
      {"['srv:/x', /mnt/x]",
       "{filename: /mnt/swap, size: 1G}",
       {"disk_setup early once", "mounts/1 early once"},
       {"the resource disk" + file}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.mounts);
    CAPTURE(row.swap);
    const auto plan = plan_of("#cloud-config\nswap: " + std::string(row.swap) + "\nmounts: [" +
                              std::string(row.mounts) + "]\n");
    CHECK(items_of(plan) == row.items);
    CHECK(wishes_of(plan) == row.wishes);
  }
  const auto plan = plan_of("#cloud-config\nswap: {filename: /mnt/swap, size: 1G}\n");
  CHECK(plan.items[0].what == "set up 1 disk: the resource disk (a swap file of 1024 MiB)");
  CHECK(remarks_of(plan) == Lines{"n 2:7 swap"});
  const auto automatic = plan_of("#cloud-config\nswap: {filename: /mnt/swap, size: auto}\n");
  CHECK(automatic.items.empty());
  CHECK(remarks_of(automatic) == Lines{"e 2:35 swap"});
}

}  // namespace
}  // namespace azl::provision::custom_data
