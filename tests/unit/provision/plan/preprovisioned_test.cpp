#include "provision/plan/preprovisioned.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/provision/plan/changed_facts.h"

using namespace azl;
using namespace azl::provision;
using test::kOtherVm;
using test::kVm;

namespace {

constexpr const char* kBoot = "boot-2";

/// A marker of an earlier boot of this VM; its type came from IMDS.
PoolMarker marker(const char* type, const char* vm_id = kVm) {
  return {.vm_id = vm_id, .boot_id = "boot-1", .type = type, .told_at = "2026-01-02"};
}

struct Row {
  std::string what;
  test::Change change;
  std::string expected;  ///< "tell", the wait, "poll"; empty: the VM is in no pool
};

std::string words_of(const PoolPlan& plan) {
  std::string words = plan.tell ? "tell " : "";
  if (plan.wait == PoolWait::kSwitch) words += "switch ";
  if (plan.wait == PoolWait::kShutdown) words += "shutdown ";
  if (plan.poll) words += "poll";
  return words;
}

void check(const std::vector<Row>& rows) {
  for (const auto& row : rows) {
    CAPTURE(row.what);
    const auto plan = decide_pool(test::changed(row.change), kBoot);
    CHECK(words_of(plan) == row.expected);
    CHECK(plan.waits() == !row.expected.empty());
    CHECK(plan.why.empty() == row.expected.empty());
  }
}

test::Change media(const char* type) {
  return [type](Facts& f) { f.ovf->preprovisioned_type = type; };
}
test::Change by_imds(const char* type) {
  return [type](Facts& f) { f.imds->instance.pps_type = type; };
}

TEST_CASE("the types are known by the platform's words") {
  CHECK(parse_pool_type("") == PoolType::kNone);
  CHECK(parse_pool_type("None") == PoolType::kNone);
  CHECK(parse_pool_type("Running") == PoolType::kRunning);
  CHECK(parse_pool_type("Savable") == PoolType::kSavable);
  CHECK(parse_pool_type("PreprovisionedOSDisk") == PoolType::kOsDisk);
  CHECK(parse_pool_type("Hovering") == PoolType::kUnknown);
}

TEST_CASE("a VM that has not told the platform tells it, and waits as its type wants") {
  check({
      {"no pool", [](Facts&) {}, ""},
      {"no source", test::no_source, ""},
      {"Running", media("Running"), "tell switch poll"},
      {"Savable", media("Savable"), "tell switch poll"},
      {"OS disk", media("PreprovisionedOSDisk"), "tell shutdown "},
      {"unknown", media("Hovering"), "tell poll"},
      {"IMDS alone", by_imds("Savable"), "tell switch poll"},
      {"the media wins",
       [](Facts& f) {
         f.ovf->preprovisioned_type = "PreprovisionedOSDisk";
         f.imds->instance.pps_type = "Running";
       },
       "tell shutdown "},
      {"it has left the pool on this boot",
       [](Facts& f) {
         f.ovf->preprovisioned_type = "Running";
         f.left_pool = true;
       },
       ""},
  });
}

TEST_CASE("a VM that has told the platform goes on where it was") {
  const auto told = [](const char* now, PoolMarker marker) {
    return test::Change([now, marker](Facts& f) {
      f.imds->instance.pps_type = now;
      f.pool_marker = marker;
    });
  };
  auto of_this_boot = marker("PreprovisionedOSDisk");
  of_this_boot.boot_id = kBoot;
  auto from_media = marker("Running");
  from_media.from_media = true;
  check({
      {"Running", told("Running", marker("Running")), "poll"},
      {"Savable", told("Savable", marker("Savable")), "poll"},
      {"unknown", told("Hovering", marker("Hovering")), "poll"},
      {"with another VM id", told("Running", marker("Running", kOtherVm)), "poll"},
      {"a marker that cannot be read", told("Running", PoolMarker{}), "poll"},
      {"the OS disk, killed on this boot", told("PreprovisionedOSDisk", of_this_boot), "shutdown "},
      {"the OS disk, after the shutdown",
       told("PreprovisionedOSDisk", marker("PreprovisionedOSDisk")), "poll"},
      {"IMDS has moved on, the media is the pool's", told("None", marker("Running")), "poll"},
      {"the same without media",
       [&](Facts& f) {
         told("None", from_media)(f);
         test::no_ovf(f);
       },
       "poll"},
      {"neither media nor IMDS",
       [&](Facts& f) {
         told("None", from_media)(f);
         test::no_source(f);
       },
       "poll"},
      {"the user's media is there", told("None", from_media), ""},
      {"an image of a VM in a pool", told("None", marker("Running", kOtherVm)), ""},
      {"a VM made of the OS disk, with another id",
       told("None", marker("PreprovisionedOSDisk", kOtherVm)), ""},
      {"a VM made of the OS disk, with the same id", told("None", marker("PreprovisionedOSDisk")),
       ""},
      {"a damaged marker, and no pool", told("None", PoolMarker{}), ""},
  });
}

TEST_CASE("what is waited for is said with the type, whatever that contains") {
  CHECK(describe_pool_wait({.type = "Savable"}) == "its user, in a pool (PPS Savable)");
  CHECK(describe_pool_wait({.type = "a\nb"}).find('\n') == std::string::npos);
}

}  // namespace
