#include "provision/report/svg.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <regex>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/provision/report/timeline_samples.h"

namespace azl::provision {
namespace {

using namespace azl::test;

std::string draw(const BootRecords& boot, PictureLayout layout = PictureLayout::kWide) {
  const auto timeline = make_timeline(boot);
  std::vector<std::size_t> rows(timeline.spans.size());
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  return draw_timeline(timeline, find_critical_path(boot, timeline), rows,
                       {.id = "p", .title = "A boot", .layout = layout, .range = timeline.whole});
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

TEST_CASE("a picture names each bar, and says which lie on the critical path") {
  for (const auto layout : {PictureLayout::kWide, PictureLayout::kNarrow}) {
    const auto svg = draw(usual_boot(), layout);
    INFO(svg);
    CHECK(has(svg, "role=\"img\" aria-labelledby=\"p-title\""));
    CHECK(has(svg, "<title id=\"p-title\">A boot</title>"));
    CHECK(count(svg, "<g><title>") == 9);
    CHECK(has(svg,
              "<title>imds: step of main, 0.60 s, from 3.00 s to 3.60 s, done, on the "
              "critical path</title>"));
    CHECK(has(svg,
              "<title>chpasswd: program of user, 0.20 s, from 3.70 s to 3.90 s (its start is "
              "estimated), failed, on the critical path</title>"));
    CHECK(has(svg, ">critical path</text>"));
    CHECK(has(svg, ">0.20 s failed</text>"));
    // The legend, and each bar on the path, has stripes.
    CHECK(count(svg, "url(#p-stripes)") == 10);
    CHECK_FALSE(has(svg, ">kernel</text>"));
  }
}

TEST_CASE("a picture without a critical path has no legend for it") {
  const auto boot = boot_of("b", {timed_stage(Stage::kDisks, 5, 10)});
  const auto svg = draw(boot);
  CHECK_FALSE(has(svg, "critical"));
  CHECK_FALSE(has(svg, "stripes)"));
}

/// A text of a picture, with the space that it takes at most.
struct Box {
  double left;
  double right;
  double top;
  double bottom;
  std::string text;
};

/// Returns the texts of a picture. A character of a fixed font of 12 px is at most 7.3 px wide.
std::vector<Box> texts_of(const std::string& svg) {
  static const std::regex kText(
      "<text x=\"([0-9.-]+)\" y=\"([0-9.-]+)\"(?: class=\"([a-z]+)\")?>([^<]*)</text>");
  std::vector<Box> boxes;
  for (std::sregex_iterator it(svg.begin(), svg.end(), kText), end; it != end; ++it) {
    auto text = (*it)[4].str();
    text = std::regex_replace(text, std::regex("&[a-z#0-9]+;"), "&");
    double columns = 0;
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte < 0x80) columns += 1;
      if (byte >= 0xC0) columns += 1.7;
    }
    const auto width = columns * 7.3;
    const auto x = std::stod((*it)[1].str());
    const auto y = std::stod((*it)[2].str());
    const auto kind = (*it)[3].str();
    const auto left = kind == "axis" ? x - width / 2 : kind == "end" ? x - width : x;
    boxes.push_back({left, left + width, y - 10, y + 3, text});
  }
  return boxes;
}

void check_boxes(const std::string& svg, double width) {
  const auto boxes = texts_of(svg);
  REQUIRE(boxes.size() > 3);
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    const auto& one = boxes[i];
    CAPTURE(one.text);
    CHECK(one.left >= 0);
    CHECK(one.right <= width);
    for (std::size_t j = i + 1; j < boxes.size(); ++j) {
      const auto& other = boxes[j];
      const bool apart = one.right <= other.left || other.right <= one.left ||
                         one.bottom <= other.top || other.bottom <= one.top;
      CHECK_MESSAGE(apart, one.text, " and ", other.text);
    }
  }
}

TEST_CASE("no text of a picture overlaps another or is cut, however long names and times are") {
  // NOLINTNEXTLINE(misc-misleading-bidirectional): written as escapes
  const std::vector<std::string> names = {"lease", std::string(300, 'W'), "<&\"'>]]>\u202E\xFF",
                                          "\u6F22\u5B57\u6F22\u5B57\u6F22\u5B57\u6F22\u5B57"
                                          "\u6F22\u5B57\u6F22\u5B57\u6F22\u5B57\u6F22\u5B57"};
  for (const std::int64_t took : {1, 999, 1'000'000, 123'456'789}) {
    std::vector<StepRecord> steps;
    std::int64_t at = 0;
    for (const auto& name : names) {
      steps.push_back(timed_step(name, at, took, StepOutcome::kInterrupted));
      steps.back().tools = {{.program = "/x/" + name, .wall_us = took, .cpu_us = 0, .ok = false}};
      at += took;
    }
    const auto boot = boot_of("b", {timed_stage(Stage::kMain, 1'000, at, steps)});
    CAPTURE(took);
    check_boxes(draw(boot, PictureLayout::kWide), 960);
    check_boxes(draw(boot, PictureLayout::kNarrow), 340);
  }
}

TEST_CASE("marks stand at 1, 2 or 5 times a power of ten") {
  struct Row {
    std::int64_t range;
    std::int64_t most;
    std::int64_t tick;
    std::string label;  // of the third mark
  };
  const std::vector<Row> rows = {
      {1, 7, 1, "0.002 ms"},
      {7, 7, 1, "0.002 ms"},
      {15, 7, 2, "0.004 ms"},
      {1'000, 7, 200, "0.4 ms"},
      {39'000, 7, 5'000, "10 ms"},
      {600'000, 7, 100'000, "0.2 s"},
      {4'000'000, 7, 1'000'000, "2 s"},
      {41'000'000, 3, 20'000'000, "40 s"},
      {3'600'000'000, 7, 500'000'000, "1000 s"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.range);
    CHECK(choose_tick(row.range, row.most) == row.tick);
    CHECK(describe_tick(2 * row.tick, row.tick) == row.label);
  }
}

// Contrast as in "Web Content Accessibility Guidelines 2.2", relative luminance.

double luminance(const std::string& colour) {
  std::array<double, 3> parts{};
  for (std::size_t i = 0; i < 3; ++i) {
    const auto share = std::stoi(colour.substr(1 + 2 * i, 2), nullptr, 16) / 255.0;
    parts[i] = share <= 0.04045 ? share / 12.92 : std::pow((share + 0.055) / 1.055, 2.4);
  }
  return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
}

double contrast(const std::string& one, const std::string& other) {
  const auto [less, more] = std::minmax({luminance(one), luminance(other)});
  return (more + 0.05) / (less + 0.05);
}

TEST_CASE("each colour of a picture has a contrast of 4.5 to its ground, light and dark") {
  CHECK(contrast("#ffffff", "#000000") == doctest::Approx(21));
  const std::string style(picture_style());
  const auto dark = style.find("prefers-color-scheme: dark");
  REQUIRE(dark != std::string::npos);
  for (const auto& part : {style.substr(0, dark), style.substr(dark)}) {
    static const std::regex kColour("--([a-z]+): (#[0-9a-f]{6});");
    std::string ground;
    int colours = 0;
    for (std::sregex_iterator it(part.begin(), part.end(), kColour), end; it != end; ++it) {
      const auto name = (*it)[1].str();
      const auto colour = (*it)[2].str();
      CAPTURE(name);
      if (name == "ground") ground = colour;
      if (name == "ground" || name == "mark") continue;  // marks are decoration beside labels
      ++colours;
      CHECK(contrast(colour, ground) >= 4.5);
    }
    CHECK(colours == 9);
  }
}

}  // namespace
}  // namespace azl::provision
