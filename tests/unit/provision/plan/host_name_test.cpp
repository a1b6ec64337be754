#include "provision/plan/host_name.h"

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "base/host_name.h"
#include "provision/plan/plan.h"
#include "tests/unit/provision/samples.h"

using namespace azl::provision;
using namespace azl::test;
using azl::Reason;
using azl::valid_host_name;

namespace {

std::string a(std::size_t count) { return std::string(count, 'a'); }

}  // namespace

TEST_CASE("a valid host name is kept, or shortened at a label boundary") {
  struct Row {
    std::string given;
    std::string name;
  };
  const std::vector<Row> rows = {
      {"web-1", "web-1"},
      {"a", "a"},
      {"1", "1"},
      {"Web-1", "Web-1"},
      {"web-1.example.org", "web-1.example.org"},
      {"xn--bcher-kva", "xn--bcher-kva"},
      {"a--b", "a--b"},
      {a(63), a(63)},
      {a(31) + "." + a(32), a(31) + "." + a(32)},  // 64
      {a(32) + "." + a(32), a(32)},                // 65
      {a(60) + ".example.org", a(60)},
      {"web." + a(50) + "." + a(50), "web." + a(50)},
      {"web." + a(61) + ".b",
       "web"},  // not "web.b": all labels after the one that does not fit are dropped too
      {a(63) + "." + a(63) + "." + a(63), a(63)},
      {a(64), a(63)},  // Azure accepts it, DNS does not
      {a(64) + ".example.org", a(63)},
      {a(62) + "-a", a(62)},  // no hyphen at the end
  };
  for (const auto& row : rows) {
    CAPTURE(row.given);
    const auto name = valid_host_name(row.given);
    REQUIRE(name);
    CHECK(*name == row.name);
    CHECK(name->size() <= 64);
  }
}

TEST_CASE("an invalid host name is refused with the reason") {
  struct Row {
    std::string given;
    std::string why;
  };
  const std::string characters = "only letters, digits, hyphens and dots are allowed";
  const std::string hyphen = "a label begins or ends with a hyphen";
  const std::string empty = "it has an empty label";
  const std::vector<Row> rows = {
      {"", "it has no letters or digits"},
      {".", "it has no letters or digits"},
      {"...", "it has no letters or digits"},
      {".web", empty},
      {"web.", empty},
      {"web..org", empty},
      {"web_1", characters},
      {"web 1", characters},
      {"web\n", characters},
      {"web\nroot", characters},
      {std::string("web\0x", 5), characters},
      {"w\xC3\xA9"
       "b",
       characters},
      {"web\xFF", characters},
      {"../etc", empty},
      {"web/x", characters},
      {"-web", hyphen},
      {"web-", hyphen},
      {"web.-x.org", hyphen},
      {"-", hyphen},
      {a(65), "a label has more than 63 characters"},
      {a(300), "a label has more than 63 characters"},
      {"web." + a(64), "a label has more than 63 characters"},
      {a(5000), "it has 5000 characters"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.given);
    const auto name = valid_host_name(row.given);
    REQUIRE_FALSE(name);
    CHECK(name.error().reason() == Reason::kHostName);
    const auto text = name.error().cause();
    CHECK_MESSAGE(text.ends_with("' is not a valid host name: " + row.why), text);
    CHECK(text.find('\n') == std::string::npos);
    CHECK(text.size() < 250);
  }
}

TEST_CASE("the local stage sets the host name of the media if it is valid and final") {
  struct Row {
    std::string what;
    std::function<void(Facts&)> change;
    std::string name;  ///< empty: none
  };
  const std::vector<Row> rows = {
      {"media", [](Facts& f) { f.imds.reset(); }, "web-1"},
      {"no media", [](Facts& f) { f.ovf.reset(); }, ""},
      {"media without a name", [](Facts& f) { f.ovf->host_name.clear(); }, ""},
      {"a bad name", [](Facts& f) { f.ovf->host_name = "web_1"; }, ""},
      {"a name that is shortened", [](Facts& f) { f.ovf->host_name = a(60) + ".example.org"; },
       a(60)},
      {"pre-provisioned: the name belongs to the pool",
       [](Facts& f) { f.ovf->preprovisioned_type = "Running"; }, ""},
      {"no type", [](Facts& f) { f.ovf->preprovisioned_type.clear(); }, "web-1"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    auto facts = good_facts();
    row.change(facts);
    const auto name = early_host_name(facts);
    CHECK((name ? name->value : "") == row.name);
    if (name) CHECK(name->why == "HostName in ovf-env.xml");
  }
}

TEST_CASE("an invalid host name gives a finding and no change") {
  auto facts = good_facts();
  facts.imds->instance.computer_name = "web_1";
  facts.ovf->host_name.clear();
  const auto plan = make_plan(facts, Config{});
  CHECK_FALSE(plan.hostname);
  REQUIRE(plan.findings.size() == 1);
  CHECK(
      plan.findings[0].error.to_string() ==
      "the host name stays 'localhost', because IMDS osProfile.computerName is invalid: 'web_1' is "
      "not a valid host name: only letters, digits, hyphens and dots are allowed");
}

TEST_CASE("without a given host name nothing changes, and there is no finding") {
  auto facts = good_facts();
  facts.imds->instance.computer_name.clear();
  facts.ovf->host_name.clear();
  const auto plan = make_plan(facts, Config{});
  CHECK_FALSE(plan.hostname);
  CHECK(plan.findings.empty());
}

TEST_CASE("a computer name of 64 characters is cut to 63, with a note") {
  auto facts = good_facts();
  facts.imds->instance.computer_name = facts.ovf->host_name = a(64);
  const auto plan = make_plan(facts, Config{});
  REQUIRE(plan.hostname);
  CHECK(plan.hostname->value == a(63));
  CHECK(findings_of(plan) == std::vector<std::string>{"note host-name"});
  CHECK(plan.findings[0].error.to_string() ==
        "the host name from IMDS osProfile.computerName was shortened to '" + a(63) +
            "' (at most 64 characters, 63 in a label)");
}
