#include "provision/custom_data/plan/ntp.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "base/text.h"
#include "provision/custom_data/plan/map_reader.h"

namespace azl::provision::custom_data {
namespace {

constexpr std::string_view kRule = "ntp";
constexpr std::size_t kMostNames = 100;
constexpr std::size_t kLongestName = 253;

/// Whether this can be a host name or an address.
bool is_host(std::string_view name) {
  return !name.empty() && name.size() <= kLongestName && !name.starts_with('-') &&
         std::ranges::all_of(name, [](char c) {
           return is_letter_or_digit(c) || std::string_view(".-_:").contains(c);
         });
}

/// Returns 32 for an IPv4 address, 128 for an IPv6 address, and 0 for anything else.
unsigned bits_of_address(std::string_view text) {
  // inet_pton would ignore what follows a NUL.
  if (text.contains('\0')) return 0;
  const std::string copy(text);
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  if (inet_pton(AF_INET, copy.c_str(), bytes.data()) == 1) return 32;
  return inet_pton(AF_INET6, copy.c_str(), bytes.data()) == 1 ? 128 : 0;
}

/// Whether this is "all", or an address with or without the length of a prefix. chronyd does not
/// start with another length, or with a name that it cannot look up at boot.
bool is_network(std::string_view text) {
  if (text == "all") return true;
  const auto slash = text.find('/');
  const auto bits = bits_of_address(text.substr(0, slash));
  if (bits == 0 || slash == std::string_view::npos) return bits != 0;
  const auto prefix = text.substr(slash + 1);
  unsigned length = 0;
  const auto [end, error] = std::from_chars(prefix.data(), prefix.data() + prefix.size(), length);
  return error == std::errc() && end == prefix.data() + prefix.size() && length <= bits;
}

/// The names below a key: one, or a list. What is no name gets a remark.
std::vector<std::string> read_hosts(const MapReader& reader, std::string_view key) {
  const auto* value = reader.find(key);
  if (value == nullptr) return {};
  const bool network = key == "allow";
  std::vector<std::string> names;
  const auto add = [&](const YamlNode& node) {
    const auto name = trim(node.text.reveal());
    if (node.kind != YamlKind::kText || !(network ? is_network(name) : is_host(name))) {
      reader.warn(
          node,
          "a value of '" + std::string(key) + "' is no " +
              (network ? "network" : "host name and no address") + "; it is left out",
          network ? "write an address and the length of its prefix, such as '10.0.0.0/8'" : "");
    } else if (names.size() == kMostNames) {
      reader.warn(node, "'" + std::string(key) + "' has more than " + std::to_string(kMostNames) +
                            " values; this one is left out");
    } else if (std::ranges::find(names, name) == names.end()) {
      names.emplace_back(name);
    }
  };
  if (value->kind == YamlKind::kList) {
    for (const auto& node : value->items) add(node);
  } else {
    add(*value);
  }
  return names;
}

/// Returns nullopt, with a remark, for a program that is not configured.
std::optional<TimeClient> read_client(const MapReader& reader) {
  const auto name = reader.read_text("ntp_client");
  if (name.empty() || name == "auto") return TimeClient::kAuto;
  if (name == "chrony") return TimeClient::kChrony;
  if (name == "systemd-timesyncd") return TimeClient::kTimesyncd;
  reader.out().remark(RemarkLevel::kError, kRule, reader.out().place_of(*reader.find("ntp_client")),
                      "ntp: the program of 'ntp_client' is not configured by azl-provision, so "
                      "that the clock stays as it is",
                      "write 'chrony' or 'systemd-timesyncd', or configure it with 'write_files'");
  return std::nullopt;
}

void add_to(const std::vector<std::string>& names, std::vector<std::string>& all) {
  all.insert(all.end(), names.begin(), names.end());
}

std::string describe(const SetTimeServers& servers) {
  std::vector<std::string> all;
  for (const auto* names : {&servers.servers, &servers.pools, &servers.peers}) add_to(*names, all);
  auto what = "set the clock from " + printable(join(all, ", "), 200);
  if (!servers.allow.empty())
    what += ", and let " + printable(join(servers.allow, ", "), 200) + " ask for the time";
  return what;
}

}  // namespace

void plan_ntp(const YamlMember& member, ModuleOutput& out) {
  const auto& value = member.value;
  if (value.kind != YamlKind::kMap) {
    const bool none = value.kind == YamlKind::kNull;
    out.remark(
        none ? RemarkLevel::kNote : RemarkLevel::kError, kRule, out.place_of(member),
        none ? "'ntp' has no servers; the clock is set from Azure's host"
             : describe_wrong_kind(member.name, value.kind, "a map") + "; the clock stays as it is",
        "write 'servers:' and their list below it");
    return;
  }
  constexpr auto kKeys = std::to_array<std::string_view>(
      {"allow", "config", "enabled", "ntp_client", "peers", "pools", "servers"});
  const MapReader reader(value, kRule, "ntp", out);
  reader.remark_unknown_keys("ntp", kKeys);
  if (!reader.read_flag("enabled").value_or(true)) return;
  if (const auto* config = reader.find("config"); config != nullptr)
    reader.warn(*config, "'config' is ignored",
                "write the configuration of the program with 'write_files'");
  const auto client = read_client(reader);
  if (!client) return;
  SetTimeServers servers{.client = *client,
                         .servers = read_hosts(reader, "servers"),
                         .pools = read_hosts(reader, "pools"),
                         .peers = read_hosts(reader, "peers"),
                         .allow = read_hosts(reader, "allow")};
  if (servers.servers.empty() && servers.pools.empty() && servers.peers.empty()) {
    out.remark(RemarkLevel::kNote, kRule, out.place_of(member),
               "'ntp' has no servers; the clock is set from Azure's host",
               "write 'servers:' and their list below it");
    return;
  }
  auto what = describe(servers);
  out.add({.id = "ntp",
           .place = out.place_of(member),
           .phase = ItemPhase::kFinal,
           .what = std::move(what),
           .action = std::move(servers)});
}

}  // namespace azl::provision::custom_data
