#include "base/sysfs.h"

#include <cstdint>
#include <string>

#include <doctest/doctest.h>

#include "tests/unit/temporary_tree.h"

namespace azl {
namespace {

Root open(const test::TemporaryTree& tree) {
  auto root = Root::open(tree.path());
  REQUIRE(root);
  return std::move(*root);
}

TEST_CASE("an attribute is read without the white space around it") {
  test::TemporaryTree tree;
  tree.write("sys/a/address", "00:0d:3a:12:34:56\n").write("sys/a/model", "Virtual Disk    \n");
  const auto root = open(tree);
  CHECK(read_attribute(root, "/sys/a/address") == "00:0d:3a:12:34:56");
  CHECK(read_attribute(root, "/sys/a/model") == "Virtual Disk");
}

TEST_CASE("an attribute that is missing, a directory or longer than a page reads as empty") {
  test::TemporaryTree tree;
  tree.mkdir("sys/a/directory").write("sys/a/page", std::string(4096, 'x'));
  tree.write("sys/a/long", std::string(4097, 'x'));
  const auto root = open(tree);
  CHECK(read_attribute(root, "/sys/a/page").size() == 4096);
  for (const char* name : {"missing", "directory", "long"}) {
    CAPTURE(name);
    CHECK(read_attribute(root, "/sys/a/" + std::string(name)).empty());
    CHECK_FALSE(read_number(root, "/sys/a/" + std::string(name)));
  }
}

TEST_CASE("a number is read in decimal and in hexadecimal") {
  test::TemporaryTree tree;
  tree.write("sys/a/ifindex", "2\n").write("sys/a/flags", "0x1003\n").write("sys/a/bad", "2 B\n");
  tree.write("sys/a/prefix", "0x\n").write("sys/a/minus", "-1\n").write("sys/a/sign", "0x-1\n");
  const auto root = open(tree);
  CHECK(read_number(root, "/sys/a/ifindex") == 2);
  CHECK(read_number(root, "/sys/a/flags") == 0x1003);
  for (const char* name : {"bad", "prefix", "minus", "sign"}) {
    CAPTURE(name);
    CHECK_FALSE(read_number(root, "/sys/a/" + std::string(name)));
  }
}

TEST_CASE("a driver's name is the last part of the link to it") {
  test::TemporaryTree tree;
  tree.symlink("../../../bus/vmbus/drivers/hv_netvsc", "sys/a/driver").symlink("b", "sys/a/near");
  tree.write("sys/a/file", "text");
  const auto root = open(tree);
  CHECK(read_link_name(root, "/sys/a/driver") == "hv_netvsc");
  CHECK(read_link_name(root, "/sys/a/near") == "b");
  CHECK(read_link_name(root, "/sys/a/file").empty());
  CHECK(read_link_name(root, "/sys/a/missing").empty());
}

TEST_CASE("text is a number only if all of it is") {
  CHECK(parse_number("0") == 0);
  CHECK(parse_number("18446744073709551615") == UINT64_MAX);
  for (const char* text : {"", "-1", "+1", " 1", "1 ", "0x1", "18446744073709551616"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_number(text));
  }
}

}  // namespace
}  // namespace azl
