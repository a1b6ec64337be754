#include "provision/report/comparison_text.h"

#include <algorithm>
#include <cstddef>
#include <optional>

#include "base/count.h"
#include "provision/report/headline.h"
#include "provision/report/page.h"

namespace azl::provision {
namespace {

constexpr std::size_t kNameWidth = 24;
constexpr std::size_t kTimeWidth = 11;  // of "1234.56 s", and two blanks

std::string align_right(std::string text, std::size_t width) {
  text.insert(0, width - std::min(width, text.size()), ' ');
  return text;
}

std::string describe_time(std::optional<std::int64_t> micros) {
  return micros ? describe_duration(*micros) : "-";
}

Colour colour_of(Change change) {
  switch (change) {
    case Change::kSlower:
      return Colour::kWarning;
    case Change::kFaster:
      return Colour::kGood;
    case Change::kAdded:
    case Change::kMissing:
      return Colour::kDim;
    case Change::kSame:
      break;
  }
  return Colour::kPlain;
}

}  // namespace

std::string describe_change(const ComparedStep& step) {
  auto word = step.change == Change::kSame ? "" : std::string(to_string(step.change));
  if (!step.here || !step.there) return word;
  const auto difference = step.difference_us;
  const auto* sign = difference < 0 ? "-" : difference > 0 ? "+" : "";
  return sign + describe_duration(difference < 0 ? -difference : difference) +
         (word.empty() ? "" : " " + word);
}

std::string describe_comparison(const Comparison& comparison, const TextStyle& style) {
  Page page(style);
  page.add_paragraph("  Here   ", "boot " + comparison.here);
  page.add_paragraph("  There  ", "boot " + comparison.there);
  page.add_heading(describe_count(comparison.slower, "stage or step is", "stages and steps are") +
                   " slower");
  page.add_row("  " + page.column("", kNameWidth) + align_right("here", kTimeWidth) +
                   align_right("there", kTimeWidth),
               "", Colour::kPlain);
  for (const auto& step : comparison.steps) {
    const auto name = step.step.empty() ? "stage " + step.stage : "  " + step.step;
    page.add_row("  " + page.column(name, kNameWidth) +
                     align_right(describe_time(step.here), kTimeWidth) +
                     align_right(describe_time(step.there), kTimeWidth) + "  ",
                 describe_change(step), colour_of(step.change));
  }
  return page.text();
}

}  // namespace azl::provision
