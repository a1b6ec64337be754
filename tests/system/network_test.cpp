// The whole program and the NICs' files: plan, render-network, the first boot of a tree with two
// NICs, and later boots on which NICs were added and removed.
#include <filesystem>

#include "tests/system/lab.h"

namespace azl::test {
namespace {

TEST_SUITE_BEGIN("network" * needs_root());

constexpr const char* kDirectory = "etc/systemd/network";
constexpr const char* kFileB = "etc/systemd/network/50-azl-provision-000d3a00000b.network";

const Json kTwoNics = R"({"vm": {"interfaces": [
  {"mac": "00:0d:3a:00:00:0a", "ipv4": ["10.0.0.4"], "subnet": "10.0.0.0/24"},
  {"mac": "00:0d:3a:00:00:0b", "ipv4": ["10.0.1.4", "10.0.1.5"], "subnet": "10.0.1.0/26"}]}})"_json;

/// What `plan --dump-links` would print on that VM.
const Json kLinks = R"([
  {"index": 2, "name": "eth0", "mac": "00:0d:3a:00:00:0a", "driver": "hv_netvsc",
   "routes_to_imds": true},
  {"index": 3, "name": "eth1", "mac": "00:0d:3a:00:00:0b", "driver": "hv_netvsc"}])"_json;

void enable_networkd(Lab& lab) {
  lab.write("usr/lib/systemd/system/systemd-networkd.service", "[Service]\n")
      .symlink("/usr/lib/systemd/system/systemd-networkd.service",
               "etc/systemd/system/multi-user.target.wants/systemd-networkd.service");
}

/// Adds a link to the tree's /sys.
void plug(Lab& lab, const std::string& name, int index, const std::string& mac) {
  const std::string directory = "sys/class/net/" + name + "/";
  lab.write(directory + "ifindex", std::to_string(index) + "\n")
      .write(directory + "type", "1\n")
      .write(directory + "address", mac + "\n")
      .write(directory + "flags", "0x1003\n")
      .symlink("/sys/bus/vmbus/drivers/hv_netvsc", directory + "device/driver");
}

std::string links_file(TemporaryTree& tree, const Json& links) {
  tree.write("links.json", links.dump());
  return tree.path("links.json");
}

TEST_CASE("the first boot writes the file of the second NIC") {
  Lab lab(kTwoNics);
  TemporaryTree beside;
  enable_networkd(lab);
  const auto run = lab.run({.links = links_file(beside, kLinks)});
  INFO(run);
  CHECK(run.status == 0);
  CHECK(lab.list(kDirectory) == Strings{"50-azl-provision-000d3a00000b.network"});
  const auto content = lab.read(kFileB);
  for (const std::string line : {"MACAddress=00:0d:3a:00:00:0b", "RouteTable=200",
                                 "Address=10.0.1.5/26", "From=10.0.1.4", "From=10.0.1.5"})
    CHECK_MESSAGE(content.find("\n" + line + "\n") != std::string::npos, line);
  CHECK(lab.outcome("network") == "done");
  CHECK(lab.findings() == Strings{});
  const auto links = lab.stage().at("links");
  REQUIRE(links.size() == 2);
  CHECK(links[0].at("primary") == true);
  CHECK(Json::parse(lab.read("var/lib/azl-provision/network.json")).at("places") ==
        R"({"00:0d:3a:00:00:0a": 0, "00:0d:3a:00:00:0b": 1})"_json);
}

TEST_CASE("a tree with one NIC or no link gets no file") {
  for (const bool one : {true, false}) {
    CAPTURE(one);
    Lab lab;
    enable_networkd(lab);
    if (one) plug(lab, "eth0", 2, "00:0d:3a:5c:7e:10");  // the simulator's only NIC
    CHECK(lab.run().status == 0);
    CHECK(lab.list(kDirectory) == Strings{});
    CHECK(lab.outcome("network") == (one ? "unchanged" : "skipped"));
    CHECK(lab.findings() == Strings{});
    lab.reboot();
    const auto before = lab.tree();
    CHECK(lab.run().status == 0);
    CHECK(differences(before, lab.tree()) == Strings{});
  }
}

TEST_CASE("the next boot sees NICs that are gone, back or new, and stage link handles them") {
  Lab lab(kTwoNics);
  TemporaryTree beside;
  enable_networkd(lab);
  plug(lab, "eth0", 2, "00:0d:3a:00:00:0a");
  plug(lab, "eth1", 3, "00:0d:3a:00:00:0b");
  CHECK(lab.run({.links = links_file(beside, kLinks)}).status == 0);
  const auto content = lab.read(kFileB);
  const auto asked = lab.requests("imds").size();

  lab.reboot();
  const auto before = lab.tree();
  CHECK(lab.run().status == 0);
  CHECK(lab.run({.stage = "link"}).status == 0);
  CHECK(differences(before, lab.tree()) == Strings{});

  lab.remove("sys/class/net/eth1").reboot();
  CHECK(lab.run().status == 0);
  CHECK(lab.outcome("new-links") == "skipped");  // no unit is started in a tree
  CHECK(lab.exists(kFileB));
  CHECK(lab.run({.stage = "link"}).status == 0);
  CHECK_FALSE(lab.exists(kFileB));
  CHECK(lab.requests("imds").size() == asked);

  plug(lab, "eth5", 7, "00:0d:3a:00:00:0b");
  lab.reboot();
  CHECK(lab.run().status == 0);
  CHECK(lab.read(kFileB) == content);  // written from network.json before the network is up
  CHECK(lab.outcome("network", "local") == "done");
  CHECK(lab.requests("imds").size() == asked);

  plug(lab, "eth6", 8, "00:0d:3a:00:00:0c");
  auto with_c = kTwoNics;
  with_c["vm"]["interfaces"].push_back(
      R"({"mac": "00:0d:3a:00:00:0c", "ipv4": ["10.0.2.4"], "subnet": "10.0.2.0/24"})"_json);
  lab.restart_platform(with_c).reboot();
  const auto linked = lab.run({.stage = "link"});
  INFO(linked);
  CHECK(linked.status == 0);
  CHECK(lab.requests("imds").size() == asked + 1);
  CHECK(
      lab.read("etc/systemd/network/50-azl-provision-000d3a00000c.network").find("From=10.0.2.4") !=
      std::string::npos);
  CHECK(lab.read(kFileB) == content);
  CHECK(lab.report_text().starts_with("READY"));
  CHECK(lab.command({"status"}).status == 0);
}

TEST_CASE("without networkd no file is written, and the report says so") {
  Lab lab(kTwoNics);
  TemporaryTree beside;
  CHECK(lab.run({.links = links_file(beside, kLinks)}).status == 0);
  CHECK(lab.list(kDirectory) == Strings{});
  CHECK(lab.outcome("network") == "skipped");
  CHECK(lab.findings() == Strings{"note network"});
}

TEST_CASE("render-network writes the files that the plan shows") {
  Lab lab(kTwoNics);
  TemporaryTree beside;
  const Strings inputs = {"--imds", beside.path("instance.json"), "--links",
                          links_file(beside, kLinks)};
  beside.write("instance.json", R"({"compute": {"osProfile": {"adminUsername": "ida"},
    "publicKeys": []}, "network": {"interface": [
    {"macAddress": "000D3A00000A", "ipv4": {"ipAddress": [{"privateIpAddress": "10.0.0.4"}]}},
    {"macAddress": "000D3A00000B", "ipv4": {"ipAddress": [{"privateIpAddress": "10.0.1.4"}]}}]}})");
  const auto command = [&](Strings words) {
    words.insert(words.end(), inputs.begin(), inputs.end());
    return lab.command(words);
  };
  const auto before = snapshot(lab.root());
  const auto planned = Json::parse(command({"plan"}).out);
  // The plan refuses the VM because it has no key. render-network works nevertheless.
  CHECK(planned.at("course").at("value") == "refused");
  CHECK(planned.at("network").at("files").empty());
  CHECK(planned.at("network").at("primary") == "00:0d:3a:00:00:0a");
  CHECK(planned.at("network").at("links").size() == 2);

  const auto rendered = command({"render-network", "--output", beside.path()});
  INFO(rendered);
  CHECK(rendered.status == 0);
  const auto content = beside.read("50-azl-provision-000d3a00000b.network");
  CHECK(content.find("\nFrom=10.0.1.4\n") != std::string::npos);
  CHECK_FALSE(beside.exists("50-azl-provision-000d3a00000a.network"));
  const auto printed = command({"render-network"});
  CHECK(printed.out.find(content) != std::string::npos);
  CHECK(command({"render-network", "--output", "/nonexistent"}).status == 1);
  CHECK(differences(before, snapshot(lab.root())) == Strings{});

  beside.write(
      "instance.json",
      R"({"compute": {"osProfile": {"adminUsername": "ida"}, "publicKeys": [{"keyData": ")" +
          public_key() + R"("}]}, "network": {"interface": [
    {"macAddress": "000D3A00000A", "ipv4": {"ipAddress": [{"privateIpAddress": "10.0.0.4"}]}},
    {"macAddress": "000D3A00000B", "ipv4": {"ipAddress": [{"privateIpAddress": "10.0.1.4"}]}}]}})");
  const auto good = Json::parse(command({"plan"}).out);
  REQUIRE(good.at("network").at("files").size() == 1);
  CHECK(good.at("network").at("files")[0].at("content") == content);
  CHECK(good.at("network").at("files")[0].at("path") == std::string("/") + kFileB);
}

TEST_CASE("--links accepts what --dump-links prints") {
  Lab lab;
  TemporaryTree beside;
  plug(lab, "eth0", 2, "00:0d:3a:00:00:0a");
  const auto dumped = lab.command({"plan", "--dump-links"});
  CHECK(dumped.status == 0);
  const auto links = Json::parse(dumped.out);
  REQUIRE(links.size() == 1);
  CHECK(links[0].at("mac") == "00:0d:3a:00:00:0a");
  CHECK(links[0].at("driver") == "hv_netvsc");
  beside.write("links.json", dumped.out);
  beside.write("instance.json", R"({"compute": {}, "network": {}})");
  CHECK(lab.command({"render-network", "--imds", beside.path("instance.json"), "--links",
                     beside.path("links.json")})
            .status == 0);
  for (const std::string bad : {"{}", "[{\"index\": 0}]"}) {
    beside.write("links.json", bad);
    CHECK(lab.command({"render-network", "--imds", beside.path("instance.json"), "--links",
                       beside.path("links.json")})
              .status == 1);
  }
}

TEST_SUITE_END();

}  // namespace
}  // namespace azl::test
