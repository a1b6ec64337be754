// A boot as a picture: a bar for each span, on a common axis of time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "provision/report/critical_path.h"
#include "provision/report/timeline.h"

namespace azl::provision {

/// Where the names of the bars stand.
enum class PictureLayout {
  kWide,    ///< beside the bars; 960 pixels wide
  kNarrow,  ///< above the bars, for phones; 340 pixels wide
};

struct PictureOptions {
  std::string id;  ///< begins the ids of elements; letters, digits, "-"; of this picture alone
  std::string title;
  PictureLayout layout = PictureLayout::kWide;
  SpanTimes range;        ///< what the axis shows; its labels count from the start
  std::size_t depth = 0;  ///< that of the outermost spans of the picture
};

/// Draws the given spans, one row each, as an <svg> element for a page with picture_style(). Their
/// texts are cut to the space that they have, and each bar has a <title> with all of it. What is on
/// the critical path has an outline and stripes; a legend explains them and the colours. Pure.
[[nodiscard]] std::string draw_timeline(const Timeline& timeline, const CriticalPath& path,
                                        const std::vector<std::size_t>& rows,
                                        const PictureOptions& options);

/// Returns the CSS of pictures. Texts and bars have a contrast of at least 4.5:1 to the ground, on
/// a light ground and on a dark one, which the reader's system chooses.
[[nodiscard]] std::string_view picture_style();

/// Returns what the bar of a span says, such as "lease: step of main, 1.20 s, from 8.31 s to
/// 9.51 s, done, on the critical path". Times count from `zero`, in microseconds since the epoch.
[[nodiscard]] std::string describe_span(const Timeline& timeline, std::size_t span,
                                        std::int64_t zero, bool critical);

/// Returns 1, 2 or 5 times a power of ten, in microseconds: the least distance of marks of which
/// `range` has at most `most` + 1. Both are at least 1.
[[nodiscard]] std::int64_t choose_tick(std::int64_t range, std::int64_t most);
/// Returns the label of a mark: "20 ms", "1.5 s", on an axis with this distance of marks.
[[nodiscard]] std::string describe_tick(std::int64_t at, std::int64_t tick);

}  // namespace azl::provision
