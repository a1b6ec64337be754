#include "net/rtnetlink_message.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <endian.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <sys/socket.h>

#include "base/text.h"

namespace azl::net {

namespace {

constexpr unsigned kLowerUp = 0x10000;  // IFF_LOWER_UP, which <net/if.h> does not have
using Bytes = std::span<const std::byte>;

/// Returns the netlink header; `bytes` has at least NLMSG_HDRLEN of them.
nlmsghdr header_of(Bytes bytes) {
  nlmsghdr header{};
  std::memcpy(&header, bytes.data(), sizeof header);
  return header;
}

/// A message of one type: its header and its attributes.
template <class Header, int kMaxAttribute>
class Message {
 public:
  Message(Message&&) noexcept = default;
  Message& operator=(Message&&) noexcept = default;
  Message(const Message&) = delete;
  Message& operator=(const Message&) = delete;
  ~Message() = default;

  /// `type` is the expected RTM_NEW* or RTM_DEL*.
  [[nodiscard]] static Result<Message> parse(Bytes bytes, int type) {
    if (bytes.size() < NLMSG_HDRLEN) return too_small();
    const auto header = header_of(bytes);
    if (header.nlmsg_type != type) {
      return fail(Reason::kInvalidInput,
                  "the netlink message has type " + std::to_string(header.nlmsg_type));
    }
    if (header.nlmsg_len > bytes.size() || header.nlmsg_len < NLMSG_LENGTH(sizeof(Header))) {
      return too_small();
    }
    return Message(bytes.first(header.nlmsg_len));
  }

  [[nodiscard]] const Header& header() const { return header_; }
  /// Returns the bytes of an attribute, or none if it is missing.
  [[nodiscard]] Bytes bytes(int attribute) const {
    const nlattr* found = attributes_[static_cast<std::size_t>(attribute)];
    if (found == nullptr) return {};
    return {static_cast<const std::byte*>(nla_data(found)),
            static_cast<std::size_t>(nla_len(found))};
  }
  /// Returns the attribute as a plain value, or nullopt if it is missing or too short.
  template <class T>
  [[nodiscard]] std::optional<T> value(int attribute) const {
    T result{};
    if (bytes(attribute).size() < sizeof(T)) return std::nullopt;
    std::memcpy(&result, bytes(attribute).data(), sizeof result);
    return result;
  }
  /// Returns an IPv4 address in host byte order, or nullopt as value() does.
  [[nodiscard]] std::optional<std::uint32_t> ipv4(int attribute) const {
    const auto address = value<std::uint32_t>(attribute);
    if (!address) return std::nullopt;
    return be32toh(*address);
  }

 private:
  static std::unexpected<Error> too_small() {
    return fail(Reason::kInvalidInput, "the netlink message is too small");
  }
  /// Copies what follows the netlink header, because `message` may not be aligned.
  explicit Message(Bytes message) {
    const Bytes payload = message.subspan(NLMSG_HDRLEN);
    std::memcpy(&header_, payload.data(), sizeof header_);
    if (payload.size() <= NLMSG_ALIGN(sizeof header_)) return;
    const Bytes rest = payload.subspan(NLMSG_ALIGN(sizeof header_));
    storage_.resize(rest.size() / sizeof(std::uint64_t) + 1);
    std::memcpy(storage_.data(), rest.data(), rest.size());
    // No policy is given, so that one odd attribute does not lose the whole link. value() checks
    // the sizes.
    nla_parse(attributes_.data(), kMaxAttribute, reinterpret_cast<nlattr*>(storage_.data()),
              static_cast<int>(rest.size()), nullptr);
  }

  Header header_{};
  std::vector<std::uint64_t> storage_;  // attributes_ points into it, also after a move
  std::array<nlattr*, kMaxAttribute + 1> attributes_{};
};

using LinkMessage = Message<ifinfomsg, IFLA_MAX>;
using AddressMessage = Message<ifaddrmsg, IFA_MAX>;
using RouteMessage = Message<rtmsg, RTA_MAX>;

/// Returns the text of an attribute up to its first NUL.
std::string text_of(Bytes bytes) {
  const auto end = std::ranges::find(bytes, std::byte{0});
  return {reinterpret_cast<const char*>(bytes.data()),
          static_cast<std::size_t>(end - bytes.begin())};
}

MacAddress mac_of(Bytes bytes) {
  MacAddress mac{};
  // An InfiniBand address has 20 bytes and a tunnel's has 4. Neither is an Ethernet address.
  if (bytes.size() == mac.size()) std::memcpy(mac.data(), bytes.data(), mac.size());
  return mac;
}

Result<Link> link_of(const LinkMessage& message) {
  const ifinfomsg& header = message.header();
  if (header.ifi_index <= 0) return fail(Reason::kInvalidInput, "a link has no index");
  Link link{.index = header.ifi_index, .name = text_of(message.bytes(IFLA_IFNAME))};
  if (!is_link_name(link.name)) {
    return fail(Reason::kInvalidInput, "a link has the name '" + printable(link.name) + "'");
  }
  link.mac = mac_of(message.bytes(IFLA_ADDRESS));
  const auto master = message.value<std::int32_t>(IFLA_MASTER);
  if (master.value_or(0) > 0) link.master = master;
  link.type = header.ifi_type;
  link.up = (header.ifi_flags & IFF_UP) != 0;
  link.carrier = (header.ifi_flags & kLowerUp) != 0;
  link.slave = (header.ifi_flags & IFF_SLAVE) != 0;
  link.carrier_downs = message.value<std::uint32_t>(IFLA_CARRIER_DOWN_COUNT).value_or(0);
  return link;
}

/// Returns what one message of a datagram tells of a link, or nullopt if it tells nothing.
std::optional<LinkChange> change_of(Bytes bytes) {
  const auto type = header_of(bytes).nlmsg_type;
  if (type != RTM_NEWLINK && type != RTM_DELLINK) return std::nullopt;
  const auto message = LinkMessage::parse(bytes, type);
  // A bridge tells with this family that a link is no longer its port; the link stays.
  if (!message || message->header().ifi_family != AF_UNSPEC) return std::nullopt;
  auto link = link_of(*message);
  if (!link) return std::nullopt;
  return LinkChange{.removed = type == RTM_DELLINK, .link = std::move(*link)};
}

}  // namespace

Result<Link> parse_link(Bytes bytes) {
  return link_of(OR_RETURN(LinkMessage::parse(bytes, RTM_NEWLINK), "reading a link"));
}

std::vector<LinkChange> parse_link_changes(Bytes datagram) {
  std::vector<LinkChange> changes;
  while (datagram.size() >= NLMSG_HDRLEN) {
    const std::size_t length = header_of(datagram).nlmsg_len;
    if (length < NLMSG_HDRLEN || length > datagram.size()) break;
    if (auto change = change_of(datagram.first(length))) changes.push_back(std::move(*change));
    datagram = datagram.subspan(std::min(datagram.size(), std::size_t{NLMSG_ALIGN(length)}));
  }
  return changes;
}

Result<std::optional<Address>> parse_address(Bytes bytes) {
  const auto message = OR_RETURN(AddressMessage::parse(bytes, RTM_NEWADDR), "reading an address");
  const ifaddrmsg& header = message.header();
  // IFA_LOCAL is our end of the link. IFA_ADDRESS is the same on a broadcast link.
  auto ip = message.ipv4(IFA_LOCAL);
  if (!ip) ip = message.ipv4(IFA_ADDRESS);
  if (header.ifa_family != AF_INET || !ip || header.ifa_prefixlen > 32) return std::nullopt;
  // The header has room for 8 flags only; the attribute has all of them.
  const auto flags = message.value<std::uint32_t>(IFA_FLAGS).value_or(header.ifa_flags);
  return Address{.link = static_cast<int>(header.ifa_index),
                 .ip = *ip,
                 .prefix = header.ifa_prefixlen,
                 .dynamic = (flags & IFA_F_PERMANENT) == 0};
}

Result<std::optional<Ipv6Address>> parse_ipv6_address(Bytes bytes) {
  const auto message = OR_RETURN(AddressMessage::parse(bytes, RTM_NEWADDR), "reading an address");
  const ifaddrmsg& header = message.header();
  auto ip = message.bytes(IFA_LOCAL);
  if (ip.size() != sizeof(in6_addr)) ip = message.bytes(IFA_ADDRESS);
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (header.ifa_family != AF_INET6 || ip.size() != sizeof(in6_addr) ||
      header.ifa_prefixlen > 128 ||
      inet_ntop(AF_INET6, ip.data(), text.data(), text.size()) == nullptr) {
    return std::nullopt;
  }
  return Ipv6Address{.link = static_cast<int>(header.ifa_index),
                     .text = text.data(),
                     .prefix = header.ifa_prefixlen};
}

Result<std::optional<Route>> parse_route(Bytes bytes) {
  const auto message = OR_RETURN(RouteMessage::parse(bytes, RTM_NEWROUTE), "reading a route");
  const rtmsg& header = message.header();
  const auto table = message.value<std::uint32_t>(RTA_TABLE).value_or(header.rtm_table);
  if (header.rtm_family != AF_INET || header.rtm_type != RTN_UNICAST || table != RT_TABLE_MAIN ||
      (header.rtm_flags & RTM_F_CLONED) != 0 || header.rtm_dst_len > 32) {
    return std::nullopt;
  }
  const auto link = message.value<std::int32_t>(RTA_OIF);
  const auto to = message.ipv4(RTA_DST);
  if (!link || *link <= 0) return std::nullopt;            // multipath: more than one link
  if (!to && header.rtm_dst_len > 0) return std::nullopt;  // broken: no prefix without it
  return Route{.link = *link,
               .to = to.value_or(0),
               .prefix = header.rtm_dst_len,
               .dhcp = header.rtm_protocol == RTPROT_DHCP,
               .source = message.ipv4(RTA_PREFSRC).value_or(0),
               .metric = message.value<std::uint32_t>(RTA_PRIORITY).value_or(0)};
}

}  // namespace azl::net
