// Reads who configures the NICs, and how.
#include <array>
#include <cstddef>
#include <string_view>

#include "base/text.h"
#include "provision/image/check/layered_files.h"
#include "provision/image/check/read_image.h"

namespace azl::provision {
namespace {

constexpr std::array<std::string_view, 5> kNetworkDirectories = {
    "/etc/systemd/network", "/run/systemd/network", "/usr/local/lib/systemd/network",
    "/usr/lib/systemd/network", "/lib/systemd/network"};
constexpr std::array<std::string_view, 5> kRuleDirectories = {
    "/etc/udev/rules.d", "/run/udev/rules.d", "/usr/local/lib/udev/rules.d",
    "/usr/lib/udev/rules.d", "/lib/udev/rules.d"};

void read_files(const Root& root, NetworkFacts& network) {
  constexpr std::size_t kMostBytes = std::size_t{16} << 20;
  std::size_t bytes = 0;
  const auto read = [&](const std::string& path) {
    auto text = bytes < kMostBytes ? read_image_file(root, path) : std::string();
    bytes += text.size();
    return TextFile{.path = path, .text = std::move(text)};
  };
  for (const auto& file : list_layered_files(root, kNetworkDirectories, ".network")) {
    NetworkFileFacts facts = {.name = file.name, .masked = file.masked};
    facts.parts.push_back(read(file.path));
    std::vector<std::string> names;
    for (const auto directory : kNetworkDirectories)
      names.push_back(std::string(directory) + "/" + file.name + ".d");
    const std::vector<std::string_view> directories(names.begin(), names.end());
    for (const auto& drop_in : list_layered_files(root, directories, ".conf")) {
      if (!drop_in.masked) facts.parts.push_back(read(drop_in.path));
    }
    network.files.push_back(std::move(facts));
  }
}

bool is_interfaces_dhcp(const std::string& text) {
  return text.find("inet dhcp") != std::string::npos;
}

/// Whether ifupdown asks for a lease.
bool has_ifupdown_dhcp(const Root& root) {
  if (is_interfaces_dhcp(read_image_file(root, "/etc/network/interfaces"))) return true;
  constexpr std::array<std::string_view, 1> kDirectory = {"/etc/network/interfaces.d"};
  for (const auto& file : list_layered_files(root, kDirectory, "")) {
    if (is_interfaces_dhcp(read_image_file(root, file.path))) return true;
  }
  return false;
}

}  // namespace

void read_network_facts(const ImageSource& source, ImageFacts& facts) {
  const auto& root = source.root;
  auto& network = facts.network;
  const Presets presets(root);
  const auto enabled = [&](const std::string& unit) {
    return will_be_enabled(root, presets, facts.state.is_first_boot(), unit);
  };
  network.networkd = enabled("systemd-networkd.service");
  if (!network.networkd) {
    for (const std::string name : {"NetworkManager", "dhcpcd", "wicked", "connman"}) {
      if (network.other_manager.empty() && enabled(name + ".service")) network.other_manager = name;
    }
    if (network.other_manager.empty() && enabled("networking.service") && has_ifupdown_dhcp(root))
      network.other_manager = "ifupdown";
  }
  for (const auto& file : list_layered_files(root, kRuleDirectories, "-azl-provision-link.rules")) {
    network.has_link_rules = network.has_link_rules || !file.masked;
    if (file.masked) network.link_rules_masked_by = file.path;
  }
  read_files(root, network);
}

}  // namespace azl::provision
