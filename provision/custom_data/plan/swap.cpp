#include "provision/custom_data/plan/swap.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <system_error>
#include <utility>

#include "base/text.h"
#include "provision/custom_data/plan/map_reader.h"

namespace azl::provision::custom_data {
namespace {

constexpr std::string_view kRule = "swap";
constexpr auto kKeys = std::to_array<std::string_view>({"filename", "maxsize", "size"});
constexpr std::uint64_t kMiB = 1ULL << 20U;
constexpr std::uint64_t kMostBytes = 1ULL << 50U;
constexpr std::string_view kSizeAdvice = "write 'size: 2G', or 'size: auto'";

struct SwapSize {
  bool is_auto = false;
  std::uint64_t bytes = 0;  ///< 0: none; else at least 1 MiB
};

/// Returns nullopt, with a remark, for what is no size. `by_default`: of a key that is not given.
std::optional<SwapSize> read_size(const MapReader& reader, std::string_view key,
                                  SwapSize by_default) {
  const auto* node = reader.find(key);
  if (node == nullptr) return by_default;
  const auto word = lower(trim(node->text.reveal()));
  if (word == "auto") return SwapSize{.is_auto = true};
  auto bytes = parse_swap_size(word);
  if (node->kind == YamlKind::kInt)
    bytes =
        node->integer < 0 ? std::nullopt : std::optional(static_cast<std::uint64_t>(node->integer));
  const bool is_off = node->kind == YamlKind::kBool && !node->boolean;
  if (is_off || bytes == 0U) return SwapSize{};
  if (bytes && *bytes >= kMiB && *bytes <= kMostBytes) return SwapSize{.bytes = *bytes};
  reader.refuse(*node, "'" + std::string(key) + "' is no size between 1 MiB and 1024 TiB",
                std::string(kSizeAdvice));
  return std::nullopt;
}

bool is_file_name(std::string_view path) {
  constexpr std::size_t kLongest = 1024;
  if (path.size() > kLongest || !path.starts_with('/') || path.ends_with('/')) return false;
  if (std::ranges::any_of(path, [](unsigned char c) { return c < 0x20 || c == 0x7F; }))
    return false;
  for (const std::string_view tree : {"/dev/", "/proc/", "/run/", "/sys/"}) {
    if (path.starts_with(tree)) return false;
  }
  const auto parts = split(path, '/');
  return parts.size() == static_cast<std::size_t>(std::ranges::count(path, '/')) &&
         std::ranges::none_of(parts, [](auto part) { return part == "." || part == ".."; });
}

std::optional<std::string> read_file_name(const MapReader& reader) {
  const auto* node = reader.find("filename");
  if (node == nullptr) return "/swap.img";
  const auto name = node->text.reveal();
  if (is_file_name(name)) return std::string(name);
  reader.refuse(*node,
                "'filename' is no plain absolute path, or is below /dev, /proc, /run or /sys",
                "write 'filename: /swap.img'");
  return std::nullopt;
}

/// Whether a file is on the resource disk: no directory of another mount comes below its own.
bool is_on_resource_disk(const std::string& file, const std::vector<MountedAt>& mounted,
                         WishedDisks& disks) {
  const auto* wish = disks.find({});
  auto points = mounted;
  const bool has_point = wish != nullptr && (!wish->use || !wish->mount_point.empty());
  if (!has_point) points.push_back({.path = "/mnt", .is_resource = true});
  const MountedAt* deepest = nullptr;
  for (const auto& point : points) {
    const bool is_longer = deepest == nullptr || point.path.size() > deepest->path.size();
    if (is_longer && file.starts_with(point.path + "/")) deepest = &point;
  }
  return deepest != nullptr && deepest->is_resource;
}

void plan_on_resource_disk(const MapReader& reader, const SwapSize& size, WishedDisks& disks) {
  if (size.is_auto)
    return reader.refuse(*reader.find("size"), "on the resource disk it needs a size",
                         "write 'size: 2G'");
  disks.resource_disk().swap_file = size.bytes;
  reader.out().remark(RemarkLevel::kNote, kRule, reader.out().place_of(reader.map()),
                      "the swap file is on the resource disk: it gets a name of azl-provision's "
                      "own, and is made again when the disk comes back blank");
}

std::string describe(const MakeSwapFile& swap) {
  const auto in_mib = [](std::uint64_t size) { return std::to_string(size / kMiB) + " MiB"; };
  std::string size = swap.size > 0 ? in_mib(swap.size) : "by the size of the memory";
  if (swap.max_size > 0) size += ", at most " + in_mib(swap.max_size);
  return "make a swap file " + printable(swap.path) + " (" + size + ")";
}

}  // namespace

std::optional<std::uint64_t> parse_swap_size(std::string_view text) {
  constexpr std::string_view kUnits = "kmgt";
  constexpr unsigned kBitsOfUnit = 10;
  auto word = lower(trim(text));
  if (word.ends_with('b')) word.pop_back();
  unsigned bits = 0;
  if (const auto unit = word.empty() ? std::string::npos : kUnits.find(word.back());
      unit != std::string::npos) {
    bits = kBitsOfUnit * (static_cast<unsigned>(unit) + 1);
    word.pop_back();
  }
  double number = 0;
  const auto [end, error] =
      std::from_chars(word.data(), word.data() + word.size(), number, std::chars_format::fixed);
  if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
  const double bytes = number * static_cast<double>(1ULL << bits);
  // Written so that a NaN fails.
  const bool in_range = bytes >= 0 && bytes <= static_cast<double>(kMostBytes);
  return in_range ? std::optional(static_cast<std::uint64_t>(bytes)) : std::nullopt;
}

void plan_swap(const YamlMember& member, const std::vector<MountedAt>& mounted, WishedDisks& disks,
               ModuleOutput& out) {
  const auto& value = member.value;
  if (value.kind == YamlKind::kNull)
    return out.remark(RemarkLevel::kWarning, "no-value", out.place_of(member),
                      "'swap' says nothing");
  if (value.kind == YamlKind::kBool && !value.boolean) return;
  if (value.kind != YamlKind::kMap)
    return out.remark(
        RemarkLevel::kError, kRule, out.place_of(member),
        describe_wrong_kind(member.name, value.kind, "a map") + ", so that no swap file is made",
        "write 'size: 2G' below it");
  const MapReader reader(value, kRule, "the swap file", out);
  reader.remark_unknown_keys("swap", kKeys);
  const auto size = read_size(reader, "size", {});
  const auto max_size = read_size(reader, "maxsize", {.is_auto = true});
  const auto path = read_file_name(reader);
  if (!size || !max_size || !path) return;
  if (!size->is_auto && size->bytes == 0)
    return out.remark(RemarkLevel::kNote, "no-effect", out.place_of(member),
                      "no swap file is made, because 'swap' gives no 'size', or 0",
                      std::string(kSizeAdvice));
  if (is_on_resource_disk(*path, mounted, disks))
    return plan_on_resource_disk(reader, *size, disks);
  MakeSwapFile swap{
      .path = *path, .size = size->bytes, .max_size = size->is_auto ? max_size->bytes : 0};
  Item item{.id = "swap",
            .place = out.place_of(member),
            .phase = ItemPhase::kEarly,
            .what = describe(swap)};
  item.action = std::move(swap);
  out.add(std::move(item));
}

}  // namespace azl::provision::custom_data
