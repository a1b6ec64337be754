#include "base/reason.h"

#include <algorithm>
#include <set>
#include <string>

#include <doctest/doctest.h>

using azl::Reason;

TEST_CASE("the reason table is in the order of the enumeration") {
  const auto rows = azl::reasons();
  REQUIRE(rows.size() == static_cast<std::size_t>(Reason::kState) + 1);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    CHECK(static_cast<std::size_t>(rows[i].reason) == i);
    CHECK(&azl::info(rows[i].reason) == &rows[i]);
  }
}

TEST_CASE("every row of the reason table is complete") {
  for (const auto& row : azl::reasons()) {
    CAPTURE(row.name);
    CHECK(row.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz-") == std::string_view::npos);
    CHECK_FALSE(row.name.empty());
    CHECK_FALSE(row.kvp.empty());
    CHECK(row.advice.size() > 20);
    CHECK_FALSE(row.advice.ends_with('.'));
    CHECK(row.message_id.size() == 32);
    CHECK(row.message_id.find_first_not_of("0123456789abcdef") == std::string_view::npos);
    CHECK(row.message_id[12] == '4');  // a random (version 4) UUID
  }
}

TEST_CASE("names, KVP strings and message ids are unique") {
  std::set<std::string_view> names;
  std::set<std::string_view> kvps;
  std::set<std::string_view> ids;
  for (const auto& row : azl::reasons()) {
    CAPTURE(row.name);
    CHECK(names.insert(row.name).second);
    CHECK(kvps.insert(row.kvp).second);
    CHECK(ids.insert(row.message_id).second);
  }
}

TEST_CASE("KVP strings need no quotes in PROVISIONING_REPORT") {
  for (const auto& row : azl::reasons()) {
    CAPTURE(row.kvp);
    CHECK(row.kvp.find_first_of("|'\r\n") == std::string_view::npos);
  }
}

TEST_CASE("cloud-init's reason strings are identical") {
  CHECK(azl::info(Reason::kUnexpected).kvp == "unhandled exception");
  CHECK(azl::info(Reason::kNoVmId).kvp == "failure to identify Azure VM ID");
  CHECK(azl::info(Reason::kOvfMalformed).kvp == "error parsing ovf-env.xml: {}");
  CHECK(azl::info(Reason::kOvfUnexpected).kvp == "unexpected metadata parsing ovf-env.xml: {}");
  CHECK(azl::info(Reason::kNoDhcpInterface).kvp == "failure to find DHCP interface");
  CHECK(azl::info(Reason::kNoLease).kvp == "failure to obtain DHCP lease");
  CHECK(azl::info(Reason::kImdsConnectTimeout).kvp == "connection timeout querying IMDS");
  CHECK(azl::info(Reason::kImdsConnect).kvp == "connection error querying IMDS");
  CHECK(azl::info(Reason::kImdsReadTimeout).kvp == "read timeout querying IMDS");
  CHECK(azl::info(Reason::kImdsHttp).kvp == "http error {} querying IMDS");
  CHECK(azl::info(Reason::kImdsMalformed).kvp == "error parsing IMDS metadata");
  CHECK(azl::info(Reason::kImdsInvalidKey).kvp == "invalid IMDS metadata for key={}");
  CHECK(azl::info(Reason::kPasswordLength).kvp == "unsupported password length={} max=72");
  CHECK(azl::info(Reason::kCustomDataMissing).kvp ==
        "failure to read customData while hasCustomData=true");
}
