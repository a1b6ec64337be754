#include "provision/custom_data/run/phase.h"

#include <cstddef>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/provision/bench.h"
#include "tests/unit/provision/custom_data/run/sample_items.h"

using namespace azl::provision;
using namespace azl::provision::custom_data;
using namespace azl::test;
using azl::Secret;

namespace {
using Words = std::vector<std::string>;

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
