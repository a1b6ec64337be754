// The example in docs/network.md must be the program's output for the inputs in
// tests/system/network.
#include <fstream>
#include <sstream>
#include <string>

#include <doctest/doctest.h>

#include "net/acceleration.h"
#include "net/link_role.h"
#include "provision/gather/links_document.h"
#include "provision/plan/network.h"
#include "tests/system/written_part.h"

namespace azl::provision {
namespace {

/// Tests run in the repository's root.
std::string read(const std::string& path) {
  const std::ifstream file(path);
  REQUIRE_MESSAGE(file, "cannot read ", path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

Facts example_facts() {
  Facts facts;
  auto links = parse_links(read("tests/system/network/links.json"));
  REQUIRE(links);
  facts.network.links = std::move(links->links);
  facts.primary = std::move(links->primary);
  auto instance = imds::parse_instance(read("tests/system/network/instance.json"));
  REQUIRE(instance);
  facts.imds = imds::ImdsAnswer{.instance = std::move(*instance), .api_version = "2025-04-07"};
  return facts;
}

std::string links_table(const Facts& facts) {
  const auto& links = facts.network.links;
  const auto roles = net::roles(links, {});
  std::string text = "| link | MAC | driver | role | why |\n|---|---|---|---|---|\n";
  for (std::size_t i = 0; i < links.size(); ++i) {
    const bool has_mac = links[i].mac != net::MacAddress{};
    text += "| " + links[i].name + " | " + (has_mac ? net::to_string(links[i].mac) : "") + " | " +
            links[i].driver + " | " + std::string(net::to_string(roles[i])) + " | " +
            net::describe_role(links, i, {}) + " |\n";
  }
  return text;
}

std::string listed_table(const Facts& facts) {
  std::string text = "| IMDS lists | addresses |\n|---|---|\n";
  for (const auto& interface : facts.imds->instance.interfaces) {
    text += "| " + interface.mac + " |";
    for (const auto& list : {interface.ipv4, interface.ipv6}) {
      for (const auto& address : list)
        text += " " + address.address + "/" + std::to_string(address.prefix);
    }
    text += " |\n";
  }
  return text;
}

std::string acceleration_list(const Facts& facts) {
  const auto report = net::check_acceleration(
      {.state = facts.network,
       .pci = {{5, "7870:00:02.0"}, {6, "a112:00:02.0"}, {7, "1ebe:00:00.0"}},
       .traffic = {{2, {.received = 5120, .sent = 4873}}, {3, {}}}});
  std::string text;
  for (const auto& each : report.links)
    text += "- " + facts.network.links[static_cast<std::size_t>(each.synthetic) - 1].name + ": " +
            each.why + "\n";
  for (const auto& fault : report.faults) text += "- note: " + fault + "\n";
  return text;
}

std::string files(const net::NetworkPlan& plan) {
  std::string text;
  for (const auto& file : plan.files)
    text += "`" + file.path + "`: " + file.why + "\n```ini\n" + file.content + "```\n\n";
  return text;
}

std::string make_example() {
  const auto facts = example_facts();
  Plan plan;
  decide_network(facts, {}, plan);
  CHECK(plan.findings.empty());
  return "The machine's links and their roles:\n\n" + links_table(facts) + "\n" +
         listed_table(facts) + "\nThe report says about them:\n\n" + acceleration_list(facts) +
         "\nThe files:\n\n" + files(plan.network);
}

TEST_CASE("the example in docs/network.md is the program's output") {
  test::check_written_part("docs/network.md", make_example());
}

}  // namespace
}  // namespace azl::provision
