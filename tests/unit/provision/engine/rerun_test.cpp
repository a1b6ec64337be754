#include "provision/engine/rerun.h"

#include <string>
#include <utility>

#include <doctest/doctest.h>

#include "provision/custom_data/run/phase.h"
#include "tests/unit/provision/bench.h"

using namespace azl::provision;
using namespace azl::provision::custom_data;
using namespace azl::test;
using azl::Result;
using azl::Secret;

namespace {

constexpr const char* kBoot = "tree";  // boot_id_of() a tree without /proc

Item make_file(std::string id, std::string path, ItemRepeat repeat = ItemRepeat::kOnce) {
  return {.id = std::move(id),
          .phase = ItemPhase::kEarly,
          .repeat = repeat,
          .what = "what",
          .action = WriteFile{.path = std::move(path), .content = Secret("x")}};
}

StoredItems store(Bench& bench, Item item, const std::string& vm_id) {
  StoredItems items = {.vm_id = vm_id, .source = "CustomData on the media", .items = {}};
  items.items.push_back({.item = std::move(item)});
  REQUIRE(store_items(bench.root, items));
  return items;
}

Result<RerunEnd> rerun(Bench& bench, const std::string& id) {
  Gate gate;
  gate.open = true;
  gate.identity = bench.run(Stage::kMain)->identity;
  return rerun_item({bench.root, bench.clock, bench.processes, bench.http}, gate, {}, id);
}

}  // namespace

TEST_CASE("an item that is due is carried out, and not once more by its stage") {
  Bench bench;
  (void)store(bench, make_file("write_files/1", "/etc/a"), kVm);
  const auto end = rerun(bench, "write_files/1").value();
  CHECK(end.found);
  CHECK(end.step.outcome == StepOutcome::kDone);
  CHECK(end.findings.empty());
  CHECK(bench.tree.read("etc/a") == "x");
  CHECK(load_items(bench.root, kBoot).value().value().items.at(0).state == ItemState::kEnded);
}

TEST_CASE("an item is carried out again, whatever was recorded of it") {
  Bench bench;
  auto items = store(bench, make_file("write_files/1", "/etc/a", ItemRepeat::kEachBoot), kVm);
  for (int i = 0; i < 3; ++i) REQUIRE(mark_begun(bench.root, items, 0, kBoot));
  CHECK(rerun(bench, "write_files/1").value().step.outcome == StepOutcome::kDone);
  bench.tree.write("etc/a", "changed");
  CHECK(rerun(bench, "write_files/1").value().step.outcome == StepOutcome::kDone);
  CHECK(bench.tree.read("etc/a") == "x");
}

TEST_CASE("an item that fails again has its finding with advice") {
  Bench bench;
  bench.tree.mkdir("etc/a");
  (void)store(bench, make_file("write_files/1", "/etc/a"), kVm);
  const auto end = rerun(bench, "write_files/1").value();
  CHECK(end.step.outcome == StepOutcome::kFailed);
  REQUIRE(end.findings.size() == 1);
  CHECK_FALSE(end.findings[0].advice.empty());
}

TEST_CASE("what is not stored is not found, and nothing of another VM is carried out") {
  Bench bench;
  CHECK_FALSE(rerun(bench, "runcmd").value().found);
  CHECK_FALSE(rerun(bench, "/etc/azl-provision/scripts/per-boot/a").value().found);
  (void)store(bench, make_file("write_files/1", "/etc/a"), kVm);
  CHECK_FALSE(rerun(bench, "write_files/2").value().found);
  (void)store(bench, make_file("write_files/1", "/etc/a"), "00000000-1111-2222-3333-444444444444");
  CHECK_FALSE(rerun(bench, "write_files/1").has_value());
  CHECK_FALSE(bench.tree.exists("etc/a"));
}
