#include "provision/custom_data/run/phase.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "tests/unit/provision/bench.h"

using namespace azl::provision;
using namespace azl::provision::custom_data;
using namespace azl::test;
using azl::Secret;

namespace {

using Words = std::vector<std::string>;

constexpr const char* kBoot = "tree";  // boot_id_of() a tree without /proc

Item item(std::string id, ItemPhase phase, Action action) {
  return {.id = std::move(id), .phase = phase, .what = "what", .action = std::move(action)};
}

Item file(std::string id, std::string path, ItemPhase phase = ItemPhase::kEarly) {
  return item(std::move(id), phase, WriteFile{.path = std::move(path), .content = Secret("x")});
}

Item script(const std::string& id, ItemPhase phase = ItemPhase::kEarly) {
  return item(id, phase, RunScript{.name = id, .text = Secret("#!/bin/sh\nexit 1\n")});
}

template <class... Items>
StoredItems stored(std::string vm_id, Items... items) {
  StoredItems result = {
      .vm_id = std::move(vm_id), .source = "CustomData on the media", .items = {}};
  (result.items.push_back({.item = std::move(items)}), ...);
  return result;
}

/// "NAME: WHAT: INDEX INDEX" of each group.
Words describe(const std::vector<ItemGroup>& groups) {
  Words result;
  for (const auto& group : groups) {
    auto text = group.name + ": " + group.what + ":";
    for (const auto index : group.items) text += " " + std::to_string(index);
    result.push_back(text);
  }
  return result;
}

}  // namespace

TEST_CASE("files that follow each other are one step, everything else is a step of its own") {
  auto items =
      stored("vm", script("boothooks/a"), file("write_files/1", "/a"), file("write_files/2", "/b"),
             script("bootcmd"), file("write_files/3", "/c"),
             file("write_files/4", "/d", ItemPhase::kFinal), script("runcmd", ItemPhase::kFinal));
  CHECK(describe(group_items(items, ItemPhase::kEarly)) ==
        Words{"boothooks/a: what: 0", "write_files: write 2 files: 1 2", "bootcmd: what: 3",
              "write_files: what: 4"});
  CHECK(describe(group_items(items, ItemPhase::kFinal)) ==
        Words{"write_files: what: 5", "runcmd: what: 6"});
  // What has ended is not due. What was begun is, so that it is reported.
  items.items[0].state = ItemState::kEnded;
  items.items[1].state = ItemState::kEnded;
  items.items[3].state = ItemState::kBegun;
  CHECK(describe(group_items(items, ItemPhase::kEarly)) ==
        Words{"write_files: what: 2", "bootcmd: what: 3", "write_files: what: 4"});
}

TEST_CASE("a tree gets the files of a document, and no program is run") {
  Bench bench;
  auto run = bench.run(Stage::kCustomDataEarly);
  auto items = stored(run->identity.vm_id, file("write_files/1", "/etc/a"), script("bootcmd"),
                      script("runcmd", ItemPhase::kFinal));
  REQUIRE(store_items(run->context.root(), items));
  ShownProgress progress;
  run_steps(*run, progress);
  CHECK(steps_of(run->record) ==
        Words{"read done", "lease skipped", "write_files done", "bootcmd skipped", "erase done"});
  CHECK(bench.tree.read("etc/a") == "x");
  CHECK(findings_of(run->record) == Words{});
  // The programs are due when the tree boots.
  const auto left = load_items(run->context.root(), kBoot).value().value();
  REQUIRE(left.items.size() == 2);
  CHECK(left.items[0].item.id == "bootcmd");
  CHECK(left.items[0].state == ItemState::kDue);
  CHECK(left.items[1].item.id == "runcmd");
}

TEST_CASE("items for apt are skipped where there is none, and are not due again") {
  for (const bool apt : {false, true}) {
    CAPTURE(apt);
    Bench bench;
    if (apt) bench.tree.write("usr/bin/apt-get", "");
    if (apt) ::chmod(bench.tree.path("usr/bin/apt-get").c_str(), 0755);
    auto run = bench.run(Stage::kCustomData);
    auto items = stored(
        run->identity.vm_id,
        item("apt/a.list", ItemPhase::kFinal,
             AddAptSource{.file = "a.list", .text = Secret("deb a:b x main\n")}),
        item("apt/conf", ItemPhase::kFinal, AddAptConfiguration{.file = "x", .text = Secret("")}));
    REQUIRE(store_items(run->context.root(), items));
    ShownProgress progress;
    run_steps(*run, progress);
    const std::string outcome = apt ? " done" : " skipped";
    const auto steps = steps_of(run->record);
    CHECK(std::ranges::count(steps, "apt/a.list" + outcome) == 1);
    CHECK(std::ranges::count(steps, "apt/conf" + outcome) == 1);
    CHECK(bench.tree.exists("etc/apt/sources.list.d/a.list") == apt);
    CHECK(findings_of(run->record) == Words{});
    CHECK_FALSE(load_items(run->context.root(), kBoot).value().has_value());
  }
}

TEST_CASE("an item that fails costs only itself") {
  Bench bench;
  bench.tree.mkdir("etc/dir");
  auto run = bench.run(Stage::kCustomDataEarly);
  auto items = stored(run->identity.vm_id, file("write_files/1", "/etc/dir"),
                      file("write_files/2", "/etc/dir"), file("write_files/3", "/etc/c"));
  REQUIRE(store_items(run->context.root(), items));
  ShownProgress progress;
  run_steps(*run, progress);
  CHECK(bench.tree.read("etc/c") == "x");
  CHECK(findings_of(run->record) == Words{"degraded write_files", "degraded write_files"});
  REQUIRE(run->record.findings.size() == 2);
  CHECK(run->record.findings[0].chain.front() == "write_files/1");
  CHECK(run->record.findings[1].chain.front() == "write_files/2");
  CHECK_FALSE(load_items(run->context.root(), kBoot).value().has_value());
}

TEST_CASE("what was begun and did not end is reported and not begun again") {
  Bench bench;
  auto run = bench.run(Stage::kCustomData);
  auto items = stored(run->identity.vm_id, script("runcmd", ItemPhase::kFinal),
                      script("scripts/z", ItemPhase::kFinal));
  REQUIRE(store_items(run->context.root(), items));
  REQUIRE(mark_begun(run->context.root(), items, 0, "an-earlier-boot"));
  ShownProgress progress;
  run_steps(*run, progress);
  CHECK(steps_of(run->record) == Words{"early skipped", "read done", "lease skipped",
                                       "runcmd failed", "scripts/z skipped", "erase done"});
  REQUIRE(run->record.findings.size() == 1);
  CHECK(run->record.findings[0].cause == "custom-data-interrupted");
}

TEST_CASE("an interrupted installation of packages is begun once more, and then no more") {
  for (const int begun : {0, 1, 2}) {
    CAPTURE(begun);
    Bench bench;
    auto run = bench.run(Stage::kCustomData);
    auto items =
        stored(run->identity.vm_id, item("packages", ItemPhase::kFinal, InstallPackages{}));
    REQUIRE(store_items(run->context.root(), items));
    for (int i = 0; i < begun; ++i)
      REQUIRE(mark_begun(run->context.root(), items, 0, "an-earlier-boot"));
    ShownProgress progress;
    run_steps(*run, progress);
    // It would be carried out, were this no tree.
    CHECK(steps_of(run->record) == Words{"early skipped", "read done", "lease skipped",
                                         begun == 2 ? "packages failed" : "packages skipped",
                                         "erase done"});
    REQUIRE(run->record.findings.size() == (begun == 2 ? 1 : 0));
    if (begun == 2) CHECK(run->record.findings[0].cause == "custom-data-interrupted");
  }
}

TEST_CASE("a reboot that packages require is scheduled after everything else") {
  for (const bool works : {true, false}) {
    CAPTURE(works);
    Bench bench;
    if (works)
      bench.processes = PlayedProcesses([](const azl::Command&) -> azl::Result<azl::ProcessOutput> {
        return azl::ProcessOutput{};
      });
    auto run = bench.run(Stage::kCustomData);
    auto items = stored(run->identity.vm_id, script("runcmd", ItemPhase::kFinal));
    REQUIRE(store_items(run->context.root(), items));
    REQUIRE(keep_shutdown(run->context.root(), reboot_for_packages()));
    // A run of the live system takes up what a killed one has kept.
    run->custom_data.shutdown = find_kept_shutdown(run->context.root());
    ShownProgress progress;
    run_steps(*run, progress);
    CHECK_FALSE(find_kept_shutdown(run->context.root()).has_value());
    CHECK(steps_of(run->record) == Words{"early skipped", "read done", "lease skipped",
                                         "runcmd skipped", "erase done",
                                         works ? "reboot done" : "reboot failed"});
    REQUIRE(bench.processes.commands.size() == 1);
    const auto& command = bench.processes.commands[0];
    CHECK(Words(command.begin(), command.begin() + 4) == Words{"shutdown", "-r", "--", "+1"});
  }
}

TEST_CASE("the machine goes down once, after everything is erased, as power_state asks") {
  struct {
    PowerMode mode;
    std::uint32_t minutes;
    Words command;
    std::string why;
  } const rows[] = {
      {PowerMode::kReboot, 0, {"shutdown", "-r", "--", "now", "-c bye"}, "reboot now"},
      {PowerMode::kPoweroff, 5, {"shutdown", "-P", "--", "+5", "-c bye"}, "poweroff in 5 min"},
      {PowerMode::kHalt, 1, {"shutdown", "-H", "--", "+1", "-c bye"}, "halt in 1 min"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.why);
    Bench bench;
    bench.processes = PlayedProcesses([](const azl::Command&) -> azl::Result<azl::ProcessOutput> {
      return azl::ProcessOutput{};
    });
    auto run = bench.run(Stage::kCustomData);
    CHECK(schedule_shutdown(run->context,
                            {.mode = row.mode, .minutes = row.minutes, .message = "-c bye"})
              .value()
              .why == row.why);
    REQUIRE(bench.processes.commands.size() == 1);
    CHECK(bench.processes.commands[0] == row.command);
  }
}

TEST_CASE("a shutdown is kept as it is, also with a message that is no valid UTF-8") {
  TemporaryTree tree;
  const auto root = azl::Root::open(tree.path()).value();
  CHECK_FALSE(find_kept_shutdown(root).has_value());
  const Shutdown shutdown{
      .mode = PowerMode::kHalt, .minutes = 7, .message = "cut \xC3", .why = "of a test"};
  REQUIRE(keep_shutdown(root, shutdown));
  const auto kept = find_kept_shutdown(root);
  REQUIRE(kept.has_value());
  CHECK((kept->mode == PowerMode::kHalt));
  CHECK(kept->minutes == 7);
  CHECK(kept->message == shutdown.message);
  CHECK(kept->why == shutdown.why);
  for (const auto* text : {"", "{", "{}", R"({"kind": "change-power", "mode": "dance"})",
                           R"({"kind": "print-message", "text": ""})"}) {
    CAPTURE(text);
    tree.write("run/azl-provision/custom-data-shutdown", text);
    CHECK_FALSE(find_kept_shutdown(root).has_value());
  }
}

TEST_CASE("a message and a shutdown are not for a tree") {
  Bench bench;
  auto run = bench.run(Stage::kCustomData);
  auto items = stored(
      run->identity.vm_id,
      item("final_message", ItemPhase::kFinal, PrintMessage{.text = Secret("bye")}),
      item("power_state", ItemPhase::kFinal, ChangePower{.condition = Secret("#!/bin/sh\n")}));
  REQUIRE(store_items(run->context.root(), items));
  ShownProgress progress;
  run_steps(*run, progress);
  CHECK(steps_of(run->record) == Words{"early skipped", "read done", "lease skipped",
                                       "final_message skipped", "power_state skipped",
                                       "erase done"});
  CHECK(bench.processes.commands.empty());
}

TEST_CASE("a shutdown that was begun is not begun again: the machine would never stay up") {
  Bench bench;
  auto run = bench.run(Stage::kCustomData);
  auto items = stored(run->identity.vm_id, item("power_state", ItemPhase::kFinal, ChangePower{}));
  REQUIRE(store_items(run->context.root(), items));
  REQUIRE(mark_begun(run->context.root(), items, 0, "an-earlier-boot"));
  ShownProgress progress;
  run_steps(*run, progress);
  REQUIRE(run->record.findings.size() == 1);
  CHECK(run->record.findings[0].cause == "custom-data-interrupted");
  CHECK_FALSE(load_items(run->context.root(), kBoot).value().has_value());
  CHECK_FALSE(run->custom_data.shutdown.has_value());
}

TEST_CASE("what a killed run did not erase is erased by the next one") {
  Bench bench;
  auto run = bench.run(Stage::kCustomDataEarly);
  auto items = stored(run->identity.vm_id, file("write_files/1", "/etc/a"));
  REQUIRE(store_items(run->context.root(), items));
  REQUIRE(mark_ended(run->context.root(), items, 0, kBoot));
  ShownProgress progress;
  run_steps(*run, progress);
  CHECK(steps_of(run->record) == Words{"read done", "erase done"});
  CHECK_FALSE(load_items(run->context.root(), kBoot).value().has_value());
  CHECK_FALSE(is_due(run->context.root(), ItemPhase::kEarly));
}

TEST_CASE("a failed item has the advice of custom data, whatever failed") {
  Bench bench;
  auto run = bench.run(Stage::kCustomDataEarly);
  auto items = stored(run->identity.vm_id, file("write_files/1", "/etc/" + std::string(300, 'x')));
  REQUIRE(store_items(run->context.root(), items));
  ShownProgress progress;
  run_steps(*run, progress);
  REQUIRE(run->record.findings.size() == 1);
  CHECK(run->record.findings[0].reason == "custom-data");
  CHECK(run->record.findings[0].chain.front() == "write_files/1");
}

TEST_CASE("a document whose reading never ends is read three times, and then kept aside") {
  Bench bench;
  const std::string vm_id = bench.run(Stage::kCustomDataEarly)->identity.vm_id;
  const auto root = azl::Root::open(bench.tree.path()).value();
  REQUIRE(store_document(root, {.vm_id = vm_id,
                                .source = "CustomData on the media",
                                .bytes = Secret("#!/bin/sh\n"),
                                .variables = "{}"}));
  // Three boots in which the agent was killed while it read.
  for (std::size_t boot = 1; boot <= 3; ++boot) CHECK(count_reading(root).value() == boot);
  auto run = bench.run(Stage::kCustomDataEarly);
  ShownProgress progress;
  run_steps(*run, progress);
  CHECK(steps_of(run->record) == Words{"read failed"});
  REQUIRE(run->record.findings.size() == 1);
  CHECK(run->record.findings[0].cause == "custom-data-damaged");
  CHECK_FALSE(is_due(root, ItemPhase::kEarly));
  CHECK_FALSE(is_due(root, ItemPhase::kFinal));
  CHECK(load_document(root).value().has_value());
  // Another document is read again.
  REQUIRE(store_document(root, {.vm_id = vm_id,
                                .source = "CustomData on the media",
                                .bytes = Secret("#!/bin/sh\n"),
                                .variables = "{}"}));
  CHECK(count_reading(root).value() == 1);
}

TEST_CASE("damaged custom data is told once and kept") {
  Bench bench;
  auto run = bench.run(Stage::kCustomDataEarly);
  auto items = stored(run->identity.vm_id, file("write_files/1", "/etc/a"));
  REQUIRE(store_items(run->context.root(), items));
  bench.tree.write("var/lib/azl-provision/custom-data/items.json", "{\"schema_ver");
  ShownProgress progress;
  run_steps(*run, progress);
  CHECK(steps_of(run->record) == Words{"read failed"});
  REQUIRE(run->record.findings.size() == 1);
  CHECK(run->record.findings[0].cause == "custom-data-damaged");
  CHECK_FALSE(is_due(run->context.root(), ItemPhase::kEarly));
  CHECK(bench.tree.read("var/lib/azl-provision/custom-data/items.json") == "{\"schema_ver");
}

TEST_CASE("custom data of another VM is erased and not carried out") {
  Bench bench;
  auto run = bench.run(Stage::kCustomDataEarly);
  auto items = stored("00000000-1111-2222-3333-444444444444", file("write_files/1", "/etc/a"));
  REQUIRE(store_items(run->context.root(), items));
  ShownProgress progress;
  run_steps(*run, progress);
  CHECK(steps_of(run->record) == Words{"read done"});
  CHECK_FALSE(bench.tree.exists("etc/a"));
  CHECK_FALSE(load_items(run->context.root(), kBoot).value().has_value());
  CHECK_FALSE(is_due(run->context.root(), ItemPhase::kEarly));
}
