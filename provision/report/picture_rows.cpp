#include "provision/report/picture_rows.h"

#include <algorithm>
#include <cstdint>
#include <limits>

namespace azl::provision {
namespace {

/// The spans in the order of their start, each before those within it.
class Order {
 public:
  explicit Order(const Timeline& timeline) : timeline_(timeline), children_(timeline.spans.size()) {
    for (std::size_t i = 0; i < timeline.spans.size(); ++i) {
      const auto& parent = timeline.spans[i].parent;
      (parent ? children_[*parent] : outermost_).push_back(i);
    }
    sort(outermost_);
    for (auto& each : children_) sort(each);
  }

  [[nodiscard]] std::vector<std::size_t> all() const {
    std::vector<std::size_t> order;
    for (const auto each : outermost_) append(each, order);
    return order;
  }
  [[nodiscard]] std::vector<std::size_t> from(std::size_t span) const {
    std::vector<std::size_t> order;
    append(span, order);
    return order;
  }

 private:
  void sort(std::vector<std::size_t>& spans) const {
    std::ranges::stable_sort(spans, {}, [&](auto i) { return timeline_.spans[i].times.start; });
  }
  // A stage, a step, a program: three levels.
  void append(std::size_t span,
              std::vector<std::size_t>& order) const {  // NOLINT(misc-no-recursion)
    order.push_back(span);
    for (const auto each : children_[span]) append(each, order);
  }

  const Timeline& timeline_;
  std::vector<std::vector<std::size_t>> children_;
  std::vector<std::size_t> outermost_;
};

/// How much a span is worth a row: those without a parent first, then failures, then the longest.
std::int64_t weight_of(const Span& span) {
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  if (!span.parent) return kMost;
  return span.failed ? kMost - 1 : span.times.took();
}

/// Keeps the `most` weightiest rows, in their order.
void keep_most(const Timeline& timeline, PictureRows& choice, std::size_t most) {
  if (choice.rows.size() <= most) return;
  auto by_weight = choice.rows;
  std::ranges::stable_sort(by_weight, std::ranges::greater(),
                           [&](auto row) { return weight_of(timeline.spans[row]); });
  std::vector<bool> kept(timeline.spans.size());
  for (std::size_t i = 0; i < most; ++i) kept[by_weight[i]] = true;
  choice.left_out += choice.rows.size() - most;
  std::erase_if(choice.rows, [&](auto row) { return !kept[row]; });
}

}  // namespace

PictureRows choose_boot_rows(const Timeline& timeline, std::size_t most) {
  constexpr std::int64_t kShare = 100;
  PictureRows choice;
  for (const auto each : Order(timeline).all()) {
    const auto& span = timeline.spans[each];
    if (span.kind == SpanKind::kProgram || span.kind == SpanKind::kRequest) continue;
    const bool counts =
        !span.parent || span.failed || span.times.took() >= timeline.whole.took() / kShare;
    if (counts)
      choice.rows.push_back(each);
    else
      ++choice.left_out;
  }
  keep_most(timeline, choice, most);
  return choice;
}

PictureRows choose_stage_rows(const Timeline& timeline, std::size_t stage, std::size_t most) {
  constexpr std::int64_t kShortest = 1'000;  // a millisecond
  PictureRows choice;
  for (const auto each : Order(timeline).from(stage)) {
    const auto& span = timeline.spans[each];
    if (!span.parent || span.failed || span.times.took() >= kShortest)
      choice.rows.push_back(each);
    else
      ++choice.left_out;
  }
  keep_most(timeline, choice, most);
  return choice;
}

}  // namespace azl::provision
