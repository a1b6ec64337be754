#include "net/rtnetlink.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <net/if.h>
#include <netlink/errno.h>
#include <sched.h>
#include <unistd.h>

#include "net/link_role.h"
#include "tests/unit/temporary_tree.h"

namespace azl::net {
namespace {

using namespace std::chrono_literals;

constexpr MacAddress kMacA{0x00, 0x0d, 0x3a, 0x12, 0x34, 0x56};
constexpr std::uint32_t kImds = 0xA9FEA9FE;

/// Returns true if a test can create a network namespace on this machine.
bool can_make_networks() {
  if (geteuid() == 0 && system("command -v ip >/dev/null") == 0) return true;  // NOLINT
  MESSAGE("skipped: needs root and iproute2");
  return false;
}

/// Runs ip(8) in the calling thread's network namespace.
void ip(const std::string& arguments) {
  INFO("ip " << arguments);
  REQUIRE(system(("ip " + arguments).c_str()) == 0);  // NOLINT: a test's own command
}

/// Runs a test's body in a thread with its own network namespace, which ends with the thread.
void in_own_network(const std::function<void()>& body) {
  std::thread([&] {
    REQUIRE(unshare(CLONE_NEWNET) == 0);
    ip("link set lo up");
    body();
  }).join();
}

/// A fake /sys with the drivers of the namespace's links.
class FakeSys {
 public:
  /// Adds a link to the calling thread's namespace, up and with a carrier, and gives it a driver.
  void add_link(const std::string& name, const std::string& mac, const std::string& driver) const {
    ip("link add " + name + " address " + mac + " type veth peer name " + name + "p");
    ip("link set " + name + " up");
    ip("link set " + name + "p up");
    give_driver(name, driver);
  }
  void give_driver(const std::string& name, const std::string& driver) const {
    tree_->symlink("../../../../bus/drivers/" + driver, "sys/class/net/" + name + "/device/driver");
  }
  [[nodiscard]] Root root() const { return std::move(Root::open(tree_->path()).value()); }

 private:
  std::unique_ptr<test::TemporaryTree> tree_ = std::make_unique<test::TemporaryTree>();
};

/// A clock that calls `hook` at its n-th reading. A test uses it to change the network between the
/// first reading of the network and the wait. If the code subscribed to changes only after that
/// reading, it would lose the change.
class HookedClock final : public Clock {
 public:
  HookedClock(int at, std::function<void()> hook) : left_(at), hook_(std::move(hook)) {}
  [[nodiscard]] SteadyTime now() const override {
    if (--left_ == 0) hook_();
    return clock_.now();
  }
  [[nodiscard]] WallTime wall() const override { return clock_.wall(); }
  void sleep(Duration how_long) override { clock_.sleep(how_long); }

 private:
  mutable int left_;
  std::function<void()> hook_;
  SystemClock clock_;
};
constexpr int kAfterFirstLook = 2;  // the first reading is for the deadline

int index_of(const char* name) { return static_cast<int>(if_nametoindex(name)); }

TEST_CASE("the kernel's links, addresses and routes are read") {
  if (!can_make_networks()) return;
  in_own_network([] {
    const FakeSys sys;
    sys.add_link("eth0", "00:0d:3a:12:34:56", "hv_netvsc");
    ip("link add br0 type bridge");
    ip("link set eth0p master br0");
    ip("addr add 10.0.0.4/24 dev eth0 valid_lft 3600 preferred_lft 3600");
    ip("addr add 10.0.0.5/24 dev eth0");
    ip("-6 addr add fd00::4/64 dev eth0");
    ip("route add 169.254.169.254/32 via 10.0.0.1 proto dhcp metric 100 src 10.0.0.4");
    ip("route add default via 10.0.0.1 proto dhcp table 77");
    ip("route add blackhole 10.9.0.0/16");
    const auto state = read_network_state(sys.root(), {});
    REQUIRE(state);

    const auto find = [&](std::string_view name) {
      return *std::ranges::find(state->links, name, &Link::name);
    };
    REQUIRE(state->links.size() == 4);
    const Link eth0 = find("eth0");
    CHECK(eth0.index == index_of("eth0"));
    CHECK(eth0.mac == kMacA);
    CHECK(eth0.driver == "hv_netvsc");
    CHECK(eth0.up);
    CHECK(eth0.carrier);
    CHECK(eth0.type == 1);
    CHECK(find("lo").type == 772);
    CHECK(find("eth0p").driver.empty());
    CHECK(find("eth0p").master == index_of("br0"));

    REQUIRE(state->addresses.size() == 3);  // one of them is 127.0.0.1
    CHECK(state->addresses[1].ip == 0x0A000004);
    CHECK(state->addresses[1].prefix == 24);
    CHECK(state->addresses[1].dynamic);
    CHECK_FALSE(state->addresses[2].dynamic);

    REQUIRE(state->routes.size() == 2);
    const auto imds = std::ranges::find(state->routes, kImds, &Route::to);
    REQUIRE(imds != state->routes.end());
    CHECK(imds->link == eth0.index);
    CHECK(imds->dhcp);
    CHECK(imds->metric == 100);
    CHECK(imds->source == 0x0A000004);
  });
}

/// Whether a network state can be read without naming the synthetic drivers.
template <class R>
concept ReadableWithoutDrivers = requires(const R& root) { read_network_state(root); };

TEST_CASE("reading a network state requires the list of synthetic drivers, and keeps it") {
  static_assert(!ReadableWithoutDrivers<Root>);
  if (!can_make_networks()) return;
  in_own_network([] {
    const FakeSys sys;
    sys.add_link("eth0", "00:0d:3a:12:34:56", "virtio_net");
    const auto state = read_network_state(sys.root(), {"virtio_net"});
    REQUIRE(state);
    CHECK(state->synthetic_drivers == SyntheticDrivers{"virtio_net"});
    const auto eth0 = std::ranges::find(state->links, "eth0", &Link::name);
    REQUIRE(eth0 != state->links.end());
    CHECK(roles(state->links,
                state->synthetic_drivers)[static_cast<std::size_t>(eth0 - state->links.begin())] ==
          Role::kSynthetic);
  });
}

TEST_CASE("an incomplete dump is repeated") {
  struct Row {
    const char* what;
    std::vector<int> errors;  // one for each try; the last is repeated
    int expected;
    int tries;
  };
  const Row rows[] = {
      {"a dump that is complete at once", {0}, 0, 1},
      {"a dump that did not fit", {-NLE_NOMEM, 0}, 0, 2},
      {"the lists changed during the dump, then it did not fit",
       {-NLE_DUMP_INTR, -NLE_NOMEM, -NLE_DUMP_INTR, 0},
       0,
       4},
      {"the lists always change, so the last dump is used", {-NLE_DUMP_INTR}, 0, 8},
      {"a dump that never fits", {-NLE_NOMEM}, -NLE_NOMEM, 8},
      {"any other error is final", {-NLE_PERM, 0}, -NLE_PERM, 1},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    std::size_t tries = 0;
    const int error = repeat_dump([&] {
      const auto at = std::min(tries, row.errors.size() - 1);
      ++tries;
      return row.errors[at];
    });
    CHECK(error == row.expected);
    CHECK(tries == static_cast<std::size_t>(row.tries));
  }
}

/// Counts the descriptors that this process has open.
std::size_t count_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

TEST_CASE("adding and removing a link 200 times leaks no descriptor") {
  // The leak checker reports leaked memory when the program ends.
  if (!can_make_networks()) return;
  in_own_network([] {
    const FakeSys sys;
    sys.give_driver("eth0", "hv_netvsc");
    const auto root = sys.root();
    std::size_t before = 0;
    for (int round = 0; round < 200; ++round) {
      ip("link add eth0 address 00:0d:3a:12:34:56 type veth peer name eth0p");
      const auto with = read_network_state(root, {});
      ip("link del eth0");
      const auto without = read_network_state(root, {});
      REQUIRE(with);
      REQUIRE(without);
      REQUIRE(with->links.size() == 3);
      REQUIRE(without->links.size() == 1);
      REQUIRE(roles(with->links, {}).size() == 3);
      if (round == 0) before = count_descriptors();
    }
    CHECK(count_descriptors() == before);
  });
}

TEST_CASE("all of many links and routes are read") {
  if (!can_make_networks()) return;
  in_own_network([] {
    const FakeSys sys;
    sys.add_link("eth0", "00:0d:3a:12:34:56", "hv_netvsc");
    ip("addr add 10.0.0.4/24 dev eth0");
    test::TemporaryTree batch;
    std::string lines;
    for (int i = 0; i < 2000; ++i) {
      lines += "route add 10.1." + std::to_string(i / 250) + "." + std::to_string(i % 250) +
               "/32 dev eth0 proto dhcp\n";
    }
    batch.write("routes", lines);
    ip("-batch " + batch.path("routes"));
    const auto state = read_network_state(sys.root(), {});
    REQUIRE(state);
    CHECK(state->routes.size() == 2001);
  });
}

TEST_CASE("a lease that already exists ends the wait at once") {
  if (!can_make_networks()) return;
  in_own_network([] {
    const FakeSys sys;
    sys.add_link("eth0", "00:0d:3a:12:34:56", "hv_netvsc");
    ip("addr add 10.0.0.4/24 dev eth0");
    ip("route add 168.63.129.16/32 via 10.0.0.1 proto dhcp");
    const SystemClock clock;
    const auto primary = wait_for_primary(sys.root(), 1h, Deadline(clock, 30s), {});
    REQUIRE(primary);
    CHECK(primary->link == index_of("eth0"));
    CHECK(primary->why == "eth0 has a DHCP route to the WireServer");
  });
}

TEST_CASE("a lease that arrives after the first reading is not missed") {
  if (!can_make_networks()) return;
  in_own_network([] {
    const FakeSys sys;
    sys.add_link("eth0", "00:0d:3a:12:34:56", "hv_netvsc");
    sys.add_link("eth1", "00:0d:3a:12:34:57", "hv_netvsc");
    bool came = false;
    const HookedClock clock(kAfterFirstLook, [&] {
      came = true;
      ip("addr add 10.0.1.4/24 dev eth1");
      ip("route add 169.254.169.254/32 via 10.0.1.1 proto dhcp");
    });
    const auto primary = wait_for_primary(sys.root(), 1h, Deadline(clock, 30s), {});
    REQUIRE(primary);
    CHECK(came);
    CHECK(primary->link == index_of("eth1"));
    CHECK(primary->certain);
  });
}

TEST_CASE("a link that is added after the first reading is not missed") {
  if (!can_make_networks()) return;
  in_own_network([] {
    const FakeSys sys;
    const HookedClock clock(kAfterFirstLook, [&] {
      sys.add_link("eth0", "00:0d:3a:12:34:56", "mana");
      ip("addr add 10.0.0.4/24 dev eth0");
      ip("route add default via 10.0.0.1 proto dhcp");
    });
    const auto primary = wait_for_primary(sys.root(), 1h, Deadline(clock, 30s), {});
    REQUIRE(primary);
    CHECK(primary->certain);  // no other link could get a lease
  });
}

TEST_CASE("the wait also ends if the socket overflows with changes") {
  if (!can_make_networks()) return;
  in_own_network([] {
    const FakeSys sys;
    sys.add_link("eth0", "00:0d:3a:12:34:56", "hv_netvsc");
    sys.add_link("eth1", "00:0d:3a:12:34:57", "hv_netvsc");
    ip("addr add 10.0.0.4/24 dev eth0");
    test::TemporaryTree batch;
    std::string lines;
    for (int i = 0; i < 4000; ++i) {
      lines += "route add 10.1." + std::to_string(i / 250) + "." + std::to_string(i % 250) +
               "/32 dev eth0\n";
    }
    batch.write("routes", lines + "route add 169.254.169.254/32 via 10.0.0.1 proto dhcp\n");
    const HookedClock clock(kAfterFirstLook, [&] { ip("-batch " + batch.path("routes")); });
    const auto primary = wait_for_primary(sys.root(), 1h, Deadline(clock, 30s), {});
    REQUIRE(primary);
    CHECK(primary->certain);
  });
}

TEST_CASE("an uncertain primary is used after the grace period") {
  if (!can_make_networks()) return;
  for (const char* protocol : {"dhcp", "static"}) {
    CAPTURE(protocol);
    in_own_network([&] {
      const FakeSys sys;
      sys.add_link("eth0", "00:0d:3a:12:34:56", "hv_netvsc");
      sys.add_link("eth1", "00:0d:3a:12:34:57", "hv_netvsc");
      ip("addr add 10.0.0.4/24 dev eth0");
      ip(std::string("route add default via 10.0.0.1 proto ") + protocol);
      const SystemClock clock;
      const SteadyTime start = clock.now();
      const auto primary = wait_for_primary(sys.root(), 250ms, Deadline(clock, 30s), {});
      REQUIRE(primary);
      CHECK(primary->link == index_of("eth0"));
      CHECK_FALSE(primary->certain);
      CHECK(clock.now() - start >= 250ms);
      CHECK(clock.now() - start < 20s);
    });
  }
}

TEST_CASE("a certain route that arrives within the grace period takes precedence") {
  if (!can_make_networks()) return;
  in_own_network([] {
    const FakeSys sys;
    sys.add_link("eth0", "00:0d:3a:12:34:56", "hv_netvsc");
    sys.add_link("eth1", "00:0d:3a:12:34:57", "hv_netvsc");
    ip("addr add 10.0.0.4/24 dev eth0");
    ip("route add default via 10.0.0.1 proto dhcp");
    const HookedClock clock(kAfterFirstLook, [&] {
      ip("addr add 10.0.1.4/24 dev eth1");
      ip("route add 169.254.169.254/32 via 10.0.1.1 proto dhcp");
    });
    const auto primary = wait_for_primary(sys.root(), 1h, Deadline(clock, 30s), {});
    REQUIRE(primary);
    CHECK(primary->link == index_of("eth1"));
    CHECK(primary->certain);
  });
}

TEST_CASE("an uncertain primary is used at the deadline") {
  if (!can_make_networks()) return;
  in_own_network([] {
    const FakeSys sys;
    sys.add_link("eth0", "00:0d:3a:12:34:56", "hv_netvsc");
    sys.add_link("eth1", "00:0d:3a:12:34:57", "hv_netvsc");
    ip("addr add 10.0.0.4/24 dev eth0");
    ip("route add default via 10.0.0.1 proto dhcp");
    const SystemClock clock;
    const auto primary = wait_for_primary(sys.root(), 1h, Deadline(clock, 200ms), {});
    REQUIRE(primary);
    CHECK_FALSE(primary->certain);
  });
}

TEST_CASE("a lease on a VF and link-local addressing do not end the wait") {
  if (!can_make_networks()) return;
  in_own_network([] {
    const FakeSys sys;
    sys.add_link("eth0", "00:0d:3a:12:34:56", "hv_netvsc");
    sys.add_link("vf0", "00:0d:3a:12:34:56", "mlx5_core");
    ip("addr add 10.0.0.4/24 dev vf0");
    ip("route add 169.254.169.254/32 via 10.0.0.1 dev vf0 proto dhcp");
    ip("addr add 169.254.7.7/16 dev eth0");
    ip("route add default dev eth0 scope link metric 1000");
    const SystemClock clock;
    const auto primary = wait_for_primary(sys.root(), 1ms, Deadline(clock, 200ms), {});
    REQUIRE_FALSE(primary);
    CHECK(primary.error().reason() == Reason::kNoLease);
    CHECK(primary.error().to_string() ==
          "no DHCP lease came in time on the only network link that could bring one");
  });
}

TEST_CASE("the error says if no link could get a lease") {
  if (!can_make_networks()) return;
  in_own_network([] {
    const FakeSys sys;
    ip("link add br0 type bridge");
    const SystemClock clock;
    const auto primary = wait_for_primary(sys.root(), 1ms, Deadline(clock, 100ms), {});
    REQUIRE_FALSE(primary);
    CHECK(primary.error().reason() == Reason::kNoDhcpInterface);
    CHECK(primary.error().to_string() ==
          "none of the machine's 2 network links could bring a DHCP lease");
  });
}

}  // namespace
}  // namespace azl::net
