#include "provision/cli/image_report.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace azl::provision;
using Json = nlohmann::json;

namespace {

ImageReport sample() {
  return {
      .directory = "/mnt/image",
      .fixes = {},
      .findings = {
          {.check = Check::kFstabWithoutNofail,
           .path = "/etc/fstab",
           .line = 3,
           .detail = "/data has no nofail"},
          {.check = Check::kProgramMissing, .detail = "the image has no chage", .name = "chage"},
          {.check = Check::kStaleMachineId,
           .path = "/etc/machine-id",
           .detail = "the image has a machine id"},
          {.check = Check::kNotChecked, .detail = "a\nb"}}};
}

}  // namespace

TEST_CASE("the text is that of a compiler, with the remedies and a line of numbers") {
  const auto text = image_report_to_text(sample(), {.width = 80, .colour = false, .ascii = true});
  CHECK(
      text.starts_with("/mnt/image/etc/fstab:3: error: /data has no nofail [fstab-without-nofail]\n"
                       "    add nofail to the options in /mnt/image/etc/fstab, or remove the line\n"
                       "/mnt/image: error: the image has no chage [program-missing]\n"));
  CHECK(text.find("/mnt/image: note: a\\x0ab [not-checked]\n") != std::string::npos);
  CHECK(text.ends_with("\n\n2 errors, 1 warning, 1 note; --fix repairs 1 of them\n"));
  CHECK(image_report_to_text({}, {}) == "0 errors, 0 warnings, 0 notes\n");
}

TEST_CASE("the text says what was fixed") {
  ImageReport report;
  report.fixes = {
      {.check = Check::kStaleMachineId, .what = "empty /etc/machine-id", .error = ""},
      {.check = Check::kUnitDisabled, .what = "enable x", .error = "a preset disables it"}};
  CHECK(image_report_to_text(report, {.width = 80, .colour = false, .ascii = true}) ==
        "fixed: empty /etc/machine-id [stale-machine-id]\n"
        "not fixed: enable x: a preset disables it [unit-disabled]\n\n0 errors, 0 warnings, 0 "
        "notes\n");
}

TEST_CASE("the JSON has each finding with its remedy") {
  const auto json = Json::parse(image_report_to_json(sample()));
  CHECK(json.at("exit_status") == 1);
  CHECK(json.at("errors") == 2);
  CHECK(json.at("findings").size() == 4);
  CHECK(json.at("findings")[0].at("path") == "/etc/fstab");
  CHECK(json.at("findings")[2].at("remedy") == "truncate -s 0 /mnt/image/etc/machine-id");
  CHECK(json.at("findings")[2].at("fixable") == true);
}

TEST_CASE("SARIF has a rule for each result, and paths relative to the image") {
  const auto run = Json::parse(image_report_to_sarif(sample())).at("runs")[0];
  CHECK(run.at("originalUriBaseIds").at("IMAGE").at("uri") == "file:///mnt/image/");
  const auto& rules = run.at("tool").at("driver").at("rules");
  CHECK(rules.size() == checks().size());
  const auto& result = run.at("results")[0];
  CHECK(result.at("ruleId") == "fstab-without-nofail");
  CHECK(result.at("level") == "error");
  const auto& place = result.at("locations")[0].at("physicalLocation");
  CHECK(place.at("artifactLocation").at("uri") == "etc/fstab");
  CHECK(place.at("region").at("startLine") == 3);
}

TEST_CASE("each check is listed and explained") {
  const auto list = list_checks();
  for (const auto& info : checks()) {
    CHECK(list.find(std::string(info.code) + " ") != std::string::npos);
    const auto page = explain_check(info, {.width = 60, .colour = false, .ascii = true});
    CHECK(page.starts_with(std::string(info.code) + ": "));
    CHECK(page.find("What to do: ") != std::string::npos);
  }
}
