#include "net/rtnetlink.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/errno.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/unit/temporary_tree.h"

namespace azl::net {
namespace {

using namespace std::chrono_literals;
using Bytes = std::vector<std::byte>;

constexpr MacAddress kMacA{0x00, 0x0d, 0x3a, 0x12, 0x34, 0x56};
constexpr std::uint32_t kImds = 0xA9FEA9FE;

template <class T>
Bytes bytes_of(const T& value) {
  Bytes bytes(sizeof value);
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}
Bytes text_bytes(std::string_view text) {
  Bytes bytes(text.size());
  std::memcpy(bytes.data(), text.data(), text.size());
  return bytes;
}
Bytes ip_bytes(std::uint32_t ip) { return bytes_of(htonl(ip)); }

/// A netlink message as the kernel builds it, with room for lies.
class Builder {
 public:
  template <class Header>
  Builder(std::uint16_t type, const Header& header)
      : type_(type), bytes_(NLMSG_HDRLEN + NLMSG_ALIGN(sizeof header)) {
    std::memcpy(bytes_.data() + NLMSG_HDRLEN, &header, sizeof header);
  }
  /// `claimed`: the length that the attribute says it has, header included.
  Builder& add(std::uint16_t type, const Bytes& payload,
               std::optional<std::uint16_t> claimed = {}) {
    const rtattr attribute{
        .rta_len = claimed.value_or(static_cast<std::uint16_t>(RTA_LENGTH(payload.size()))),
        .rta_type = type};
    append(bytes_of(attribute));
    append(payload);
    bytes_.resize(NLMSG_ALIGN(bytes_.size()));
    return *this;
  }
  /// `claimed`: the length that the message says it has.
  [[nodiscard]] Bytes build(std::optional<std::uint32_t> claimed = {}) const {
    Bytes result = bytes_;
    const nlmsghdr header{.nlmsg_len = claimed.value_or(static_cast<std::uint32_t>(result.size())),
                          .nlmsg_type = type_,
                          .nlmsg_flags = NLM_F_MULTI,
                          .nlmsg_seq = 1,
                          .nlmsg_pid = 2};
    std::memcpy(result.data(), &header, sizeof header);
    return result;
  }

 private:
  void append(const Bytes& more) { bytes_.insert(bytes_.end(), more.begin(), more.end()); }

  std::uint16_t type_;
  Bytes bytes_;
};

Builder link_message(int index = 2, unsigned flags = 0, unsigned short type = 1) {
  return {RTM_NEWLINK, ifinfomsg{.ifi_family = AF_UNSPEC,
                                 .__ifi_pad = 0,
                                 .ifi_type = type,
                                 .ifi_index = index,
                                 .ifi_flags = flags,
                                 .ifi_change = 0}};
}
Builder address_message(unsigned char family = AF_INET, unsigned char prefix = 24,
                        unsigned char flags = 0) {
  return {RTM_NEWADDR, ifaddrmsg{.ifa_family = family,
                                 .ifa_prefixlen = prefix,
                                 .ifa_flags = flags,
                                 .ifa_scope = 0,
                                 .ifa_index = 2}};
}
rtmsg route_header() {
  rtmsg header{};
  header.rtm_family = AF_INET;
  header.rtm_dst_len = 32;
  header.rtm_table = RT_TABLE_MAIN;
  header.rtm_protocol = RTPROT_DHCP;
  header.rtm_type = RTN_UNICAST;
  return header;
}
Builder route_message(const rtmsg& header = route_header()) { return {RTM_NEWROUTE, header}; }

std::string error_of(const auto& result) { return result ? "" : result.error().to_string(); }

TEST_CASE("a link with all its attributes") {
  const Bytes message = link_message(2, IFF_UP | 0x10000 | IFF_SLAVE)
                            .add(IFLA_IFNAME, text_bytes(std::string("eth0\0", 5)))
                            .add(IFLA_ADDRESS, bytes_of(kMacA))
                            .add(IFLA_MASTER, bytes_of(std::int32_t{7}))
                            .build();
  const auto link = parse_link(message);
  REQUIRE(link);
  CHECK(link->index == 2);
  CHECK(link->name == "eth0");
  CHECK(link->mac == kMacA);
  CHECK(link->master == 7);
  CHECK(link->type == 1);
  CHECK(link->up);
  CHECK(link->carrier);
  CHECK(link->slave);
  CHECK(link->driver.empty());
}

TEST_CASE("a message is parsed wherever it lies in memory") {
  const Bytes message = link_message()
                            .add(IFLA_IFNAME, text_bytes("eth0"))
                            .add(IFLA_ADDRESS, bytes_of(kMacA))
                            .build();
  Bytes shifted(message.size() + 1);
  std::ranges::copy(message, shifted.begin() + 1);
  const auto link = parse_link(std::span(shifted).subspan(1));
  REQUIRE(link);
  CHECK(link->mac == kMacA);
}

TEST_CASE("a link needs an index and a name that could be a directory's") {
  CHECK(error_of(parse_link(link_message().build())) == "a link has the name ''");
  CHECK(error_of(parse_link(link_message(0).add(IFLA_IFNAME, text_bytes("eth0")).build())) ==
        "a link has no index");
  CHECK(error_of(parse_link(link_message(-1).add(IFLA_IFNAME, text_bytes("eth0")).build())) ==
        "a link has no index");
  for (const char* name : {"..", ".", "a/b", "../../etc", "sixteen-letters."}) {
    CAPTURE(name);
    CHECK_FALSE(parse_link(link_message().add(IFLA_IFNAME, text_bytes(name)).build()));
  }
  CHECK(parse_link(link_message().add(IFLA_IFNAME, text_bytes("fifteen-letters")).build()));
}

TEST_CASE("an attribute that is too short or too long for its type is not there") {
  const auto base = [] { return link_message().add(IFLA_IFNAME, text_bytes("eth0")); };
  CHECK_FALSE(parse_link(base().add(IFLA_MASTER, bytes_of(std::uint8_t{7})).build())->master);
  CHECK_FALSE(parse_link(base().add(IFLA_MASTER, {}).build())->master);
  CHECK_FALSE(parse_link(base().add(IFLA_MASTER, bytes_of(std::int32_t{0})).build())->master);
  CHECK_FALSE(parse_link(base().add(IFLA_MASTER, bytes_of(std::int32_t{-1})).build())->master);
  CHECK(parse_link(base().add(IFLA_ADDRESS, Bytes(20, std::byte{1})).build())->mac == MacAddress{});
  CHECK(parse_link(base().add(IFLA_ADDRESS, Bytes(5, std::byte{1})).build())->mac == MacAddress{});
  CHECK(parse_link(base().add(9999, Bytes(5, std::byte{1})).build()));
}

TEST_CASE("an attribute whose length lies ends the attributes and harms nobody") {
  for (const std::uint16_t lie : {std::uint16_t{0}, std::uint16_t{1}, std::uint16_t{3},
                                  std::uint16_t{200}, std::uint16_t{0xFFFF}}) {
    CAPTURE(lie);
    const auto link = parse_link(link_message()
                                     .add(IFLA_IFNAME, text_bytes("eth0"))
                                     .add(IFLA_MASTER, bytes_of(std::int32_t{7}), lie)
                                     .add(IFLA_ADDRESS, bytes_of(kMacA))
                                     .build());
    REQUIRE(link);
    CHECK(link->name == "eth0");
    CHECK_FALSE(link->master);
    CHECK(link->mac == MacAddress{});
  }
}

TEST_CASE("a message that is cut short, or says that it is longer than it is, is refused") {
  const Bytes whole = link_message().add(IFLA_IFNAME, text_bytes("eth0")).build();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    CHECK(error_of(parse_link(std::span(whole).first(size))) ==
          "reading a link: the netlink message is too small");
  }
  for (const std::uint32_t claimed : {0U, 15U, 16U, 31U, 0x7FFFFFFFU, 0xFFFFFFFFU}) {
    CAPTURE(claimed);
    CHECK_FALSE(parse_link(link_message().add(IFLA_IFNAME, text_bytes("eth0")).build(claimed)));
  }
}

TEST_CASE("a message of another type is refused") {
  CHECK(error_of(parse_link(address_message().build())) ==
        "reading a link: the netlink message has type 20");
  CHECK(error_of(parse_address(route_message().build())) ==
        "reading an address: the netlink message has type 24");
  CHECK(error_of(parse_route(link_message().build())) ==
        "reading a route: the netlink message has type 16");
}

TEST_CASE("an address with all its attributes") {
  const auto parsed = parse_address(address_message()
                                        .add(IFA_ADDRESS, ip_bytes(0x0A000001))
                                        .add(IFA_LOCAL, ip_bytes(0x0A000004))
                                        .build());
  REQUIRE(parsed);
  REQUIRE(*parsed);
  CHECK((*parsed)->link == 2);
  CHECK((*parsed)->ip == 0x0A000004);
  CHECK((*parsed)->prefix == 24);
  CHECK((*parsed)->dynamic);
}

TEST_CASE("an address is permanent by its flags, the wide ones first") {
  const auto dynamic = [](const Builder& builder) {
    const auto parsed = parse_address(builder.build());
    return parsed.value().value().dynamic;
  };
  const Bytes ip = ip_bytes(0x0A000004);
  CHECK_FALSE(dynamic(address_message(AF_INET, 24, IFA_F_PERMANENT).add(IFA_LOCAL, ip)));
  CHECK(dynamic(address_message(AF_INET, 24, IFA_F_PERMANENT)
                    .add(IFA_LOCAL, ip)
                    .add(IFA_FLAGS, bytes_of(std::uint32_t{IFA_F_NOPREFIXROUTE}))));
  CHECK_FALSE(dynamic(address_message()
                          .add(IFA_LOCAL, ip)
                          .add(IFA_FLAGS, bytes_of(std::uint32_t{IFA_F_PERMANENT}))));
}

TEST_CASE("what is no IPv4 address is left out") {
  const auto is_none = [](const Builder& builder) {
    const auto parsed = parse_address(builder.build());
    return parsed && !*parsed;
  };
  CHECK(is_none(address_message()));
  CHECK(is_none(address_message().add(IFA_LOCAL, bytes_of(std::uint16_t{1}))));
  CHECK(is_none(address_message(AF_INET6, 64).add(IFA_ADDRESS, Bytes(16))));
  CHECK(is_none(address_message(AF_INET, 33).add(IFA_LOCAL, ip_bytes(1))));
  CHECK_FALSE(parse_address(Bytes(8)));
}

TEST_CASE("a route with all its attributes") {
  const auto parsed = parse_route(route_message()
                                      .add(RTA_DST, ip_bytes(kImds))
                                      .add(RTA_OIF, bytes_of(std::int32_t{2}))
                                      .add(RTA_PREFSRC, ip_bytes(0x0A000004))
                                      .add(RTA_PRIORITY, bytes_of(std::uint32_t{100}))
                                      .build());
  REQUIRE(parsed);
  REQUIRE(*parsed);
  const Route& route = **parsed;
  CHECK(route.link == 2);
  CHECK(route.to == kImds);
  CHECK(route.prefix == 32);
  CHECK(route.dhcp);
  CHECK(route.source == 0x0A000004);
  CHECK(route.metric == 100);
}

TEST_CASE("a default route has no destination") {
  rtmsg header = route_header();
  header.rtm_dst_len = 0;
  header.rtm_protocol = RTPROT_STATIC;
  const auto parsed =
      parse_route(route_message(header).add(RTA_OIF, bytes_of(std::int32_t{2})).build());
  REQUIRE(parsed);
  REQUIRE(*parsed);
  CHECK((*parsed)->prefix == 0);
  CHECK_FALSE((*parsed)->dhcp);
}

TEST_CASE("only IPv4 unicast routes of the main table by one link are kept") {
  const auto is_none = [](const std::function<void(rtmsg&)>& change, bool link = true,
                          bool destination = true) {
    rtmsg header = route_header();
    change(header);
    Builder builder = route_message(header);
    if (link) builder.add(RTA_OIF, bytes_of(std::int32_t{2}));
    if (destination) builder.add(RTA_DST, ip_bytes(kImds));
    const auto parsed = parse_route(builder.build());
    return parsed && !*parsed;
  };
  CHECK_FALSE(is_none([](rtmsg&) {}));
  CHECK(is_none([](rtmsg& header) { header.rtm_family = AF_INET6; }));
  CHECK(is_none([](rtmsg& header) { header.rtm_table = RT_TABLE_LOCAL; }));
  CHECK(is_none([](rtmsg& header) { header.rtm_type = RTN_BLACKHOLE; }));
  CHECK(is_none([](rtmsg& header) { header.rtm_flags = RTM_F_CLONED; }));
  CHECK(is_none([](rtmsg& header) { header.rtm_dst_len = 33; }));
  CHECK(is_none([](rtmsg&) {}, false));
  CHECK(is_none([](rtmsg&) {}, true, false));
}

TEST_CASE("a route's table is that of the attribute, which has room for all") {
  rtmsg header = route_header();
  const auto route = [&](std::uint32_t table) {
    return parse_route(route_message(header)
                           .add(RTA_DST, ip_bytes(kImds))
                           .add(RTA_OIF, bytes_of(std::int32_t{2}))
                           .add(RTA_TABLE, bytes_of(table))
                           .build());
  };
  CHECK_FALSE(*route(1000));
  header.rtm_table = RT_TABLE_UNSPEC;
  CHECK(*route(RT_TABLE_MAIN));
}

/// Whether this machine lets a test have a network of its own.
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

/// Runs a test's body in a thread that has a network namespace of its own; both go together.
void in_own_network(const std::function<void()>& body) {
  std::thread([&] {
    REQUIRE(unshare(CLONE_NEWNET) == 0);
    ip("link set lo up");
    body();
  }).join();
}

/// A fake /sys, which tells the drivers of the namespace's links.
class FakeSys {
 public:
  /// Makes a link in the calling thread's namespace, up and with a carrier, and gives it a driver.
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

/// Calls back once, at its n-th reading: so a test changes the network between the first look at it
/// and the wait, where a change would be lost if the subscription came second.
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
constexpr int kAfterFirstLook = 2;  // the first reading makes the deadline

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
    const auto state = read_network_state(sys.root());
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

TEST_CASE("a dump that is not whole is taken again") {
  struct Row {
    const char* what;
    std::vector<int> errors;  // of one try after the other; the last one goes on
    int expected;
    int tries;
  };
  const Row rows[] = {
      {"whole at once", {0}, 0, 1},
      {"did not fit", {-NLE_NOMEM, 0}, 0, 2},
      {"changed under it, then did not fit", {-NLE_DUMP_INTR, -NLE_NOMEM, -NLE_DUMP_INTR, 0}, 0, 4},
      {"never rests: the last one does", {-NLE_DUMP_INTR}, 0, 8},
      {"never fits", {-NLE_NOMEM}, -NLE_NOMEM, 8},
      {"anything else is final", {-NLE_PERM, 0}, -NLE_PERM, 1},
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

/// How many descriptors this process has open.
std::size_t count_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

TEST_CASE("200 rounds of a link that comes and goes leave no descriptor behind") {
  // Nor memory: the leak checker looks at the end of the program.
  if (!can_make_networks()) return;
  in_own_network([] {
    const FakeSys sys;
    sys.give_driver("eth0", "hv_netvsc");
    const auto root = sys.root();
    std::size_t before = 0;
    for (int round = 0; round < 200; ++round) {
      ip("link add eth0 address 00:0d:3a:12:34:56 type veth peer name eth0p");
      const auto with = read_network_state(root);
      ip("link del eth0");
      const auto without = read_network_state(root);
      REQUIRE(with);
      REQUIRE(without);
      REQUIRE(with->links.size() == 3);
      REQUIRE(without->links.size() == 1);
      REQUIRE(roles(with->links).size() == 3);
      if (round == 0) before = count_descriptors();
    }
    CHECK(count_descriptors() == before);
  });
}

TEST_CASE("many links and routes are all read") {
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
    const auto state = read_network_state(sys.root());
    REQUIRE(state);
    CHECK(state->routes.size() == 2001);
  });
}

TEST_CASE("a lease that is there already ends the wait at once") {
  if (!can_make_networks()) return;
  in_own_network([] {
    const FakeSys sys;
    sys.add_link("eth0", "00:0d:3a:12:34:56", "hv_netvsc");
    ip("addr add 10.0.0.4/24 dev eth0");
    ip("route add 168.63.129.16/32 via 10.0.0.1 proto dhcp");
    const SystemClock clock;
    const auto primary = wait_for_primary(sys.root(), 1h, Deadline(clock, 30s));
    REQUIRE(primary);
    CHECK(primary->link == index_of("eth0"));
    CHECK(primary->why == "eth0 has a DHCP route to the WireServer");
  });
}

TEST_CASE("a lease that comes after the first look is not missed") {
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
    const auto primary = wait_for_primary(sys.root(), 1h, Deadline(clock, 30s));
    REQUIRE(primary);
    CHECK(came);
    CHECK(primary->link == index_of("eth1"));
    CHECK(primary->certain);
  });
}

TEST_CASE("a link that comes after the first look is not missed") {
  if (!can_make_networks()) return;
  in_own_network([] {
    const FakeSys sys;
    const HookedClock clock(kAfterFirstLook, [&] {
      sys.add_link("eth0", "00:0d:3a:12:34:56", "mana");
      ip("addr add 10.0.0.4/24 dev eth0");
      ip("route add default via 10.0.0.1 proto dhcp");
    });
    const auto primary = wait_for_primary(sys.root(), 1h, Deadline(clock, 30s));
    REQUIRE(primary);
    CHECK(primary->certain);  // the sole link that could bring DHCP
  });
}

TEST_CASE("more changes than the socket holds are as good as one") {
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
    const auto primary = wait_for_primary(sys.root(), 1h, Deadline(clock, 30s));
    REQUIRE(primary);
    CHECK(primary->certain);
  });
}

TEST_CASE("a mere default route counts after the grace") {
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
      const auto primary = wait_for_primary(sys.root(), 250ms, Deadline(clock, 30s));
      REQUIRE(primary);
      CHECK(primary->link == index_of("eth0"));
      CHECK_FALSE(primary->certain);
      CHECK(clock.now() - start >= 250ms);
      CHECK(clock.now() - start < 20s);
    });
  }
}

TEST_CASE("within the grace another link can still bring the certain route") {
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
    const auto primary = wait_for_primary(sys.root(), 1h, Deadline(clock, 30s));
    REQUIRE(primary);
    CHECK(primary->link == index_of("eth1"));
    CHECK(primary->certain);
  });
}

TEST_CASE("at the deadline a guess is better than a failure") {
  if (!can_make_networks()) return;
  in_own_network([] {
    const FakeSys sys;
    sys.add_link("eth0", "00:0d:3a:12:34:56", "hv_netvsc");
    sys.add_link("eth1", "00:0d:3a:12:34:57", "hv_netvsc");
    ip("addr add 10.0.0.4/24 dev eth0");
    ip("route add default via 10.0.0.1 proto dhcp");
    const SystemClock clock;
    const auto primary = wait_for_primary(sys.root(), 1h, Deadline(clock, 200ms));
    REQUIRE(primary);
    CHECK_FALSE(primary->certain);
  });
}

TEST_CASE("neither a VF's lease nor link-local addressing ends the wait") {
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
    const auto primary = wait_for_primary(sys.root(), 1ms, Deadline(clock, 200ms));
    REQUIRE_FALSE(primary);
    CHECK(primary.error().reason() == Reason::kNoLease);
    CHECK(primary.error().to_string() ==
          "no DHCP lease came in time on the only network link that could bring one");
  });
}

TEST_CASE("without a link that could bring DHCP the error says so") {
  if (!can_make_networks()) return;
  in_own_network([] {
    const FakeSys sys;
    ip("link add br0 type bridge");
    const SystemClock clock;
    const auto primary = wait_for_primary(sys.root(), 1ms, Deadline(clock, 100ms));
    REQUIRE_FALSE(primary);
    CHECK(primary.error().reason() == Reason::kNoDhcpInterface);
    CHECK(primary.error().to_string() ==
          "none of the machine's 2 network links could bring a DHCP lease");
  });
}

}  // namespace
}  // namespace azl::net
