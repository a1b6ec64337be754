#include "net/network_file.h"

#include <cstddef>
#include <utility>

#include "base/count.h"
#include "base/text.h"

namespace azl::net {

namespace {

constexpr std::string_view kHeader = "# Written by azl-provision";
constexpr std::string_view kPrefix = "50-azl-provision-";
constexpr std::string_view kSuffix = ".network";
constexpr int kRulePriority = 10000;  // before the kernel's main table, 32766

/// Builds the text of a file.
class Text {
 public:
  void section(std::string_view name) {
    text_ += "\n[";
    text_ += name;
    text_ += "]\n";
  }
  void line(std::string_view line) {
    text_ += line;
    text_ += '\n';
  }
  void set(std::string_view key, std::string_view value) {
    text_ += key;
    text_ += '=';
    line(value);
  }
  void set(std::string_view key, int value) { set(key, std::to_string(value)); }
  [[nodiscard]] std::string take() && { return std::move(text_); }

 private:
  std::string text_;
};

/// Returns the value of Driver=. networkd compares it with ethtool's name of the driver, which is
/// sysfs's name of it except for mlx4.
std::string_view driver_match(std::string_view driver) {
  return driver == "mlx4_core" ? "mlx4_core mlx4_en" : driver;
}

bool has_own_table(const Nic& nic, const std::vector<const ListedAddress*>& addresses,
                   const NetworkOptions& options) {
  // Without an address there is no rule, so nothing would use the table.
  return options.policy_routing && !nic.primary() && !addresses.empty();
}

/// Adds what DHCPv4 and router advertisements have in common: metric, table and DNS.
void add_routing(Text& text, const Nic& nic, bool own_table, const NetworkOptions& options) {
  text.set("RouteMetric", metric_of(nic.place));
  if (own_table) text.set("RouteTable", metric_of(nic.place));
  const char* dns = nic.primary() && options.use_dns ? "yes" : "no";
  text.set("UseDNS", dns);
  // The domains belong to those servers. A NIC that had domains but no servers would send the
  // single-label names of one virtual network to the DNS servers of another.
  text.set("UseDomains", dns);
}

void add_dhcp(Text& text, const Nic& nic, const NetworkOptions& options) {
  text.section("DHCPv4");
  add_routing(text, nic, has_own_table(nic, nic.ipv4, options), options);
  text.set("SendHostname", "yes");
  text.set("ClientIdentifier", "mac");
  if (nic.primary()) {
    text.set("RequestOptions", 245);
    text.set("RoutesToDNS", "no");  // as in the default file
  }
  // DHCPv6 brings addresses but no routes. Router advertisements bring the routes, and start
  // DHCPv6.
  text.section("IPv6AcceptRA");
  add_routing(text, nic, has_own_table(nic, nic.ipv6, options), options);
  if (nic.primary() && options.use_dns) return;
  text.section("DHCPv6");
  text.set("UseDNS", "no");
  text.set("UseDomains", "no");
}

/// Adds the addresses that DHCP does not bring. They get no prefix route: it would be in the main
/// table, next to the one that DHCP brings for the same subnet.
void add_addresses(Text& text, const std::vector<const ListedAddress*>& addresses) {
  for (std::size_t i = 1; i < addresses.size(); ++i) {
    text.section("Address");
    text.set("Address", addresses[i]->text + "/" + std::to_string(addresses[i]->prefix));
    text.set("AddPrefixRoute", "no");
  }
}

/// Adds a rule for each address, by which packets from it leave through this NIC. So a reply takes
/// the path on which the request came.
void add_rules(Text& text, const Nic& nic, const std::vector<const ListedAddress*>& addresses,
               const NetworkOptions& options) {
  if (!has_own_table(nic, addresses, options)) return;
  for (const auto* address : addresses) {
    text.section("RoutingPolicyRule");
    text.set("From", address->text);
    text.set("Table", metric_of(nic.place));
    text.set("Priority", kRulePriority);
  }
}

std::string render(const Nic& nic, const NetworkOptions& options) {
  Text text;
  text.line(std::string(kHeader) +
            " for one NIC of this VM; rewritten when its settings change. See");
  text.line(
      "# [Network] in azl-provision.conf(5). A matching file whose name sorts first is used "
      "instead.");
  text.section("Match");
  text.set("MACAddress", to_string(nic.link->mac));
  // The MAC alone would match the VF too.
  text.set("Driver", driver_match(nic.link->driver));
  for (const auto& line : options.match) text.line(line);
  const bool optional = !nic.primary() && nic.ipv4.empty() && nic.ipv6.empty();
  if (options.mtu > 0 || optional) text.section("Link");
  if (options.mtu > 0) text.set("MTUBytes", options.mtu);
  // DHCP may never answer on this NIC, so no boot waits for it.
  if (optional) text.set("RequiredForOnline", "no");
  text.section("Network");
  text.set("DHCP", nic.ipv6.empty() ? "ipv4" : "yes");
  text.set("LinkLocalAddressing", "ipv6");
  add_dhcp(text, nic, options);
  add_addresses(text, nic.ipv4);
  add_addresses(text, nic.ipv6);
  add_rules(text, nic, nic.ipv4, options);
  add_rules(text, nic, nic.ipv6, options);
  return std::move(text).take();
}

/// Counts the addresses that DHCP does not bring.
std::size_t count_further_addresses(const Nic& nic) {
  return (nic.ipv4.empty() ? 0 : nic.ipv4.size() - 1) +
         (nic.ipv6.empty() ? 0 : nic.ipv6.size() - 1);
}

/// Describes what the primary needs and the default file does not give; "" if nothing. DHCPv6 is
/// not part of it: with the default file, a router advertisement starts it.
std::string describe_beyond_default(const Nic& nic, const NetworkOptions& options) {
  std::vector<std::string> words;
  if (count_further_addresses(nic) > 0)
    words.push_back(
        describe_count(count_further_addresses(nic), "further address", "further addresses"));
  if (!options.use_dns) words.emplace_back("no DNS from DHCP");
  if (options.mtu > 0) words.push_back("an MTU of " + std::to_string(options.mtu));
  return join(words, ", ");
}

std::string describe_file(const Nic& nic, const NetworkOptions& options) {
  if (nic.primary()) {
    return "the primary NIC needs more than the default file gives: " +
           describe_beyond_default(nic, options);
  }
  std::string why = "NIC " + std::to_string(nic.place + 1) + " of this VM: DHCP with metric " +
                    std::to_string(metric_of(nic.place)) + " and no DNS";
  if (count_further_addresses(nic) > 0)
    why +=
        ", " + describe_count(count_further_addresses(nic), "further address", "further addresses");
  if (has_own_table(nic, nic.ipv4, options) || has_own_table(nic, nic.ipv6, options)) {
    why += "; table " + std::to_string(metric_of(nic.place)) + " routes packets from its addresses";
  }
  return why;
}

}  // namespace

bool needs_network_file(const Nic& nic, const NetworkOptions& options) {
  return !nic.primary() || !describe_beyond_default(nic, options).empty();
}

NetworkFile render_network_file(const Nic& nic, const NetworkOptions& options) {
  const auto& mac = nic.link->mac;
  return {.mac = mac,
          .path = std::string(network_directory(options.files)) + "/" + network_file_name(mac),
          .content = render(nic, options),
          .why = describe_file(nic, options)};
}

std::string_view network_directory(NetworkOptions::Where where) {
  return where == NetworkOptions::Where::kRun ? "/run/systemd/network" : "/etc/systemd/network";
}

std::string network_file_name(const MacAddress& mac) {
  std::string digits = to_string(mac);
  std::erase(digits, ':');
  return std::string(kPrefix) + digits + std::string(kSuffix);
}

std::optional<MacAddress> mac_of_network_file(std::string_view name) {
  constexpr std::size_t kDigits = 12;
  if (!name.starts_with(kPrefix) || !name.ends_with(kSuffix) ||
      name.size() != kPrefix.size() + kDigits + kSuffix.size()) {
    return std::nullopt;
  }
  std::string digits(name.substr(kPrefix.size(), kDigits));
  for (std::size_t place = kDigits - 2; place > 0; place -= 2) digits.insert(place, ":");
  const auto mac = parse_mac(digits);
  // In any other spelling, for example with capital letters, it is not our file.
  return mac && network_file_name(*mac) == name ? mac : std::nullopt;
}

bool is_our_network_file(std::string_view content) { return content.starts_with(kHeader); }

}  // namespace azl::net
