#include "provision/custom_data/plan/ntp.h"

#include <string>
#include <string_view>
#include <variant>

#include <doctest/doctest.h>

#include "base/text.h"
#include "tests/unit/provision/custom_data/plan/planned.h"

namespace azl::provision::custom_data {
namespace {

using test::Lines;
using test::plan_of;
using test::remarks_of;

/// "CLIENT SERVERS/POOLS/PEERS/ALLOW"; empty: there is no item.
std::string servers_of(const CustomDataPlan& plan) {
  if (plan.items.empty()) return {};
  const auto& item = plan.items.at(0);
  CHECK(item.id == "ntp");
  CHECK(item.phase == ItemPhase::kFinal);
  const auto& servers = std::get<SetTimeServers>(item.action);
  constexpr const char* kClients[] = {"auto", "chrony", "timesyncd"};
  return std::string(kClients[static_cast<int>(servers.client)]) + " " +
         join(servers.servers, ",") + "/" + join(servers.pools, ",") + "/" +
         join(servers.peers, ",") + "/" + join(servers.allow, ",");
}

TEST_CASE("servers, pools, peers and networks are taken, and nothing else") {
  // https://docs.cloud-init.io/en/latest/reference/modules.html#ntp
  struct Row {
    std::string_view value;
    std::string_view servers;
    Lines remarks = {};
  };
  const Row rows[] = {
      {"{servers: [a.example.org, 10.0.0.1]}", "auto a.example.org,10.0.0.1///"},
      {"{servers: [a, a], pools: [b], peers: ['fd00::1'], allow: [10.0.0.0/8]}",
       "auto a/b/fd00::1/10.0.0.0/8"},
      {"{servers: a}", "auto a///"},
      {"{enabled: true, ntp_client: chrony, pools: [b]}", "chrony /b//"},
      {"{ntp_client: systemd-timesyncd, pools: [b]}", "timesyncd /b//"},
      {"{ntp_client: auto, pools: [b]}", "auto /b//"},
      {"{enabled: false, servers: [a]}", ""},
      {"", "", {"n 2:1 ntp"}},
      {"{}", "", {"n 2:1 ntp"}},
      {"{enabled: true}", "", {"n 2:1 ntp"}},
      {"{allow: [10.0.0.0/8]}", "", {"n 2:1 ntp"}},
      {"[a]", "", {"e 2:1 ntp"}},
      {"{ntp_client: ntpdate, servers: [a]}", "", {"e 2:19 ntp"}},
      {"{servers: [a], config: {template: x}}", "auto a///", {"w 2:29 ntp"}},
      {"{server: [a], pools: [b]}", "auto /b//", {"w 2:7 unknown-key"}},
      {R"({servers: ["a\nmakestep 1 -1", b]})", "auto b///", {"w 2:17 ntp"}},
      {"{servers: ['a b', -x, '', 7, [c], 10.0.0.0/8, e]}",
       "auto e///",
       {"w 2:17 ntp", "w 2:24 ntp", "w 2:28 ntp", "w 2:32 ntp", "w 2:35 ntp", "w 2:40 ntp"}},
      // chrony.conf(5): allow [all] [subnet].
      {"{servers: [a], allow: [all, 10.0.0.1, 10.0.0.0/0, 10.0.0.0/32, 'fd00::', 'fd00::/128']}",
       "auto a///all,10.0.0.1,10.0.0.0/0,10.0.0.0/32,fd00::,fd00::/128"},
      {"{servers: [a], allow: [10.0.0.0/33, 10.0.0.0/99, 'fd00::/129', 10.0.0.0/, 10.0.0.0/8x]}",
       "auto a///",
       {"w 2:29 ntp", "w 2:42 ntp", "w 2:55 ntp", "w 2:69 ntp", "w 2:80 ntp"}},
      {R"({servers: [a], allow: [d, d/8, 10.0.0.0/-1, 10.0.0.0/8/8, /8, "10.0.0.1\0"]})",
       "auto a///",
       {"w 2:29 ntp", "w 2:32 ntp", "w 2:37 ntp", "w 2:50 ntp", "w 2:64 ntp", "w 2:68 ntp"}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.value);
    const auto plan = plan_of("#cloud-config\nntp: " + std::string(row.value) + "\n");
    CHECK(servers_of(plan) == row.servers);
    CHECK(remarks_of(plan) == row.remarks);
  }
  CHECK(plan_of("#cloud-config\nntp: {servers: [a], pools: [b], allow: [10.0.0.0/8]}\n")
            .items.at(0)
            .what == "set the clock from a, b, and let 10.0.0.0/8 ask for the time");
}

}  // namespace
}  // namespace azl::provision::custom_data
