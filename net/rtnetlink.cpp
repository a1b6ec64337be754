#include "net/rtnetlink.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <endian.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "base/text.h"

namespace azl::net {

namespace {

constexpr unsigned kLowerUp = 0x10000;  // IFF_LOWER_UP, which <net/if.h> does not have
using Bytes = std::span<const std::byte>;

/// The part of a message that comes before its attributes, and those attributes by type.
template <class Header, int kMaxAttribute>
class Message {
 public:
  Message(Message&&) noexcept = default;
  Message& operator=(Message&&) noexcept = default;
  Message(const Message&) = delete;
  Message& operator=(const Message&) = delete;
  ~Message() = default;

  /// `type` is the one RTM_NEW* that is expected.
  [[nodiscard]] static Result<Message> parse(Bytes bytes, int type) {
    nlmsghdr header{};
    if (bytes.size() < NLMSG_HDRLEN) return too_small();
    std::memcpy(&header, bytes.data(), sizeof header);
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
  /// The bytes of an attribute; empty when it is not there.
  [[nodiscard]] Bytes bytes(int attribute) const {
    const nlattr* found = attributes_[static_cast<std::size_t>(attribute)];
    if (found == nullptr) return {};
    return {static_cast<const std::byte*>(nla_data(found)),
            static_cast<std::size_t>(nla_len(found))};
  }
  /// The attribute as a plain value; empty when it is not there or too short.
  template <class T>
  [[nodiscard]] std::optional<T> value(int attribute) const {
    T result{};
    if (bytes(attribute).size() < sizeof(T)) return std::nullopt;
    std::memcpy(&result, bytes(attribute).data(), sizeof result);
    return result;
  }
  /// An IPv4 address in host byte order.
  [[nodiscard]] std::optional<std::uint32_t> ipv4(int attribute) const {
    const auto address = value<std::uint32_t>(attribute);
    if (!address) return std::nullopt;
    return be32toh(*address);
  }

 private:
  static std::unexpected<Error> too_small() {
    return fail(Reason::kInvalidInput, "the netlink message is too small");
  }
  /// Copies what follows the netlink header, so that it is aligned wherever it came from.
  explicit Message(Bytes message) {
    const Bytes payload = message.subspan(NLMSG_HDRLEN);
    std::memcpy(&header_, payload.data(), sizeof header_);
    if (payload.size() <= NLMSG_ALIGN(sizeof header_)) return;
    const Bytes rest = payload.subspan(NLMSG_ALIGN(sizeof header_));
    storage_.resize(rest.size() / sizeof(std::uint64_t) + 1);
    std::memcpy(storage_.data(), rest.data(), rest.size());
    // Without a policy: one odd attribute must not lose us the link. Sizes are checked on use.
    nla_parse(attributes_.data(), kMaxAttribute, reinterpret_cast<nlattr*>(storage_.data()),
              static_cast<int>(rest.size()), nullptr);
  }

  Header header_{};
  std::vector<std::uint64_t> storage_;  // attributes_ points into it; moving a vector keeps that
  std::array<nlattr*, kMaxAttribute + 1> attributes_{};
};

using LinkMessage = Message<ifinfomsg, IFLA_MAX>;
using AddressMessage = Message<ifaddrmsg, IFA_MAX>;
using RouteMessage = Message<rtmsg, RTA_MAX>;

/// The text of an attribute up to its NUL.
std::string text_of(Bytes bytes) {
  const auto end = std::ranges::find(bytes, std::byte{0});
  return {reinterpret_cast<const char*>(bytes.data()),
          static_cast<std::size_t>(end - bytes.begin())};
}

MacAddress mac_of(Bytes bytes) {
  MacAddress mac{};
  // InfiniBand's has 20 bytes, a tunnel's 4: neither is an Ethernet address.
  if (bytes.size() == mac.size()) std::memcpy(mac.data(), bytes.data(), mac.size());
  return mac;
}

using Socket = Handle<nl_sock, nl_socket_free>;

std::unexpected<Error> fail_netlink(int error, std::string what) {
  return fail(Reason::kIo, std::move(what) + ": " + nl_geterror(error));
}

Result<Socket> open_socket() {
  Socket socket(nl_socket_alloc());
  if (!socket) return fail(Reason::kIo, "no memory for a netlink socket");
  if (const int error = nl_connect(socket.get(), NETLINK_ROUTE); error < 0) {
    return fail_netlink(error, "opening a netlink socket");
  }
  return socket;
}

/// What a dump fills; the first message that can't be parsed ends up in `error`.
struct Collected {
  NetworkState state;
  std::optional<Error> error;
};

template <class T>
void keep(Result<std::optional<T>> parsed, std::vector<T>& into, std::optional<Error>& error) {
  if (!parsed) {
    if (!error) error = std::move(parsed.error());
  } else if (*parsed) {
    into.push_back(**parsed);
  }
}

/// libnl's callback for each message of a dump.
int collect(nl_msg* message, void* into) {
  auto& collected = *static_cast<Collected*>(into);
  const nlmsghdr* header = nlmsg_hdr(message);
  const Bytes bytes(reinterpret_cast<const std::byte*>(header), header->nlmsg_len);
  switch (header->nlmsg_type) {
    case RTM_NEWLINK: {
      auto link = parse_link(bytes);
      keep(link ? Result<std::optional<Link>>(std::move(*link)) : fail(std::move(link.error())),
           collected.state.links, collected.error);
      break;
    }
    case RTM_NEWADDR:
      keep(parse_address(bytes), collected.state.addresses, collected.error);
      keep(parse_ipv6_address(bytes), collected.state.ipv6_addresses, collected.error);
      break;
    case RTM_NEWROUTE:
      keep(parse_route(bytes), collected.state.routes, collected.error);
      break;
    default:
      break;
  }
  return NL_OK;
}

/// One dump by a socket of its own: what a broken one has left in the queue is nobody's business.
/// Returns 0 or libnl's error, negative; `failed` is what could not even be begun.
int dump_once(int request, unsigned char family, Collected& collected,
              std::optional<Error>& failed) {
  const auto socket = open_socket();
  if (!socket) {
    failed = socket.error();
    return -NLE_FAILURE;
  }
  nl_socket_modify_cb(socket->get(), NL_CB_VALID, NL_CB_CUSTOM, collect, &collected);
  // The three kinds' headers differ, but the kernel takes the family alone for each.
  rtgenmsg header{.rtgen_family = family};
  const int sent = nl_send_simple(socket->get(), request, NLM_F_DUMP, &header, sizeof header);
  return sent < 0 ? sent : nl_recvmsgs_default(socket->get());
}

/// One kind of objects.
Result<void> dump(int request, unsigned char family, Collected& collected, auto forget) {
  std::optional<Error> failed;
  const int error = repeat_dump([&] {
    forget();
    return dump_once(request, family, collected, failed);
  });
  if (failed) return fail(std::move(*failed));
  if (error < 0) return fail_netlink(error, "reading the kernel's network state");
  return {};
}

void read_drivers(const Root& root, std::vector<Link>& links) {
  for (Link& link : links) {
    const auto target = root.link_target("/sys/class/net/" + link.name + "/device/driver");
    if (target) link.driver = target->substr(target->rfind('/') + 1);  // npos + 1 is 0
  }
}

/// Hears that something changed; what it was is read anew each time, which is always right and,
/// with the few links of a VM, cheap.
class Subscription {
 public:
  [[nodiscard]] static Result<Subscription> open() {
    auto socket = open_socket();
    if (!socket) return fail(std::move(socket.error()));
    const int error = nl_socket_add_memberships(socket->get(), RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR,
                                                RTNLGRP_IPV4_ROUTE, RTNLGRP_NONE);
    if (error < 0) return fail_netlink(error, "subscribing to the kernel's network changes");
    return Subscription(std::move(*socket));
  }

  /// Waits for a change or for the deadline.
  [[nodiscard]] Result<void> wait(const Deadline& deadline) const {
    pollfd ready{.fd = fd(), .events = POLLIN, .revents = 0};
    const int count = poll(&ready, 1, deadline.poll_timeout());
    if (count < 0 && errno != EINTR) return fail_errno(errno, "waiting for network changes");
    if (count > 0) drain();
    return {};
  }

 private:
  explicit Subscription(Socket socket) : socket_(std::move(socket)) {}
  [[nodiscard]] int fd() const { return nl_socket_get_fd(socket_.get()); }
  /// Throws away all that is queued. ENOBUFS, the queue having overflowed, is as good as a message:
  /// either way the state is read anew.
  void drain() const {
    std::array<char, 4096> ignored;
    while (recv(fd(), ignored.data(), ignored.size(), MSG_DONTWAIT | MSG_TRUNC) >= 0 ||
           errno == ENOBUFS || errno == EINTR) {
    }
  }

  Socket socket_;
};

std::unexpected<Error> no_primary(const NetworkState& state) {
  const std::size_t candidates = count_dhcp_links(state.links, state.synthetic_drivers);
  if (candidates == 0) {
    return fail(Reason::kNoDhcpInterface, "none of the machine's " +
                                              std::to_string(state.links.size()) +
                                              " network links could bring a DHCP lease");
  }
  const std::string where =
      candidates == 1 ? "the only network link that could bring one"
                      : "any of the " + std::to_string(candidates) + " links that could bring one";
  return fail(Reason::kNoLease, "no DHCP lease came in time on " + where);
}

/// An uncertain primary, and until when a better one may come.
struct Guess {
  Primary primary;
  Deadline until;
};

}  // namespace

Result<Link> parse_link(Bytes bytes) {
  const auto message = LinkMessage::parse(bytes, RTM_NEWLINK);
  if (!message) return fail(Error(message.error()), "reading a link");
  const ifinfomsg& header = message->header();
  if (header.ifi_index <= 0) return fail(Reason::kInvalidInput, "a link has no index");
  Link link{.index = header.ifi_index, .name = text_of(message->bytes(IFLA_IFNAME))};
  if (!is_link_name(link.name)) {
    return fail(Reason::kInvalidInput, "a link has the name '" + printable(link.name) + "'");
  }
  link.mac = mac_of(message->bytes(IFLA_ADDRESS));
  const auto master = message->value<std::int32_t>(IFLA_MASTER);
  if (master.value_or(0) > 0) link.master = master;
  link.type = header.ifi_type;
  link.up = (header.ifi_flags & IFF_UP) != 0;
  link.carrier = (header.ifi_flags & kLowerUp) != 0;
  link.slave = (header.ifi_flags & IFF_SLAVE) != 0;
  return link;
}

Result<std::optional<Address>> parse_address(Bytes bytes) {
  const auto message = AddressMessage::parse(bytes, RTM_NEWADDR);
  if (!message) return fail(Error(message.error()), "reading an address");
  const ifaddrmsg& header = message->header();
  // IFA_LOCAL is our end; on a broadcast link IFA_ADDRESS is the same.
  auto ip = message->ipv4(IFA_LOCAL);
  if (!ip) ip = message->ipv4(IFA_ADDRESS);
  if (header.ifa_family != AF_INET || !ip || header.ifa_prefixlen > 32) return std::nullopt;
  // The attribute has the flags that no longer fitted the header's 8 bits.
  const auto flags = message->value<std::uint32_t>(IFA_FLAGS).value_or(header.ifa_flags);
  return Address{.link = static_cast<int>(header.ifa_index),
                 .ip = *ip,
                 .prefix = header.ifa_prefixlen,
                 .dynamic = (flags & IFA_F_PERMANENT) == 0};
}

Result<std::optional<Ipv6Address>> parse_ipv6_address(Bytes bytes) {
  const auto message = AddressMessage::parse(bytes, RTM_NEWADDR);
  if (!message) return fail(Error(message.error()), "reading an address");
  const ifaddrmsg& header = message->header();
  auto ip = message->bytes(IFA_LOCAL);
  if (ip.size() != sizeof(in6_addr)) ip = message->bytes(IFA_ADDRESS);
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
  const auto message = RouteMessage::parse(bytes, RTM_NEWROUTE);
  if (!message) return fail(Error(message.error()), "reading a route");
  const rtmsg& header = message->header();
  const auto table = message->value<std::uint32_t>(RTA_TABLE).value_or(header.rtm_table);
  if (header.rtm_family != AF_INET || header.rtm_type != RTN_UNICAST || table != RT_TABLE_MAIN ||
      (header.rtm_flags & RTM_F_CLONED) != 0 || header.rtm_dst_len > 32) {
    return std::nullopt;
  }
  const auto link = message->value<std::int32_t>(RTA_OIF);
  const auto to = message->ipv4(RTA_DST);
  if (!link || *link <= 0) return std::nullopt;            // multipath: no single link
  if (!to && header.rtm_dst_len > 0) return std::nullopt;  // broken: a prefix of what?
  return Route{.link = *link,
               .to = to.value_or(0),
               .prefix = header.rtm_dst_len,
               .dhcp = header.rtm_protocol == RTPROT_DHCP,
               .source = message->ipv4(RTA_PREFSRC).value_or(0),
               .metric = message->value<std::uint32_t>(RTA_PRIORITY).value_or(0)};
}

int repeat_dump(const std::function<int()>& once) {
  constexpr int kTries = 8;
  int error = 0;
  for (int i = 0; i < kTries; ++i) {
    error = once();
    if (error != -NLE_DUMP_INTR && error != -NLE_NOMEM) return error;
  }
  return error == -NLE_DUMP_INTR ? 0 : error;
}

Result<NetworkState> read_network_state(const Root& root, const SyntheticDrivers& more) {
  Collected collected;
  NetworkState& state = collected.state;
  auto dumped = dump(RTM_GETLINK, AF_UNSPEC, collected, [&] { state.links.clear(); });
  if (dumped) {
    dumped = dump(RTM_GETADDR, AF_UNSPEC, collected, [&] {
      state.addresses.clear();
      state.ipv6_addresses.clear();
    });
  }
  if (dumped) dumped = dump(RTM_GETROUTE, AF_INET, collected, [&] { state.routes.clear(); });
  if (!dumped) return fail(std::move(dumped.error()));
  if (collected.error) {
    return fail(Error(Reason::kIo, collected.error->to_string()), "reading the kernel's links");
  }
  read_drivers(root, state.links);
  state.synthetic_drivers = more;
  return std::move(state);
}

Result<Primary> wait_for_primary(const Root& root, Duration grace, const Deadline& deadline,
                                 const SyntheticDrivers& more) {
  const auto subscription = Subscription::open();
  if (!subscription) return fail(Error(subscription.error()));
  std::optional<Guess> guess;
  while (true) {
    const auto state = read_network_state(root, more);
    if (!state) return fail(Error(state.error()));
    const auto primary = find_primary(*state);
    if (primary && primary->certain) return *primary;
    if (!primary) {
      guess.reset();
    } else if (!guess || guess->primary.link != primary->link) {
      guess = Guess{*primary, deadline.within(grace)};
    } else {
      guess->primary = *primary;
    }
    if (guess && guess->until.passed()) return guess->primary;
    if (deadline.passed()) return no_primary(*state);
    const auto waited = subscription->wait(guess ? guess->until : deadline);
    if (!waited) return fail(Error(waited.error()));
  }
}

}  // namespace azl::net
