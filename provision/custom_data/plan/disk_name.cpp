#include "provision/custom_data/plan/disk_name.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>
#include <utility>

namespace azl::provision::custom_data {
namespace {

using disk::DiskTarget;

constexpr int kMostLun = 63;
constexpr int kMostPartition = 128;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_small_letter(char c) { return c >= 'a' && c <= 'z'; }

bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

/// Takes a number off the start, as udev and the kernel write it: without leading zeros.
std::optional<int> take_number(std::string_view& text, int most) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const auto size = static_cast<std::size_t>(end - text.data());
  const bool plain = size > 0 && is_digit(text[0]) && (text[0] != '0' || size == 1);
  if (error != std::errc() || !plain || number > most) return std::nullopt;
  text.remove_prefix(size);
  return number;
}

/// Parses what follows the name of a disk: nothing, or `separator` and a number. Returns 0 for
/// nothing.
std::optional<unsigned> parse_partition(std::string_view text, std::string_view separator) {
  if (text.empty()) return 0;
  if (!take(text, separator)) return std::nullopt;
  const auto number = take_number(text, kMostPartition);
  if (!number || *number == 0 || !text.empty()) return std::nullopt;
  return static_cast<unsigned>(*number);
}

std::optional<DiskName> make_name(DiskTarget target, std::string_view disk, std::string_view rest,
                                  std::string_view separator) {
  const auto partition = parse_partition(rest, separator);
  if (!partition) return std::nullopt;
  return DiskName{.target = std::move(target), .disk = std::string(disk), .partition = *partition};
}

std::string_view before(std::string_view whole, std::string_view rest) {
  return whole.substr(0, whole.size() - rest.size());
}

std::optional<DiskName> parse_resource(std::string_view name) {
  constexpr std::string_view kLink = "/dev/disk/cloud/azure_resource";
  if (name == "ephemeral0" || name == "ephemeral") return DiskName{.disk = std::string(kLink)};
  for (const std::string_view link : {kLink, std::string_view("/dev/disk/azure/resource")}) {
    if (name.starts_with(link)) return make_name({}, link, name.substr(link.size()), "-part");
  }
  return std::nullopt;
}

std::optional<DiskName> parse_lun(std::string_view name) {
  auto rest = name;
  if (!take(rest, "/dev/disk/azure/scsi1/lun") && !take(rest, "/dev/disk/azure/data/by-lun/"))
    return std::nullopt;
  const auto lun = take_number(rest, kMostLun);
  if (!lun) return std::nullopt;
  return make_name({.kind = DiskTarget::Kind::kLun, .lun = *lun}, before(name, rest), rest,
                   "-part");
}

DiskTarget make_device(std::string_view path) {
  return {.kind = DiskTarget::Kind::kDevice, .device = std::string(path)};
}

std::optional<DiskName> parse_nvme(std::string_view name) {
  constexpr int kMostNumber = 9999;
  auto rest = name;
  if (!take(rest, "/dev/nvme") || !take_number(rest, kMostNumber) || !take(rest, "n") ||
      !take_number(rest, kMostNumber))
    return std::nullopt;
  const auto disk = before(name, rest);
  return make_name(make_device(disk), disk, rest, "p");
}

std::optional<DiskName> parse_letters(std::string_view name) {
  constexpr std::ptrdiff_t kMostLetters = 3;
  auto rest = name;
  take(rest, "/dev/");
  const auto node = rest;
  if (!take(rest, "sd") && !take(rest, "xvd") && !take(rest, "vd") && !take(rest, "hd"))
    return std::nullopt;
  const auto* const end = std::find_if_not(rest.begin(), rest.end(), is_small_letter);
  const auto letters = end - rest.begin();
  if (letters == 0 || letters > kMostLetters) return std::nullopt;
  rest.remove_prefix(static_cast<std::size_t>(letters));
  const auto disk = "/dev/" + std::string(before(node, rest));
  return make_name(make_device(disk), disk, rest, "");
}

std::optional<DiskName> parse_undotted(std::string_view name) {
  for (auto* const parse : {parse_resource, parse_lun, parse_nvme, parse_letters}) {
    if (auto parsed = parse(name)) return parsed;
  }
  return std::nullopt;
}

}  // namespace

DottedName split_dotted_name(std::string_view name) {
  const auto dot = name.rfind('.');
  if (dot == std::string_view::npos) return {.name = name, .suffix = {}};
  const auto suffix = name.substr(dot);
  const bool is_number =
      suffix.size() > 1 && std::all_of(suffix.begin() + 1, suffix.end(), is_digit);
  return is_number ? DottedName{.name = name.substr(0, dot), .suffix = suffix}
                   : DottedName{.name = name, .suffix = {}};
}

std::optional<DiskName> parse_disk_name(std::string_view name) {
  const auto [base, suffix] = split_dotted_name(name);
  auto parsed = parse_undotted(base);
  if (!parsed || suffix.empty()) return parsed;
  const auto partition = parse_partition(suffix, ".");
  if (!partition || parsed->partition != 0) return std::nullopt;
  parsed->partition = *partition;
  return parsed;
}

std::string make_device_path(const DiskName& name) {
  if (name.partition == 0) return name.disk;
  std::string_view separator;
  if (name.disk.starts_with("/dev/disk/")) {
    separator = "-part";
  } else if (is_digit(name.disk.back())) {
    separator = "p";
  }
  return name.disk + std::string(separator) + std::to_string(name.partition);
}

std::string describe_target(const DiskTarget& target) {
  switch (target.kind) {
    case DiskTarget::Kind::kResource:
      return "the resource disk";
    case DiskTarget::Kind::kLun:
      return "LUN " + std::to_string(target.lun);
    case DiskTarget::Kind::kDevice:
      return target.device;
  }
  std::unreachable();
}

}  // namespace azl::provision::custom_data
