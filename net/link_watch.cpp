#include "net/link_watch.h"

#include <array>
#include <cerrno>
#include <cstddef>
#include <span>
#include <utility>

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/log.h"
#include "base/sysfs.h"
#include "net/rtnetlink.h"

namespace azl::net {
namespace {

Result<UniqueFd> open_socket() {
  UniqueFd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE));
  if (!socket) return fail_errno(errno, "opening a netlink socket");
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = RTMGRP_LINK;
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return fail_errno(errno, "subscribing to the kernel's changes of links");
  return socket;
}

}  // namespace

LinkWatch::LinkWatch(const Root& root, SyntheticDrivers drivers, UniqueFd socket)
    : root_(&root), drivers_(std::move(drivers)), socket_(std::move(socket)) {}

Result<LinkWatch> LinkWatch::open(const Root& root, SyntheticDrivers synthetic_drivers,
                                  std::optional<int> primary) {
  // The subscription comes before the first look, so that no change is missed.
  LinkWatch watch(root, std::move(synthetic_drivers), OR_RETURN(open_socket()));
  OR_RETURN(watch.read_all());
  // From here on: that the links are there is no event.
  watch.switch_ = {.primary = primary};
  return watch;
}

Result<void> LinkWatch::look() {
  while (OR_RETURN(read_one())) {
  }
  return {};
}

Result<std::string> LinkWatch::wait() {
  constexpr int kForever = -1;
  while (true) {
    OR_RETURN(look());
    if (!switch_.why.empty()) return switch_.why;
    pollfd ready{.fd = socket_.get(), .events = POLLIN, .revents = 0};
    if (::poll(&ready, 1, kForever) < 0 && errno != EINTR)
      return fail_errno(errno, "waiting for changes of links");
  }
}

Result<bool> LinkWatch::read_one() {
  std::array<std::byte, 32 << 10> buffer{};
  sockaddr_nl sender{};
  socklen_t size = sizeof sender;
  const auto got = ::recvfrom(socket_.get(), buffer.data(), buffer.size(), 0,
                              reinterpret_cast<sockaddr*>(&sender), &size);
  if (got < 0 && errno == EINTR) return true;
  if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return false;
  if (got < 0 && errno == ENOBUFS) {
    AZL_LOG(kNet, kDebug, "netlink: messages were lost; reading all links");
    OR_RETURN(read_all());
    return true;
  }
  if (got < 0) return fail_errno(errno, "reading changes of links");
  if (sender.nl_pid != 0) return true;  // not from the kernel
  const auto datagram = std::span(buffer).first(static_cast<std::size_t>(got));
  for (auto& change : parse_link_changes(datagram)) {
    if (!change.removed) read_driver(change.link);
    take(take_change(table_, change));
  }
  return true;
}

Result<void> LinkWatch::read_all() {
  const auto state = OR_RETURN(read_network_state(*root_, drivers_));
  take(take_links(table_, state.links));
  return {};
}

void LinkWatch::read_driver(Link& link) const {
  const auto known = table_.find(link.index);
  if (known != table_.end() && !known->second.driver.empty()) return;
  link.driver = read_link_name(*root_, "/sys/class/net/" + link.name + "/device/driver");
}

void LinkWatch::take(const std::vector<LinkEvent>& events) {
  for (const auto& event : events) {
    AZL_LOG(kNet, kDebug,
            "netlink: link " + event.link.name + " " + std::string(to_string(event.kind)));
    take_event(switch_, event, is_nic(table_, event.link, drivers_));
  }
}

}  // namespace azl::net
