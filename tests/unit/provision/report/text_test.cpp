#include "provision/report/text.h"

#include <algorithm>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "base/text.h"
#include "tests/unit/provision/report/report_samples.h"

using namespace azl::provision;
using namespace azl::test;

namespace {

using Words = std::vector<std::string>;

StageRecord main_stage(StageOutcome outcome) {
  StageRecord record;
  record.agent = "azl-provision/0.1.0";
  record.stage = Stage::kMain;
  record.boot_id = "now";
  record.vm_id = kVm;
  record.root = "/";
  record.started = "2026-01-02T03:04:05.678901+00:00";
  record.since_boot_us = 4'560'000;
  record.took_us = 2'000'000;
  record.outcome = outcome;
  record.course = "provision";
  record.hostname = "web-1";
  record.steps = {
      step_record("media", StepOutcome::kSkipped, "there is no provisioning media"),
      step_record("lease", StepOutcome::kDone,
                  "eth0 (00:0d:3a:01:02:03) is the primary: it has a DHCP route to IMDS", 0,
                  1'000'000),
      step_record("user", StepOutcome::kDone,
                  "created 'ann' (IMDS osProfile.adminUsername), uid 1000, in wheel", 1'000'000,
                  999'999)};
  record.steps[2].tools = {{.program = "useradd", .wall_us = 12'300, .cpu_us = 1, .ok = false}};
  record.attempts = {{"IMDS", "GET /metadata/instance?api-version=2025-04-07",
                      "2026-01-02T03:04:06.123456+00:00", 5'000, 503, "503 Service Unavailable"},
                     {"WireServer", "POST /provisioning/health", "2026-01-02T03:04:07.000001+00:00",
                      7'000, 201, "ok"}};
  record.links = {
      {"enP30832s1f0np0", "00:0d:3a:01:02:03", "mlx5_core", "vf", "it shares its MAC", false, {}},
      {"eth0", "00:0d:3a:01:02:03", "hv_netvsc", "synthetic", "hv_netvsc", true, {"10.0.0.4/24"}}};
  record.links[1].acceleration = {.accelerated = true,
                                  .vf = "enP30832s1f0np0",
                                  .driver = "mlx5_core",
                                  .pci = "7870:00:02.0",
                                  .enslaved = true,
                                  .received = 120,
                                  .sent = 98,
                                  .why = "accelerated by enP30832s1f0np0"};
  record.user = {"ann", {"wheel", "adm"}, "locked", {{"ssh-ed25519", kPrint1, "x"}}};
  record.host_keys = {{"ed25519", kPrint2, "made"}};
  record.told = {{"KVP", "Ready", "pool 1", "2026-01-02T03:04:07+00:00", true, ""},
                 {"health", "NotReady", "", "2026-01-02T03:04:08+00:00", false, "the user's name"}};
  return record;
}

ReportInputs inputs_with(const StageRecord& stage) {
  return azl::test::inputs_with({boot_of("now", {stage})});
}

std::string text_of(const ReportInputs& inputs, int width = 80, bool colour = false) {
  const auto choice = choose_boot(inputs, "0");
  REQUIRE(choice);
  return to_text(inputs, *choice, {.width = width, .colour = colour});
}

Words lines(std::string_view text) {
  Words result;
  while (!text.empty()) {
    const auto end = text.find('\n');
    REQUIRE(end != std::string_view::npos);  // every line ends with a newline
    result.emplace_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  return result;
}

std::string without_colour(std::string text) {
  for (auto at = text.find("\x1b["); at != std::string::npos; at = text.find("\x1b["))
    text.erase(at, text.find('m', at) + 1 - at);
  return text;
}

FindingRecord finding(Severity severity, const std::string& step, const Words& chain) {
  return {
      .severity = severity, .step = step, .reason = "user", .chain = chain, .advice = "Try again"};
}

bool holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

/// Checks that no line is wider than the page. A line with a single word may be.
void check_width(const std::string& text, std::size_t width) {
  for (const auto& line : lines(text)) {
    if (line.size() <= width) continue;
    CAPTURE(line);
    CHECK(azl::split(line, ' ').size() == 1);
  }
}

/// A record in which every text is `word`.
StageRecord hostile(const std::string& word) {
  auto record = main_stage(StageOutcome::kFailed);
  record.agent = record.vm_id = record.root = record.started = record.course = word;
  record.hostname = word;
  for (auto& step : record.steps) step.name = step.why = word;
  for (auto& tool : record.steps[2].tools) tool.program = word;
  for (auto& a : record.attempts) a.endpoint = a.request = a.at = a.outcome = word;
  for (auto& l : record.links) {
    l.name = l.mac = l.driver = l.role = l.why = word;
    l.addresses = {word};
    l.acceleration.vf = l.acceleration.driver = l.acceleration.pci = l.acceleration.why = word;
  }
  record.user = {word, {word}, word, {{word, word, word}}};
  record.host_keys = {{word, word, word}};
  for (auto& t : record.told) t.channel = t.what = t.how = t.at = t.description = word;
  record.findings = {finding(Severity::kFatal, word, {word, word}),
                     finding(Severity::kDegraded, word, {word}),
                     finding(Severity::kNote, word, {word})};
  for (auto& each : record.findings) each.advice = word;
  return record;
}

}  // namespace

TEST_CASE("the first line is the outcome") {
  const auto first = [](const StageRecord& stage) { return lines(text_of(inputs_with(stage)))[0]; };
  CHECK(first(main_stage(StageOutcome::kReady)) == "READY: this VM is provisioned.");
  auto stage = main_stage(StageOutcome::kDegraded);
  stage.findings = {finding(Severity::kDegraded, "user", {"a"}),
                    finding(Severity::kNote, "user", {"b"})};
  CHECK(first(stage) == "READY WITH 1 WARNING: this VM is provisioned.");
  stage.findings.push_back(finding(Severity::kDegraded, "sudo", {"c"}));
  CHECK(first(stage) == "READY WITH 2 WARNINGS: this VM is provisioned.");
  stage.findings.push_back(finding(Severity::kFatal, "user", {"d"}));
  CHECK(first(stage) == "FAILED at step \"user\": this VM is not provisioned.");
  stage = main_stage(StageOutcome::kReady);
  stage.course = "adopted";
  CHECK(first(stage) ==
        "READY: this VM is provisioned (by another agent, whose work was adopted).");
  stage.course = "specialized";
  CHECK(first(stage) ==
        "READY: this VM is provisioned (a specialized image or a restored disk: its");
  stage = main_stage(StageOutcome::kRunning);
  CHECK(first(stage) == "IN PROGRESS: stage main, step \"user\"");
  stage.outcome = StageOutcome::kInterrupted;
  CHECK(first(stage) == "INTERRUPTED: stage main, step \"user\"");
  stage.outcome = StageOutcome::kRunning;
  stage.steps.clear();
  CHECK(first(stage) == "IN PROGRESS: stage main");
  stage = main_stage(StageOutcome::kReady);
  stage.stage = Stage::kLocal;
  CHECK(first(stage) == "IN PROGRESS: the main stage has not started yet.");

  ReportInputs none;
  none.here.why_not = "nothing to do: it's no VM of Azure's";
  CHECK(text_of(none) == "NOT RUN HERE: nothing to do: it's no VM of Azure's\n");
  none.here.acts = true;
  CHECK(text_of(none) == "NO RECORD: azl-provision has not provisioned this VM\n");
  none.vm_id = none.state.vm_id = kVm;
  none.state.provisioned = Provisioned{.at = "T", .by = "azl-provision", .boot_id = "gone"};
  CHECK(text_of(none) == "NOTHING TO DO ON THIS BOOT: provisioned at T by azl-provision\n");
}

TEST_CASE("a running stage shows the time of its step, what it waits for and the last error") {
  auto stage = main_stage(StageOutcome::kRunning);
  stage.began_us = 1'000'000;
  stage.steps = {step_record("imds", StepOutcome::kRunning, "", 2'000'000)};
  stage.steps[0].waits_for = "an answer from 169.254.169.254 port 80";
  stage.steps[0].waits_until_us = 303'000'000;
  stage.steps[0].last_error = "GET /metadata/instance: 503 Service Unavailable";
  auto inputs = inputs_with(stage);
  inputs.here.now_us = 15'000'000;
  const auto text = lines(text_of(inputs));
  REQUIRE(text.size() > 3);
  CHECK(text[0] == "IN PROGRESS: stage main, step \"imds\", for 12 s");
  CHECK(text[1] == "  Waits for:  an answer from 169.254.169.254 port 80, at most 288 s more");
  CHECK(text[2] == "  Last error: GET /metadata/instance: 503 Service Unavailable");
}

TEST_CASE("a full disk is named in the first line, also without a record") {
  auto stage = main_stage(StageOutcome::kFailed);
  stage.findings = {finding(Severity::kFatal, "user", {"a"})};
  stage.findings[0].reason = "disk-full";
  CHECK(lines(text_of(inputs_with(stage)))[0] ==
        "FAILED: disk full, at step \"user\": this VM is not provisioned.");
  auto inputs = azl::test::inputs_with({});
  inputs.main_unrecorded = true;
  inputs.full = "/run";
  const auto text = lines(text_of(inputs));
  REQUIRE(text.size() > 3);
  CHECK(text[0] == "FAILED: disk full: this VM is not provisioned.");
  CHECK(text[2] == "  Why:  there is no record of the main stage, because /run has no space");
  CHECK(holds(text_of(inputs), "  Do:   Free space"));
}

TEST_CASE("a failure's causes and advice come right after the outcome") {
  auto stage = main_stage(StageOutcome::kFailed);
  stage.findings = {
      finding(Severity::kFatal, "user", {"could not create user 'ann'", "useradd: \"no\""})};
  const auto text = lines(text_of(inputs_with(stage)));
  REQUIRE(text.size() > 6);
  CHECK(text[0] == "FAILED at step \"user\": this VM is not provisioned.");
  CHECK(text[1].empty());
  CHECK(text[2] == "  Why:  could not create user 'ann'");
  CHECK(text[3] == "        because: useradd: \"no\"");
  CHECK(text[4] == "  Do:   Try again.");
}

TEST_CASE("a stage that does not provision gets its own line below the outcome") {
  auto stage = main_stage(StageOutcome::kFailed);
  stage.findings = {finding(Severity::kFatal, "user", {"a"})};
  auto disks = stage_record(Stage::kDisks, StageOutcome::kRunning);
  disks.steps = {step_record("disks", StepOutcome::kDone),
                 step_record("set-up", StepOutcome::kRunning)};
  auto inputs = azl::test::inputs_with({boot_of("now", {disks, stage})});
  auto text = lines(text_of(inputs));
  REQUIRE(text.size() > 6);
  CHECK(text[0] == "FAILED at step \"user\": this VM is not provisioned.");
  CHECK(text[2] == "  Why:  a");
  CHECK(text[3] == "  Do:   Try again.");
  CHECK(text[4] == "Still running: stage disks, step \"set-up\".");

  inputs.boots[0].stages[0].outcome = StageOutcome::kInterrupted;
  inputs.boots[0].stages[1] = main_stage(StageOutcome::kReady);
  text = lines(text_of(inputs, 200));
  CHECK(text[0] == "READY WITH 1 WARNING: this VM is provisioned.");
  CHECK(text[1] ==
        "Interrupted: stage disks, step \"set-up\". To continue it, reboot, or run 'azl-provision "
        "run --stage=disks'.");
}

TEST_CASE("warnings are shown with advice, notes without") {
  auto stage = main_stage(StageOutcome::kDegraded);
  stage.findings = {finding(Severity::kDegraded, "sudo", {"outer", "inner"}),
                    finding(Severity::kNote, "eject", {"n"})};
  const auto text = text_of(inputs_with(stage));
  CHECK(holds(text, "\nWarnings\n  sudo        outer: inner\n              Do: Try again.\n"));
  CHECK(holds(text, "\nNotes\n  eject       n\n\n"));
}

TEST_CASE("the report shows the timeline, requests, links, machine and what was reported") {
  const auto text = text_of(inputs_with(main_stage(StageOutcome::kReady)));
  for (const std::string part : {
           "  VM    91267c52-9f02-4cfe-b1f4-a4da7ebac2cf\n",
           "  Boot  now\n",
           "  When  2026-01-02T03:04:05 UTC, 4.56 s after the kernel, by azl-provision/0.1.0\n",
           "Stage main: ready, 2.00 s, CPU ",
           "  media       |#...................|    0.0 ms  skipped\n",
           "  lease       |###########.........|    1.00 s  done\n",
           "  user        |..........##########|    0.99 s  done\n",
           "              ran useradd 12.3 ms (failed)\n",
           "created 'ann' (IMDS",
           "  03:04:06.123    5.0 ms  503  IMDS GET",
           "  03:04:07.000    7.0 ms  201  WireServer POST /provisioning/health\n",
           "  enP30832s1f0np0 00:0d:3a:01:02:03 mlx5_core vf, no address\n",
           "  eth0            00:0d:3a:01:02:03 hv_netvsc synthetic, primary, 10.0.0.4/24\n",
           "                  accelerated by enP30832s1f0np0 (mlx5_core at 7870:00:02.0)\n",
           "  host name   web-1\n",
           "  user        ann (wheel, adm), password locked\n",
           "SHA256:F49CAFPGzdb9PoyzIRDOQhx0LhpZd4ZL/iS/cplyWGs",
           "SHA256:1B1f5Y2yIJ5w0epPuCR11lg8c2pZe7Bi9uys0OXCuEw",
           "  03:04:07 KVP    Ready by pool 1\n",
           "  03:04:08 health NotReady, NOT DELIVERED: the user's name\n",
       })
    CHECK_MESSAGE(holds(text, part), part << "\nis not in\n" << text);
}

TEST_CASE("a later boot with only a new NIC is ready, and shows the latest state of the links") {
  auto stage = main_stage(StageOutcome::kReady);
  stage.stage = Stage::kLink;
  auto inputs = inputs_with(stage);
  inputs.state.provisioned.emplace();
  const auto text = text_of(inputs);
  CHECK(lines(text)[0] == "READY: this VM was provisioned on an earlier boot.");
  CHECK(holds(text, "\nStage link: ready"));
  CHECK(holds(text, "synthetic, primary, 10.0.0.4/24\n"));

  // If two stages recorded the links, the later record is shown.
  inputs.boots[0].stages.insert(inputs.boots[0].stages.begin(), main_stage(StageOutcome::kReady));
  inputs.boots[0].stages[1].links.pop_back();
  CHECK_FALSE(holds(text_of(inputs), "synthetic, primary"));
}

TEST_CASE("the report names the earlier boot, the undelivered outcome and the unreadable files") {
  auto inputs = inputs_with(main_stage(StageOutcome::kReady));
  inputs.boot_id = "later";
  inputs.state.untold = Untold{.ready = false, .description = "x"};
  inputs.unseen = {"reading /var/lib/x: Permission denied"};
  const auto text = text_of(inputs);
  CHECK(holds(text, "This boot had nothing to do; what follows is from boot now.\n"));
  CHECK(holds(text, "The platform has not been told \"NotReady\" yet.\n"));
  CHECK(text.ends_with("\nNot seen\n  reading /var/lib/x: Permission denied\n"));
}

TEST_CASE("no line is wider than the page") {
  auto stage = main_stage(StageOutcome::kFailed);
  stage.findings = {finding(Severity::kFatal, "user",
                            {"a long sentence of many short words that must be broken somewhere",
                             "another one, which is the cause of the first and as long as it"}),
                    finding(Severity::kDegraded, "proxy-agent",
                            {"one more sentence that does not fit into forty columns"})};
  stage.steps[1].took_us = 1'500'000'000;
  auto inputs = inputs_with(stage);
  inputs.unseen = {"something that could not be read because of its permissions, which are strict"};
  for (const int width : {40, 60, 80, 200}) {
    CAPTURE(width);
    check_width(text_of(inputs, width), static_cast<std::size_t>(width));
    check_width(without_colour(text_of(inputs, width, true)), static_cast<std::size_t>(width));
    const auto text = text_of(inputs, width);
    CHECK(std::ranges::none_of(lines(text), [](const auto& l) { return l.ends_with(' '); }));
    CHECK_FALSE(holds(text, "\n\n\n"));
  }
  CHECK(text_of(inputs, 1) == text_of(inputs, 40));
  CHECK(text_of(inputs, 100'000) == text_of(inputs, 200));
}

TEST_CASE("a URL, path or fingerprint that is longer than the page gets its own line") {
  for (const int width : {40, 80, 200}) {
    CAPTURE(width);
    const auto word = "/" + std::string(300, 'w');
    auto stage = main_stage(StageOutcome::kFailed);
    stage.findings = {finding(Severity::kFatal, "user", {"before " + word + " after"})};
    const auto text = text_of(inputs_with(stage), width);
    check_width(text, static_cast<std::size_t>(width));
    CHECK(holds(text, word));
  }
}

TEST_CASE("a long word that fits below its label is not put beside it") {
  auto stage = main_stage(StageOutcome::kReady);
  const std::string url = "http://168.63.129.16/" + std::string(50, 'u');  // 71 columns
  stage.findings = {finding(Severity::kDegraded, "imds", {"no answer from " + url})};
  const auto text = text_of(inputs_with(stage), 80);
  CHECK(holds(text, "  imds\n    no answer from\n    " + url + "\n"));
}

TEST_CASE("in a locale that is not UTF-8 the report is ASCII, at the same width") {
  auto stage = hostile("Zoë's … \xF0\x9F\x94\x91");
  stage.findings[0].advice = "Give the key as 'ssh-ed25519 AAAA… comment'";
  auto inputs = inputs_with(stage);
  inputs.boots[0].boot_id = inputs.boot_id = "Zoë";
  const auto choice = choose_boot(inputs, "0");
  REQUIRE(choice);
  for (const int width : {40, 80, 200}) {
    const auto text = to_text(inputs, *choice, {.width = width, .ascii = true});
    CHECK(std::ranges::none_of(text, [](unsigned char c) { return c >= 0x80; }));
    CHECK(holds(text, "AAAA... "));
    CHECK(holds(text, "Zo\\xc3\\xab's"));
    check_width(text, static_cast<std::size_t>(width));
    CHECK(holds(to_text(inputs, *choice, {.width = width}), "AAAA… "));
  }
}

TEST_CASE("any other word that is longer than the page is broken, if possible after a dot") {
  auto stage = main_stage(StageOutcome::kReady);
  const std::string name(25, 'n');
  stage.steps[2].why = "(IMDS osProfiles." + name + ") é" + std::string(60, 'w');
  const auto text = text_of(inputs_with(stage), 40);
  for (const auto& line : lines(text))
    CHECK((line.size() <= 40 || line.find_first_of("/:") != std::string::npos));
  CHECK(holds(text, "              (IMDS osProfiles.\n              " + name +
                        ")\n              é" + std::string(24, 'w') + "\n              " +
                        std::string(26, 'w') + "\n"));
}

TEST_CASE("colours do not change the words") {
  auto inputs = inputs_with(main_stage(StageOutcome::kReady));
  for (const int width : {40, 80, 200})
    CHECK(without_colour(text_of(inputs, width, true)) == text_of(inputs, width, false));
  CHECK(holds(text_of(inputs, 80, true), "\x1b[1;32mREADY\x1b[0m: this VM"));
  CHECK_FALSE(holds(text_of(inputs, 80, false), "\x1b"));
}

TEST_CASE("control characters in a record do not reach the terminal") {
  // NOLINTNEXTLINE(misc-misleading-bidirectional): written as escapes
  const std::string right_to_left = "\xE2\x80\xAE";
  const Words words = {"\x1b[2J\x1b]0;title\x07",       "a\rb\nc\td\be\x7f",
                       std::string("\x9b") + "31m\xff", std::string("\xC2\x9B") + "31m",
                       right_to_left + "txt",           std::string(5000, 'x'),
                       std::string("nul\0nul", 7),      ""};
  for (const auto& word : words) {
    CAPTURE(word);
    auto stage = hostile(word);
    auto inputs = inputs_with(stage);
    inputs.boots[0].boot_id = inputs.boot_id = word;
    inputs.unseen = {word};
    for (const int width : {40, 80, 200}) {
      const auto text = text_of(inputs, width);
      CHECK(std::ranges::none_of(
          text, [](unsigned char c) { return (c < 0x20 && c != '\n') || c == 0x7f; }));
      for (const auto& bad : {std::string("\xC2\x9B"), right_to_left, std::string("\x9b") + "31m",
                              std::string("\xff")})
        CHECK_FALSE(holds(text, bad));
      const auto coloured = text_of(inputs, width, true);
      CHECK(without_colour(coloured) == text);
      CHECK_FALSE(holds(coloured, "\x1b[2J"));
    }
    auto running = stage;
    running.outcome = StageOutcome::kRunning;
    inputs.boots[0].stages = {running};
    CHECK_FALSE(holds(text_of(inputs), "\x1b"));
  }
}

TEST_CASE("impossible numbers do not break the report") {
  auto stage = main_stage(StageOutcome::kReady);
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  constexpr auto kLeast = std::numeric_limits<std::int64_t>::min();
  for (const auto start : {kLeast, std::int64_t{0}, kMost}) {
    for (const auto took : {kLeast, std::int64_t{-5}, kMost}) {
      for (const auto whole : {kLeast, std::int64_t{1}, kMost}) {
        stage.steps[0].start_us = start;
        stage.steps[0].took_us = took;
        stage.took_us = stage.cpu_us = stage.since_boot_us = whole;
        stage.max_rss_kib = whole;
        check_width(text_of(inputs_with(stage), 80), 80);
      }
    }
  }
}
