// Whether the NIC of a VM would get a lease.
#include "base/text.h"
#include "provision/image/check/check_image.h"
#include "provision/image/check/network_file_effect.h"

namespace azl::provision {

void check_network(const ImageFacts& facts, CheckFindings& findings) {
  const auto& network = facts.network;
  if (!network.other_manager.empty()) return;
  const auto add = [&](std::string path, int line, std::string detail) {
    findings.push_back({.check = Check::kNoDhcp,
                        .path = std::move(path),
                        .line = line,
                        .detail = std::move(detail)});
  };
  if (!network.networkd) {
    add({}, 0, "neither systemd-networkd nor NetworkManager is enabled");
    return;
  }
  for (const auto& file : network.files) {
    if (file.masked) continue;
    const auto effect = judge_network_file(file.parts, network.has_link_rules);
    if (!effect.matches) continue;
    if (!effect.obstacle.empty())
      add(effect.line.path, effect.line.line,
          "systemd-networkd uses " + printable(file.name) + " for the NIC, and " + effect.obstacle);
    return;
  }
  for (const auto& file : network.files) {
    if (file.name != "99-azl-provision-default.network" || !file.masked) continue;
    add(file.parts.empty() ? std::string() : file.parts.front().path, 0,
        "99-azl-provision-default.network is masked, and no other .network file matches the NIC");
    return;
  }
  if (!network.has_link_rules) {
    add(network.link_rules_masked_by, 0,
        "80-azl-provision-link.rules is missing or masked, and no other .network file than that of "
        "azl-provision matches the NIC");
    return;
  }
  add({}, 0, "no .network file matches the NIC");
}

}  // namespace azl::provision
