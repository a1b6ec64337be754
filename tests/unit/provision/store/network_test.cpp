// network.json is loaded as it was saved, and an invalid file is refused.
#include "provision/store/network.h"

#include <string>

#include <doctest/doctest.h>

#include "tests/unit/provision/samples.h"
#include "tests/unit/temporary_tree.h"

using namespace azl::provision;
using azl::Reason;
using azl::Root;
using azl::net::MacAddress;
using azl::test::kOtherVm;
using azl::test::kVm;
using azl::test::kVmSwapped;

namespace {

constexpr MacAddress kA{0x00, 0x0d, 0x3a, 0x00, 0x00, 0x0a};
constexpr MacAddress kB{0x00, 0x0d, 0x3a, 0x00, 0x00, 0x0b};

KnownNetwork sample() {
  return {.vm_id = kVm,
          .listed = {{{.mac = kA,
                       .ipv4 = {{.text = "10.0.0.4", .prefix = 24}},
                       .ipv6 = {{.text = "fd00::4", .prefix = 64, .ipv6 = true}}},
                      {.mac = kB}}},
          .answered_for = {kA, kB},
          .places = {{kA, 0}, {kB, 3}}};
}

}  // namespace

TEST_CASE("a saved network is loaded unchanged") {
  azl::test::TemporaryTree tree;
  const auto root = Root::open(tree.path());
  REQUIRE(root);
  REQUIRE(save_known_network(*root, sample()));
  for (const char* vm : {kVm, kVmSwapped}) {
    const auto known = load_known_network(*root, vm);
    REQUIRE(known);
    CHECK(to_json(*known) == to_json(sample()));
    CHECK(known->places == sample().places);
    CHECK(known->answered_for == sample().answered_for);
    REQUIRE(known->listed);
    REQUIRE(known->listed->size() == 2);
    CHECK(known->listed->front().ipv6.front().text == "fd00::4");
  }
  const auto empty = parse_known_network(to_json(KnownNetwork{}));
  REQUIRE(empty);
  CHECK_FALSE(empty->listed);
  CHECK(empty->places.empty());
}

TEST_CASE("the known network is empty if the file is missing or belongs to another VM") {
  azl::test::TemporaryTree tree;
  const auto root = Root::open(tree.path());
  REQUIRE(root);
  REQUIRE(load_known_network(*root, kVm));
  CHECK(load_known_network(*root, kVm)->vm_id.empty());
  REQUIRE(save_known_network(*root, sample()));
  const auto known = load_known_network(*root, kOtherVm);
  REQUIRE(known);
  CHECK(known->places.empty());
  CHECK_FALSE(known->listed);
}

TEST_CASE("a file with one invalid value is refused as a whole") {
  const std::string start = R"({"schema_version": 1, )";
  for (const std::string& text :
       {std::string(),
        std::string("[]"),
        std::string("{"),
        std::string(R"({"schema_version": 2})"),
        std::string(2 << 20, '['),
        start + R"("interfaces": {}})",
        start + R"("interfaces": [1]})",
        start + R"("interfaces": [{"mac": "x"}]})",
        start + R"("interfaces": [{"mac": "00:0d:3a:00:00:0a", "ipv4": ["10.0.0.4"]}]})",
        start + R"("interfaces": [{"mac": "00:0d:3a:00:00:0a", "ipv4": ["fd00::4/64"]}]})",
        start + R"("interfaces": [{"mac": "00:0d:3a:00:00:0a", "ipv6": ["10.0.0.4/24"]}]})",
        start + R"("interfaces": [{"mac": "00:0d:3a:00:00:0a", "ipv4": [7]}]})",
        start + R"("interfaces": [{"mac": "00:0d:3a:00:00:0a", "ipv4": 7}]})",
        start + R"("answered_for": {}})",
        start + R"("answered_for": ["eth0"]})",
        start + R"("places": []})",
        start + R"("places": {"eth0": 1}})",
        start + R"("places": {"00:0d:3a:00:00:0a": -1}})",
        start + R"("places": {"00:0d:3a:00:00:0a": 10000}})",
        start + R"("places": {"00:0d:3a:00:00:0a": 1.5}})"}) {
    CAPTURE(text.substr(0, 100));
    const auto known = parse_known_network(text);
    REQUIRE_FALSE(known);
    CHECK(known.error().reason() == Reason::kState);
  }
}

TEST_CASE("a file with too many interfaces or addresses is refused") {
  const auto repeat = [](const std::string& what, int times) {
    std::string all;
    for (int i = 0; i < times; ++i) all += (i > 0 ? "," : "") + what;
    return all;
  };
  const std::string start = R"({"schema_version": 1, "interfaces": [)";
  const std::string one = R"({"mac": "00:0d:3a:00:00:0a"})";
  CHECK(parse_known_network(start + repeat(one, 256) + "]}"));
  CHECK_FALSE(parse_known_network(start + repeat(one, 257) + "]}"));
  const std::string full = R"({"mac": "00:0d:3a:00:00:0a", "ipv4": [)";
  CHECK(parse_known_network(start + full + repeat("\"10.0.0.4/24\"", 4096) + "]}]}"));
  CHECK_FALSE(parse_known_network(start + full + repeat("\"10.0.0.4/24\"", 4097) + "]}]}"));
}
