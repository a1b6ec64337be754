// The document by which Azure attests which VM this is, as its signature covers it.
// Source: learn.microsoft.com/azure/virtual-machines/instance-metadata-service, "Attested data".
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"

namespace azl::imds {

/// Longest answer that is read, in bytes. Azure's have some 6,000.
inline constexpr std::size_t kAttestedLimit = std::size_t{64} << 10;

/// What Azure says about the VM. A text is empty if the document lacks it.
struct AttestedDocument {
  std::string vm_id;
  std::string subscription_id;
  std::string nonce;      ///< the one of the request
  std::string plan;       ///< "PUBLISHER/PRODUCT/NAME" of a marketplace image's plan
  std::string sku;        ///< of the marketplace image
  WallTime created = {};  ///< when it was signed
  WallTime expires = {};  ///< a few hours later
};

/// Returns the signature of IMDS's answer {"encoding":"pkcs7","signature":BASE64}: a PKCS #7
/// message in DER. Errors: kImdsMalformed.
[[nodiscard]] Result<std::string> parse_attested_answer(std::string_view json);

/// Parses what is signed. Its times are "11/28/26 06:16:17 -0000", in UTC. Errors: kImdsMalformed,
/// if it is not JSON, or lacks the VM id or a time.
[[nodiscard]] Result<AttestedDocument> parse_attested_document(std::string_view json);

}  // namespace azl::imds
