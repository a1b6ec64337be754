#include "disk/disk_words.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>

#include "base/text.h"

namespace azl::disk {

bool is_label(std::string_view text) {
  constexpr std::size_t kMost = 12;
  return text.size() <= kMost && std::ranges::all_of(text, [](unsigned char c) {
           return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
         });
}

bool is_mount_point(std::string_view path) {
  // The system needs these before it mounts disks, or mounts them itself.
  constexpr std::array<std::string_view, 20> kTaken = {
      "/bin",  "/boot",    "/dev",     "/efi",       "/etc",
      "/home", "/lib",     "/lib64",   "/proc",      "/root",
      "/run",  "/sbin",    "/sys",     "/tmp",       "/usr",
      "/var",  "/var/lib", "/var/log", "/usr/local", "/var/lib/azl-provision"};
  if (std::ranges::find(kTaken, path) != kTaken.end()) return false;
  constexpr std::array<std::string_view, 12> kTrees = {
      "/bin/",  "/boot/", "/dev/",  "/etc/", "/lib/", "/lib64/",
      "/proc/", "/run/",  "/sbin/", "/sys/", "/usr/", "/var/lib/azl-provision/"};
  const auto is_below = [&](std::string_view tree) { return path.starts_with(tree); };
  if (std::ranges::any_of(kTrees, is_below) && !path.starts_with("/usr/local/")) return false;
  constexpr std::size_t kMost = 200;  // the name of its unit contains it, with systemd's escapes
  if (path.size() < 2 || path.size() > kMost || path.front() != '/' || path.back() == '/')
    return false;
  if (std::ranges::any_of(path, [](unsigned char c) { return c < 0x20 || c == 0x7F; }))
    return false;
  const auto parts = split(path.substr(1), '/');
  const auto slashes = static_cast<std::size_t>(std::ranges::count(path, '/'));
  return parts.size() == slashes &&
         std::ranges::none_of(parts, [](auto part) { return part == "." || part == ".."; });
}

bool are_mount_options(std::string_view text) {
  constexpr std::size_t kMost = 1024;
  return text.size() <= kMost && std::ranges::all_of(text, [](unsigned char c) {
           return c > 0x20 && c < 0x7F && c != '"' && c != '\\';
         });
}

}  // namespace azl::disk
