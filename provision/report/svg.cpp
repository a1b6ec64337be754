#include "provision/report/svg.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "provision/report/headline.h"
#include "provision/report/markup.h"

namespace azl::provision {
namespace {

// All in pixels. A character of the fonts named in picture_style() is 7.2 wide at most.
constexpr double kCharacter = 7.5;
constexpr double kMargin = 8;
constexpr double kIndent = 14;
constexpr double kLine = 18;  // of the legend and the axis
constexpr double kBar = 11;
constexpr std::size_t kTimeColumns = 21;  // "1234.56 s interrupted"

struct Layout {
  double width;
  double bars;  ///< where they begin
  double bars_width;
  double row;      ///< height
  double bar_top;  ///< of a bar in its row
  bool narrow;
};
constexpr Layout kWide{
    .width = 960, .bars = 270, .bars_width = 510, .row = 20, .bar_top = 4, .narrow = false};
constexpr Layout kNarrow{
    .width = 340, .bars = 8, .bars_width = 324, .row = 34, .bar_top = 19, .narrow = true};

/// "12.5", without zeros at the end.
std::string number(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f", value);
  std::string digits = text.data();
  if (digits.ends_with(".0")) digits.resize(digits.size() - 2);
  return digits;
}

std::string attribute(std::string_view name, double value) {
  return " " + std::string(name) + "=\"" + number(value) + "\"";
}

std::string rectangle(double x, double y, double width, std::string_view rest) {
  return "<rect" + attribute("x", x) + attribute("y", y) + attribute("width", width) +
         attribute("height", kBar) + std::string(rest);
}

/// `text` is markup.
std::string text_at(double x, double y, std::string_view text, std::string_view rest = "") {
  return "<text" + attribute("x", x) + attribute("y", y) + std::string(rest) + ">" +
         std::string(text) + "</text>\n";
}

std::string class_of(const Span& span) {
  return span.failed ? "failed" : std::string(to_string(span.kind));
}

class Picture {
 public:
  Picture(const Timeline& timeline, const CriticalPath& path, const PictureOptions& options)
      : timeline_(timeline),
        path_(path),
        options_(options),
        layout_(options.layout == PictureLayout::kNarrow ? kNarrow : kWide) {}

  [[nodiscard]] std::string draw(const std::vector<std::size_t>& rows) {
    add_legend(rows);
    const auto top = y_ + kLine;
    add_rows(rows, top);
    const auto bottom = top + static_cast<double>(rows.size()) * layout_.row;
    const auto axis = draw_axis(top, bottom);
    const auto height = bottom + kLine + kMargin;
    const auto id = options_.id;
    std::string svg = R"(<svg class="boot" role="img" aria-labelledby=")" + id +
                      R"(-title" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 )" +
                      number(layout_.width) + " " + number(height) + "\"" +
                      attribute("width", layout_.width) + attribute("height", height) + ">\n";
    svg += "<title id=\"" + id + "-title\">" + to_markup(options_.title) + "</title>\n";
    svg += "<defs><pattern id=\"" + id +
           "-stripes\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" "
           "patternTransform=\"rotate(45)\"><line x1=\"0\" y1=\"0\" x2=\"0\" y2=\"6\" "
           "class=\"stripe\"/></pattern></defs>\n";
    return svg + axis + legend_ + rows_ + "</svg>\n";
  }

 private:
  struct LegendEntry {
    std::string_view look;
    std::string_view text;
    bool critical = false;
  };

  /// Adds what the colours mean, as far as the picture has them.
  void add_legend(const std::vector<std::size_t>& rows) {
    constexpr auto kEntries = std::to_array<LegendEntry>({{"kernel", "kernel"},
                                                          {"initrd", "initrd"},
                                                          {"unit", "unit of systemd"},
                                                          {"stage", "stage"},
                                                          {"step", "step"},
                                                          {"program", "program"},
                                                          {"request", "request"},
                                                          {"failed", "failed"},
                                                          {"stage", "critical path", true}});
    double x = kMargin;
    y_ = kMargin;
    for (const auto& entry : kEntries) {
      const bool shown = std::ranges::any_of(rows, [&](auto row) {
        return entry.critical ? path_.has(row) : class_of(timeline_.spans[row]) == entry.look;
      });
      if (!shown) continue;
      constexpr double kSwatch = 20;
      const auto width = kSwatch + 6 + static_cast<double>(entry.text.size()) * kCharacter;
      if (x + width > layout_.width - kMargin) {
        x = kMargin;
        y_ += kLine;
      }
      legend_ += draw_bar(x, y_ + 3, kSwatch, entry.look, entry.critical) + "\n";
      legend_ += text_at(x + kSwatch + 6, y_ + 13, entry.text);
      x += width + 14;
    }
    y_ += kLine + 4;
  }

  [[nodiscard]] std::string draw_bar(double x, double y, double width, std::string_view look,
                                     bool critical) const {
    auto bar = rectangle(x, y, width,
                         " class=\"" + std::string(look) + (critical ? " critical\"/>" : "\"/>"));
    if (critical) bar += rectangle(x, y, width, " fill=\"url(#" + options_.id + "-stripes)\"/>");
    return bar;
  }

  [[nodiscard]] double x_of(std::int64_t at) const {
    const auto& range = options_.range;
    const auto whole = std::max<std::int64_t>(range.took(), 1);
    const auto share = static_cast<double>(std::clamp(at, range.start, range.end) - range.start) /
                       static_cast<double>(whole);
    return layout_.bars + share * layout_.bars_width;
  }

  [[nodiscard]] std::string draw_axis(double top, double bottom) const {
    constexpr double kMarkWidth = 72;  // "1234.5 s" and room around it
    const auto range = std::max<std::int64_t>(options_.range.took(), 1);
    const auto tick =
        choose_tick(range, static_cast<std::int64_t>(layout_.bars_width / kMarkWidth));
    std::string axis;
    for (std::int64_t at = 0; at <= range; at += tick) {
      const auto x = x_of(options_.range.start + at);
      axis += "<line class=\"mark\"" + attribute("x1", x) + attribute("x2", x) +
              attribute("y1", top - 2) + attribute("y2", bottom + 2) + "/>\n";
      const auto label = describe_tick(at, tick);
      // The first and the last one stay inside of the picture.
      const auto half = static_cast<double>(count_columns(label)) * kCharacter / 2;
      const auto middle = std::clamp(x, half + 2, layout_.width - half - 2);
      for (const auto y : {top - 6, bottom + 14})
        axis += text_at(middle, y, label, " class=\"axis\"");
    }
    return axis;
  }

  void add_rows(const std::vector<std::size_t>& rows, double top) {
    for (const auto row : rows) {
      add_row(row, top);
      top += layout_.row;
    }
  }

  /// The width of a time and an outcome, on the right.
  [[nodiscard]] static std::string describe_end(const Span& span) {
    auto text = describe_duration(span.times.took());
    const bool usual = span.outcome.empty() || span.outcome == "done" || span.outcome == "ready";
    return cut_columns(usual ? text : text + " " + span.outcome, kTimeColumns);
  }

  void add_row(std::size_t row, double top) {
    constexpr double kThinnest = 3;
    const auto& span = timeline_.spans[row];
    const bool critical = path_.has(row);
    std::size_t depth = 0;
    for (auto each = span.parent; each; each = timeline_.spans[*each].parent) ++depth;
    depth -= std::min(depth, options_.depth);
    const auto left = kMargin + static_cast<double>(depth) * kIndent;
    const auto right = layout_.narrow ? layout_.width - kMargin - kTimeColumns * kCharacter
                                      : layout_.bars - kMargin;
    const auto name = cut_columns(span.name, static_cast<std::size_t>((right - left) / kCharacter));
    const auto begin =
        std::min(x_of(span.times.start), layout_.bars + layout_.bars_width - kThinnest);
    const auto width = std::max(x_of(span.times.end) - begin, kThinnest);
    const auto words = describe_span(timeline_, row, options_.range.start, critical);
    rows_ += "<g><title>" + to_markup(words) + "</title>\n";
    rows_ += text_at(left, top + 14, to_markup(name), critical ? " class=\"on\"" : "");
    rows_ += draw_bar(begin, top + layout_.bar_top, width, class_of(span), critical) + "\n";
    const auto end = to_markup(describe_end(span));
    rows_ += layout_.narrow
                 ? text_at(layout_.width - kMargin, top + 14, end, " class=\"end\"")
                 : text_at(layout_.bars + layout_.bars_width + kMargin + 4, top + 14, end);
    rows_ += "</g>\n";
  }

  const Timeline& timeline_;
  const CriticalPath& path_;
  const PictureOptions& options_;
  Layout layout_;
  double y_ = 0;
  std::string legend_;
  std::string rows_;
};

}  // namespace

std::string draw_timeline(const Timeline& timeline, const CriticalPath& path,
                          const std::vector<std::size_t>& rows, const PictureOptions& options) {
  return Picture(timeline, path, options).draw(rows);
}

std::string describe_span(const Timeline& timeline, std::size_t index, std::int64_t zero,
                          bool critical) {
  const auto& span = timeline.spans[index];
  std::string text = span.name + ": " + std::string(to_string(span.kind));
  if (span.parent) text += " of " + timeline.spans[*span.parent].name;
  const auto from = describe_duration(std::max<std::int64_t>(span.times.start - zero, 0));
  if (span.times.took() == 0) {
    text += ", at " + from;
  } else {
    text += ", " + describe_duration(span.times.took()) + ", from " + from + " to " +
            describe_duration(std::max<std::int64_t>(span.times.end - zero, 0));
  }
  if (span.estimated) text += " (its start is estimated)";
  if (!span.outcome.empty()) text += ", " + span.outcome;
  return critical ? text + ", on the critical path" : text;
}

std::int64_t choose_tick(std::int64_t range, std::int64_t most) {
  for (std::int64_t power = 1;; power *= 10) {
    for (const std::int64_t factor : {1, 2, 5}) {
      if (range / (factor * power) <= most) return factor * power;
    }
  }
}

std::string describe_tick(std::int64_t at, std::int64_t tick) {
  constexpr std::int64_t kSecond = 1'000'000;
  constexpr std::int64_t kMilli = 1'000;
  // Marks of a tenth of a second and more are in seconds.
  const bool seconds = tick >= kSecond / 10;
  const auto unit = seconds ? kSecond : kMilli;
  std::array<char, 48> text{};
  const int decimals = tick % unit == 0         ? 0
                       : tick * 10 % unit == 0  ? 1
                       : tick * 100 % unit == 0 ? 2
                                                : 3;
  std::snprintf(text.data(), text.size(), "%.*f %s", decimals,
                static_cast<double>(at) / static_cast<double>(unit), seconds ? "s" : "ms");
  return text.data();
}

std::string_view picture_style() {
  return R"(svg.boot {
  --ground: #ffffff; --ink: #1b1f24; --mark: #c9ced6;
  --kernel: #5b5f6b; --initrd: #6a4fa0; --unit: #7a5c00; --stage: #0b5cad; --step: #1a6b3c;
  --program: #a03c00; --request: #8a2a86; --failed: #b00020;
}
@media (prefers-color-scheme: dark) {
  svg.boot {
    --ground: #14171c; --ink: #e8eaed; --mark: #3d4450;
    --kernel: #a9adba; --initrd: #bba7ea; --unit: #d9b44a; --stage: #6cb2ff; --step: #6fcf97;
    --program: #ff9f6b; --request: #e08fdc; --failed: #ff8a8a;
  }
}
svg.boot { background: var(--ground); }
svg.boot text { font: 12px "DejaVu Sans Mono", "Liberation Mono", Menlo, Consolas, monospace;
  fill: var(--ink); paint-order: stroke; stroke: var(--ground); stroke-width: 3px; }
svg.boot .axis { text-anchor: middle; }
svg.boot .end { text-anchor: end; }
svg.boot .on { font-weight: bold; }
svg.boot .mark { stroke: var(--mark); stroke-width: 1; }
svg.boot .stripe { stroke: var(--ground); stroke-width: 4; stroke-opacity: 0.6; }
svg.boot .critical { stroke: var(--ink); stroke-width: 2; }
svg.boot .kernel { fill: var(--kernel); }
svg.boot .initrd { fill: var(--initrd); }
svg.boot .unit { fill: var(--unit); }
svg.boot .stage { fill: var(--stage); }
svg.boot .step { fill: var(--step); }
svg.boot .program { fill: var(--program); }
svg.boot .request { fill: var(--request); }
svg.boot .failed { fill: var(--failed); }
)";
}

}  // namespace azl::provision
