#include "provision/report/json.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tests/unit/provision/report/report_samples.h"

using namespace azl::provision;
using namespace azl::test;

TEST_CASE("the JSON report has the outcome and the records") {
  auto inputs = inputs_with({boot_of("now", {stage_record(Stage::kLocal, StageOutcome::kReady),
                                             stage_record(Stage::kMain, StageOutcome::kReady)})});
  set_provisioned(inputs);
  inputs.unseen = {"a \xFF file"};
  const auto json = nlohmann::json::parse(to_json(inputs, *choose_boot(inputs, "0")));
  CHECK(json.at("schema_version") == 1);
  CHECK(json.at("outcome") == "ready");
  CHECK(json.at("summary") == "provisioned at 2026-01-02T03:04:05+00:00 by azl-provision");
  CHECK(json.at("vm_id") == kVm);
  CHECK(json.at("boot_id") == "now");
  CHECK(json.at("earlier_boot") == false);
  CHECK(json.at("unseen")[0] == "a \xEF\xBF\xBD file");
  CHECK(json.at("state").at("vm_id") == kVm);
  REQUIRE(json.at("stages").size() == 2);
  CHECK(json.at("stages")[1].at("stage") == "main");

  ReportInputs empty;
  empty.boot_id = "now";
  const auto nothing = nlohmann::json::parse(to_json(empty, ReportChoice()));
  CHECK(nothing.at("outcome") == "not-here");
  CHECK(nothing.at("state").is_null());
  CHECK(nothing.at("stages").empty());
  CHECK(nothing.at("boot_id") == "now");
}
