#include "imds/instance.h"

#include <string>

#include <doctest/doctest.h>

#include "imds/kvp_reason.h"
#include "tests/unit/imds/repeated.h"

using namespace azl::imds;
using azl::Reason;
using azl::test::repeated;

namespace {

Instance parsed(const std::string& json) {
  auto instance = parse_instance(json);
  REQUIRE_MESSAGE(instance, instance.error().to_string());
  return std::move(*instance);
}

/// Returns a document with these members of compute and no interface.
std::string with_compute(const std::string& members) {
  return R"({"compute": {)" + members + R"(}, "network": {"interface": []}})";
}

/// Returns a document with one interface that has these members.
std::string with_interface(const std::string& members) {
  return R"({"compute": {}, "network": {"interface": [{)" + members + "}]}}";
}

}  // namespace

TEST_CASE("a full answer is parsed") {
  const auto instance = parsed(R"({
    "compute": {
      "vmId": "02AAB8A4-74EF-476E-8182-F6D2BA4166A6", "name": "web-vm", "location": "westeurope",
      "vmSize": "Standard_D2s_v5", "userData": "QUJD", "tagsList": [{"name": "a", "value": "b"}],
      "osProfile": {"adminUsername": "anna", "computerName": "web-1",
                    "disablePasswordAuthentication": "true"},
      "publicKeys": [{"keyData": "ssh-rsa AAAA\r\nBBBB anna\r\n", "path": "/home/anna/.ssh/authorized_keys"}],
      "storageProfile": {"dataDisks": []}},
    "network": {"interface": [
      {"macAddress": "000D3A123456",
       "ipv4": {"ipAddress": [{"privateIpAddress": "10.0.0.4", "publicIpAddress": ""},
                              {"privateIpAddress": "10.0.0.5"}],
                "subnet": [{"address": "10.0.0.0", "prefix": "20"}]},
       "ipv6": {"ipAddress": [{"privateIpAddress": "fd00::4"}]}},
      {"macAddress": "00-0d-3a-ab-cd-ef", "ipv4": {"ipAddress": []}, "ipv6": {"ipAddress": []}}]},
    "extended": {"compute": {"ppsType": "Savable", "hasCustomData": false}}})");
  CHECK(instance.vm_id == "02aab8a4-74ef-476e-8182-f6d2ba4166a6");
  CHECK(instance.name == "web-vm");
  CHECK(instance.location == "westeurope");
  CHECK(instance.vm_size == "Standard_D2s_v5");
  CHECK(instance.admin_username == "anna");
  CHECK(instance.computer_name == "web-1");
  CHECK(instance.disable_password_authentication == true);
  REQUIRE(instance.public_keys.size() == 1);
  CHECK(instance.public_keys[0].key_data == "ssh-rsa AAAA\r\nBBBB anna\r\n");
  CHECK(instance.public_keys[0].path == "/home/anna/.ssh/authorized_keys");
  CHECK(instance.user_data.reveal() == "ABC");
  CHECK_FALSE(instance.user_data_bad);
  CHECK(instance.document.find("Standard_D2s_v5") != std::string::npos);
  CHECK(instance.document.find("userData") == std::string::npos);
  CHECK(instance.pps_type == "Savable");
  CHECK(instance.has_custom_data == false);
  REQUIRE(instance.interfaces.size() == 2);
  CHECK(instance.interfaces[0].mac == "00:0d:3a:12:34:56");
  REQUIRE(instance.interfaces[0].ipv4.size() == 2);
  CHECK(instance.interfaces[0].ipv4[0].address == "10.0.0.4");
  CHECK(instance.interfaces[0].ipv4[0].prefix == 20);
  CHECK(instance.interfaces[0].ipv4[1].address == "10.0.0.5");
  CHECK(instance.interfaces[0].ipv4[1].prefix == 20);
  REQUIRE(instance.interfaces[0].ipv6.size() == 1);
  CHECK(instance.interfaces[0].ipv6[0].address == "fd00::4");
  CHECK(instance.interfaces[0].ipv6[0].prefix == 128);
  CHECK(instance.interfaces[1].mac == "00:0d:3a:ab:cd:ef");
  CHECK(instance.interfaces[1].ipv4.empty());
  CHECK(instance.warnings.empty());
}

TEST_CASE("absent, null and empty values mean the same") {
  const std::string documents[] = {
      R"({"compute": {}, "network": {}})",
      R"({"compute": {"vmId": null, "name": null, "location": null, "vmSize": null,
          "userData": null, "osProfile": null, "publicKeys": null},
          "network": {"interface": null}, "extended": null})",
      R"({"compute": {"vmId": "", "name": "", "userData": "", "publicKeys": [null, {}, {"keyData": null}],
          "osProfile": {"adminUsername": "", "computerName": null, "disablePasswordAuthentication": ""}},
          "network": {"interface": [null]},
          "extended": {"compute": {"ppsType": "", "hasCustomData": ""}}})",
  };
  for (const auto& document : documents) {
    CAPTURE(document);
    const auto instance = parsed(document);
    CHECK(instance.vm_id.empty());
    CHECK(instance.name.empty());
    CHECK(instance.admin_username.empty());
    CHECK(instance.computer_name.empty());
    CHECK_FALSE(instance.disable_password_authentication);
    CHECK(instance.public_keys.empty());
    CHECK(instance.user_data.empty());
    CHECK(instance.interfaces.empty());
    CHECK(instance.pps_type == "None");
    CHECK_FALSE(instance.has_custom_data);
    CHECK(instance.warnings.empty());
  }
}

TEST_CASE("nulls in an interface count as absent") {
  const auto instance = parsed(with_interface(
      R"("macAddress": "000D3A123456", "ipv6": null,
         "ipv4": {"ipAddress": [null, {"privateIpAddress": null}, {"privateIpAddress": "10.0.0.4"}],
                  "subnet": [{"address": null, "prefix": null}]})"));
  REQUIRE(instance.interfaces.size() == 1);
  REQUIRE(instance.interfaces[0].ipv4.size() == 1);
  CHECK(instance.interfaces[0].ipv4[0].prefix == 24);
  CHECK(instance.warnings.empty());
}

TEST_CASE("a value of a wrong type or over a limit is ignored with a warning") {
  const auto long_name = std::string(257, 'a');
  struct Row {
    std::string document;
    const char* warning;
  };
  const Row rows[] = {
      {with_compute(R"("name": true)"), "IMDS compute.name is not a string: ignored"},
      {with_compute(R"("name": 1.5)"), "IMDS compute.name is not a string: ignored"},
      {with_compute(R"("name": {})"), "IMDS compute.name is not a string: ignored"},
      {with_compute(R"("name": ")" + long_name + "\""),
       "IMDS compute.name is longer than 256 bytes: ignored"},
      {with_compute(R"("vmId": "web-1")"), "IMDS compute.vmId is not a UUID: ignored"},
      {with_compute(R"("vmId": 5)"), "IMDS compute.vmId is not a UUID: ignored"},
      {with_compute(R"("osProfile": {"disablePasswordAuthentication": "perhaps"})"),
       "IMDS compute.osProfile.disablePasswordAuthentication is not a boolean: ignored"},
      {with_compute(R"("osProfile": {"disablePasswordAuthentication": []})"),
       "IMDS compute.osProfile.disablePasswordAuthentication is not a string: ignored"},
      {with_compute(R"("userData": 1.5)"), "IMDS compute.userData is not a string: ignored"},
      {with_interface(
           R"("macAddress": "000D3A123456", "ipv4": {"ipAddress": [{"privateIpAddress": "10.0.0"}]})"),
       "IMDS network.interface[0].ipv4.ipAddress[0].privateIpAddress is not an IPv4 address: "
       "ignored"},
      {with_interface(
           R"("macAddress": "000D3A123456", "ipv4": {"ipAddress": [{"privateIpAddress": "10.0.0.4\u0000x"}]})"),
       "IMDS network.interface[0].ipv4.ipAddress[0].privateIpAddress is not an IPv4 address: "
       "ignored"},
      {with_interface(
           R"("macAddress": "000D3A123456", "ipv6": {"ipAddress": [{"privateIpAddress": "10.0.0.4"}]})"),
       "IMDS network.interface[0].ipv6.ipAddress[0].privateIpAddress is not an IPv6 address: "
       "ignored"},
      {with_interface(R"("macAddress": "000D3A123456", "ipv4": {"subnet": [{"prefix": "33"}]})"),
       "IMDS network.interface[0].ipv4.subnet[0].prefix is not a prefix length: ignored"},
      {R"({"compute": {}, "network": {}, "extended": {"compute": {"hasCustomData": "often"}}})",
       "IMDS extended.compute.hasCustomData is not a boolean: ignored"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.document);
    const auto instance = parsed(row.document);
    REQUIRE(instance.warnings.size() == 1);
    CHECK(instance.warnings[0] == row.warning);
    CHECK(instance.lost.empty());
    CHECK(instance.name.empty());
    CHECK(instance.vm_id.empty());
    CHECK_FALSE(instance.disable_password_authentication);
    for (const auto& interface : instance.interfaces) {
      CHECK(interface.ipv4.empty());
      CHECK(interface.ipv6.empty());
    }
  }
}

TEST_CASE("a bad part of the answer is lost, and the others are used") {
  const std::string compute = R"("compute": {"vmId": "02AAB8A4-74EF-476E-8182-F6D2BA4166A6",
      "osProfile": {"adminUsername": "anna"}, "publicKeys": [{"keyData": "a"}]})";
  const std::string network = R"("network": {"interface": [{"macAddress": "000D3A123456"}]})";
  const auto keys = [&](const char* list) {
    return R"("compute": {"osProfile": {"adminUsername": "anna"}, "publicKeys": )" +
           std::string(list) + "}," + network;
  };
  const auto nics = [&](const char* list) {
    return compute + R"(, "network": {"interface": )" + list + "}";
  };
  const struct {
    std::string document;
    const char* key;
    const char* what;
    std::size_t nics;
    std::size_t keys;
  } rows[] = {
      {compute, "network", "IMDS network is missing, so the NICs are not known", 0, 1},
      {compute + R"(, "network": null)", "network",
       "IMDS network is missing, so the NICs are not known", 0, 1},
      {compute + R"(, "network": "eth0")", "network",
       "IMDS network is not an object, so the NICs are not known", 0, 1},
      {nics("\"eth0\""), "network.interface", "IMDS network.interface is not an array", 0, 1},
      {nics(R"([1, {"macAddress": "000D3A123456"}])"), "network.interface[0]",
       "IMDS network.interface[0] is not an object, so this NIC is not known", 1, 1},
      {nics(R"([{"macAddress": "000D3A123456"}, {"ipv4": {}}])"), "network.interface[1]",
       "IMDS network.interface[1] has no valid macAddress, so this NIC is not known", 1, 1},
      {nics(R"([{"macAddress": "000D3A12345"}])"), "network.interface[0]",
       "IMDS network.interface[0] has no valid macAddress, so this NIC is not known", 0, 1},
      {nics(R"([{"macAddress": "000D3A12345G"}])"), "network.interface[0]",
       "IMDS network.interface[0] has no valid macAddress, so this NIC is not known", 0, 1},
      {nics(R"([{"macAddress": ["000D3A123456"]}])"), "network.interface[0]",
       "IMDS network.interface[0] has no valid macAddress, so this NIC is not known", 0, 1},
      {keys(R"({"keyData": "x"})"), "compute.publicKeys", "IMDS compute.publicKeys is not an array",
       1, 0},
      {keys(R"([{"keyData": ["x"]}, {"keyData": "a"}])"), "compute.publicKeys[0].keyData",
       "IMDS compute.publicKeys[0].keyData is not a string, so this SSH key is not installed", 1,
       1},
      {keys(R"(["a", {"keyData": "a"}])"), "compute.publicKeys[0]",
       "IMDS compute.publicKeys[0] is not an object, so this SSH key is not installed", 1, 1},
  };
  for (const auto& row : rows) {
    CAPTURE(row.document);
    const auto instance = parsed("{" + row.document + "}");
    REQUIRE(instance.lost.size() == 1);
    CHECK(instance.lost[0].key == row.key);
    CHECK(instance.lost[0].what == row.what);
    CHECK(instance.lost_network() == (std::string(row.key) == "network"));
    CHECK(instance.warnings.empty());
    CHECK(instance.admin_username == "anna");
    CHECK(instance.interfaces.size() == row.nics);
    CHECK(instance.public_keys.size() == row.keys);
  }
  const auto instance = parsed(with_compute(R"("osProfile": "anna", "name": "web")"));
  REQUIRE(instance.lost.size() == 1);
  CHECK(instance.lost[0].what == "IMDS compute.osProfile is not an object, so it names no user");
  CHECK(instance.user_unreadable);
  CHECK(instance.name == "web");
}

TEST_CASE("booleans are read from booleans, words and numbers") {
  struct Row {
    const char* value;
    bool expected;
  };
  const Row rows[] = {{"true", true},     {"false", false},     {"\"true\"", true},
                      {"\"True\"", true}, {"\"false\"", false}, {"\"FALSE\"", false},
                      {"\"1\"", true},    {"\"0\"", false},     {"1", true},
                      {"0", false}};
  for (const auto& row : rows) {
    CAPTURE(row.value);
    const auto instance = parsed(with_compute(R"("osProfile": {"disablePasswordAuthentication": )" +
                                              std::string(row.value) + "}"));
    CHECK(instance.disable_password_authentication == row.expected);
    CHECK(instance.warnings.empty());
  }
}

TEST_CASE("a prefix is text or a number within its family's range") {
  struct Row {
    const char* family;
    const char* address;
    const char* prefix;
    int expected;
  };
  const Row rows[] = {
      {"ipv4", "10.0.0.4", "\"20\"", 20}, {"ipv4", "10.0.0.4", "20", 20},
      {"ipv4", "10.0.0.4", "\"0\"", 24},  {"ipv4", "10.0.0.4", "\"abc\"", 24},
      {"ipv4", "10.0.0.4", "\"32\"", 32}, {"ipv4", "10.0.0.4", "\"33\"", 24},
      {"ipv4", "10.0.0.4", "-1", 24},     {"ipv4", "10.0.0.4", "\"2x\"", 24},
      {"ipv4", "10.0.0.4", "\"\"", 24},   {"ipv4", "10.0.0.4", "99999999999999999999", 24},
      {"ipv6", "fd00::4", "\"64\"", 64},  {"ipv6", "fd00::4", "129", 128},
  };
  for (const auto& row : rows) {
    CAPTURE(row.prefix);
    const auto instance =
        parsed(with_interface(R"("macAddress": "000D3A123456", ")" + std::string(row.family) +
                              R"(": {"ipAddress": [{"privateIpAddress": ")" + row.address +
                              R"("}], "subnet": [{"prefix": )" + row.prefix + "}]}"));
    REQUIRE(instance.interfaces.size() == 1);
    const auto& addresses = std::string(row.family) == "ipv4" ? instance.interfaces[0].ipv4
                                                              : instance.interfaces[0].ipv6;
    REQUIRE(addresses.size() == 1);
    CHECK(addresses[0].prefix == row.expected);
  }
}

TEST_CASE("an address has the prefix of the smallest subnet that contains it") {
  struct Row {
    const char* what;
    const char* subnets;
    std::vector<int> prefixes;  // of 10.0.0.4, 10.0.1.4, 192.168.9.9
    const char* warning;        // empty: no warning
  };
  const Row rows[] = {
      {"no subnet", "[]", {24, 24, 24}, ""},
      {"a subnet with two of the addresses",
       R"([{"address": "10.0.0.0", "prefix": "16"}])",
       {16, 16, 24},
       ""},
      {"a subnet with only a prefix length", R"([{"prefix": "20"}])", {20, 20, 20}, ""},
      {"a subnet for each address",
       R"([{"address": "192.168.8.0", "prefix": "21"}, {"address": "10.0.1.0", "prefix": "25"},
           {"address": "10.0.0.0", "prefix": "26"}])",
       {26, 25, 21},
       ""},
      {"subnets that overlap",
       R"([{"address": "10.0.0.0", "prefix": "16"}, {"address": "10.0.1.0", "prefix": "24"}])",
       {16, 24, 24},
       "IMDS network.interface[0].ipv4.subnet[1] overlaps another one; for addresses in both, "
       "the wider one is: ignored"},
      {"a prefix that ends inside a byte",
       R"([{"address": "10.0.0.128", "prefix": "25"}])",
       {24, 24, 24},
       ""},
      {"a subnet with an invalid address",
       R"([{"address": "ten", "prefix": "16"}, {"address": "10.0.1.0", "prefix": "28"}])",
       {24, 28, 24},
       "IMDS network.interface[0].ipv4.subnet[0].address is not the address of a subnet: ignored"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    const auto instance = parsed(with_interface(
        R"("macAddress": "000D3A123456", "ipv4": {"ipAddress": [{"privateIpAddress": "10.0.0.4"},
           {"privateIpAddress": "10.0.1.4"}, {"privateIpAddress": "192.168.9.9"}], "subnet": )" +
        std::string(row.subnets) + "}"));
    REQUIRE(instance.interfaces.size() == 1);
    std::vector<int> prefixes;
    for (const auto& address : instance.interfaces[0].ipv4) prefixes.push_back(address.prefix);
    CHECK(prefixes == row.prefixes);
    CHECK(instance.warnings == (*row.warning == '\0' ? std::vector<std::string>{}
                                                     : std::vector<std::string>{row.warning}));
  }
}

TEST_CASE("a malformed answer is an error that does not quote it") {
  const std::string rows[] = {
      "",
      "<html>secret Gateway</html>",
      R"({"compute": "secret)",
      R"({"compute": secret})",
      std::string("\xff\xfe\0secret", 9),
      "{\"a\": \"secret\xff\"}",
      "[]",
      "\"secret\"",
      "17",
      "null",
      R"({"compute": {}, "network": {}} secret)",
      R"({"compute": {}, "network": {}, })",
      repeated("[", 100'000),
      repeated("{\"a\":", 100'000),
      repeated("[", 100'000) + repeated("]", 100'000),
      R"({"compute": {}, "network": {}, "x": )" + repeated("[", 64) + repeated("]", 64) + "}",
      std::string(kInstanceLimit + 1, ' '),
  };
  for (const auto& document : rows) {
    CAPTURE(document.substr(0, 60));
    const auto instance = parse_instance(document);
    REQUIRE_FALSE(instance);
    CHECK(instance.error().reason() == Reason::kImdsMalformed);
    CHECK(instance.error().to_string().find("secret") == std::string::npos);
  }
}

TEST_CASE("the error of an incomplete answer names the missing key") {
  struct Row {
    const char* document;
    const char* key;
  };
  const Row rows[] = {
      {"{}", "compute"},
      {R"({"network": {}})", "compute"},
      {R"({"compute": null, "network": {}})", "compute"},
      {R"({"compute": [], "network": {}})", "compute"},
      {R"({"compute": "x", "network": {}})", "compute"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.document);
    const auto instance = parse_instance(row.document);
    REQUIRE_FALSE(instance);
    CHECK(instance.error().reason() == Reason::kImdsInvalidKey);
    CHECK(instance.error().detail() == row.key);
    CHECK(kvp_reason(instance.error()) == "invalid IMDS metadata for key=" + std::string(row.key));
  }
}

TEST_CASE("64 levels are parsed") {
  const auto document = R"({"compute": {"name": "web"}, "network": {}, "x": )" + repeated("[", 63) +
                        repeated("]", 63) + "}";
  CHECK(parsed(document).name == "web");
}

TEST_CASE("keys beyond the limit are dropped with a warning") {
  // As many distinct keys as fit into the document, each with an object.
  std::string document = R"({"compute": {"name": "web"}, "network": {})";
  for (int i = 0; document.size() < kInstanceLimit - 100; ++i) {
    document += ",\"" + std::to_string(i) + R"(":{"a":[1]})";
  }
  document += "}";
  const auto instance = parsed(document);
  CHECK(instance.name == "web");
  REQUIRE(instance.warnings.size() == 1);
  CHECK(instance.warnings[0] == "IMDS answer has too many values; the last ones are: ignored");
}

TEST_CASE("interfaces and addresses beyond the limits are dropped with a warning") {
  SUBCASE("interfaces") {
    auto list = repeated(R"({"macAddress": "000D3A123456"},)", 300);
    list.pop_back();
    const auto instance = parsed(R"({"compute": {}, "network": {"interface": [)" + list + "]}}");
    CHECK(instance.interfaces.size() == 256);
    REQUIRE(instance.lost.size() == 1);
    CHECK(instance.lost[0].what == "IMDS network.interface[256] is one of too many interfaces");
  }
  SUBCASE("addresses of all interfaces together") {
    auto addresses = repeated(R"({"privateIpAddress": "10.0.0.4"},)", 3'000);
    addresses.pop_back();
    const auto interface =
        R"({"macAddress": "000D3A123456", "ipv4": {"ipAddress": [)" + addresses + "]}}";
    const auto instance = parsed(R"({"compute": {}, "network": {"interface": [)" + interface + "," +
                                 interface + "]}}");
    REQUIRE(instance.interfaces.size() == 2);
    CHECK(instance.interfaces[0].ipv4.size() == 3'000);
    CHECK(instance.interfaces[1].ipv4.size() == 1'096);
    REQUIRE(instance.warnings.size() == 1);
    CHECK(instance.warnings[0] ==
          "IMDS network.interface[1].ipv4.ipAddress[1096].privateIpAddress is one of too many "
          "addresses: ignored");
  }
}

TEST_CASE("the number of warnings and of lost parts is bounded") {
  auto keys = repeated("1,", 1'000);
  keys.pop_back();
  const auto lost = parsed(R"({"compute": {"publicKeys": [)" + keys + "]}}");
  CHECK(lost.lost.size() == 65);
  CHECK(lost.lost.back().what == "IMDS has more parts that cannot be used and are not listed");
  CHECK(lost.lost_network());
  auto paths = repeated(R"({"keyData": "a", "path": 1.5},)", 1'000);
  paths.pop_back();
  const auto ignored = parsed(with_compute("\"publicKeys\": [" + paths + "]"));
  CHECK(ignored.warnings.size() == 65);
  CHECK(ignored.warnings.back() == "IMDS has more faults, which are not listed");
}

TEST_CASE("of two equal keys, the last one counts") {
  CHECK(parsed(R"({"compute": {"name": "one", "name": "two"}, "network": {}})").name == "two");
}

TEST_CASE("only dates are read from newest-versions") {
  struct Row {
    const char* body;
    std::vector<std::string> expected;
  };
  const Row rows[] = {
      {R"({"error": "Bad request", "newest-versions": ["2025-04-07", "2024-07-17", "2023-11-15"]})",
       {"2025-04-07", "2024-07-17", "2023-11-15"}},
      {R"({"newest-versions": ["2025-04-07", "latest", 5, null, "2025-13-01", "2025-00-01",
                               "2025-01-32", "2025-01-00", "2025-4-7", "2025-04-07&x", "20250407__",
                               "2021-12-13"]})",
       {"2025-04-07", "2021-12-13"}},
      {R"({"newest-versions": "2025-04-07"})", {}},
      {R"({"newest-versions": null})", {}},
      {R"({"error": "Bad request"})", {}},
      {"[]", {}},
      {"", {}},
      {"<html>", {}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.body);
    CHECK(parse_newest_versions(row.body) == row.expected);
  }
  const auto many =
      R"({"newest-versions": [)" + repeated("\"2025-04-07\",", 100) + "\"2025-04-07\"]}";
  CHECK(parse_newest_versions(many).size() == 64);
}
