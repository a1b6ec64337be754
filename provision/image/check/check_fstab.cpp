// Lines of /etc/fstab that stop or delay the boot of a VM without that disk.
#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "provision/image/check/check_image.h"

namespace azl::provision {
namespace {

struct Line {
  int number = 0;
  std::string what;
  std::string mount_point;
  std::string type;
  std::string options;

  [[nodiscard]] bool has_option(std::string_view option) const {
    return std::ranges::any_of(split(options, ','), [&](std::string_view each) {
      return each == option ||
             (each.starts_with(option) && each.substr(option.size()).starts_with('='));
    });
  }
};

std::vector<Line> parse(std::string_view text) {
  std::vector<Line> lines;
  int number = 0;
  for (const auto raw : split_lines(text)) {
    ++number;
    std::vector<std::string> fields;
    std::string spaced(trim(raw));
    std::ranges::replace(spaced, '\t', ' ');
    if (spaced.empty() || spaced.front() == '#') continue;
    for (const auto field : split(spaced, ' ')) fields.push_back(unescape_octal(field));
    if (fields.size() < 2) continue;
    fields.resize(std::max<std::size_t>(fields.size(), 4));
    lines.push_back({.number = number,
                     .what = fields[0],
                     .mount_point = fields[1],
                     .type = fields[2],
                     .options = fields[3]});
  }
  return lines;
}

bool is_kernel_name(std::string_view what) {
  constexpr std::array<std::string_view, 5> kPrefixes = {"/dev/sd", "/dev/nvme", "/dev/vd",
                                                         "/dev/xvd", "/dev/hd"};
  return std::ranges::any_of(kPrefixes, [&](auto prefix) { return what.starts_with(prefix); });
}

/// A disk that not every VM has.
bool is_azure_disk(std::string_view what) {
  return (what.starts_with("/dev/disk/azure/") && !what.starts_with("/dev/disk/azure/root") &&
          !what.starts_with("/dev/disk/azure/os")) ||
         what.starts_with("/dev/disk/cloud/");
}

/// Whether the line is about a block device. Others (tmpfs, nfs, bind mounts) do not stop a boot: a
/// share that cannot be mounted fails remote-fs.target, which the login does not need.
bool is_device(std::string_view what) {
  constexpr std::array<std::string_view, 5> kPrefixes = {
      "/dev/", "UUID=", "LABEL=", "PARTUUID=", "PARTLABEL="};
  return std::ranges::any_of(kPrefixes, [&](auto prefix) { return what.starts_with(prefix); });
}

/// Where the partitions of an OS disk are mounted.
bool is_system_directory(std::string_view mount_point) {
  if (mount_point == "/") return true;
  constexpr std::array<std::string_view, 9> kDirectories = {
      "/boot", "/efi", "/usr", "/var", "/home", "/opt", "/tmp", "/root", "/srv"};
  return std::ranges::any_of(kDirectories, [&](std::string_view each) {
    return mount_point == each ||
           (mount_point.starts_with(each) && mount_point.substr(each.size()).starts_with('/'));
  });
}

std::string why_missing(const Line& line) {
  if (is_kernel_name(line.what)) return "may be another disk on the next boot";
  if (is_azure_disk(line.what)) return "is a disk that not every VM size has";
  return is_system_directory(line.mount_point) ? std::string()
                                               : "may be missing on a VM of this image";
}

void check_swap(const Line& line, CheckFindings& findings) {
  const bool bad = is_kernel_name(line.what) || is_azure_disk(line.what);
  if (!bad || line.has_option("nofail") || line.has_option("noauto")) return;
  findings.push_back(
      {.check = Check::kFstabSwap,
       .path = "/etc/fstab",
       .line = line.number,
       .detail = "swap on " + printable(line.what) + ", which " + why_missing(line)});
}

}  // namespace

void check_fstab(const ImageFacts& facts, CheckFindings& findings) {
  for (const auto& line : parse(facts.boot.fstab)) {
    if (line.type == "swap") {
      check_swap(line, findings);
      continue;
    }
    // The initrd mounts the root by the kernel command line, not by this line.
    const bool harmless = line.mount_point == "/" || !is_device(line.what) ||
                          line.has_option("nofail") || line.has_option("noauto") ||
                          line.has_option("x-systemd.automount") || line.has_option("bind") ||
                          line.has_option("_netdev");
    if (harmless) continue;
    const auto why = why_missing(line);
    if (why.empty()) continue;
    findings.push_back({.check = Check::kFstabWithoutNofail,
                        .path = "/etc/fstab",
                        .line = line.number,
                        .detail = printable(line.mount_point) + " has no nofail, and " +
                                  printable(line.what) + " " + why});
  }
}

}  // namespace azl::provision
