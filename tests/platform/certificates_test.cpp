// Scenarios with certificates: the media, the goal state and the WireServer's answer.
#include <map>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tests/platform/certificate_maker.h"
#include "tests/platform/encoding.h"
#include "tests/platform/ovf_document.h"
#include "tests/platform/scenario.h"
#include "tests/platform/wireserver_service.h"

namespace azl::platform {
namespace {

std::string block(const std::string& label, const std::string& der) {
  auto text = base64(der);
  for (std::size_t at = 64; at < text.size(); at += 65) text.insert(at, "\n");
  return "-----BEGIN " + label + "-----\n" + text + "\n-----END " + label + "-----\n";
}

std::string pem_of(const std::string& kind) {
  const auto made = make_certificate(kind).value();
  return block("CERTIFICATE", made.certificate) + block("PRIVATE KEY", made.key);
}

Scenario scenario_with(nlohmann::json certificates) {
  if (!certificates.contains("pem")) certificates["pem"] = {pem_of("P-256")};
  const nlohmann::json document = {{"vm", {{"ssh_keys", nlohmann::json::array()}}},
                                   {"certificates", certificates}};
  return parse_scenario(document.dump()).value();
}

Request request(const std::string& target, std::map<std::string, std::string> headers) {
  auto parsed = parse_request_head("GET " + target + " HTTP/1.1\r\nHost: h\r\n\r\n").value();
  headers["x-ms-version"] = "2012-11-30";
  parsed.headers.merge(headers);
  return parsed;
}

}  // namespace

TEST_CASE("the media and the goal state name the certificates") {
  const auto scenario = scenario_with({{"pem", {pem_of("P-256"), pem_of("ED25519")}}});
  REQUIRE(scenario.certificates.list.size() == 2);
  const auto ovf = ovf_document(scenario);
  for (const auto& certificate : scenario.certificates.list)
    CHECK(ovf.find(sha1_fingerprint(certificate.certificate)) != std::string::npos);
  CHECK(ovf.find("Value") == std::string::npos);
  CHECK(goal_state(scenario, 1, "http://h").find("<Certificates>http://h/machine/") !=
        std::string::npos);
  CHECK(goal_state({}, 1, "http://h").find("<Certificates>") == std::string::npos);
  const auto wrong = scenario_with({{"fingerprint", "AB"}, {"url", "http://other/"}});
  CHECK(ovf_document(wrong).find("<wa:Fingerprint>AB<") != std::string::npos);
  CHECK(goal_state(wrong, 1, "http://h").find("<Certificates>http://other/<") != std::string::npos);
}

TEST_CASE("the answer is given to who has a certificate and asks for a known cipher") {
  const auto scenario = scenario_with({{"ciphers", {"DES_EDE3_CBC"}}});
  const auto goal = goal_state(scenario, 1, "http://h");
  const auto begin = goal.find("http://h/machine/", goal.find("<Certificates>")) + 8;
  auto target = goal.substr(begin, goal.find('<', begin) - begin);
  if (const auto at = target.find("&amp;"); at != std::string::npos) target.replace(at, 5, "&");
  const auto recipient = base64(make_certificate("RSA").value().certificate);
  struct Row {
    std::string target;
    std::map<std::string, std::string> headers;
    int status;
  };
  const char* const certificate = "x-ms-guest-agent-public-x509-cert";
  const std::vector<Row> rows = {
      {target, {{certificate, recipient}, {"x-ms-cipher-name", "DES_EDE3_CBC"}}, 200},
      {target, {{certificate, recipient}, {"x-ms-cipher-name", "AES128_CBC"}}, 400},
      {target, {{certificate, "AAAA"}, {"x-ms-cipher-name", "DES_EDE3_CBC"}}, 400},
      {target, {{"x-ms-cipher-name", "DES_EDE3_CBC"}}, 400},
      {target + "7", {{certificate, recipient}, {"x-ms-cipher-name", "DES_EDE3_CBC"}}, 410},
  };
  for (const auto& row : rows) {
    CAPTURE(row.target);
    const auto answer = answer_wireserver(scenario, request(row.target, row.headers), 1);
    CHECK(answer.status == row.status);
    if (row.status == 200) CHECK(answer.body.find("<Data>MII") != std::string::npos);
  }
}

TEST_CASE("a scenario with certificates that make no sense is refused") {
  const auto refused = parse_scenario(
      R"({"certificates": {"pem": ["x"], "mac": "md5", "content": "rc2", "pfx_cipher": "",
          "key_transport": "ecdh", "rounds": 0}})");
  REQUIRE_FALSE(refused);
  for (const char* what :
       {"certificates.pem: not a certificate in PEM", "certificates.mac: must be one of none, sha1",
        "certificates.content: must be one of", "certificates.pfx_cipher: must be one of",
        "certificates.key_transport: must be one of", "certificates.rounds: must be at least 1"}) {
    CAPTURE(what);
    CHECK(refused.error().find(what) != std::string::npos);
  }
  CHECK(parse_scenario(R"({"certificates": {}})").error().find("at least one") !=
        std::string::npos);
}

}  // namespace azl::platform
