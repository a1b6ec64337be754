#include "provision/custom_data/plan/ca_certs.h"

#include <string>
#include <string_view>
#include <variant>

#include <doctest/doctest.h>

#include "tests/unit/provision/custom_data/plan/planned.h"

namespace azl::provision::custom_data {
namespace {

using test::Lines;
using test::plan_of;
using test::remarks_of;

constexpr std::string_view kPem =
    R"("-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----")";

struct Row {
  std::string key;
  std::string value;
  int certificates = 0;  ///< of the item; -1: there is no item
  bool removes = false;
  Lines remarks = {};
};

void check(const Row& row) {
  const auto text = "#cloud-config\n" + row.key + ": " + row.value + "\n";
  CAPTURE(text);
  const auto plan = plan_of(text);
  CHECK(remarks_of(plan) == row.remarks);
  CHECK(plan.items.size() == (row.certificates < 0 ? 0 : 1));
  if (plan.items.empty()) return;
  const auto& trust = std::get<TrustCertificates>(plan.items[0].action);
  CHECK(plan.items[0].id == "ca_certs");
  CHECK(plan.items[0].phase == ItemPhase::kEarly);
  CHECK(trust.certificates.size() == static_cast<std::size_t>(row.certificates));
  CHECK(trust.remove_defaults == row.removes);
  for (const auto& certificate : trust.certificates)
    CHECK(certificate == "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n");
}

TEST_CASE("certificates are a list or one text, with the older names too") {
  // https://docs.cloud-init.io/en/latest/reference/modules.html#ca-certificates
  const std::string pem(kPem);
  const Row rows[] = {
      {"ca_certs", "{trusted: [" + pem + "]}", 1},
      {"ca_certs", "{trusted: [" + pem + ", " + pem + "]}", 2},
      {"ca_certs", "{trusted: " + pem + "}", 1},
      {"ca-certs", "{trusted: [" + pem + "]}", 1},
      {"ca_certs", "{remove_defaults: true}", 0, true, {"w 2:29 ca-certs"}},
      {"ca-certs", "{remove-defaults: true}", 0, true, {"w 2:29 ca-certs"}},
      {"ca_certs", "{remove_defaults: false, trusted: [" + pem + "]}", 1},
      {"ca_certs", "{trusted: []}", -1},
      {"ca_certs", "{}", -1},
  };
  for (const auto& row : rows) check(row);
  const auto plan = plan_of("#cloud-config\nca-certs: {trusted: [" + pem +
                            "]}\nca_certs: {trusted: [" + pem + ", " + pem + "]}\n");
  CHECK(remarks_of(plan) == Lines{"w 2:1 ca-certs"});
  REQUIRE(plan.items.size() == 1);
  CHECK(std::get<TrustCertificates>(plan.items[0].action).certificates.size() == 2);
  CHECK(plan.items[0].what == "trust 2 certificates");
}

TEST_CASE("no certificate is removed if none of those that are given can be used") {
  const std::string pem(kPem);
  const Row rows[] = {
      {"ca_certs",
       "{remove_defaults: true, trusted: [x]}",
       -1,
       false,
       {"e 2:29 ca-certs", "e 2:45 ca-certs"}},
      {"ca_certs",
       "{remove_defaults: true, trusted: x}",
       -1,
       false,
       {"e 2:29 ca-certs", "e 2:44 ca-certs"}},
      {"ca_certs",
       "{remove_defaults: true, trusted: [x, " + pem + "]}",
       1,
       true,
       {"w 2:29 ca-certs", "e 2:45 ca-certs"}},
      {"ca_certs", "{remove_defaults: true, trusted: []}", 0, true, {"w 2:29 ca-certs"}},
  };
  for (const auto& row : rows) check(row);
}

TEST_CASE("what is no certificate costs only itself") {
  const std::string pem(kPem);
  const Row rows[] = {
      {"ca_certs", "{trusted: [x, " + pem + "]}", 1, false, {"e 2:22 ca-certs"}},
      {"ca_certs", "{trusted: [[x], " + pem + "]}", 1, false, {"e 2:22 ca-certs"}},
      {"ca_certs", "{trusted: 7}", -1, false, {"e 2:21 ca-certs"}},
      {"ca_certs", "{trust: []}", -1, false, {"w 2:12 unknown-key"}},
      {"ca_certs", "[" + pem + "]", -1, false, {"e 2:1 ca-certs"}},
      {"ca_certs", "", -1, false, {"e 2:1 ca-certs"}},
  };
  for (const auto& row : rows) check(row);
  const auto plan = plan_of(
      "#cloud-config\nca_certs: {trusted: [\"-----BEGIN CERTIFICATE-----\\n-----BEGIN PRIVATE "
      "KEY-----\"]}\n");
  CHECK(remarks_of(plan) == Lines{"w 2:22 ca-certs"});
}

}  // namespace
}  // namespace azl::provision::custom_data
