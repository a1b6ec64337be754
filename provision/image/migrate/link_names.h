// Keeps the names that cloud-init gives NICs on each boot.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace azl::provision {

/// A .link file of systemd.link(5).
struct LinkFile {
  std::string path;
  std::string content;
  bool operator==(const LinkFile&) const = default;
};

/// Returns the .link file that has udev give a NIC the name that cloud-init's .network file matches
/// it by: cloud-init itself renames the NIC before networkd sees it, and without it the file would
/// match nothing. Matches what that file matches but for the name. Returns nullopt if the file does
/// not match by one name and a MAC address. Pure.
// Source: _render_match() in cloudinit/net/networkd.py; apply_network_config_names() in
// cloudinit/distros.
[[nodiscard]] std::optional<LinkFile> name_keeping_link(std::string_view network_file);

}  // namespace azl::provision
