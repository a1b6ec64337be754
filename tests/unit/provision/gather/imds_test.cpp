#include "provision/gather/imds.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/fake_clock.h"
#include "tests/unit/provision/accounts/account_tree.h"
#include "tests/unit/provision/plan/changed_facts.h"

using namespace azl::provision;
using namespace azl::test;

TEST_CASE("an IMDS that speaks for another VM is set aside with media, and refused without") {
  struct Row {
    std::string what;
    std::string vm_id;
    bool media;
    bool use;  ///< [Imds] OtherVm=use
    Course course;
    std::string user;  ///< empty: none
    std::vector<std::string> findings;
    std::string chain;  ///< how the first finding begins
  };
  const std::string whose = "IMDS speaks for another VM: it gives the VM id " +
                            std::string(kOtherVm) + ", the firmware " + kVm;
  const std::vector<Row> rows = {
      {"this VM", kVm, true, false, Course::kProvision, "ann", {"degraded user-name"}, ""},
      {"this VM in the other byte order",
       kVmSwapped,
       false,
       false,
       Course::kProvision,
       "ann",
       {},
       ""},
      {"no VM", "", false, false, Course::kProvision, "ann", {}, ""},
      {"another VM, with media",
       kOtherVm,
       true,
       false,
       Course::kProvision,
       "otto",
       {"degraded imds-invalid-key"},
       "IMDS was set aside; provisioning from media alone: " + whose},
      {"another VM, without media",
       kOtherVm,
       false,
       false,
       Course::kRefused,
       "",
       {"fatal imds-invalid-key"},
       "there is no provisioning media, and IMDS cannot be used either: " + whose},
      {"another VM, with media, used",
       kOtherVm,
       true,
       true,
       Course::kProvision,
       "ann",
       {"degraded imds-invalid-key", "degraded user-name"},
       "IMDS speaks for another VM, and is used because of [Imds] OtherVm=use"},
      {"another VM, without media, used",
       kOtherVm,
       false,
       true,
       Course::kProvision,
       "ann",
       {"degraded imds-invalid-key"},
       "IMDS speaks for another VM, and is used because of [Imds] OtherVm=use"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    auto facts = good_facts();
    auto answer = std::move(*facts.imds);
    facts.imds.reset();
    answer.instance.vm_id = row.vm_id;
    if (row.media) {
      facts.ovf->user_name = "otto";
    } else {
      no_ovf(facts);
    }
    Config config;
    config.imds.use_other_vm = row.use;
    const auto taken = take_imds_answer(std::move(answer), config.imds, facts);
    const bool set_aside = row.vm_id == kOtherVm && !row.use;
    CHECK(taken.has_value() == !set_aside);
    CHECK(facts.imds.has_value() == !set_aside);
    CHECK(facts.imds_error.has_value() == set_aside);
    const auto plan = make_plan(facts, config);
    CHECK(to_string(plan.course) == to_string(row.course));
    CHECK((plan.user ? plan.user->name : "") == row.user);
    CHECK(findings_of(plan) == row.findings);
    if (!row.chain.empty()) {
      REQUIRE_FALSE(plan.findings.empty());
      const auto text = plan.findings.front().error.to_string();
      CHECK_MESSAGE(text.starts_with(row.chain), text);
    }
  }
}

TEST_CASE("azure-proxy-agent is ready, missing, failing or late") {
  struct Row {
    std::string what;
    azl::Result<azl::ProcessOutput> output;
    std::string detail;  ///< empty: it is ready
  };
  const std::vector<Row> rows = {
      {"ready", azl::ProcessOutput{}, ""},
      {"missing", azl::fail(azl::Reason::kToolMissing, "there is no azure-proxy-agent"),
       "not found"},
      {"failing", azl::fail(azl::Reason::kToolFailed, "exit status 1"), "status failure"},
      {"late", azl::fail(azl::Cause::kToolTimeout, "no end within 130 s"), "status failure"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    FakeClock clock;
    PlayedProcesses processes([&](const azl::Command& command) {
      CHECK(command.argv ==
            std::vector<std::string>{"azure-proxy-agent", "--status", "--wait", "120"});
      return row.output;
    });
    const auto ready = ask_proxy_agent(processes, clock);
    REQUIRE(ready.has_value() == row.detail.empty());
    if (ready) continue;
    CHECK(ready.error().reason() == azl::Reason::kProxyAgent);
    CHECK(ready.error().detail() == row.detail);
  }
}
