#include "provision/tell/service_status.h"

#include <cstdint>
#include <string>

#include <doctest/doctest.h>

using namespace azl::provision;

namespace {

StageRecord in_step(Stage stage, const std::string& name, const std::string& what) {
  StageRecord record;
  record.stage = stage;
  record.steps.emplace_back();
  record.steps.back().name = name;
  record.steps.back().what = what;
  return record;
}

StageRecord waiting(std::int64_t until_us) {
  auto record = in_step(Stage::kMain, "imds", "ask the metadata service");
  record.steps.back().waits_for = "an answer from 169.254.169.254 port 80";
  record.steps.back().waits_until_us = until_us;
  return record;
}

}  // namespace

TEST_CASE("systemd is told the running step") {
  StageRecord record;
  record.stage = Stage::kDisks;
  CHECK(describe_service_status(record, 0) == "STATUS=disks begins");
  CHECK(describe_service_status(in_step(Stage::kDisks, "grow", "grow the OS disk"), 0) ==
        "STATUS=disks: grow: grow the OS disk");
}

TEST_CASE("systemd is told what a step waits for, and to be patient until then") {
  CHECK(describe_service_status(waiting(5'000'000), 2'000'000) ==
        "STATUS=main: imds: ask the metadata service; waits for an answer from 169.254.169.254 "
        "port 80\nEXTEND_TIMEOUT_USEC=63000000");
  // The wait is over, or has no end.
  for (const std::int64_t until : {0, 1'999'999, 2'000'000})
    CHECK(describe_service_status(waiting(until), 2'000'000).find('\n') == std::string::npos);
}

TEST_CASE("what the platform answers cannot add an assignment") {
  auto record = waiting(0);
  record.steps.back().last_error = "404 Not\nFound\nMAINPID=1";
  CHECK(describe_service_status(record, 0).find('\n') == std::string::npos);
}
