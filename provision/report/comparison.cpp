#include "provision/report/comparison.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <tuple>
#include <utility>

namespace azl::provision {
namespace {

/// Stage, step, and which one of that name.
using Key = std::tuple<std::string, std::string, int>;
using Row = std::pair<Key, std::int64_t>;

bool has_time(StepOutcome outcome) {
  return outcome != StepOutcome::kSkipped && outcome != StepOutcome::kRunning;
}

/// Returns stages and steps with their times, each stage before its steps.
std::vector<Row> list_times(const BootRecords& boot) {
  std::vector<Row> rows;
  std::map<std::pair<std::string, std::string>, int> seen;
  const auto add = [&](const std::string& stage, const std::string& step, std::int64_t took) {
    const int before = seen[{stage, step}]++;
    rows.push_back({{stage, step, before}, std::max<std::int64_t>(took, 0)});
  };
  for (const auto& stage : boot.stages) {
    const auto name = std::string(to_string(stage.stage));
    if (stage.outcome != StageOutcome::kRunning) add(name, "", stage.took_us);
    for (const auto& step : stage.steps) {
      if (has_time(step.outcome)) add(name, step.name, step.took_us);
    }
  }
  return rows;
}

/// Returns the rows of both. A row that only `there` has follows the one that it follows there.
std::vector<Key> merge_keys(const std::vector<Row>& here, const std::vector<Row>& there) {
  std::map<Key, std::vector<Key>> followers;  // of each row of `here`
  for (const auto& row : here) followers[row.first] = {};
  std::vector<Key> keys;
  auto* behind = &keys;
  for (const auto& row : there) {
    const auto known = followers.find(row.first);
    if (known != followers.end())
      behind = &known->second;
    else
      behind->push_back(row.first);
  }
  for (const auto& row : here) {
    keys.push_back(row.first);
    const auto& more = followers[row.first];
    keys.insert(keys.end(), more.begin(), more.end());
  }
  return keys;
}

}  // namespace

Change decide_change(std::optional<std::int64_t> here, std::optional<std::int64_t> there) {
  if (!here || !there) return here ? Change::kAdded : there ? Change::kMissing : Change::kSame;
  const auto [low, high] = std::minmax({*here, *there});
  const auto less = std::max<std::int64_t>(low, 0);
  const auto more = std::max<std::int64_t>(high, 0);
  const auto ratio_reached = static_cast<double>(more) * 100 >=
                             static_cast<double>(less) * static_cast<double>(kNoticeablePercent);
  if (more - less < kNoticeableUs || !ratio_reached) return Change::kSame;
  return *here > *there ? Change::kSlower : Change::kFaster;
}

Comparison compare_boots(const BootRecords& here, const BootRecords& there) {
  const auto rows_here = list_times(here);
  const auto rows_there = list_times(there);
  const std::map<Key, std::int64_t> times_here(rows_here.begin(), rows_here.end());
  const std::map<Key, std::int64_t> times_there(rows_there.begin(), rows_there.end());
  const auto find = [](const auto& times, const Key& key) {
    const auto found = times.find(key);
    return found == times.end() ? std::nullopt : std::optional(found->second);
  };
  Comparison comparison{.here = here.boot_id, .there = there.boot_id, .steps = {}};
  for (const auto& key : merge_keys(rows_here, rows_there)) {
    ComparedStep step{.stage = std::get<0>(key),
                      .step = std::get<1>(key),
                      .here = find(times_here, key),
                      .there = find(times_there, key)};
    if (step.here && step.there) step.difference_us = *step.here - *step.there;
    step.change = decide_change(step.here, step.there);
    if (step.change == Change::kSlower) ++comparison.slower;
    comparison.steps.push_back(std::move(step));
  }
  return comparison;
}

}  // namespace azl::provision
