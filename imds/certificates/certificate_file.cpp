#include "imds/certificates/certificate_file.h"

#include <utility>

#include "base/text.h"
#include "imds/xml.h"

namespace azl::imds {
namespace {

constexpr XmlDialect kDialect = {.name = "document of certificates",
                                 .limit = kCertificateFileLimit,
                                 .malformed = Reason::kWireServer,
                                 .unexpected = Reason::kWireServer,
                                 .namespaces = {}};
constexpr std::string_view kPfxFormat = "Pkcs7BlobWithPfxContents";

Result<std::string> read_child(pugi::xml_node top, std::string_view name) {
  return text_of(OR_RETURN(only_child(top, name, kDialect)));
}

}  // namespace

Result<std::string> parse_certificate_file(std::string_view xml) {
  const auto document = OR_RETURN(XmlDocument::parse(xml, kDialect));
  const auto format = OR_RETURN(read_child(document.top(), "Format"));
  if (!trim(format).empty() && trim(format) != kPfxFormat)
    return fail(Cause::kCertificateAlgorithm, "the certificates have the format '" +
                                                  printable(trim(format)) +
                                                  "', which is not accepted");
  const auto data = OR_RETURN(read_child(document.top(), "Data"));
  auto bytes = base64_decode(data);
  if (!bytes) return xml_fail(Reason::kWireServer, kDialect, "Data is not base64");
  if (bytes->empty()) return xml_fail(Reason::kWireServer, kDialect, "it has no Data");
  return std::move(*bytes);
}

}  // namespace azl::imds
