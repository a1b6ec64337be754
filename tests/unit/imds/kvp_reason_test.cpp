#include "imds/kvp_reason.h"

#include <set>
#include <string>

#include <doctest/doctest.h>

using azl::Error;
using azl::Reason;
using azl::imds::kvp_reason;
using azl::imds::kvp_text;

TEST_CASE("a KVP reason is filled in with the status, the detail, or the cause") {
  CHECK(kvp_reason(Error(Reason::kImdsHttp, "x").with_http_status(503)) ==
        "http error 503 querying IMDS");
  CHECK(kvp_reason(Error(Reason::kImdsInvalidKey, "x").with_detail("osProfile")) ==
        "invalid IMDS metadata for key=osProfile");
  CHECK(kvp_reason(Error(Reason::kUserName, "'../x' has a slash")) ==
        "invalid user name: '../x' has a slash");
  CHECK(kvp_reason(Error(Reason::kNoLease, "x").with_detail("y")) ==
        "failure to obtain DHCP lease");
  CHECK(kvp_reason(Error(Reason::kProxyAgent, "x").with_detail("not found")) ==
        "azure-proxy-agent not found");
}

TEST_CASE("the status of an answer is named only for the reason that is about it") {
  CHECK(kvp_reason(Error(Reason::kImdsHttp, "no status").with_detail("gone")) ==
        "http error gone querying IMDS");
  CHECK(kvp_reason(
            Error(Reason::kImdsInvalidKey, "x").with_http_status(404).with_detail("osProfile")) ==
        "invalid IMDS metadata for key=osProfile");
}

TEST_CASE("braces in a detail are not replaced") {
  CHECK(kvp_reason(Error(Reason::kOvfMalformed, "x").with_detail("{}")) ==
        "error parsing ovf-env.xml: {}");
}

TEST_CASE("each KVP text is unique and needs no quotes in PROVISIONING_REPORT") {
  std::set<std::string_view> texts;
  for (const auto& [reason, name] : azl::reasons()) {
    const auto text = kvp_text(reason);
    CAPTURE(name);
    CHECK_FALSE(text.empty());
    CHECK(texts.insert(text).second);
    CHECK(text.find_first_of("|'\r\n") == std::string_view::npos);
  }
}

TEST_CASE("KVP texts that cloud-init also has are identical to cloud-init's") {
  CHECK(kvp_text(Reason::kUnexpected) == "unhandled exception");
  CHECK(kvp_text(Reason::kNoVmId) == "failure to identify Azure VM ID");
  CHECK(kvp_text(Reason::kOvfMalformed) == "error parsing ovf-env.xml: {}");
  CHECK(kvp_text(Reason::kOvfUnexpected) == "unexpected metadata parsing ovf-env.xml: {}");
  CHECK(kvp_text(Reason::kNoDhcpInterface) == "failure to find DHCP interface");
  CHECK(kvp_text(Reason::kNoLease) == "failure to obtain DHCP lease");
  CHECK(kvp_text(Reason::kImdsConnectTimeout) == "connection timeout querying IMDS");
  CHECK(kvp_text(Reason::kImdsConnect) == "connection error querying IMDS");
  CHECK(kvp_text(Reason::kImdsReadTimeout) == "read timeout querying IMDS");
  CHECK(kvp_text(Reason::kImdsHttp) == "http error {} querying IMDS");
  CHECK(kvp_text(Reason::kImdsMalformed) == "error parsing IMDS metadata");
  CHECK(kvp_text(Reason::kImdsInvalidKey) == "invalid IMDS metadata for key={}");
  CHECK(kvp_text(Reason::kPasswordLength) == "unsupported password length={} max=72");
  CHECK(kvp_text(Reason::kCustomDataMissing) ==
        "failure to read customData while hasCustomData=true");
}
