#include "provision/custom_data/run/carry_out.h"

#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "tests/unit/provision/bench.h"
#include "tests/unit/provision/custom_data/run/sample_items.h"

using namespace azl::provision;
using namespace azl::provision::custom_data;
using namespace azl::test;
using azl::Secret;

namespace {
using Words = std::vector<std::string>;
}  // namespace

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

TEST_CASE("without apt, items for apt are skipped and do not become due again") {
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
