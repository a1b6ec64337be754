#include "imds/identity.h"

#include <doctest/doctest.h>

#include "tests/unit/temporary_tree.h"

using namespace azl::imds;

namespace {

constexpr auto kAssetTag = "7783-7084-3265-9085-8269-3286-77";
constexpr auto kUuid = "527C2691-029F-FE4C-B1F4-A4DA7EBAC2CF";
constexpr auto kLower = "527c2691-029f-fe4c-b1f4-a4da7ebac2cf";
constexpr auto kSwapped = "91267c52-9f02-4cfe-b1f4-a4da7ebac2cf";

}  // namespace

TEST_CASE("container, WSL's kernel and the asset tag decide the platform, in this order") {
  struct Row {
    const char* tag;
    const char* kernel;
    bool container;
    Platform expected;
    const char* why;
  };
  const std::string azure = kAssetTag;
  const auto newline = azure + "\n";
  const auto longer = azure + "7";
  const Row rows[] = {
      {azure.c_str(), "6.12.40-1.azl4", false, Platform::kAzure,
       "the chassis asset tag is Azure's, 7783-7084-3265-9085-8269-3286-77"},
      {newline.c_str(), "6.12.40-1.azl4\n", false, Platform::kAzure,
       "the chassis asset tag is Azure's, 7783-7084-3265-9085-8269-3286-77"},
      {azure.c_str(), "6.12.40-1.azl4", true, Platform::kContainer,
       "this is a container, not a VM"},
      {"", "5.15.90.1-microsoft-standard-WSL2", true, Platform::kContainer,
       "this is a container, not a VM"},
      {"", "5.15.90.1-microsoft-standard-WSL2\n", false, Platform::kWsl,
       "the kernel 5.15.90.1-microsoft-standard-WSL2 is that of WSL, not of a VM"},
      {"", "4.4.0-19041-Microsoft", false, Platform::kWsl,
       "the kernel 4.4.0-19041-Microsoft is that of WSL, not of a VM"},
      {"", "6.6.0-wsl", false, Platform::kWsl, "the kernel 6.6.0-wsl is that of WSL, not of a VM"},
      {azure.c_str(), "6.6.0-microsoft-custom", false, Platform::kAzure,
       "the chassis asset tag is Azure's, 7783-7084-3265-9085-8269-3286-77"},
      {"", "6.1.0", false, Platform::kOther, "there is no chassis asset tag, so it is not Azure's"},
      {" \n", "", false, Platform::kOther, "there is no chassis asset tag, so it is not Azure's"},
      {"Amazon EC2", "6.1.0", false, Platform::kOther,
       "the chassis asset tag 'Amazon EC2' is not Azure's"},
      {longer.c_str(), "6.1.0", false, Platform::kOther,
       "the chassis asset tag '7783-7084-3265-9085-8269-3286-777' is not Azure's"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.tag);
    CAPTURE(row.kernel);
    const auto identity = identify({.chassis_asset_tag = row.tag,
                                    .product_uuid = "",
                                    .efi = true,
                                    .os_release = row.kernel,
                                    .container = row.container});
    CHECK(identity.platform == row.expected);
    CHECK(identity.why == row.why);
  }
}

TEST_CASE("control characters of an asset tag do not reach the terminal") {
  const auto identity = identify({.chassis_asset_tag = std::string(5000, '\x1b'),
                                  .product_uuid = "",
                                  .efi = true,
                                  .os_release = "",
                                  .container = false});
  CHECK(identity.platform == Platform::kOther);
  CHECK(identity.why.find('\x1b') == std::string::npos);
  CHECK(identity.why.size() < 500);
}

TEST_CASE("the VM id is in lower case, and byte-swapped on generation 1") {
  struct Row {
    const char* uuid;
    bool efi;
    const char* expected;
  };
  const Row rows[] = {
      {kUuid, true, kLower},
      {kUuid, false, kSwapped},
      {"  527c2691-029f-fe4c-b1f4-a4da7ebac2cf\r\n", true, kLower},
      {"", true, ""},
      {"", false, ""},
      {"Not Settable", true, ""},
      {"527c2691029ffe4cb1f4a4da7ebac2cf", true, ""},
      {"527c2691-029f-fe4c-b1f4-a4da7ebac2cg", true, ""},
      {"527c2691-029f-fe4c-b1f4-a4da7ebac2cf0", true, ""},
      {"527c2691-029f-fe4c-b1f4a-4da7ebac2cf", true, ""},
      // SMBIOS's "not present" and "not set": two such machines must not share a state.
      {"00000000-0000-0000-0000-000000000000", true, ""},
      {"FFFFFFFF-ffff-FFFF-FFFF-FFFFFFFFFFFF", false, ""},
  };
  for (const auto& row : rows) {
    CAPTURE(row.uuid);
    const auto identity = identify({.chassis_asset_tag = kAssetTag,
                                    .product_uuid = row.uuid,
                                    .efi = row.efi,
                                    .os_release = "",
                                    .container = false});
    CHECK(identity.vm_id == row.expected);
    CHECK(identity.generation == (row.efi ? 2 : 1));
  }
}

// cloud-init's DataSourceAzure takes product_uuid as it is, in lower case.
TEST_CASE("the instance id is the firmware's, in lower case") {
  for (const bool efi : {true, false}) {
    CAPTURE(efi);
    const auto identity = identify({.chassis_asset_tag = kAssetTag,
                                    .product_uuid = kUuid,
                                    .efi = efi,
                                    .os_release = "",
                                    .container = false});
    CHECK(instance_id(identity) == kLower);
  }
  Identity unknown;
  unknown.generation = 1;
  CHECK(instance_id(unknown).empty());
}

TEST_CASE("byte_swapped is its own inverse, and empty for anything but a UUID") {
  CHECK(byte_swapped(kUuid) == kSwapped);
  CHECK(byte_swapped(kSwapped) == kLower);
  CHECK(byte_swapped("00112233-4455-6677-8899-aabbccddeeff") ==
        "33221100-5544-7766-8899-aabbccddeeff");
  CHECK(byte_swapped("").empty());
  CHECK(byte_swapped("527c2691-029f-fe4c-b1f4-a4da7ebac2cf\n").empty());
}

TEST_CASE("same_vm ignores case, byte order and white space only") {
  CHECK(same_vm(kUuid, kLower));
  CHECK(same_vm(kLower, kSwapped));
  CHECK(same_vm(kSwapped, kUuid));
  CHECK(same_vm("527c2691-029f-fe4c-b1f4-a4da7ebac2cf\n", kUuid));
  CHECK_FALSE(same_vm(kLower, "527c2691-029f-fe4c-b1f4-a4da7ebac2ce"));
  CHECK_FALSE(same_vm("", ""));
  CHECK_FALSE(same_vm("i-87018aed", "i-87018aed"));
  CHECK_FALSE(same_vm("", kUuid));
}

TEST_CASE("facts are read from the tree; missing files count as empty") {
  azl::test::TemporaryTree tree;
  SUBCASE("an empty tree") {
    const auto root = azl::Root::open(tree.path());
    REQUIRE(root);
    const auto facts = read_identity_facts(*root);
    CHECK(facts.chassis_asset_tag.empty());
    CHECK(facts.product_uuid.empty());
    CHECK(facts.os_release.empty());
    CHECK_FALSE(facts.efi);
    CHECK_FALSE(facts.container);
  }
  SUBCASE("a generation 2 VM") {
    tree.write("sys/class/dmi/id/chassis_asset_tag", std::string(kAssetTag) + "\n")
        .write("sys/class/dmi/id/product_uuid", std::string(kUuid) + "\n")
        .write("proc/sys/kernel/osrelease", "6.12.40-1.azl4\n")
        .write("proc/1/environ", std::string("HOME=/\0TERM=linux\0container=\0", 29))
        .mkdir("sys/firmware/efi");
    const auto root = azl::Root::open(tree.path());
    REQUIRE(root);
    const auto facts = read_identity_facts(*root);
    CHECK_FALSE(facts.container);
    const auto identity = identify(facts);
    CHECK(identity.platform == Platform::kAzure);
    CHECK(identity.vm_id == kLower);
    CHECK(identity.generation == 2);
  }
  SUBCASE("/dev/efi means generation 2 too") {
    tree.mkdir("dev/efi");
    const auto root = azl::Root::open(tree.path());
    REQUIRE(root);
    CHECK(read_identity_facts(*root).efi);
  }
  SUBCASE("a container by systemd's file") {
    tree.write("run/systemd/container", "docker\n");
    const auto root = azl::Root::open(tree.path());
    REQUIRE(root);
    CHECK(read_identity_facts(*root).container);
  }
  SUBCASE("a container by PID 1's environment") {
    tree.write("proc/1/environ", std::string("HOME=/\0container=oci\0", 21));
    const auto root = azl::Root::open(tree.path());
    REQUIRE(root);
    CHECK(read_identity_facts(*root).container);
  }
}

TEST_CASE("an answer is about another VM if it names one, and not the firmware's in either order") {
  const std::string firmware = "91267c52-9f02-4cfe-b1f4-a4da7ebac2cf";
  CHECK_FALSE(azl::imds::speaks_for_other_vm(firmware, firmware));
  CHECK_FALSE(azl::imds::speaks_for_other_vm("91267C52-9F02-4CFE-B1F4-A4DA7EBAC2CF", firmware));
  CHECK_FALSE(azl::imds::speaks_for_other_vm("527c2691-029f-fe4c-b1f4-a4da7ebac2cf", firmware));
  CHECK_FALSE(azl::imds::speaks_for_other_vm("", firmware));
  CHECK_FALSE(azl::imds::speaks_for_other_vm(firmware, ""));
  CHECK(azl::imds::speaks_for_other_vm("11111111-2222-3333-4444-555555555555", firmware));
}
