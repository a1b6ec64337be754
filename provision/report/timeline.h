// A boot as spans of time: what ran from when to when, inside of what.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "provision/record/record.h"
#include "provision/report/system_times.h"

namespace azl::provision {

/// What a span is of.
enum class SpanKind {
  kKernel,
  kInitrd,
  kUnit,     ///< of systemd, not one of ours
  kStage,    ///< of this agent
  kStep,     ///< of a stage
  kProgram,  ///< that a step ran
  kRequest,  ///< to the platform
};
template <>
inline constexpr std::array<Spelling<SpanKind>, 7> kSpellings<SpanKind> = {
    {{SpanKind::kKernel, "kernel"},
     {SpanKind::kInitrd, "initrd"},
     {SpanKind::kUnit, "unit"},
     {SpanKind::kStage, "stage"},
     {SpanKind::kStep, "step"},
     {SpanKind::kProgram, "program"},
     {SpanKind::kRequest, "request"}}};

/// Microseconds since the epoch, 0 to the year 2112.
struct SpanTimes {
  std::int64_t start = 0;
  std::int64_t end = 0;  ///< at least `start`
  [[nodiscard]] std::int64_t took() const { return end - start; }
};

/// One row of a timeline.
struct Span {
  std::string name;
  SpanKind kind = SpanKind::kStage;
  SpanTimes times;
  /// The span that it lies within, an index into Timeline::spans; it comes before this one.
  std::optional<std::size_t> parent = {};
  std::string outcome = {};  ///< a word; of a request "200" or "no answer"; empty: it has none
  bool failed = false;
  bool estimated = false;  ///< its start is not recorded
  /// Its parent's and its own, such as "main/3/tool/0"; no two spans have the same.
  std::string place = {};
  /// Where its record is: BootRecords::stages, and steps, tools or attempts below it.
  std::size_t stage = 0;
  std::size_t step = 0;
  std::size_t item = 0;
};

/// All spans of a boot.
struct Timeline {
  /// When the kernel started, in microseconds since the epoch; nullopt for a tree.
  std::optional<std::int64_t> booted = {};
  /// Each span after its parent. Kernel, initrd and units come first, then the stages in the order
  /// in which they began.
  std::vector<Span> spans = {};
  /// From the kernel's start, or else the first span, to the last end. Both are 0 without spans.
  SpanTimes whole = {};
};

/// Makes the timeline of a boot. Pure.
///
/// All times are those of the last stage's clock, because the clock may be set during a boot. Each
/// span lies within its parent. A request lies in the step that ran when it was sent, or else in
/// its stage. Where a program began within its step is not recorded: those of a step follow each
/// other from its beginning, and are marked as estimated.
///
/// `system` is of the same boot; null, or a boot whose start is not known: there are no spans of
/// the kernel and of units. What is not known has no span.
[[nodiscard]] Timeline make_timeline(const BootRecords& boot, const SystemTimes* system = nullptr);

}  // namespace azl::provision
