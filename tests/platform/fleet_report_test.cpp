#include "tests/platform/fleet_report.h"

#include <doctest/doctest.h>

#include "tests/platform/object_reader.h"

using namespace std::chrono_literals;

namespace azl::platform {
namespace {

constexpr WallTime kStart{1'000'000s};

FleetRequest asked(Duration at, int status, std::optional<std::chrono::seconds> retry_after = {}) {
  return {.server = "imds",
          .request = "GET /metadata/instance",
          .received = kStart + at,
          .answered = kStart + at + 10ms,
          .status = status,
          .retry_after = retry_after};
}

FleetRequest told(Duration at, int status) {
  return {.server = "wireserver",
          .request = "POST /provisioning/health",
          .received = kStart + at,
          .answered = kStart + at + 10ms,
          .status = status,
          .retry_after = {},
          .says_ready = true};
}

FleetVm vm(std::string name, std::vector<FleetRequest> requests, int exit_status = 0) {
  return {.name = std::move(name),
          .vm_id = "id",
          .exit_status = exit_status,
          .error = "",
          .start = kStart,
          .wall = 4s,
          .requests = std::move(requests)};
}

TEST_CASE("a VM that was throttled once and then came up") {
  const FleetRow row =
      summarize_vm(vm("a", {asked(100ms, 429, 1s), asked(1230ms, 200), told(3s, 201)}));
  CHECK(row.requests == 3);
  CHECK(row.throttled == 1);
  CHECK(row.retries == 1);
  CHECK(row.ready == 3010ms);
  CHECK(row.after_retry_after == std::vector<Duration>{120ms});
}

TEST_CASE("a retry before Retry-After is early, and a Ready that was refused does not count") {
  const FleetVm hasty = vm("a", {asked(100ms, 429, 2s), asked(400ms, 200), told(1s, 503)}, 1);
  const FleetRow row = summarize_vm(hasty);
  CHECK(row.after_retry_after == std::vector<Duration>{-1710ms});
  CHECK_FALSE(row.ready.has_value());
  const FleetSummary all = summarize_fleet({hasty});
  CHECK(all.early == 1);
  CHECK_FALSE(all.all_ready());
}

TEST_CASE(
    "a request that succeeded is no retry when it is sent again, and other servers' are none") {
  const FleetRow row = summarize_vm(vm("a", {asked(0s, 200), asked(100ms, 200), told(200ms, 503),
                                             asked(300ms, 200), told(400ms, 201)}));
  CHECK(row.retries == 1);
}

TEST_CASE("the peak is the most requests in any second, not in a calendar second") {
  const FleetSummary all =
      summarize_fleet({vm("a", {asked(500ms, 200), asked(900ms, 200), asked(2500ms, 200)}),
                       vm("b", {asked(1400ms, 200), asked(1500ms, 200)})});
  CHECK(all.requests == 5);
  CHECK(all.peak == 3);  // 500, 900, 1400 ms; the one at 1500 ms is a second after the first
  CHECK(all.mean == doctest::Approx(2.5));
  CHECK(all.first == 900ms);
}

TEST_CASE("a fleet without any request has no peak and no spread") {
  const FleetSummary all = summarize_fleet({vm("a", {}, 3)});
  CHECK(all.vms == 1);
  CHECK(all.ready == 0);
  CHECK(all.peak == 0);
  CHECK_FALSE(all.first.has_value());
}

TEST_CASE("the table has a line for each VM, with the reason of those that are not ready") {
  FleetVm bad = vm("azl-vm-10", {}, 1);
  bad.error = "no user";
  const std::string text = fleet_text(
      {vm("azl-vm-1", {asked(100ms, 429, 1s), asked(1230ms, 200), told(3s, 201)}, 2), bad});
  CHECK(text ==
        "VM         REQUESTS  429  RETRIES  READY AFTER  WALL    OUTCOME\n"
        "azl-vm-1   3         1    1        3.01 s       4.00 s  ready, with warnings\n"
        "azl-vm-10  0         0    0        never        4.00 s  not ready: no user\n"
        "\n"
        "1 of 2 VMs are ready.\n"
        "3 requests, 1 of them answered 429. At most 1 in a second, 1.0 on average.\n"
        "The first requests of the VMs came within 0.00 s.\n"
        "1 retries after a Retry-After, 0 of them too early; they came from 0.12 s to 0.12 s "
        "after it.\n");
}

TEST_CASE("the JSON has what the table has, and null where nothing was measured") {
  const Json json = Json::parse(fleet_json(
      {vm("a", {asked(100ms, 429, 1s), asked(1230ms, 200), told(3s, 201)}), vm("b", {}, 1)}));
  CHECK(json["schema_version"] == 1);
  CHECK(json["vms"][0]["ready_s"] == 3.01);
  CHECK(json["vms"][0]["after_retry_after_s"] == Json::array({0.12}));
  CHECK(json["vms"][1]["ready_s"].is_null());
  CHECK(json["vms"][1]["outcome"] == "not ready");
  CHECK(json["summary"]["ready"] == 1);
  CHECK(json["summary"]["throttled"] == 1);
}

TEST_CASE("Ready is recognized in both protocols, and NotReady is not Ready") {
  Exchange exchange;
  exchange.server = "wireserver";
  exchange.request.method = "POST";
  exchange.status = 201;
  const auto says_ready = [&](const char* body) {
    exchange.request.body = body;
    return to_fleet_request(exchange).says_ready;
  };
  CHECK(says_ready(R"({"state":"Ready"})"));
  CHECK(says_ready("<Health><State>Ready</State></Health>"));
  CHECK_FALSE(says_ready(R"({"state":"NotReady"})"));
  CHECK_FALSE(says_ready("<Health><State>NotReady</State></Health>"));
  CHECK_FALSE(says_ready(""));
}

}  // namespace
}  // namespace azl::platform
