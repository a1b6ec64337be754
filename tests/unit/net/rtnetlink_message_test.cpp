#include "net/rtnetlink_message.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

namespace azl::net {
namespace {

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

/// Builds a netlink message as the kernel does, but can claim wrong lengths.
class Builder {
 public:
  template <class Header>
  Builder(std::uint16_t type, const Header& header)
      : type_(type), bytes_(NLMSG_HDRLEN + NLMSG_ALIGN(sizeof header)) {
    std::memcpy(bytes_.data() + NLMSG_HDRLEN, &header, sizeof header);
  }
  /// `claimed` is the length in the attribute's header, including the header. Default: the real
  /// length.
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
  /// `claimed` is the length in the message's header. Default: the real length.
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

TEST_CASE("a link is parsed with all its attributes") {
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

TEST_CASE("a message that is not aligned is parsed") {
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

TEST_CASE("a link needs an index and a valid name") {
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

TEST_CASE("an attribute that is too short or too long for its type is ignored") {
  const auto base = [] { return link_message().add(IFLA_IFNAME, text_bytes("eth0")); };
  CHECK_FALSE(parse_link(base().add(IFLA_MASTER, bytes_of(std::uint8_t{7})).build())->master);
  CHECK_FALSE(parse_link(base().add(IFLA_MASTER, {}).build())->master);
  CHECK_FALSE(parse_link(base().add(IFLA_MASTER, bytes_of(std::int32_t{0})).build())->master);
  CHECK_FALSE(parse_link(base().add(IFLA_MASTER, bytes_of(std::int32_t{-1})).build())->master);
  CHECK(parse_link(base().add(IFLA_ADDRESS, Bytes(20, std::byte{1})).build())->mac == MacAddress{});
  CHECK(parse_link(base().add(IFLA_ADDRESS, Bytes(5, std::byte{1})).build())->mac == MacAddress{});
  CHECK(parse_link(base().add(9999, Bytes(5, std::byte{1})).build()));
}

TEST_CASE("parsing ends at an attribute with an impossible length") {
  for (const std::uint16_t wrong : {std::uint16_t{0}, std::uint16_t{1}, std::uint16_t{3},
                                    std::uint16_t{200}, std::uint16_t{0xFFFF}}) {
    CAPTURE(wrong);
    const auto link = parse_link(link_message()
                                     .add(IFLA_IFNAME, text_bytes("eth0"))
                                     .add(IFLA_MASTER, bytes_of(std::int32_t{7}), wrong)
                                     .add(IFLA_ADDRESS, bytes_of(kMacA))
                                     .build());
    REQUIRE(link);
    CHECK(link->name == "eth0");
    CHECK_FALSE(link->master);
    CHECK(link->mac == MacAddress{});
  }
}

TEST_CASE("a message that is cut short, or whose length is wrong, is refused") {
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

TEST_CASE("an address is parsed with all its attributes") {
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

TEST_CASE("the flags attribute, if present, says whether an address is permanent") {
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

TEST_CASE("a message without an IPv4 address gives no address") {
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

TEST_CASE("a route is parsed with all its attributes") {
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

TEST_CASE("only IPv4 unicast routes of the main table with a single link are kept") {
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

TEST_CASE("a route's table attribute takes precedence over the header") {
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

}  // namespace
}  // namespace azl::net
