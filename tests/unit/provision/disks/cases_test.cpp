// The plan for disks. Each file in tests/unit/provision/disks/cases is a case. Its first line says
// what the case is about. Its parts begin with "== NAME": config (lines of [Disk]), wishes (what
// custom data asks for, as stored), run ("later": not the first one), undecided (why that is not
// known), facts (a document as for --disks), and plan (the expected actions, one a line, each with
// its reason). The table in docs/disks.md is made from the same files.
#include "tests/unit/provision/disks/cases.h"

#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "provision/gather/disks_document.h"

using namespace azl::provision;

namespace {

std::string lines(const std::vector<azl::disk::DiskAction>& actions) {
  std::string text;
  for (const auto& action : actions)
    text += azl::disk::describe_action(action) + ": " + action.why + "\n";
  return text;
}

}  // namespace

TEST_CASE("the plan of each case is the one in its file") {
  const auto cases = azl::test::read_disk_cases();
  CHECK(cases.size() >= 80);
  for (const auto& each : cases) {
    CAPTURE(each.name);
    CAPTURE(each.what);
    const auto options = azl::test::options_of(each);
    auto facts = parse_disks(each.part("facts"));
    REQUIRE_MESSAGE(facts, facts.error().to_string());
    CHECK(lines(azl::disk::plan_disks(*facts, options)) == each.part("plan"));
    std::ranges::reverse(facts->disks);  // the order of the disks does not matter
    CHECK(lines(azl::disk::plan_disks(*facts, options)) == each.part("plan"));
  }
}

TEST_CASE("no plan writes to a disk that is in use, read-only or unreadable") {
  using namespace azl::disk;
  for (const auto& each : azl::test::read_disk_cases()) {
    CAPTURE(each.name);
    const auto facts = parse_disks(each.part("facts"));
    REQUIRE(facts);
    const auto actions = plan_disks(*facts, azl::test::options_of(each));
    for (const auto& disk : facts->disks) {
      const auto writes = [&](const DiskAction& action) {
        const auto devices = devices_of(action);
        const auto* stripe = action.as<act::Stripe>();
        return std::ranges::find(devices, disk.device) != devices.end() &&
               (action.is<act::Format>() || (stripe != nullptr && !stripe->assemble));
      };
      if (std::ranges::none_of(actions, writes)) continue;
      // An unfinished array that udev began to start is stopped before the disk is written to.
      auto use = disk.use;
      for (const auto& action : actions) {
        const auto* stripe = action.as<act::Stripe>();
        if (stripe == nullptr) continue;
        std::erase_if(use.holders, [&](const auto& holder) {
          return std::ranges::find(stripe->stop, holder) != stripe->stop.end();
        });
      }
      CHECK_FALSE(use.any());
      CHECK(std::ranges::none_of(disk.partitions, [](const auto& p) { return p.use.any(); }));
      CHECK(disk.error.empty());
      CHECK_FALSE(disk.read_only);
      CHECK(disk.kind != DiskKind::kOther);
      CHECK(disk.kind != DiskKind::kOs);
    }
  }
}
