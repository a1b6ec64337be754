#include "imds/attested/verify.h"

#include <array>
#include <chrono>
#include <ctime>
#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/platform/authority.h"

namespace azl::imds {
namespace {

using namespace std::chrono_literals;
using platform::Authority;
using platform::AuthorityOptions;
using enum AttestedDoubt;

constexpr const char* kVmId = "6b53fe79-c00b-4abe-9387-43fae70865fb";
constexpr const char* kTheNonce = "0123456789";

std::string time_text(std::time_t when) {
  std::tm parts{};
  gmtime_r(&when, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%m/%d/%y %H:%M:%S -0000", &parts);
  return text.data();
}

std::time_t now_s() { return std::time(nullptr); }

/// What is signed: of now, for an hour.
std::string content(const std::string& vm_id = kVmId, const std::string& nonce = kTheNonce) {
  return R"({"nonce":")" + nonce + R"(","timeStamp":{"createdOn":")" + time_text(now_s()) +
         R"(","expiresOn":")" + time_text(now_s() + 3600) + R"("},"vmId":")" + vm_id +
         R"(","subscriptionId":"8d10da13-8125-4ba9-a717-bf7490507b3d"})";
}

WallTime wall(std::time_t when) { return WallTime(std::chrono::seconds(when)); }

AttestedExpectation expected(std::time_t now = now_s()) {
  return {.vm_id = kVmId, .nonce = kTheNonce, .now = wall(now)};
}

TrustedCertificates trust(const Authority& authority) {
  return {.roots = authority.root_pem(), .intermediates = {authority.intermediate_pem()}};
}

const Authority& authority() {
  static const Authority made;
  return made;
}

TEST_CASE("what Azure signed for this VM and request is verified") {
  const auto checked = verify_attested(authority().sign(content()), trust(authority()), expected());
  CHECK_MESSAGE(checked.doubt == kNone, checked.why);
  CHECK(checked.verdict() == AttestedVerdict::kVerified);
  CHECK(checked.why.empty());
  CHECK(checked.signer == "metadata.azure.com");
  REQUIRE(checked.document);
  CHECK(checked.document->vm_id == kVmId);
}

TEST_CASE("generation 1's byte order names the same VM") {
  const auto swapped = authority().sign(content("79fe536b-0bc0-be4a-9387-43fae70865fb"));
  CHECK(verify_attested(swapped, trust(authority()), expected()).doubt == kNone);
}

TEST_CASE("RSA keys, and Azure's name of the digest's algorithm, are accepted") {
  constexpr unsigned kBits = 2048;
  const Authority rsa({.rsa_bits = kBits});
  for (const bool azure : {false, true}) {
    const auto checked =
        verify_attested(rsa.sign(content(), {.azure_algorithms = azure}), trust(rsa), expected());
    CHECK_MESSAGE(checked.doubt == kNone, checked.why);
  }
}

TEST_CASE("keys of less than 112 bits of security are refused") {
  constexpr unsigned kBits = 1024;
  const Authority weak({.rsa_bits = kBits});
  CHECK(verify_attested(weak.sign(content()), trust(weak), expected()).doubt == kUntrusted);
}

TEST_CASE("the issuer's certificate comes from a file in PEM or DER, or with the message") {
  const auto message = authority().sign(content());
  const auto root = authority().root_pem();
  const auto with = [&](std::vector<std::string> files) {
    return verify_attested(message, {.roots = root, .intermediates = std::move(files)}, expected())
        .doubt;
  };
  CHECK(with({authority().intermediate_der()}) == kNone);
  CHECK(with({"", "no certificate", authority().intermediate_pem()}) == kNone);
  CHECK(with({"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" +
              authority().intermediate_pem()}) == kNone);
  CHECK(with({}) == kMissingIssuer);
  const auto brought = authority().sign(content(), {.intermediate = true});
  CHECK(verify_attested(brought, {.roots = root, .intermediates = {}}, expected()).doubt == kNone);
}

TEST_CASE("a missing intermediate certificate is named") {
  const auto checked =
      verify_attested(authority().sign(content()),
                      {.roots = authority().root_pem(), .intermediates = {}}, expected());
  CHECK(checked.verdict() == AttestedVerdict::kUnverified);
  CHECK(checked.why.find("'Simulated Issuing CA 01'") != std::string::npos);
}

TEST_CASE("the roots decide whom to trust") {
  const Authority other;
  const auto message = authority().sign(content(), {.intermediate = true});
  CHECK(verify_attested(message, {}, expected()).doubt == kNoRoots);
  CHECK(verify_attested(message, {.roots = "-----BEGIN", .intermediates = {}}, expected()).doubt ==
        kNoRoots);
  CHECK(verify_attested(message, trust(other), expected()).doubt == kMissingIssuer);
  // An intermediate certificate is trusted no more than the message.
  CHECK(verify_attested(message,
                        {.roots = other.root_pem(),
                         .intermediates = {authority().root_pem(), authority().intermediate_pem()}},
                        expected())
            .doubt == kUntrusted);
}

TEST_CASE("each contradiction and each lack has its doubt") {
  struct Row {
    std::string what;
    AuthorityOptions authority;
    std::function<std::string(const Authority&)> message;
    AttestedDoubt doubt;
    std::time_t now = now_s();
  };
  constexpr std::time_t kHour = 3600;
  constexpr std::time_t kDay = 24 * kHour;
  const auto plain = [](const Authority& signer) { return signer.sign(content()); };
  const std::vector<Row> rows = {
      {"another VM",
       {},
       [](const Authority& signer) {
         return signer.sign(content("00000000-0000-0000-0000-000000000001"));
       },
       kOtherVm},
      {"another request",
       {},
       [](const Authority& signer) { return signer.sign(content(kVmId, "9876543210")); },
       kNonce},
      {"a self-made certificate", {.self_made = true}, plain, kUntrusted},
      {"a certificate for clients", {.client_only = true}, plain, kUntrusted},
      {"another service", {.service = "metadata.example.com"}, plain, kName},
      {"a name that ends like the service's", {.service = "evilmetadata.azure.com"}, plain, kName},
      {"a subdomain", {.service = "westeurope.metadata.azure.com"}, plain, kNone},
      {"a wildcard", {.service = "*.metadata.azure.us"}, plain, kNone},
      {"a common name only",
       {.service = "metadata.azure.cn", .names_only_subject = true},
       plain,
       kNone},
      {"expired certificates",
       {.from = now_s() - 9 * kDay, .until = now_s() - kDay},
       plain,
       kExpired},
      {"certificates of the future",
       {.from = now_s() + kDay, .until = now_s() + 9 * kDay},
       plain,
       kClockBehind},
      {"an expired document", {}, plain, kExpired, now_s() + 2 * kHour},
      {"a clock that is behind", {}, plain, kClockBehind, now_s() - kHour},
      {"a clock that was never set", {}, plain, kClockBehind, 0},
      {"a clock that is behind by little", {}, plain, kNone, now_s() - 60},
      {"no content",
       {},
       [](const Authority& signer) { return signer.sign(content(), {.content = false}); },
       kMalformed},
      {"no certificate of the signer",
       {},
       [](const Authority& signer) { return signer.sign(content(), {.signer = false}); },
       kMalformed},
      {"content that is no document",
       {},
       [](const Authority& signer) { return signer.sign("hello"); },
       kMalformed},
      {"a signature that was changed",
       {},
       [](const Authority& signer) {
         auto message = signer.sign(content());
         message.back() = static_cast<char>(message.back() ^ 1);
         return message;
       },
       kSignature},
      {"content that was changed",
       {},
       [](const Authority& signer) {
         auto message = signer.sign(content());
         message[message.find(kVmId)] = '7';
         return message;
       },
       kSignature},
      {"bytes after the message",
       {},
       [](const Authority& signer) { return signer.sign(content()) + "x"; },
       kMalformed},
      {"no message", {}, [](const Authority&) { return std::string(); }, kMalformed},
      {"too long a message",
       {},
       [](const Authority& signer) { return signer.sign(std::string(kAttestedLimit, ' ')); },
       kMalformed},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    const Authority signer(row.authority);
    const auto checked = verify_attested(row.message(signer), trust(signer), expected(row.now));
    CHECK_MESSAGE(checked.doubt == row.doubt, checked.why);
    CHECK(checked.why.empty() == (row.doubt == kNone));
  }
}

TEST_CASE("a message that is cut anywhere is no message") {
  const auto message = authority().sign(content());
  for (std::size_t size = 0; size < message.size(); size += 7) {
    CAPTURE(size);
    CHECK(verify_attested(message.substr(0, size), trust(authority()), expected()).doubt ==
          kMalformed);
  }
}

TEST_CASE("a doubt that a machine's own lack explains refutes nothing") {
  for (const auto doubt : {kNoAnswer, kMalformed, kNoRoots, kMissingIssuer, kClockBehind})
    CHECK(verdict_of(doubt) == AttestedVerdict::kUnverified);
  for (const auto doubt :
       {kSignature, kUntrusted, kName, kExpired, AttestedDoubt::kNonce, kOtherVm})
    CHECK(verdict_of(doubt) == AttestedVerdict::kRefuted);
  CHECK(verdict_of(kNone) == AttestedVerdict::kVerified);
}

}  // namespace
}  // namespace azl::imds
