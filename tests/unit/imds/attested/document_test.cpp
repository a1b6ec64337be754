#include "imds/attested/document.h"

#include <chrono>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "base/text.h"

namespace azl::imds {
namespace {

std::string document(const std::string& created = "11/28/26 06:16:17 -0000") {
  return R"({"nonce":"0123456789","plan":{"name":"gold","product":"db","publisher":"example"},)"
         R"("sku":"small","subscriptionId":"8d10da13-8125-4ba9-a717-bf7490507b3d",)"
         R"("timeStamp":{"createdOn":")" +
         created + R"(","expiresOn":"11/28/26 12:16:17 -0000"},)" +
         R"("vmId":"6b53fe79-c00b-4abe-9387-43fae70865fb"})";
}

TEST_CASE("an attested document is read") {
  const auto parsed = parse_attested_document(document());
  REQUIRE(parsed);
  CHECK(parsed->vm_id == "6b53fe79-c00b-4abe-9387-43fae70865fb");
  CHECK(parsed->subscription_id == "8d10da13-8125-4ba9-a717-bf7490507b3d");
  CHECK(parsed->nonce == "0123456789");
  CHECK(parsed->plan == "example/db/gold");
  CHECK(parsed->sku == "small");
  CHECK(iso8601(parsed->created) == "2026-11-28T06:16:17+00:00");
  CHECK(parsed->expires - parsed->created == std::chrono::hours(6));
}

TEST_CASE("what a document may lack is empty") {
  const auto parsed = parse_attested_document(
      R"({"timeStamp":{"createdOn":"01/02/26 03:04:05 -0000","expiresOn":"01/02/26 09:04:05 -0000"},)"
      R"("vmId":"x","plan":{"name":"","product":"","publisher":""},"nonce":null})");
  REQUIRE(parsed);
  CHECK(parsed->nonce.empty());
  CHECK(parsed->plan.empty());
  CHECK(parsed->subscription_id.empty());
}

TEST_CASE("a document without VM id or times, or with impossible ones, is refused") {
  const std::vector<std::string> rows = {
      "",
      "[]",
      "{}",
      R"({"vmId":"x"})",
      R"({"vmId":7,"timeStamp":{}})",
      document(""),
      document("2026-11-28T06:16:17Z"),
      document("13/28/26 06:16:17 -0000"),
      document("02/30/26 06:16:17 -0000"),
      document("11/28/26 24:16:17 -0000"),
      document("11/28/26 06:60:17 -0000"),
      document("11/28/26 06:16:17 +0100"),
      document("11/28/26 06:16:17 -0000 "),
      document("11/28/26 06:16:17"),
      document("1/28/26 06:16:17 -0000"),
      document("+1/28/26 06:16:17 -0000"),
  };
  for (const auto& row : rows) {
    CAPTURE(row);
    const auto parsed = parse_attested_document(row);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().reason() == Reason::kImdsMalformed);
  }
}

TEST_CASE("an answer is base64 of a signature") {
  const auto good = parse_attested_answer(R"({"encoding":"pkcs7","signature":"AAEC"})");
  REQUIRE(good);
  CHECK(*good == std::string("\0\1\2", 3));
  const std::vector<std::string> bad = {
      "",
      "<html>",
      "{}",
      R"({"encoding":"pkcs7"})",
      R"({"encoding":"pkcs7","signature":""})",
      R"({"encoding":"pkcs7","signature":"A"})",
      R"({"encoding":"pkcs7","signature":["AAEC"]})",
      R"({"encoding":"pkcs12","signature":"AAEC"})",
      R"({"encoding":"pkcs7","signature":")" + std::string(kAttestedLimit, 'A') + R"("})",
  };
  for (const auto& row : bad) {
    CAPTURE(row.substr(0, 60));
    CHECK_FALSE(parse_attested_answer(row));
  }
}

}  // namespace
}  // namespace azl::imds
