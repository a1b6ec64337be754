// The attested document: asked for after Ready, checked, reported, and never in the way.
#include <string>
#include <utility>

#include "tests/system/lab.h"

namespace azl::test {
namespace {

TEST_SUITE_BEGIN("attested" * needs_root());

constexpr const char* kRoots = "etc/ssl/certs/ca-certificates.crt";
constexpr const char* kIntermediates = "etc/azl-provision/intermediates/";

/// A VM that trusts the simulator's authority, and asks which VM Azure attests.
struct AttestedLab : Lab {
  explicit AttestedLab(Json scenario = Json::object()) : Lab(std::move(scenario)) {
    configure("[Imds]\nAttested=yes\n");
    restart_platform(Json::object());
    write(kRoots, certificate("root"));
    write(kIntermediates + std::string("issuer.pem"), certificate("intermediate"));
  }
};

/// The report as text, in long lines.
std::string wide_report(Lab& lab) { return lab.command({"report", "--width=200"}).out; }

std::size_t count_questions(const Lab& lab) {
  std::size_t asked = 0;
  for (const auto& request : lab.requests("imds"))
    if (request.at("target").get<std::string>().starts_with("/metadata/attested/")) ++asked;
  return asked;
}

TEST_CASE("the report says which VM Azure signed for, and who signed") {
  AttestedLab lab;
  CHECK(lab.run().status == 0);
  const auto attested = lab.stage("report").at("attested");
  CHECK(attested.at("verdict") == "verified");
  CHECK(attested.at("vm_id") == "6b53fe79-c00b-4abe-9387-43fae70865fb");
  CHECK(attested.at("signer") == "metadata.azure.com");
  CHECK(contains(wide_report(lab),
                 "Azure (metadata.azure.com) signed that this is VM 6b53fe79-c00b-4abe-9387"));
  CHECK(lab.findings("report").empty());
  CHECK(count_questions(lab) == 1);
  // The platform was told before.
  CHECK(lab.stage("main").at("attested").at("verdict") == "not-asked");

  CHECK(lab.reboot().run().status == 0);
  CHECK(count_questions(lab) == 1);
}

TEST_CASE("a VM that gets another id with its user expects a signature for that id") {
  const std::string other = "b0b0b0b0-5555-4666-8777-888888888888";
  for (const bool signs_other : {true, false}) {
    CAPTURE(signs_other);
    AttestedLab lab({{"vm", {{"pps_type", "Running"}}},
                     {"pps", {{"not_yet", 0}, {"vm_id", other}}},
                     {"attested", signs_other ? Json{{"vm_id", other}} : Json::object()}});
    CHECK(lab.run().status == (signs_other ? 0 : 2));
    CHECK(lab.state().at("next_vm_id") == other);
    CHECK(count_questions(lab) == 1);
    const auto attested = lab.stage("report").at("attested");
    CHECK(attested.at("verdict") == (signs_other ? "verified" : "refuted"));
    CHECK(attested.at("vm_id") == (signs_other ? other : ""));
  }
}

TEST_CASE("without [Imds] Attested=yes nothing is asked, and there is no stage report") {
  Lab lab;
  CHECK(lab.run().status == 0);
  CHECK(count_questions(lab) == 0);
  CHECK_FALSE(lab.exists("run/azl-provision/attested"));
}

TEST_CASE("what cannot be verified is no warning") {
  struct Row {
    std::string what;
    Json imds;
    std::string removed;
    std::string why;
  };
  const Json silent = {
      {"faults", {{{"match", "/metadata/attested/"}, {"do", "status"}, {"status", 403}}}}};
  const std::vector<Row> rows = {
      {"no roots", Json::object(), kRoots, "no root certificates"},
      {"no certificate of the issuer", Json::object(), kIntermediates + std::string("issuer.pem"),
       "'Simulated Issuing CA 01' is neither a root of this system nor in the directory"},
      {"no document", silent, "", "403 Forbidden"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    AttestedLab lab({{"imds", row.imds}});
    if (!row.removed.empty()) lab.remove(row.removed);
    CHECK(lab.run().status == 0);
    CHECK(lab.told() == "Ready");
    const auto attested = lab.stage("report").at("attested");
    CHECK(attested.at("verdict") == "unverified");
    CHECK_MESSAGE(contains(attested.at("why").get<std::string>(), row.why), attested.dump());
    CHECK(attested.at("vm_id") == "");
    CHECK(lab.findings("report").empty());
    CHECK(contains(lab.report_text(), "Not verified: "));
  }
}

TEST_CASE("a document that contradicts the VM is a warning, and changes nothing else") {
  const std::vector<std::pair<Json, std::string>> rows = {
      {{{"vm_id", "b0b0b0b0-5555-4666-8777-888888888888"}}, "this is VM b0b0b0b0-5555"},
      {{{"nonce", "1"}}, "answers another request"},
      {{{"self_made", true}}, "a certificate that this system does not trust"},
      {{{"service", "metadata.example.com"}}, "not by the metadata service"},
      {{{"damaged", true}}, "does not match"},
      {{{"age_s", 7 * 3600}}, "expired"},
  };
  for (const auto& [attested, why] : rows) {
    CAPTURE(why);
    AttestedLab lab({{"attested", attested}});
    CHECK(lab.run().status == 2);
    CHECK(lab.told() == "Ready");
    CHECK(lab.stage("report").at("attested").at("verdict") == "refuted");
    CHECK(lab.findings("report") == Strings{"degraded imds-invalid-key"});
    CHECK_MESSAGE(contains(wide_report(lab), why), wide_report(lab));
    CHECK(contains(lab.report_text(), "ip route get 169.254.169.254"));
    CHECK(lab.account_field("passwd", "azureuser", 0) == "azureuser");
  }
}

TEST_SUITE_END();

}  // namespace
}  // namespace azl::test
