// Measures the CPU time of the network's plan (roles, decisions, rendering) for 1 to 64 accelerated
// NICs.
//
//   azl-bench-network     prints a table in Markdown
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include <time.h>

#include "net/link_role.h"
#include "net/network_plan.h"

namespace {

using azl::net::ListedInterface;
using azl::net::MacAddress;
using azl::net::NetworkFacts;

constexpr int kAddresses = 256;  // of each NIC
constexpr int kRounds = 51;

MacAddress mac_of(int nic) {
  return {0x00,
          0x0d,
          0x3a,
          0x00,
          static_cast<std::uint8_t>(nic / 256),
          static_cast<std::uint8_t>(nic % 256)};
}

NetworkFacts make_facts(int nics) {
  NetworkFacts facts;
  facts.primary = mac_of(0);
  facts.listed.emplace();
  for (int nic = 0; nic < nics; ++nic) {
    const auto number = std::to_string(nic);
    facts.links.push_back(
        {.index = 2 + 2 * nic, .name = "eth" + number, .mac = mac_of(nic), .driver = "hv_netvsc"});
    facts.links.push_back({.index = 3 + 2 * nic,
                           .name = "vf" + number,
                           .mac = mac_of(nic),
                           .driver = "mlx5_core",
                           .master = 2 + 2 * nic,
                           .slave = true});
    ListedInterface interface{.mac = mac_of(nic)};
    for (int i = 0; i < kAddresses; ++i)
      interface.ipv4.push_back({.text = "10." + number + "." + std::to_string(i / 128) + "." +
                                        std::to_string(4 + i % 128),
                                .prefix = 16});
    facts.listed->push_back(std::move(interface));
  }
  return facts;
}

double cpu_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

/// The median CPU time of one plan, and the size of its files.
struct Cost {
  double ms = 0;
  std::size_t bytes = 0;
};

Cost measure(int nics) {
  const auto facts = make_facts(nics);
  std::vector<double> times;
  Cost cost;
  for (int round = 0; round < kRounds; ++round) {
    const double start = cpu_ms();
    auto copy = facts;
    copy.roles = azl::net::roles(copy.links, {});
    const auto plan = azl::net::plan_network(copy, {});
    times.push_back(cpu_ms() - start);
    cost.bytes = 0;
    for (const auto& file : plan.files) cost.bytes += file.content.size();
  }
  std::ranges::sort(times);
  cost.ms = times[times.size() / 2];
  return cost;
}

}  // namespace

int main() {
  std::printf(
      "| NICs | addresses | files, KiB | CPU, ms | CPU of one NIC, µs |\n|---|---|---|---|---|\n");
  for (const int nics : {1, 2, 4, 8, 16, 32, 64}) {
    const auto cost = measure(nics);
    std::printf("| %d | %d | %zu | %.2f | %.0f |\n", nics, nics * kAddresses, cost.bytes / 1024,
                cost.ms, cost.ms * 1e3 / nics);
  }
  return 0;
}
