#include "provision/custom_data/plan/power_state.h"

#include <string>
#include <string_view>
#include <variant>

#include <doctest/doctest.h>

#include "tests/unit/provision/custom_data/plan/planned.h"

namespace azl::provision::custom_data {
namespace {

using test::items_of;
using test::Lines;
using test::plan_of;
using test::remarks_of;

/// "MODE MINUTES MESSAGE CONDITION" of power_state; empty if there is none.
std::string power_of(const CustomDataPlan& plan) {
  for (const auto& item : plan.items) {
    const auto* power = std::get_if<ChangePower>(&item.action);
    if (power == nullptr) continue;
    return std::string(to_string(power->mode)) + " " + std::to_string(power->minutes) + " " +
           power->message + " " + std::string(power->condition.reveal());
  }
  return {};
}

}  // namespace

TEST_CASE("power_state is read as cloud-init reads it") {
  // cc_power_state_change.py: the mode is one of three; int() reads the delay if it is not "now";
  // the condition is a boolean, text for a shell, or a list of words.
  struct {
    std::string_view value;
    std::string power;
    Lines remarks;
  } const rows[] = {
      {"{mode: reboot}", "reboot 0  ", {}},
      {"{mode: poweroff, delay: now}", "poweroff 0  ", {}},
      {"{mode: halt, delay: +5}", "halt 5  ", {}},
      {"{mode: halt, delay: '+5'}", "halt 5  ", {}},
      {"{mode: halt, delay: '30'}", "halt 30  ", {}},
      {"{mode: reboot, delay: 30, message: bye, timeout: 3}", "reboot 30 bye ", {}},
      {"{mode: reboot, condition: true}", "reboot 0  ", {}},
      {"{mode: reboot, condition: yes}", "reboot 0  ", {}},
      {"{mode: reboot, condition: test -e /x}", "reboot 0  #!/bin/sh\ntest -e /x\n", {}},
      {"{mode: reboot, condition: [test, -e, 'a b']}",
       "reboot 0  #!/bin/sh\n'test' '-e' 'a b'\n",
       {}},
      {"{mode: reboot, condition: false}", "", {"n 2:40 no-effect"}},
      {"", "", {"w 2:1 no-value"}},
      {"reboot", "", {"e 2:14 power-state"}},
      {"{delay: now}", "", {"e 2:14 power-state"}},
      {"{mode: hunter2}", "", {"e 2:21 power-state"}},
      {"{mode: Reboot}", "", {"e 2:21 power-state"}},
      {"{mode: reboot, delay: soon}", "", {"e 2:36 power-state"}},
      {"{mode: reboot, delay: -5}", "", {"e 2:36 power-state"}},
      {"{mode: reboot, delay: 1000001}", "", {"e 2:36 power-state"}},
      {"{mode: reboot, delay: '5x'}", "", {"e 2:36 power-state"}},
      {"{mode: reboot, condition: 5}", "", {"e 2:40 power-state"}},
      {"{mode: reboot, condition: {a: b}}", "", {"e 2:40 power-state"}},
      {"{mode: reboot, condition: []}", "", {"e 2:40 power-state"}},
      {"{mode: reboot, when: now}", "reboot 0  ", {"w 2:29 unknown-key"}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.value);
    const auto plan = plan_of("#cloud-config\npower_state: " + std::string(row.value) + "\n");
    CHECK(power_of(plan) == row.power);
    CHECK(remarks_of(plan) == row.remarks);
    for (const auto& remark : plan.remarks) CHECK(remark.text.find("hunter2") == std::string::npos);
  }
}

TEST_CASE("a message of power_state is cut where a program's argument has to end") {
  const auto long_one = plan_of(
      "#cloud-config\npower_state: {mode: reboot, message: " + std::string(5000, 'm') + "}\n");
  CHECK(power_of(long_one) == "reboot 0 " + std::string(4096, 'm') + " ");
  CHECK(remarks_of(long_one) == Lines{"w 2:38 power-state"});
  const auto nul = plan_of("#cloud-config\npower_state: {mode: reboot, message: \"a\\0b\"}\n");
  CHECK(power_of(nul) == "reboot 0 a ");
}

TEST_CASE("the message and the shutdown come last") {
  CHECK(items_of("#cloud-config\npower_state: {mode: reboot}\nfinal_message: bye\nruncmd: [a]\n"
                 "packages: [a]\n") == Lines{"packages final once", "runcmd final once",
                                             "final_message final each-boot",
                                             "power_state final once"});
}

TEST_CASE("what power_state does is said") {
  struct {
    std::string_view value;
    std::string what;
  } const rows[] = {
      {"{mode: reboot}", "reboot when everything has run"},
      {"{mode: poweroff, delay: 5}", "power off 5 min after everything has run"},
      {"{mode: halt, condition: hunter2}", "halt when everything has run, if a command succeeds"},
  };
  for (const auto& row : rows) {
    const auto plan = plan_of("#cloud-config\npower_state: " + std::string(row.value) + "\n");
    REQUIRE(plan.items.size() == 1);
    CHECK(plan.items[0].what == row.what);
  }
}

}  // namespace azl::provision::custom_data
