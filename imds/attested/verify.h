// Checks that Azure signed an attested document, for this VM and for this request.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "imds/attested/document.h"

namespace azl::imds {

/// What stands against a document. kNone: nothing does.
enum class AttestedDoubt {
  kNone,
  // It cannot be told whether Azure signed it.
  kNoAnswer,       ///< there is no document
  kMalformed,      ///< it is no signed document
  kNoRoots,        ///< the system has no root certificates
  kMissingIssuer,  ///< the certificate of an issuer is in none of the sources
  kClockBehind,    ///< the clock is before the document, or before a certificate
  // It contradicts itself, the VM or the request.
  kSignature,  ///< the signature does not match what it signs
  kUntrusted,  ///< the chain ends at a certificate that the system does not trust, or is unfit
  kName,       ///< the signer is not the metadata service
  kExpired,    ///< a certificate or the document has expired
  kNonce,      ///< it answers another request
  kOtherVm,    ///< it is about another VM
};

/// What a doubt means: `kUnverified` cannot be told from a machine that lacks something;
/// `kRefuted` cannot come from Azure for this VM.
enum class AttestedVerdict { kVerified, kUnverified, kRefuted };
[[nodiscard]] AttestedVerdict verdict_of(AttestedDoubt doubt);

/// Certificates. What cannot be parsed is skipped.
struct TrustedCertificates {
  std::string roots;  ///< of the system: any number, in PEM
  /// Which Azure's answer lacks, and which are not trusted themselves: each any number in PEM, or
  /// one in DER.
  std::vector<std::string> intermediates;
};

/// What the document must say.
struct AttestedExpectation {
  std::string vm_id;  ///< of this VM
  std::string nonce;  ///< of the request
  WallTime now;
};

/// The result. It holds what the document says only if its signature matches.
struct Attestation {
  AttestedDoubt doubt = AttestedDoubt::kNone;
  std::string why = {};     ///< a sentence; empty if there is no doubt
  std::string signer = {};  ///< the name of the service that signed it
  std::optional<AttestedDocument> document = {};
  [[nodiscard]] AttestedVerdict verdict() const { return verdict_of(doubt); }
};

/// Whether a name of a certificate is one of the metadata service's: metadata.azure.com, .us, .cn,
/// metadata.microsoftazure.de, or a subdomain of one of them. Ignores case.
[[nodiscard]] bool is_metadata_service(std::string_view dns_name);

/// Checks the PKCS #7 message `der` in this order: it is one signature with its content; the
/// signature matches; the signer's name; the chain to a root, as a TLS server's, with keys of 112
/// bits of security at least; the document's nonce, VM id and times. Pure: reads nothing but its
/// arguments, and no revocation list.
[[nodiscard]] Attestation verify_attested(std::string_view der, const TrustedCertificates& trusted,
                                          const AttestedExpectation& expected);

}  // namespace azl::imds
