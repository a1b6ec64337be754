#include "provision/custom_data/plan/disk_layout.h"

#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

#include "base/text.h"
#include "provision/custom_data/plan/map_reader.h"

namespace azl::provision::custom_data {
namespace {

/// A number, or text that Python takes for one. Digits behind the point are dropped.
std::optional<unsigned> read_percent(const YamlNode& node) {
  const bool is_scalar =
      node.kind == YamlKind::kInt || node.kind == YamlKind::kFloat || node.kind == YamlKind::kText;
  if (!is_scalar) return std::nullopt;
  const auto text = trim(node.text.reveal());
  unsigned percent = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), percent);
  const bool at_end = end == text.data() + text.size() || *end == '.';
  constexpr unsigned kWhole = 100;
  if (error != std::errc() || !at_end || percent == 0 || percent > kWhole) return std::nullopt;
  return percent;
}

/// Whether a type of sfdisk or sgdisk is that of swap.
bool is_swap_type(const YamlNode& type) {
  const auto word = lower(trim(type.text.reveal()));
  return word == "82" || word == "8200" || word == "swap" ||
         word == "0657fd6d-a4ab-43c4-84e5-0933c84b4f4f";
}

struct Partition {
  unsigned percent = 0;
  bool swap = false;
};

std::optional<Partition> read_partition(const YamlNode& node) {
  if (node.kind == YamlKind::kList && node.items.size() != 2) return std::nullopt;
  const bool typed = node.kind == YamlKind::kList;
  const auto percent = read_percent(typed ? node.items[0] : node);
  if (!percent) return std::nullopt;
  return Partition{.percent = *percent, .swap = typed && is_swap_type(node.items[1])};
}

DiskLayout read_list(const YamlNode& list) {
  const auto& items = list.items;
  if (items.empty()) return {};
  constexpr DiskLayout kOther{.kind = LayoutKind::kOther};
  if (items.size() > 2) return kOther;
  const auto first = read_partition(items.front());
  const auto last = read_partition(items.back());
  if (!first || !last || first->swap) return kOther;
  if (items.size() == 1) return {.kind = LayoutKind::kOne};
  constexpr unsigned kMostForSwap = 99;
  if (last->percent > kMostForSwap) return kOther;
  return {.kind = LayoutKind::kTwo, .second_percent = last->percent, .second_is_swap = last->swap};
}

}  // namespace

DiskLayout read_disk_layout(const YamlNode* layout) {
  if (layout == nullptr || layout->kind == YamlKind::kNull) return {};
  if (layout->kind == YamlKind::kList) return read_list(*layout);
  const auto flag = parse_flag(*layout);
  if (!flag) return {.kind = LayoutKind::kOther};
  return {.kind = *flag ? LayoutKind::kOne : LayoutKind::kNone};
}

}  // namespace azl::provision::custom_data
