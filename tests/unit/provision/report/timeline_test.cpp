#include "provision/report/timeline.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/provision/report/timeline_samples.h"

namespace azl::provision {
namespace {

using namespace azl::test;

TEST_CASE("each stage, step, program and request is a span inside of its parent") {
  const auto timeline = make_timeline(usual_boot());
  struct Row {
    std::string place;
    SpanKind kind;
    std::int64_t start;  // after the kernel
    std::int64_t took;
    std::string outcome;
  };
  const std::vector<Row> rows = {
      {"local", SpanKind::kStage, 2'000'000, 50'000, "ready"},
      {"local/0", SpanKind::kStep, 2'001'000, 40'000, "done"},
      {"main", SpanKind::kStage, 3'000'000, 1'000'000, "failed"},
      {"main/0", SpanKind::kStep, 3'000'000, 600'000, "done"},
      {"main/1", SpanKind::kStep, 3'600'000, 300'000, "failed"},
      {"main/1/tool/0", SpanKind::kProgram, 3'600'000, 100'000, "done"},
      {"main/1/tool/1", SpanKind::kProgram, 3'700'000, 200'000, "failed"},  // cut to its step
      {"main/0/request/0", SpanKind::kRequest, 3'100'000, 20'000, "200"},
      {"main/request/1", SpanKind::kRequest, 3'950'000, 50'000, "no answer"},  // cut to its stage
  };
  REQUIRE(timeline.spans.size() == rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& span = timeline.spans[i];
    CAPTURE(span.place);
    CHECK(span.place == rows[i].place);
    CHECK(span.kind == rows[i].kind);
    CHECK(span.times.start - *timeline.booted == rows[i].start);
    CHECK(span.times.took() == rows[i].took);
    CHECK(span.outcome == rows[i].outcome);
    CHECK(span.failed == (rows[i].outcome == "failed" || rows[i].outcome == "no answer"));
    CHECK(span.estimated == (span.kind == SpanKind::kProgram));
    if (!span.parent) continue;
    CHECK(*span.parent < i);
    CHECK(timeline.spans[*span.parent].times.start <= span.times.start);
    CHECK(timeline.spans[*span.parent].times.end >= span.times.end);
  }
  CHECK(timeline.whole.start == *timeline.booted);
  CHECK(timeline.whole.took() == 4'000'000);
}

TEST_CASE("the kernel, the initrd and units stand where systemd says that they ran") {
  const SystemTimes system{
      .initrd = 500'000,
      .userspace = 1'000'000,
      .units = {{.unit = "ssh.service", .started = 4'100'000, .active = 4'300'000},
                {.unit = "never.service", .started = {}, .active = {}},
                {.unit = "failed.service", .started = 1'500'000, .active = {}},
                {.unit = "multi-user.target", .started = {}, .active = 5'000'000}}};
  const auto timeline = make_timeline(usual_boot(), &system);
  struct Row {
    std::string name;
    std::int64_t start;
    std::int64_t took;
  };
  const std::vector<Row> rows = {{"kernel", 0, 500'000},
                                 {"initrd", 500'000, 500'000},
                                 {"failed.service", 1'500'000, 0},
                                 {"ssh.service", 4'100'000, 200'000},
                                 {"multi-user.target", 5'000'000, 0}};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    CAPTURE(rows[i].name);
    CHECK(timeline.spans[i].name == rows[i].name);
    CHECK(timeline.spans[i].times.start - *timeline.booted == rows[i].start);
    CHECK(timeline.spans[i].times.took() == rows[i].took);
  }
  CHECK(timeline.spans[rows.size()].name == "local");
  CHECK(timeline.whole.took() == 5'000'000);
}

TEST_CASE("what is not known has no span") {
  const SystemTimes nothing;
  CHECK(make_timeline(usual_boot(), &nothing).spans.size() ==
        make_timeline(usual_boot()).spans.size());
  const SystemTimes no_initrd{.initrd = {}, .userspace = 7, .units = {}};
  CHECK(make_timeline(usual_boot(), &no_initrd).spans.front().times.took() == 7);
  CHECK(make_timeline(usual_boot(), &no_initrd).spans[1].kind == SpanKind::kStage);
  // A tree has no boot whose start systemd could count from.
  auto tree = boot_of("tree", {stage_record(Stage::kMain, StageOutcome::kReady)});
  const auto timeline = make_timeline(tree, &no_initrd);
  CHECK_FALSE(timeline.booted);
  CHECK(timeline.spans.size() == 1);
  CHECK(timeline.whole.took() == 0);
  CHECK(make_timeline(boot_of("empty", {})).spans.empty());
}

TEST_CASE("a second run of a stage has a place of its own") {
  const auto link = stage_record(Stage::kLink, StageOutcome::kReady);
  const auto timeline = make_timeline(boot_of("b", {link, link}));
  CHECK(timeline.spans[0].place == "link");
  CHECK(timeline.spans[1].place == "link-1");
}

TEST_CASE("times out of range stay in range") {
  auto stage = stage_record(Stage::kMain, StageOutcome::kReady);
  stage.since_boot_us = INT64_MAX;
  stage.took_us = INT64_MAX;
  stage.steps = {timed_step("a", INT64_MAX, INT64_MAX), timed_step("b", INT64_MIN, INT64_MIN)};
  const auto timeline = make_timeline(boot_of("b", {stage}));
  for (const auto& span : timeline.spans) {
    CHECK(span.times.start >= 0);
    CHECK(span.times.end <= std::int64_t{1} << 52);
    CHECK(span.times.took() >= 0);
  }
}

}  // namespace
}  // namespace azl::provision
