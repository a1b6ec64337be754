#include "provision/tell/failure_details.h"

#include <algorithm>
#include <array>
#include <ranges>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "net/lease.h"
#include "net/rtnetlink.h"
#include "provision/record/redact.h"

namespace azl::provision {
namespace {

using namespace std::chrono_literals;

constexpr Duration kJournalTime = 3s;
constexpr std::size_t kLineLimit = 240;
constexpr std::size_t kLeaseLimit = 64 << 10;
constexpr std::size_t kMostOfAKind = 12;  // of links, of routes, of leases
/// What of a lease matters here. OPTION_245 is the WireServer's address.
constexpr std::array<std::string_view, 10> kLeaseKeys = {
    "ADDRESS",  "NETMASK", "ROUTER", "SERVER_ADDRESS", "DNS",
    "LIFETIME", "MTU",     "ROUTES", "HOSTNAME",       "OPTION_245"};

std::string make_line(const std::string& text) {
  return printable(redact(text).text, kLineLimit, Quotes::kKept);
}

std::string name_of(const net::NetworkState& network, int index) {
  const auto* link = net::find_link(network.links, index);
  return link != nullptr ? link->name : "link " + std::to_string(index);
}

std::string describe_link(const net::NetworkState& network, const net::Link& link) {
  std::string line = "link " + link.name + " " + net::to_string(link.mac);
  if (!link.driver.empty()) line += " " + link.driver;
  line += link.up ? " up" : " down";
  line += link.carrier ? ", carrier" : ", no carrier";
  if (link.master) line += ", under " + name_of(network, *link.master);
  for (const auto& address : network.addresses) {
    if (address.link == link.index)
      line += ", " + net::dotted_quad(address.ip) + "/" + std::to_string(address.prefix) +
              (address.dynamic ? " dynamic" : "");
  }
  for (const auto& address : network.ipv6_addresses) {
    if (address.link == link.index)
      line += ", " + address.text + "/" + std::to_string(address.prefix);
  }
  return line;
}

std::vector<std::string> describe_links(const net::NetworkState& network) {
  std::vector<std::string> lines;
  for (const auto& link : network.links) {
    if (link.type != net::kLoopbackType) lines.push_back(describe_link(network, link));
  }
  return lines;
}

std::vector<std::string> describe_routes(const net::NetworkState& network) {
  std::vector<std::string> lines;
  for (const auto& route : network.routes) {
    auto line =
        "route " +
        (route.prefix == 0 ? "default"
                           : net::dotted_quad(route.to) + "/" + std::to_string(route.prefix)) +
        " on " + name_of(network, route.link);
    if (route.dhcp) line += ", by DHCP";
    if (route.metric != 0) line += ", metric " + std::to_string(route.metric);
    if (route.source != 0) line += ", from " + net::dotted_quad(route.source);
    lines.push_back(std::move(line));
  }
  return lines;
}

std::vector<std::string> describe_leases(const std::vector<LeaseText>& leases) {
  std::vector<std::string> lines;
  for (const auto& lease : leases) {
    std::string line = "lease of " + lease.link;
    for (const auto text : split(lease.text, '\n')) {
      const auto key = text.substr(0, text.find('='));
      if (std::ranges::find(kLeaseKeys, key) != kLeaseKeys.end())
        line += (line.ends_with(lease.link) ? ": " : ", ") + std::string(text);
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

/// The lines for the console, and the room that is left.
class Lines {
 public:
  /// Adds a line if there is room for it.
  bool add(const std::string& text) {
    auto line = make_line(text);
    if (!has_room(lines_.size(), bytes_, line)) return false;
    bytes_ += line.size() + 2;
    lines_.push_back(std::move(line));
    return true;
  }

  /// Adds the first entries of a list, then the number of the others. Of an empty list, adds "no"
  /// and what it lists.
  void add_list(const std::vector<std::string>& entries, const std::string& what) {
    if (entries.empty()) add("no " + what);
    for (const auto& entry : entries | std::views::take(kMostOfAKind)) add(entry);
    if (entries.size() > kMostOfAKind)
      add("further " + what + ": " + std::to_string(entries.size() - kMostOfAKind));
  }

  /// Adds the last lines that have room.
  void add_end_of(const std::vector<std::string_view>& entries) {
    std::vector<std::string> last;
    auto bytes = bytes_;
    for (const auto entry : entries | std::views::reverse) {
      auto line = make_line(std::string(entry));
      if (!has_room(lines_.size() + last.size(), bytes, line)) break;
      bytes += line.size() + 2;
      last.push_back(std::move(line));
    }
    bytes_ = bytes;
    std::ranges::move(last | std::views::reverse, std::back_inserter(lines_));
  }

  [[nodiscard]] std::vector<std::string> take() { return std::move(lines_); }

 private:
  static bool has_room(std::size_t lines, std::size_t bytes, const std::string& line) {
    return lines < kDetailLines && bytes + line.size() + 2 <= kDetailBytes;
  }

  std::vector<std::string> lines_;
  std::size_t bytes_ = 0;
};

void read_leases(const Root& root, FailureDetails& details) {
  constexpr std::string_view kLeases = "/run/systemd/netif/leases";
  for (const auto& name : root.list(kLeases).value_or(std::vector<std::string>())) {
    const auto link = std::ranges::find(details.network.links, name, [](const net::Link& each) {
      return std::to_string(each.index);
    });
    if (link == details.network.links.end()) continue;
    if (auto text = root.read(std::string(kLeases) + "/" + name, kLeaseLimit))
      details.leases.push_back({.link = link->name, .text = std::move(*text)});
    else
      details.unread.push_back(text.error().to_string());
  }
}

}  // namespace

std::vector<std::string> describe_details(const FailureDetails& details) {
  Lines lines;
  lines.add("azl-provision: the network and the journal at the failure:");
  lines.add_list(describe_links(details.network), "links");
  lines.add_list(describe_routes(details.network), "routes");
  lines.add_list(describe_leases(details.leases), "leases");
  for (const auto& sentence : details.unread | std::views::take(kMostOfAKind))
    lines.add("not read: " + sentence);
  lines.add_end_of(split_lines(trim(details.journal)));
  return lines.take();
}

FailureDetails gather_details(const Root& root, Processes& processes, const Clock& clock) {
  FailureDetails details;
  if (auto network = net::read_network_state(root, {}))
    details.network = std::move(*network);
  else
    details.unread.push_back(network.error().to_string());
  read_leases(root, details);
  // Not the units of custom data, whose programs may print anything.
  auto journal = processes.run(
      {.argv = {"journalctl", "--boot", "--no-pager", "--quiet", "--output=short-monotonic",
                "--no-hostname", "--lines=40", "--unit=azl-provision-local.service",
                "--unit=azl-provision.service", "--unit=systemd-networkd.service",
                "--unit=systemd-udevd.service", "--unit=sshd.service", "--unit=ssh.service"}},
      Deadline(clock, kJournalTime));
  if (journal)
    details.journal = std::move(journal->out);
  else
    details.unread.push_back(journal.error().to_string());
  return details;
}

}  // namespace azl::provision
