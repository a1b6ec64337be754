// Which spans of a boot a picture has room for, and in which order.
#pragma once

#include <cstddef>
#include <vector>

#include "provision/report/timeline.h"

namespace azl::provision {

/// The rows of a picture, indices into Timeline::spans.
struct PictureRows {
  std::vector<std::size_t> rows = {};
  std::size_t left_out = 0;  ///< too short, or too many
};

/// Returns the rows of the whole boot: kernel, initrd, units, stages, and each step that failed or
/// took at least a hundredth of the boot. Of more than `most` rows, the longest stay. In the order
/// of their start, each span before those within it.
[[nodiscard]] PictureRows choose_boot_rows(const Timeline& timeline, std::size_t most);

/// Returns the rows of one stage: it, and its steps, programs and requests that failed or took at
/// least a millisecond. `stage` is an index into Timeline::spans.
[[nodiscard]] PictureRows choose_stage_rows(const Timeline& timeline, std::size_t stage,
                                            std::size_t most);

}  // namespace azl::provision
