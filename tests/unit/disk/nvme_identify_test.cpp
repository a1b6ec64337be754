#include "disk/nvme_identify.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace azl::disk {
namespace {

using namespace std::string_literals;

/// A page of zeros with this text in its vendor-specific part.
std::vector<std::byte> page_of(std::string_view text, std::size_t size = 4096) {
  std::vector<std::byte> page(size);
  std::size_t at = 384;
  for (const char c : text) {
    if (at < size) page[at++] = static_cast<std::byte>(c);
  }
  return page;
}

TEST_CASE("the identity is parsed from the vendor-specific part") {
  struct Row {
    std::string text;
    NvmeIdentity identity;
  };
  const std::vector<Row> rows{
      {"type=local,index=1,name=nvme-110G-1", {.type = "local", .index = 1, .name = "nvme-110G-1"}},
      {"type=data,lun=0,name=data", {.type = "data", .lun = 0, .name = "data"}},
      {"type=os", {.type = "os"}},
      {"name=a=b,type=later", {.type = "later", .name = "a=b"}},
      {"color=red,type=local,,color=blue,word,index=65535", {.type = "local", .index = 65'535}},
      {"type="s + std::string(64, 'x'), {.type = std::string(64, 'x')}},
      {"type=os\0,type=data\x01"s, {.type = "os"}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(parse_identify(page_of(row.text)) == row.identity);
  }
}

TEST_CASE("an invalid text gives no identity") {
  const std::vector<std::string> rows{
      "",
      "type=",
      "type",
      "=local",
      "index=1,name=nvme-110G-1",
      "type=local,type=local",
      "type=local,index=1,index=2",
      "type=data,lun=99999999999999999999999",
      "type=data,lun=65536",
      "type=data,lun=-1",
      "type=data,lun=1 ",
      "type=data,lun=0x1",
      "type=local,index=",
      "type=local,name=\x7f",
      "type=local,name=a\nb",
      "type=local,name=\xc3\xa4",
      "type=" + std::string(65, 'x'),
      "type=local,name=" + std::string(65, 'x'),
      "\xff\xff\xff\xff",
  };
  for (const std::string& row : rows) {
    CAPTURE(row);
    CHECK_FALSE(parse_identify(page_of(row)));
  }
}

TEST_CASE("a page can have any size") {
  const std::string text = "type=os";
  for (const std::size_t size : {0UL, 1UL, 383UL, 384UL, 385UL, 391UL}) {
    CAPTURE(size);
    CHECK_FALSE(parse_identify(page_of(text, size)));  // the NUL is missing
  }
  CHECK(parse_identify(page_of(text, 392)));
}

TEST_CASE("the text must end with a NUL inside of the page") {
  CHECK_FALSE(parse_identify(page_of(std::string(3712, 'x'))));
  CHECK_FALSE(parse_identify(page_of("type=os,x=" + std::string(3712, 'x'), 8192)));
}

TEST_CASE("reading the page of another device is an error") {
  const auto root = Root::open("/");
  REQUIRE(root);
  CHECK_FALSE(read_identify(*root, "/dev/null", 1));
  CHECK_FALSE(read_identify(*root, "/dev/azl-none", 1));
}

}  // namespace
}  // namespace azl::disk
