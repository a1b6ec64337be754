#include "tests/platform/certificates_service.h"

#include <algorithm>
#include <string>

#include <openssl/evp.h>

#include "tests/platform/encoding.h"

namespace azl::platform {
namespace {

Answer refuse(const std::string& message) {
  return {.status = 400, .content_type = "text/plain", .body = message};
}

/// Decodes base64 without line breaks. Empty if it is none.
std::string decoded(std::string_view base64) {
  std::string bytes(base64.size(), '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                   reinterpret_cast<const unsigned char*>(base64.data()),
                                   static_cast<int>(base64.size()));
  bytes.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return bytes;
}

Result<std::string> make_message(const CertificateOptions& certificates,
                                 const std::string& recipient, const std::string& cipher) {
  const auto pfx = make_pfx(certificates.list, certificates.pfx);
  if (!pfx) return pfx;
  std::string to = recipient;
  if (certificates.other_recipient) {
    const auto other = make_certificate("RSA");
    if (!other) return std::unexpected(other.error());
    to = other->certificate;
  }
  const auto asked = cipher == "AES128_CBC" ? "aes128" : "des3";
  return encrypt_cms(*pfx, to,
                     {.key_transport = certificates.key_transport,
                      .cipher = certificates.content.value_or(asked)});
}

}  // namespace

Answer answer_certificates(const CertificateOptions& certificates, const Request& request) {
  const std::string cipher(request.header("x-ms-cipher-name"));
  const auto recipient = decoded(request.header("x-ms-guest-agent-public-x509-cert"));
  if (recipient.empty()) return refuse("x-ms-guest-agent-public-x509-cert is missing");
  if (std::ranges::find(certificates.ciphers, cipher) == certificates.ciphers.end())
    return refuse("x-ms-cipher-name is not known");
  const auto message = make_message(certificates, recipient, cipher);
  if (!message) return refuse(message.error());
  const auto sent = message->substr(0, certificates.cut ? message->size() / 2 : message->size());
  return {.content_type = "text/xml; charset=utf-8",
          .body = R"(<?xml version="1.0" encoding="utf-8"?>)"
                  "<CertificateFile><Version>2012-11-30</Version><Incarnation>1</Incarnation>"
                  "<Format>" +
                  certificates.format + "</Format><Data>" + base64(sent) +
                  "</Data></CertificateFile>"};
}

}  // namespace azl::platform
