#include "provision/image/migrate/link_names.h"

#include <cstddef>

#include "base/text.h"

namespace azl::provision {
namespace {

/// A name that the kernel accepts, and no pattern of several names.
bool is_link_name(std::string_view name) {
  constexpr std::string_view kCharacters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
  constexpr std::size_t kLongest = 15;  // IFNAMSIZ without the zero at the end
  return !name.empty() && name.size() <= kLongest &&
         name.find_first_not_of(kCharacters) == std::string_view::npos;
}

}  // namespace

std::optional<LinkFile> name_keeping_link(std::string_view network_file) {
  bool in_match = false;
  std::string name;
  std::string match;
  bool has_mac = false;
  for (const auto raw : split_lines(network_file)) {
    const auto line = trim(raw);
    if (line.starts_with('[')) {
      in_match = line == "[Match]";
      continue;
    }
    if (!in_match || line.empty() || line.starts_with('#') || line.starts_with(';')) continue;
    if (line.starts_with("Name=")) {
      name = trim(line.substr(5));
      continue;
    }
    has_mac = has_mac || line.starts_with("MACAddress=");
    match += std::string(line) + "\n";
  }
  if (!has_mac || !is_link_name(name)) return std::nullopt;
  return LinkFile{.path = "/etc/systemd/network/50-azl-provision-" + name + ".link",
                  .content =
                      "# Written by azl-provision: cloud-init gave this NIC its name on each "
                      "boot.\n[Match]\n" +
                      match + "[Link]\nName=" + name + "\n"};
}

}  // namespace azl::provision
