#include "tests/platform/fault.h"

#include <array>
#include <charconv>
#include <utility>

namespace azl::platform {
namespace {

constexpr std::array<std::pair<std::string_view, FaultAction>, 9> kActions = {{
    {"status", FaultAction::kStatus},
    {"delay", FaultAction::kDelay},
    {"hold", FaultAction::kHold},
    {"reset", FaultAction::kReset},
    {"close", FaultAction::kClose},
    {"hang", FaultAction::kHang},
    {"truncate", FaultAction::kTruncate},
    {"garbage", FaultAction::kGarbage},
    {"huge", FaultAction::kHuge},
}};

std::optional<unsigned> parse_number(std::string_view text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value == 0) return std::nullopt;
  return value;
}

}  // namespace

std::string_view name_of(FaultAction action) {
  for (const auto& [name, value] : kActions) {
    if (value == action) return name;
  }
  return "";
}

std::optional<FaultAction> parse_fault_action(std::string_view name) {
  for (const auto& [known, value] : kActions) {
    if (known == name) return value;
  }
  return std::nullopt;
}

std::string fault_action_names() {
  std::string names;
  for (const auto& [name, value] : kActions) {
    if (!names.empty()) names += ", ";
    names += name;
  }
  return names;
}

std::optional<RequestRange> parse_request_range(std::string_view text) {
  if (text == "all") return RequestRange{};
  const auto dash = text.find('-');
  const auto first = parse_number(text.substr(0, dash));
  if (!first) return std::nullopt;
  if (dash == std::string_view::npos) return RequestRange{*first, *first};
  if (dash + 1 == text.size()) return RequestRange{.first = *first};
  const auto last = parse_number(text.substr(dash + 1));
  if (!last || *last < *first) return std::nullopt;
  return RequestRange{*first, *last};
}

FaultPlan::FaultPlan(std::vector<Fault> faults) {
  for (Fault& fault : faults) entries_.push_back({std::move(fault)});
}

const Fault* FaultPlan::next(unsigned number, std::string_view target) {
  const Fault* found = nullptr;
  // Every entry counts the requests that it matches, even if an earlier entry is used for the
  // request. So the meaning of "nth" does not depend on the order of the entries.
  for (Entry& entry : entries_) {
    if (!target.starts_with(entry.fault.match)) continue;
    ++entry.matched;
    if (found == nullptr && entry.fault.request.contains(number) &&
        entry.fault.nth.contains(entry.matched)) {
      found = &entry.fault;
    }
  }
  return found;
}

}  // namespace azl::platform
