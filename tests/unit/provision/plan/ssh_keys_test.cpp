#include "provision/plan/ssh_keys.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/provision/plan/changed_facts.h"
#include "tests/unit/provision/plan/given_keys.h"

using namespace azl::provision;
using namespace azl::test;
using azl::Secret;

namespace {

using Words = std::vector<std::string>;

constexpr const char* kBad = "ssh-ed25519 AAAA bad";
constexpr const char* kCertificate = "";  // only a fingerprint

}  // namespace

TEST_CASE("the valid keys of IMDS are used, or those of the media if IMDS has none") {
  struct Row {
    std::string what;
    Words imds;
    Words ovf;
    Course course;
    Words keys;
    Words findings;
  };
  const std::vector<Row> rows = {
      {"keys of IMDS take precedence",
       {kKey1, kKey2},
       {kKey3},
       Course::kProvision,
       {kPrint1, kPrint2},
       {"note ssh-key"}},
      {"two keys in one string of IMDS",
       {std::string(kKey1) + "\r\n" + kKey2},
       {std::string(kKey1) + "\n" + kKey2},
       Course::kProvision,
       {kPrint1, kPrint2},
       {}},
      {"two keys in one string, one of them bad",
       {},
       {std::string(kKey1) + "\r" + kBad + "\r" + kKey3},
       Course::kProvision,
       {kPrint1, kPrint3},
       {"degraded ssh-key"}},
      {"keys on the media only", {}, {kKey3, kKey1}, Course::kProvision, {kPrint3, kPrint1}, {}},
      {"CR LF inside a key and at its end",
       {std::string(kKey1).insert(30, "\r\n") + "\r\n"},
       {},
       Course::kProvision,
       {kPrint1},
       {}},
      {"one invalid key among valid ones",
       {kKey1, kBad, kKey2},
       {},
       Course::kProvision,
       {kPrint1, kPrint2},
       {"degraded ssh-key"}},
      {"all keys of IMDS invalid, so those of the media are used",
       {kBad, ""},
       {kKey3},
       Course::kProvision,
       {kPrint3},
       {"degraded ssh-key", "degraded ssh-key"}},
      {"duplicates, also with another comment",
       {kKey1, kKey1, std::string(kKey1) + " again", kKey2},
       {},
       Course::kProvision,
       {kPrint1, kPrint2},
       {}},
      {"options before the key",
       {"command=\"x\" " + std::string(kKey1), kKey2},
       {},
       Course::kProvision,
       {kPrint2},
       {"degraded ssh-key"}},
      {"a certificate beside a key",
       {},
       {kCertificate, kKey3},
       Course::kProvision,
       {kPrint3},
       {"degraded ssh-key"}},
      {"a certificate that is not needed",
       {kKey1},
       {kCertificate},
       Course::kProvision,
       {kPrint1},
       {}},
      {"certificates only",
       {},
       {kCertificate, kCertificate},
       Course::kProvision,  // they are fetched first: certificates_test.cpp
       {},
       {}},
      {"all keys invalid",
       {kBad},
       {kBad},
       Course::kRefused,
       {},
       {"degraded ssh-key", "degraded ssh-key", "fatal no-way-in"}},
      {"no keys", {}, {}, Course::kRefused, {}, {"fatal no-way-in"}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    const auto plan = plan_of(with_keys(row.imds, row.ovf));
    CHECK(plan.course == row.course);
    CHECK(fingerprints_of(plan) == row.keys);
    CHECK(findings_of(plan) == row.findings);
  }
}

TEST_CASE("with a password, a boot without a usable key does not fail") {
  auto facts = with_keys({kBad}, {kBad});
  facts.ovf->password = Secret("pw");
  const auto plan = plan_of(facts);
  CHECK(plan.course == Course::kProvision);
  CHECK(findings_of(plan) == Words{"degraded ssh-key", "degraded ssh-key", "degraded no-way-in"});
  CHECK(findings_of(plan_of(with_keys({kBad}, {kCertificate}))) == Words{"degraded ssh-key"});
}

TEST_CASE("a key names its source, and the finding for an invalid key gives its number only") {
  const auto plan = plan_of(with_keys({kKey1, "-----BEGIN SECRET", kBad}, {}));
  REQUIRE(plan.user);
  REQUIRE(plan.user->keys.size() == 1);
  CHECK(plan.user->keys[0].why == "IMDS publicKeys");
  CHECK(plan.user->keys[0].key.comment == "key1");
  REQUIRE(plan.findings.size() == 2);
  CHECK(plan.findings[0].error.chain().front() == "SSH key 2 of 3 (IMDS publicKeys) was skipped");
  CHECK(plan.findings[1].error.chain().front() == "SSH key 3 of 3 (IMDS publicKeys) was skipped");
  CHECK(plan.findings[0].error.to_string().find("SECRET") == std::string::npos);
  const auto media = plan_of(with_keys({}, {kKey3}));
  REQUIRE(media.user);
  CHECK(media.user->keys[0].why == "PublicKey in ovf-env.xml");
}

TEST_CASE("if nobody can log in, the error says what was wrong with the keys") {
  auto facts = with_keys({}, {kCertificate});
  facts.ovf->public_keys[0].fingerprint = "AB";
  const auto plan = plan_of(facts);
  REQUIRE(plan.fatal() != nullptr);
  CHECK(plan.fatal()->chain() ==
        Words{"user 'ann' has no usable SSH key and no password",
              "1 SSH key(s) in ovf-env.xml have neither a value nor the SHA-1 fingerprint of a "
              "certificate"});
}

TEST_CASE("at most 1000 keys are used") {
  auto facts = with_keys(Words(1000, kKey1), {});
  facts.imds->instance.public_keys.push_back({kKey2, ""});
  const auto plan = plan_of(facts);
  CHECK(fingerprints_of(plan) == Words{kPrint1});
  REQUIRE(plan.findings.size() == 1);
  CHECK(plan.findings[0].severity == Severity::kDegraded);
  CHECK(plan.findings[0].error.cause() ==
        "the platform gave more than 1000 SSH keys; the others are not used");
}
