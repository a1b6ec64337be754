#include "provision/plan/certificates.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "base/text.h"
#include "tests/platform/certificate_maker.h"
#include "tests/unit/provision/plan/changed_facts.h"
#include "tests/unit/provision/plan/given_keys.h"

using namespace azl::provision;
using namespace azl::test;
using azl::Cause;
using azl::Error;
using azl::Secret;
using azl::platform::make_certificate;

namespace {

using Words = std::vector<std::string>;

constexpr const char* kBad = "ssh-ed25519 AAAA bad";
constexpr const char* kCertificate = "";  // only a fingerprint
constexpr const char* kUnknown = "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF";

azl::imds::DeployedCertificate deployed(const std::string& kind) {
  const auto made = make_certificate(kind).value();
  return {.fingerprint = azl::platform::sha1_fingerprint(made.certificate),
          .der = made.certificate};
}

/// Facts whose media names certificates only, and what was fetched.
Facts with_fetched(std::vector<azl::imds::DeployedCertificate> list, const Words& named) {
  auto facts = with_keys({}, {});
  for (const auto& fingerprint : named) facts.ovf->public_keys.push_back({fingerprint, "", ""});
  facts.certificates = FetchedCertificates{.list = std::move(list), .error = std::nullopt};
  return facts;
}

}  // namespace

TEST_CASE("certificates are fetched only if one is named and no usable key is given") {
  struct Row {
    std::string what;
    Facts facts;
    bool fetch;
    std::string why;
  };
  const std::string wanted =
      "ovf-env.xml names 1 SSH key by a certificate's fingerprint, and no usable key is given";
  auto without_imds = with_keys({}, {kCertificate, kCertificate});
  no_imds(without_imds);
  auto with_password = with_keys({}, {kCertificate});
  with_password.ovf->password = Secret("pw");
  auto lower_case = with_keys({}, {kCertificate});
  lower_case.ovf->public_keys[0].fingerprint =
      "00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff:00:11:22:33";
  auto no_fingerprint = with_keys({}, {kCertificate});
  no_fingerprint.ovf->public_keys[0].fingerprint = "ssh-key-1";
  const Row rows[] = {
      {"no media", changed(no_ovf), false, "no SSH key is named by a certificate's fingerprint"},
      {"keys only", with_keys({kKey1}, {kKey1}), false,
       "no SSH key is named by a certificate's fingerprint"},
      {"a certificate only", with_keys({}, {kCertificate}), true, wanted},
      {"two certificates without IMDS", std::move(without_imds), true,
       "ovf-env.xml names 2 SSH keys by a certificate's fingerprint, and no usable key is given"},
      {"also with a password", std::move(with_password), true, wanted},
      {"in lower case, with colons", std::move(lower_case), true, wanted},
      {"no fingerprint", std::move(no_fingerprint), false,
       "no SSH key is named by a certificate's fingerprint"},
      {"a key of IMDS", with_keys({kBad, kKey1}, {kCertificate}), false,
       "IMDS gives a usable SSH key"},
      {"a key on the media", with_keys({}, {kCertificate, kKey1}), false,
       "ovf-env.xml gives a usable SSH key"},
      {"bad keys", with_keys({kBad}, {kBad, kCertificate}), true, wanted},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    const auto choice = decide_certificates(row.facts);
    CHECK(choice.yes == row.fetch);
    CHECK(choice.why == row.why);
    CHECK(awaits_certificates(row.facts) == row.fetch);
  }
}

TEST_CASE("the keys of named certificates are used") {
  const auto rsa = deployed("RSA");
  const auto ed25519 = deployed("ED25519");
  const auto facts =
      with_fetched({deployed("P-384"), rsa, ed25519},
                   {ed25519.fingerprint, azl::lower(rsa.fingerprint), ed25519.fingerprint});
  CHECK_FALSE(awaits_certificates(facts));
  const auto plan = plan_of(facts);
  CHECK(plan.course == Course::kProvision);
  CHECK(findings_of(plan).empty());
  REQUIRE(plan.user);
  REQUIRE(plan.user->keys.size() == 2);
  CHECK(plan.user->keys[0].key.type == "ssh-ed25519");
  CHECK(plan.user->keys[0].why ==
        "certificate " + ed25519.fingerprint + ", which ovf-env.xml names");
  CHECK(plan.user->keys[1].key.type == "ssh-rsa");
  CHECK(plan.user->certificates.yes);
}

TEST_CASE("each kind of key that sshd knows is used, others are refused by their name") {
  struct Row {
    std::string kind;
    std::string type;
  };
  for (const Row& row : {Row{"RSA", "ssh-rsa"}, Row{"P-256", "ecdsa-sha2-nistp256"},
                         Row{"P-384", "ecdsa-sha2-nistp384"}, Row{"P-521", "ecdsa-sha2-nistp521"},
                         Row{"ED25519", "ssh-ed25519"}}) {
    CAPTURE(row.kind);
    const auto certificate = deployed(row.kind);
    const auto plan = plan_of(with_fetched({certificate}, {certificate.fingerprint}));
    REQUIRE(plan.user);
    REQUIRE(plan.user->keys.size() == 1);
    CHECK(plan.user->keys[0].key.type == row.type);
  }
  const auto ed448 = deployed("ED448");
  const auto refused = plan_of(with_fetched({ed448}, {ed448.fingerprint}));
  REQUIRE(refused.fatal() != nullptr);
  CHECK(refused.fatal()->known_cause() == Cause::kCertificateKeyKind);
  CHECK(refused.fatal()->chain() ==
        Words{"user 'ann' has no usable SSH key and no password",
              "the key of the certificate " + ed448.fingerprint + " cannot be used",
              "its key is neither RSA nor EC nor Ed25519, but ED448"});
}

TEST_CASE("a certificate that is missing costs only its key") {
  const auto there = deployed("P-256");
  const auto plan = plan_of(with_fetched({there}, {kUnknown, there.fingerprint}));
  CHECK(plan.course == Course::kProvision);
  CHECK(plan.user->keys.size() == 1);
  REQUIRE(plan.findings.size() == 1);
  CHECK(plan.findings[0].severity == Severity::kDegraded);
  CHECK(plan.findings[0].error.known_cause() == Cause::kCertificateMissing);
  CHECK(plan.findings[0].error.to_string() ==
        "the platform gave no certificate with the fingerprint " + std::string(kUnknown) +
            ", but " + there.fingerprint);

  const auto none = plan_of(with_fetched({}, {kUnknown}));
  REQUIRE(none.fatal() != nullptr);
  CHECK(none.course == Course::kRefused);
  CHECK(none.fatal()->known_cause() == Cause::kCertificateMissing);
}

TEST_CASE(
    "if certificates cannot be fetched, the advice is about that, and a password still works") {
  for (const auto cause : {Cause::kCertificateNotFetched, Cause::kCertificateAnswer,
                           Cause::kCertificateAlgorithm, Cause::kCertificateFips}) {
    auto facts = with_fetched({}, {kUnknown});
    facts.certificates->error = Error(cause, "it did not work");
    const auto closed = plan_of(facts);
    REQUIRE(closed.fatal() != nullptr);
    CHECK(closed.fatal()->known_cause() == cause);
    CHECK(closed.fatal()->chain() == Words{"user 'ann' has no usable SSH key and no password",
                                           "the certificates of SSH keys could not be fetched",
                                           "it did not work"});
    CHECK(closed.findings.size() == 1);

    facts.ovf->password = Secret("pw");
    const auto open = plan_of(facts);
    CHECK(open.course == Course::kProvision);
    CHECK(open.user->password == PasswordChange::kSet);
    CHECK(findings_of(open) == Words{"degraded ssh-key", "degraded no-way-in"});
    CHECK(open.findings[0].error.known_cause() == cause);
  }
  auto facts = with_fetched({}, {kUnknown});
  facts.certificates->error = Error(Cause::kNoLibcurl, "no libcurl");
  CHECK(findings_of(plan_of(facts)) == Words{"degraded tool-missing", "fatal no-way-in"});
}
