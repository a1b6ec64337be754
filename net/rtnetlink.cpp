#include "net/rtnetlink.h"

#include <array>
#include <cerrno>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <linux/rtnetlink.h>
#include <netlink/errno.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/sysfs.h"
#include "net/rtnetlink_message.h"

namespace azl::net {

namespace {

using Bytes = std::span<const std::byte>;
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

/// What the dumps have brought so far.
struct Collected {
  NetworkState state;
  std::optional<Error> error;  ///< of the first message that could not be parsed
};

template <class T>
void keep(Result<std::optional<T>> parsed, std::vector<T>& into, std::optional<Error>& error) {
  if (!parsed) {
    if (!error) error = std::move(parsed.error());
  } else if (*parsed) {
    into.push_back(**parsed);
  }
}

/// libnl calls this for each message of a dump; `into` is a Collected.
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

/// Requests one dump over a new socket, so that no message of an earlier, incomplete dump is left
/// in the queue. Returns 0 or libnl's negative error. Sets `failed` if no socket could be opened.
int dump_once(int request, unsigned char family, Collected& collected,
              std::optional<Error>& failed) {
  const auto socket = open_socket();
  if (!socket) {
    failed = socket.error();
    return -NLE_FAILURE;
  }
  nl_socket_modify_cb(socket->get(), NL_CB_VALID, NL_CB_CUSTOM, collect, &collected);
  // The headers of the three requests differ, but the kernel accepts the family alone for each.
  rtgenmsg header{.rtgen_family = family};
  const int sent = nl_send_simple(socket->get(), request, NLM_F_DUMP, &header, sizeof header);
  return sent < 0 ? sent : nl_recvmsgs_default(socket->get());
}

/// Reads all objects of one kind. `clear` drops what an incomplete dump has brought.
Result<void> dump(int request, unsigned char family, Collected& collected, auto clear) {
  std::optional<Error> failed;
  const int error = repeat_dump([&] {
    clear();
    return dump_once(request, family, collected, failed);
  });
  if (failed) return fail(std::move(*failed));
  if (error < 0) return fail_netlink(error, "reading the kernel's network state");
  return {};
}

void read_drivers(const Root& root, std::vector<Link>& links) {
  for (Link& link : links) {
    link.driver = read_link_name(root, "/sys/class/net/" + link.name + "/device/driver");
  }
}

/// Tells when the network changes, but not how: the caller reads the whole state again. That is
/// always right and, with the few links of a VM, cheap.
class Subscription {
 public:
  [[nodiscard]] static Result<Subscription> open() {
    auto socket = OR_RETURN(open_socket());
    const int error = nl_socket_add_memberships(socket.get(), RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR,
                                                RTNLGRP_IPV4_ROUTE, RTNLGRP_NONE);
    if (error < 0) return fail_netlink(error, "subscribing to the kernel's network changes");
    return Subscription(std::move(socket));
  }

  /// Waits for a change or for the deadline.
  [[nodiscard]] Result<void> wait(const Deadline& deadline) const {
    pollfd ready{.fd = fd(), .events = POLLIN, .revents = 0};
    const int count = poll(&ready, 1, deadline.poll_timeout());
    if (count < 0 && errno != EINTR) return fail_errno(errno, "waiting for network changes");
    AZL_LOG(kNet, kDebug,
            count > 0 ? "netlink: the network changed" : "netlink: no change in time");
    if (count > 0) drain();
    return {};
  }

 private:
  explicit Subscription(Socket socket) : socket_(std::move(socket)) {}
  [[nodiscard]] int fd() const { return nl_socket_get_fd(socket_.get()); }
  /// Discards all queued messages. ENOBUFS says that the queue overflowed; it means no more than a
  /// message does.
  void drain() const {
    std::array<char, 4096> ignored;
    while (recv(fd(), ignored.data(), ignored.size(), MSG_DONTWAIT | MSG_TRUNC) >= 0 ||
           errno == ENOBUFS || errno == EINTR) {
    }
  }

  Socket socket_;
};

std::unexpected<Error> fail_without_primary(const NetworkState& state) {
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

std::string describe(const Link& link) {
  return "link " + std::to_string(link.index) + " " + link.name + ": MAC " + to_string(link.mac) +
         ", driver '" + link.driver + "'" + (link.master ? ", enslaved" : "") +
         (link.up ? ", up" : "") + (link.carrier ? ", carrier" : "");
}

/// An uncertain primary, and how long a better one may still come.
struct Guess {
  Primary primary;
  Deadline until;
};

}  // namespace

int repeat_dump(const std::function<int()>& once) {
  constexpr int kTries = 8;
  int error = 0;
  for (int i = 0; i < kTries; ++i) {
    error = once();
    if (error != -NLE_DUMP_INTR && error != -NLE_NOMEM) return error;
  }
  return error == -NLE_DUMP_INTR ? 0 : error;
}

Result<NetworkState> read_network_state(const Root& root,
                                        const SyntheticDrivers& synthetic_drivers) {
  Collected collected;
  NetworkState& state = collected.state;
  OR_RETURN(dump(RTM_GETLINK, AF_UNSPEC, collected, [&] { state.links.clear(); }));
  OR_RETURN(dump(RTM_GETADDR, AF_UNSPEC, collected, [&] {
    state.addresses.clear();
    state.ipv6_addresses.clear();
  }));
  OR_RETURN(dump(RTM_GETROUTE, AF_INET, collected, [&] { state.routes.clear(); }));
  if (collected.error) {
    return fail(Error(Reason::kIo, collected.error->to_string()), "reading the kernel's links");
  }
  read_drivers(root, state.links);
  state.synthetic_drivers = synthetic_drivers;
  for (const Link& link : state.links) AZL_LOG(kNet, kTrace, describe(link));
  AZL_LOG(kNet, kDebug,
          "netlink: " + std::to_string(state.links.size()) + " links, " +
              std::to_string(state.addresses.size()) + " IPv4 addresses, " +
              std::to_string(state.routes.size()) + " IPv4 routes");
  return std::move(state);
}

Result<Primary> wait_for_primary(const Root& root, Duration grace, const Deadline& deadline,
                                 const SyntheticDrivers& synthetic_drivers) {
  // The subscription comes before the first look, so that no change is missed.
  const auto subscription = OR_RETURN(Subscription::open());
  std::optional<Guess> guess;
  while (true) {
    const auto state = OR_RETURN(read_network_state(root, synthetic_drivers));
    const auto primary = find_primary(state);
    AZL_LOG(kNet, kDebug,
            primary ? "the primary is link " + std::to_string(primary->link) +
                          (primary->certain ? ": " : ", perhaps: ") + primary->why
                    : std::string("no link is the primary yet"));
    if (primary && primary->certain) return *primary;
    if (!primary) {
      guess.reset();
    } else if (!guess || guess->primary.link != primary->link) {
      guess = Guess{*primary, deadline.within(grace)};
    } else {
      guess->primary = *primary;
    }
    if (guess && guess->until.passed()) return guess->primary;
    if (deadline.passed()) return fail_without_primary(state);
    OR_RETURN(subscription.wait(guess ? guess->until : deadline));
  }
}

}  // namespace azl::net
