#include "provision/plan/ageing.h"

#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace azl::provision;
using azl::Duration;
using azl::WallTime;

namespace {

constexpr long kToday = 20455;  // 2026-01-02

struct Row {
  std::string what;
  Ageing ageing;
  bool has_password;
  AgeingPolicy policy;
  AgeingChange change;
  std::string finding;  ///< "fatal …", "degraded …" up to " (/etc/shadow)"; empty: none
};

std::string finding_of(const PlannedAgeing& planned) {
  if (planned.findings.empty()) return "";
  const auto& [severity, error] = planned.findings.front();
  const std::string text = error.to_string();
  return std::string(to_string(severity)) + " " + text.substr(0, text.find(" (/etc/shadow)"));
}

void check(const std::vector<Row>& rows) {
  for (const auto& row : rows) {
    CAPTURE(row.what);
    const auto planned =
        decide_ageing({.user = "ann", .ageing = row.ageing, .has_password = row.has_password},
                      row.policy, kToday);
    CHECK((planned.change == row.change));
    CHECK(finding_of(planned) == row.finding);
    CHECK(planned.findings.size() == (row.finding.empty() ? 0 : 1));
    CHECK_FALSE(planned.why.empty());
  }
}

}  // namespace

TEST_CASE("auto: a key-only user is not locked out by the ageing of a password that it lacks") {
  using enum AgeingPolicy;
  check({
      {"shadow-utils' default",
       {.last_change = 20000, .minimum = 0, .maximum = 99999, .warning = 7},
       false,
       kAuto,
       {},
       ""},
      {"nothing set", {}, false, kAuto, {}, ""},
      {"PASS_MAX_DAYS 90 with INACTIVE inherited by a key-only user",
       {.last_change = kToday, .maximum = 90, .warning = 7, .inactive = 35},
       false,
       kAuto,
       {.no_maximum = true, .no_inactivity = true},
       ""},
      {"no inactivity",
       {.last_change = kToday, .maximum = 90},
       false,
       kAuto,
       {.no_maximum = true},
       ""},
      {"aged out already",
       {.last_change = 19000, .maximum = 90, .inactive = 0},
       false,
       kAuto,
       {.no_maximum = true, .no_inactivity = true},
       ""},
      {"maximum of 0",
       {.last_change = kToday, .maximum = 0},
       false,
       kAuto,
       {.no_maximum = true},
       ""},
      {"a maximum without a last change", {.maximum = 90}, false, kAuto, {.no_maximum = true}, ""},
      {"an inactivity that never counts",
       {.last_change = 20000, .maximum = 99999, .inactive = 35},
       false,
       kAuto,
       {},
       ""},
      {"lastchg 0 with a locked password",
       {.last_change = 0},
       false,
       kAuto,
       {.last_change = kToday},
       ""},
      {"lastchg 0 and a maximum",
       {.last_change = 0, .maximum = 90, .inactive = 35},
       false,
       kAuto,
       {.last_change = kToday, .no_maximum = true, .no_inactivity = true},
       ""},
      {"an account of the image that is expired",
       {.last_change = kToday, .expires = 19000},
       false,
       kAuto,
       {},
       "fatal user 'ann' cannot log in: the account expired on 2022-01-08"},
      {"expired and aged: nothing is changed",
       {.last_change = 0, .maximum = 90, .expires = 0},
       false,
       kAuto,
       {},
       "fatal user 'ann' cannot log in: the account expired on 1970-01-01"},
      {"expires later",
       {.expires = kToday + 58},
       false,
       kAuto,
       {},
       "degraded user 'ann' will be locked out: the account expires on 2026-03-01"},
  });
}

TEST_CASE("auto: a user with a password keeps the image's policy, with last change today") {
  using enum AgeingPolicy;
  check({
      {"set today", {.last_change = kToday, .maximum = 90, .inactive = 35}, true, kAuto, {}, ""},
      {"the image has the same password, aged out",
       {.last_change = 19000, .maximum = 90, .inactive = 35},
       true,
       kAuto,
       {.last_change = kToday},
       ""},
      {"lastchg 0", {.last_change = 0}, true, kAuto, {.last_change = kToday}, ""},
      {"no last change", {.maximum = 90}, true, kAuto, {.last_change = kToday}, ""},
      {"expired",
       {.last_change = kToday, .expires = kToday},
       true,
       kAuto,
       {},
       "fatal user 'ann' cannot log in: the account expired on 2026-01-02"},
  });
}

TEST_CASE("lift: nothing locks the user out") {
  using enum AgeingPolicy;
  const AgeingChange all{.no_maximum = true, .no_inactivity = true, .no_expiry = true};
  check({
      {"all, locked",
       {.last_change = 19000, .maximum = 90, .inactive = 35, .expires = 19500},
       false,
       kLift,
       all,
       ""},
      {"all, with a password",
       {.last_change = kToday, .maximum = 90, .inactive = 35, .expires = 19500},
       true,
       kLift,
       all,
       ""},
      {"lastchg 0", {.last_change = 0}, false, kLift, {.last_change = kToday}, ""},
      {"shadow-utils' default", {.last_change = 20000, .maximum = 99999}, false, kLift, {}, ""},
      {"expires later", {.expires = 30000}, false, kLift, {.no_expiry = true}, ""},
  });
}

TEST_CASE("keep: what locks out now is fatal, what will later is a warning with the date") {
  using enum AgeingPolicy;
  check({
      {"nothing", {.last_change = 20000, .maximum = 99999}, false, kKeep, {}, ""},
      {"aged out later",
       {.last_change = kToday, .maximum = 90, .inactive = 35},
       false,
       kKeep,
       {},
       "degraded user 'ann' will be locked out: its password is locked, and must be changed "
       "before 2026-04-03 (maximum age of 90 days)"},
      {"aged out now",
       {.last_change = kToday - 91, .maximum = 90},
       false,
       kKeep,
       {},
       "fatal user 'ann' cannot log in: its password is locked, and had to be changed before "
       "2026-01-02 (maximum age of 90 days)"},
      {"the last day of the maximum",
       {.last_change = kToday - 90, .maximum = 90},
       false,
       kKeep,
       {},
       "degraded user 'ann' will be locked out: its password is locked, and must be changed "
       "before 2026-01-03 (maximum age of 90 days)"},
      {"the earlier of two",
       {.last_change = kToday, .maximum = 90, .expires = kToday + 58},
       false,
       kKeep,
       {},
       "degraded user 'ann' will be locked out: the account expires on 2026-03-01"},
      {"lastchg 0 with a locked password",
       {.last_change = 0},
       false,
       kKeep,
       {},
       "fatal user 'ann' cannot log in: its password must be changed at the next login, but is "
       "locked"},
      {"expired",
       {.expires = 20000},
       false,
       kKeep,
       {},
       "fatal user 'ann' cannot log in: the account expired on 2024-10-04"},
      {"a user with a password can change it",
       {.last_change = kToday - 90, .maximum = 90},
       true,
       kKeep,
       {},
       ""},
  });
}

TEST_CASE("a clock that is not set empties the last change: 0 would demand a new password") {
  const auto planned =
      decide_ageing({.user = "ann", .ageing = {.last_change = 0}}, AgeingPolicy::kAuto, 0);
  CHECK((planned.change == AgeingChange{.last_change = -1}));
  CHECK(planned.findings.empty());
}

TEST_CASE("days are counted as in /etc/shadow") {
  using namespace std::chrono_literals;
  CHECK(days_of(WallTime(0s)) == 0);
  CHECK(days_of(WallTime(-1s)) == -1);
  CHECK(days_of(WallTime(86'399s)) == 0);
  CHECK(days_of(WallTime(1'767'323'045s)) == kToday);
}

TEST_CASE("the fatal finding says which setting removes the lockout") {
  const AgeingSubject expired{.user = "ann", .ageing = {.expires = 19000}};
  for (const auto policy : {AgeingPolicy::kAuto, AgeingPolicy::kKeep}) {
    const auto planned = decide_ageing(expired, policy, kToday);
    REQUIRE(planned.findings.size() == 1);
    CHECK(planned.findings[0].error.reason() == azl::Reason::kNoWayIn);
    CHECK(planned.findings[0].error.to_string().ends_with(
        "(/etc/shadow); [User] PasswordAgeing=lift removes that"));
  }
}
