#include "provision/report/critical_path.h"

#include <algorithm>
#include <utility>

namespace azl::provision {
namespace {

/// Whether a login may have to wait for a stage.
bool may_hold_up(Stage stage) {
  switch (stage) {
    case Stage::kLocal:
    case Stage::kMain:
    case Stage::kCustomDataEarly:
    case Stage::kClose:
      return true;
    case Stage::kReport:
    case Stage::kLink:
    case Stage::kDisks:
    case Stage::kCustomData:
      break;
  }
  return false;
}

bool is_sshd(const Span& span) {
  return span.kind == SpanKind::kUnit &&
         (span.name == "ssh.service" || span.name == "sshd.service");
}

std::optional<std::size_t> find_goal(const BootRecords& boot, const Timeline& timeline) {
  std::optional<std::size_t> main;
  for (std::size_t i = 0; i < timeline.spans.size(); ++i) {
    const auto& span = timeline.spans[i];
    if (is_sshd(span)) return i;
    if (span.kind == SpanKind::kStage && boot.stages[span.stage].stage == Stage::kMain) main = i;
  }
  return main;
}

/// Follows the way back among the spans of one parent.
class Walk {
 public:
  Walk(const BootRecords& boot, const Timeline& timeline) : timeline_(timeline) {
    children_.resize(timeline.spans.size());
    for (std::size_t i = 0; i < timeline.spans.size(); ++i) {
      const auto& span = timeline.spans[i];
      if (span.parent)
        children_[*span.parent].push_back(i);
      else if (span.kind != SpanKind::kStage || may_hold_up(boot.stages[span.stage].stage))
        outermost_.push_back(i);
    }
  }

  [[nodiscard]] const std::vector<std::size_t>& outermost() const { return outermost_; }
  [[nodiscard]] const std::vector<std::size_t>& children(std::size_t span) const {
    return children_[span];
  }

  /// Returns the spans that end before `until`, each before the next one begins, latest first.
  [[nodiscard]] std::vector<std::size_t> back_from(std::int64_t until,
                                                   const std::vector<std::size_t>& among) const {
    std::vector<std::size_t> order;
    for (const auto each : among) {
      if (times(each).took() > 0) order.push_back(each);
    }
    std::ranges::stable_sort(order, [&](auto one, auto other) {
      const auto& a = times(one);
      const auto& b = times(other);
      return a.end != b.end ? a.end > b.end : a.took() > b.took();
    });
    std::vector<std::size_t> way;
    for (const auto each : order) {
      if (times(each).end > until) continue;
      way.push_back(each);
      until = times(each).start;
    }
    return way;
  }

 private:
  [[nodiscard]] const SpanTimes& times(std::size_t span) const {
    return timeline_.spans[span].times;
  }

  const Timeline& timeline_;
  std::vector<std::vector<std::size_t>> children_;
  std::vector<std::size_t> outermost_;
};

}  // namespace

bool CriticalPath::has(std::size_t span) const {
  return std::ranges::find(spans, span) != spans.end();
}

CriticalPath find_critical_path(const BootRecords& boot, const Timeline& timeline) {
  CriticalPath path{.goal = find_goal(boot, timeline)};
  if (!path.goal) return path;
  const Walk walk(boot, timeline);
  const auto& goal = timeline.spans[*path.goal].times;
  auto before = walk.back_from(goal.start, walk.outermost());
  before.insert(before.begin(), *path.goal);
  for (const auto each : before) path.covered_us += timeline.spans[each].times.took();
  path.waited_us = goal.end - timeline.whole.start - path.covered_us;
  // Children are added behind their parents, while the list grows.
  path.spans.assign(before.rbegin(), before.rend());
  for (std::size_t i = 0; i < path.spans.size(); ++i) {
    const auto span = path.spans[i];
    const auto inside = walk.back_from(timeline.spans[span].times.end, walk.children(span));
    path.spans.insert(path.spans.end(), inside.begin(), inside.end());
  }
  std::ranges::stable_sort(
      path.spans, {}, [&](auto span) { return std::pair(timeline.spans[span].times.start, span); });
  return path;
}

}  // namespace azl::provision
