#include "imds/certificates/certificate_file.h"

#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "base/text.h"

using namespace azl::imds;
using azl::Cause;

namespace {

std::string document(const std::string& inside) {
  return R"(<?xml version="1.0" encoding="utf-8"?><CertificateFile><Version>2012-11-30</Version>)"
         "<Incarnation>1</Incarnation>" +
         inside + "</CertificateFile>";
}

}  // namespace

TEST_CASE("the bytes of a document of certificates are read") {
  const std::vector<std::string> rows = {
      document("<Format>Pkcs7BlobWithPfxContents</Format><Data>QUJD</Data>"),
      document("<Data>\n QU\n JD\n</Data>"),
      document("<Format/><Data>QUJD</Data>"),
      "\xEF\xBB\xBF" + document("<Format> Pkcs7BlobWithPfxContents </Format><Data>QUJD</Data>"),
  };
  for (const auto& row : rows) {
    CAPTURE(row);
    CHECK(parse_certificate_file(row).value() == "ABC");
  }
}

TEST_CASE("a document that cannot be used is refused with its reason") {
  struct Row {
    std::string text;
    std::optional<Cause> cause;
    std::string sentence;
  };
  const std::vector<Row> rows = {
      {document("<Format>CertificatesNonPfxPackage</Format><Data>QUJD</Data>"),
       Cause::kCertificateAlgorithm,
       "the certificates have the format 'CertificatesNonPfxPackage', which is not accepted"},
      {document(""), std::nullopt, "document of certificates: it has no Data"},
      {document("<Data> </Data>"), std::nullopt, "document of certificates: it has no Data"},
      {document("<Data>QUJ</Data>"), std::nullopt, "document of certificates: Data is not base64"},
      {document("<Data>QUJD</Data><Data>QUJD</Data>"), std::nullopt, ""},
      {"<!DOCTYPE x><CertificateFile><Data>QUJD</Data></CertificateFile>", std::nullopt, ""},
      {"not XML", std::nullopt, ""},
      {"", std::nullopt, ""},
      {document("<Data>" + std::string(kCertificateFileLimit, 'A') + "</Data>"), std::nullopt, ""},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text.substr(0, 200));
    const auto refused = parse_certificate_file(row.text);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().known_cause() == row.cause);
    if (!row.sentence.empty()) CHECK(refused.error().to_string().find(row.sentence) == 0);
    if (!row.cause) CHECK(refused.error().reason() == azl::Reason::kWireServer);
  }
}
