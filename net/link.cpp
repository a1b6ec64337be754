#include "net/link.h"

#include <algorithm>
#include <cctype>
#include <climits>
#include <cstddef>
#include <utility>

#include "base/sysfs.h"

namespace azl::net {

namespace {

std::optional<int> read_index(const Root& root, const std::string& directory) {
  const auto index = read_number(root, directory + "/ifindex").value_or(0);
  return index > 0 && index <= INT_MAX ? std::optional(static_cast<int>(index)) : std::nullopt;
}

std::optional<Link> read_sysfs_link(const Root& root, const std::string& name) {
  constexpr std::uint64_t kUp = 0x1;
  constexpr std::uint64_t kSlave = 0x800;
  const std::string directory = "/sys/class/net/" + name;
  const auto index = read_index(root, directory);
  const auto type = read_number(root, directory + "/type");
  if (!index || !type) return std::nullopt;
  const auto flags = read_number(root, directory + "/flags").value_or(0);
  Link link{.index = *index, .name = name, .type = static_cast<int>(*type)};
  link.mac = parse_mac(read_attribute(root, directory + "/address")).value_or(MacAddress{});
  link.driver = read_link_name(root, directory + "/device/driver");
  if (root.link_target(directory + "/master"))
    link.master = read_index(root, directory + "/master");
  link.up = (flags & kUp) != 0;
  link.slave = (flags & kSlave) != 0;
  // Unlike the netlink flag, this attribute cannot be read while the link is down (EINVAL).
  link.carrier = read_attribute(root, directory + "/carrier") == "1";
  return link;
}

}  // namespace

const Link* find_link(std::span<const Link> links, int index) {
  const auto found = std::ranges::find(links, index, &Link::index);
  return found == links.end() ? nullptr : &*found;
}

bool is_driver_name(std::string_view name) {
  constexpr std::size_t kMost = 64;
  return !name.empty() && name.size() <= kMost && std::ranges::all_of(name, [](unsigned char c) {
    return c < 0x80 && (std::isalnum(c) != 0 || c == '-' || c == '_');
  });
}

bool is_link_name(std::string_view name) {
  constexpr std::size_t kMost = 15;  // IFNAMSIZ with its NUL is 16
  return !name.empty() && name.size() <= kMost && name != "." && name != ".." &&
         std::ranges::none_of(name, [](unsigned char c) {
           return c == '/' || c == ':' || c == '\0' || std::isspace(c) != 0;
         });
}

Result<std::vector<Link>> read_sysfs_links(const Root& root) {
  const auto names = OR_RETURN(root.list("/sys/class/net"), "listing the network links");
  std::vector<Link> links;
  for (const std::string& name : names) {
    // Not every name is a link: "bonding_masters" is a file.
    if (auto link = read_sysfs_link(root, name)) links.push_back(std::move(*link));
  }
  return links;
}

}  // namespace azl::net
