#include "imds/api_version.h"

#include <algorithm>
#include <array>

namespace azl::imds {
namespace {

/// From the documents of Azure's IMDS. The list need not be complete, because IMDS offers versions.
constexpr auto kVersions = std::to_array<std::string_view>(
    {"2025-04-07", "2024-07-17", "2023-11-15", "2021-12-13", "2021-11-15", "2021-11-01",
     "2021-10-01", "2021-08-01", "2021-05-01", "2021-03-01", "2021-02-01", "2021-01-01",
     "2020-12-01", "2020-10-01", "2020-09-01", "2020-07-15", "2020-06-01", "2019-11-01",
     "2019-08-15", "2019-08-01", "2019-06-04", "2019-06-01"});

bool contains(const auto& list, std::string_view what) {
  return std::ranges::find(list, what) != std::ranges::end(list);
}

/// Returns the newest of `offered` that `accepted` takes. Dates of the form 2025-04-07 compare as
/// text.
std::optional<std::string> find_newest(const std::vector<std::string>& offered,
                                       const auto& accepted) {
  std::optional<std::string> best;
  for (const std::string& version : offered) {
    if (accepted(version) && (!best || version > *best)) best = version;
  }
  return best;
}

/// Returns the version to try if IMDS offered none.
std::optional<std::string> blind_step(const std::vector<std::string>& tried) {
  if (tried.size() > kBlindSteps) return {};
  const auto older = std::ranges::find_if(kVersions, [&](std::string_view version) {
    return !contains(tried, version) && (tried.empty() || version < tried.back());
  });
  if (older == kVersions.end()) return {};
  return std::string(tried.size() == kBlindSteps ? kVersions.back() : *older);
}

}  // namespace

std::span<const std::string_view> known_versions() { return kVersions; }

std::optional<std::string> next_version(const std::vector<std::string>& tried,
                                        const std::vector<std::string>& offered) {
  if (tried.size() >= kMaxVersions) return {};
  if (offered.empty()) return blind_step(tried);
  const auto untried = [&](std::string_view version) { return !contains(tried, version); };
  auto known = find_newest(offered, [&](const std::string& version) {
    return untried(version) && contains(kVersions, version);
  });
  if (known) return known;
  return find_newest(offered, [&](const std::string& version) {
    return untried(version) && version >= kVersions.back();
  });
}

}  // namespace azl::imds
