#include "provision/image/migrate/link_names.h"

#include <string>

#include <doctest/doctest.h>

#include "tests/unit/provision/image/migrate/migration_facts.h"

using azl::provision::name_keeping_link;
using namespace azl::test;

namespace {

const std::string kNetwork =
    "[DHCPv4]\nRouteMetric=100\n\n[Match]\nDriver=hv_netvsc\n"
    "MACAddress=00:0d:3a:5c:7e:10\nName=eth0\n\n[Network]\nDHCP=ipv4\nName=x\n";

std::string without(const std::string& line) {
  auto text = kNetwork;
  text.erase(text.find(line), line.size());
  return text;
}

}  // namespace

TEST_CASE("the name that cloud-init's file matches is given by udev, to what the file matches") {
  const auto link = name_keeping_link(kNetwork);
  REQUIRE(link);
  CHECK(link->path == "/etc/systemd/network/50-azl-provision-eth0.link");
  CHECK(link->content ==
        "# Written by azl-provision: cloud-init gave this NIC its name on each boot.\n"
        "[Match]\nDriver=hv_netvsc\nMACAddress=00:0d:3a:5c:7e:10\n[Link]\nName=eth0\n");
}

TEST_CASE("a file that matches by no MAC address, or not by one name, needs no .link file") {
  CHECK_FALSE(name_keeping_link(without("MACAddress=00:0d:3a:5c:7e:10\n")));
  CHECK_FALSE(name_keeping_link(without("Name=eth0\n")));
  for (const std::string name : {"eth*", "eth0 eth1", "../eth0", "sixteen-letters-", ""}) {
    auto text = kNetwork;
    text.replace(text.find("Name=eth0"), 9, "Name=" + name);
    CAPTURE(name);
    CHECK_FALSE(name_keeping_link(text));
  }
  CHECK_FALSE(name_keeping_link(""));
  CHECK_FALSE(name_keeping_link("[Link]\nMACAddress=x\nName=eth0\n"));
}

TEST_CASE("the .link files are written before cloud-init is switched off, and only for it") {
  auto facts = facts_of(Agent::kCloudInit);
  facts.missing_links = {{.path = "/x.link", .content = "y"}};
  const auto steps = decide_migration(facts).steps;
  REQUIRE(steps.size() > 2);
  CHECK(steps[0].what == "/x.link");
  CHECK(steps[0].content == "y");
  facts = facts_of(Agent::kWaagent);
  facts.missing_links = {{.path = "/x.link", .content = "y"}};
  for (const auto& step : decide_migration(facts).steps) CHECK(step.what != "/x.link");
}
