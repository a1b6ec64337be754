// Two boots beside each other: what took longer than before.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "provision/record/record.h"

namespace azl::provision {

/// How a step's time differs from that of the other boot.
enum class Change {
  kSame,    ///< or by less than what two boots of one VM differ by
  kSlower,  ///< than on the other boot
  kFaster,
  kAdded,    ///< only this boot has it
  kMissing,  ///< only the other boot has it
};
template <>
inline constexpr std::array<Spelling<Change>, 5> kSpellings<Change> = {
    {{Change::kSame, "same"},
     {Change::kSlower, "slower"},
     {Change::kFaster, "faster"},
     {Change::kAdded, "only here"},
     {Change::kMissing, "only there"}}};

/// A step is slower, or faster, if both its difference and its ratio reach these. With nothing
/// changed, all steps of 15 first boots together took 34 to 62 ms, 43 ms in the median, without the
/// programs that they ran (docs/benchmarks.md): both thresholds are beyond that. The time of
/// ssh-keygen is chance, and passes any threshold now and then.
inline constexpr std::int64_t kNoticeableUs = 100'000;
inline constexpr std::int64_t kNoticeablePercent = 150;  ///< of the shorter time

/// A stage or one of its steps on both boots.
struct ComparedStep {
  std::string stage;
  std::string step;                        ///< empty: the whole stage
  std::optional<std::int64_t> here = {};   ///< microseconds; absent: this boot has no such step
  std::optional<std::int64_t> there = {};  ///< of the other boot
  std::int64_t difference_us = 0;          ///< here - there; 0 if one of them is absent
  Change change = Change::kSame;
};

struct Comparison {
  std::string here;  ///< boot ids
  std::string there;
  std::vector<ComparedStep> steps;  ///< each stage before its steps, in the order of this boot
  std::size_t slower = 0;           ///< number of steps and stages with Change::kSlower
};

/// Decides how a time differs from another one. Pure.
[[nodiscard]] Change decide_change(std::optional<std::int64_t> here,
                                   std::optional<std::int64_t> there);

/// Compares two boots. Steps are the same if stage and name are; of steps of the same name, the
/// first is compared with the first, and so on. A step that was skipped, or that still runs, counts
/// as one that a boot does not have, because its time says nothing. Pure.
[[nodiscard]] Comparison compare_boots(const BootRecords& here, const BootRecords& there);

}  // namespace azl::provision
