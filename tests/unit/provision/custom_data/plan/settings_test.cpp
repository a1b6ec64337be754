// The keys timezone, locale, growpart and resize_rootfs.
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "tests/unit/provision/custom_data/plan/planned.h"

namespace azl::provision::custom_data {
namespace {

using test::Lines;
using test::plan_of;
using test::remarks_of;

struct Row {
  std::string text;
  Lines what = {};
  Lines remarks = {};
};

void check(const Row& row) {
  CAPTURE(row.text);
  const auto plan = plan_of("#cloud-config\n" + row.text + "\n");
  Lines what;
  for (const auto& item : plan.items) {
    what.push_back(item.what);
    CHECK(item.phase == ItemPhase::kFinal);
  }
  CHECK(what == row.what);
  CHECK(remarks_of(plan) == row.remarks);
}

TEST_CASE("the time zone is a name below /usr/share/zoneinfo") {
  const Row rows[] = {
      {"timezone: Europe/Vienna", {"set the time zone to Europe/Vienna"}},
      {"timezone: UTC", {"set the time zone to UTC"}},
      {"timezone: America/Argentina/Buenos_Aires",
       {"set the time zone to America/Argentina/Buenos_Aires"}},
      {"timezone: Etc/GMT+5", {"set the time zone to Etc/GMT+5"}},
      {"timezone: ../../etc/passwd", {}, {"e 2:1 timezone"}},
      {"timezone: /etc/passwd", {}, {"e 2:1 timezone"}},
      {"timezone: a//b", {}, {"e 2:1 timezone"}},
      {"timezone: a/", {}, {"e 2:1 timezone"}},
      {"timezone: --help", {}, {"e 2:1 timezone"}},
      {"timezone: 'a b'", {}, {"e 2:1 timezone"}},
      {"timezone: [UTC]", {}, {"e 2:1 timezone"}},
      {"timezone: 7", {}, {"e 2:1 timezone"}},
      {"timezone: " + std::string(256, 'a'), {}, {"e 2:1 timezone"}},
      {"timezone:", {}, {"w 2:1 no-value"}},
      {"timezone: ''", {}, {"w 2:1 no-value"}},
  };
  for (const auto& row : rows) check(row);
}

TEST_CASE("the locale is a name, and false changes nothing") {
  const Row rows[] = {
      {"locale: en_US.UTF-8", {"set the locale to en_US.UTF-8"}},
      {"locale: C", {"set the locale to C"}},
      {"locale: de_AT@euro", {"set the locale to de_AT@euro"}},
      {"locale: false"},
      {"locale: 'no'"},
      {"locale:", {}, {"w 2:1 no-value"}},
      {"locale: [a]", {}, {"e 2:1 locale"}},
      {R"(locale: "C\nPATH=/tmp")", {}, {"e 2:1 locale"}},
      {"locale: -x", {}, {"e 2:1 locale"}},
      {"locale: " + std::string(129, 'a'), {}, {"e 2:1 locale"}},
  };
  for (const auto& row : rows) check(row);
}

TEST_CASE("what turns the growth of the root partition off gets a warning") {
  const Row rows[] = {
      {"growpart: {mode: auto}"},
      {"growpart: {mode: growpart, devices: [/]}"},
      {"growpart: {mode: auto, devices: ['/'], ignore_growroot_disabled: false}"},
      {"growpart:"},
      {"growpart: {mode: off}", {}, {"w 2:1 growth"}},
      {"growpart: {mode: 'off'}", {}, {"w 2:1 growth"}},
      {"growpart: {mode: false}", {}, {"w 2:1 growth"}},
      {"growpart: {mode: auto, devices: [/, /dev/sdc1]}", {}, {"w 2:1 growth"}},
      {"growpart: false", {}, {"w 2:1 growth"}},
      {"growpart: off", {}, {"w 2:1 growth"}},
      {"growpart: [a]", {}, {"e 2:1 growth"}},
      {"growpart: true", {}, {"e 2:1 growth"}},
      {"growpart: {mod: off}", {}, {"w 2:12 unknown-key"}},
      {"growpart: {mode: null, devices: null}"},
      {"resize_rootfs: true"},
      {"resize_rootfs: noblock"},
      {"resize_rootfs:"},
      {"resize_rootfs: false", {}, {"w 2:1 growth"}},
  };
  for (const auto& row : rows) check(row);
}

}  // namespace
}  // namespace azl::provision::custom_data
