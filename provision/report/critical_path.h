// What a boot waited for until somebody could log in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "provision/report/timeline.h"

namespace azl::provision {

/// The way from the kernel's start to the goal.
struct CriticalPath {
  /// Indices into Timeline::spans, in the order of their start, each parent before its children.
  std::vector<std::size_t> spans = {};
  /// The span that ends the way: sshd's unit, or else the main stage. nullopt: there is neither.
  std::optional<std::size_t> goal = {};
  std::int64_t covered_us = 0;  ///< of the way's outermost spans
  std::int64_t waited_us = 0;   ///< between them: systemd and units that have no span

  [[nodiscard]] bool has(std::size_t span) const;
};

/// Finds the critical path. Pure.
///
/// It goes back in time from the end of the goal: what holds a span up is the span beside it that
/// ended last before it began; of several, the longest. Within a span of the way, the same is done
/// with its children. What ran beside the boot (disks, late NICs, final custom data, late reports)
/// holds nobody up. Spans that take no time are not on it, and a span of which the next one began
/// before its end is not either: nobody waited for it.
[[nodiscard]] CriticalPath find_critical_path(const BootRecords& boot, const Timeline& timeline);

}  // namespace azl::provision
