#include "disk/swap_rules.h"

#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace azl::disk {
namespace {

constexpr std::uint64_t kSize = 2ULL << 30U;

/// A swap file as this program makes it.
FoundSwapFile as_made() {
  return {.plain = true,
          .on_file_system = true,
          .directory_is_safe = true,
          .owner = 0,
          .mode = 0600,
          .links = 1,
          .size = kSize,
          .type = "swap",
          .uuid = "a"};
}

TEST_CASE("a swap file that is there already is used only if it is root's alone and ours") {
  struct Row {
    const char* what;
    std::function<void(FoundSwapFile&)> change;
    std::string why;
  };
  const std::vector<Row> rows = {
      {"as this program makes it", [](auto&) {}, ""},
      {"made by this program, of another size", [](auto& f) { f.size = kSize / 2; }, ""},
      {"of the size that is asked for, not made by this program", [](auto& f) { f.uuid = "b"; },
       ""},
      {"neither",
       [](auto& f) {
         f.uuid = "b";
         f.size = kSize / 2;
       },
       "this program did not make it, and it has 1024 MiB, not the 2048 MiB of SwapSize="},
      {"without a UUID, of another size",
       [](auto& f) {
         f.uuid = "";
         f.size = kSize * 2;
       },
       "this program did not make it, and it has 4096 MiB, not the 2048 MiB of SwapSize="},
      {"a link or a device", [](auto& f) { f.plain = false; }, "it is not a plain file"},
      {"mounted from elsewhere", [](auto& f) { f.on_file_system = false; },
       "it is on another file system"},
      {"somebody's", [](auto& f) { f.owner = 1000; }, "it belongs to uid 1000, not to root"},
      {"readable by others", [](auto& f) { f.mode = 0644; }, "its mode is 0644, not 0600"},
      {"writable by the group", [](auto& f) { f.mode = 0620; }, "its mode is 0620, not 0600"},
      {"set-user-ID", [](auto& f) { f.mode = 04600; }, "its mode is 4600, not 0600"},
      {"with a second name", [](auto& f) { f.links = 2; }, "it has 2 hard links"},
      {"in a directory in which others may rename", [](auto& f) { f.directory_is_safe = false; },
       "users other than root can replace it"},
      {"without a swap area", [](auto& f) { f.type = ""; }, "it has no swap area"},
      {"with a file system", [](auto& f) { f.type = "ext4"; }, "it has no swap area"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    auto file = as_made();
    row.change(file);
    CHECK(why_not_swap_to(file, {.swap_files = {"a"}}, kSize) == row.why);
  }
}

TEST_CASE("the size of a swap file is a multiple of a page") {
  CHECK(swap_file_size(kSize) == kSize);
  CHECK(swap_file_size(kSize + 1) == kSize + 4096);
  auto file = as_made();
  file.size = kSize + 4096;
  CHECK(why_not_swap_to(file, {}, kSize + 1).empty());
}

}  // namespace
}  // namespace azl::disk
