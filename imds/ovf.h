// ovf-env.xml, the document on the provisioning media.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/secret.h"

namespace azl::imds {

/// One SSH/PublicKeys/PublicKey. `value` is an OpenSSH key; empty if only the fingerprint of a
/// certificate is given.
struct OvfPublicKey {
  std::string fingerprint;
  std::string path;
  std::string value;
};

/// A Linux provisioning document. Values that it does not have are empty.
struct Ovf {
  std::string host_name;
  std::string user_name;
  Secret password;  ///< UserPassword or AdminPassword; empty if it is redacted
  std::optional<bool> disable_ssh_password_authentication;
  Secret custom_data;  ///< decoded bytes
  std::vector<OvfPublicKey> public_keys;
  std::optional<bool> provision_guest_agent;
  bool provision_guest_proxy_agent = false;
  std::string preprovisioned_type;  ///< "None", "Running", "Savable", "PreprovisionedOSDisk";
                                    ///< "Running" if there is only PreprovisionedVm=true
};

/// Longest document that is read, in bytes: 87,380 of base64 custom data, and room for keys.
inline constexpr std::size_t kOvfLimit = 4 << 20;

/// Parses any bytes, as UTF-8. Compares names without their prefixes. Ignores elements of
/// namespaces other than OVF's and Azure's. Removes white space around values, except passwords.
/// Errors: kOvfMalformed (not XML, over the limit, nested too deep, custom data not base64),
/// kOvfUnexpected (no ProvisioningSection, no Linux set, a duplicate element, a DTD). Their
/// detail() is the sentence without the document's name. No message quotes the document.
[[nodiscard]] Result<Ovf> parse_ovf(std::string_view xml);

/// What redact_ovf() does with custom data.
enum class OvfCustomData : std::uint8_t { kRedact, kKeep };

/// Returns a new document for /var/lib/waagent with the elements that parse_ovf() reads, and with
/// "REDACTED" in place of passwords and custom data, or of passwords only. Nothing else of the
/// document is in it: no comment, processing instruction, attribute, or element of another name. It
/// parses; spaces replace characters that XML does not allow. Errors as parse_ovf.
[[nodiscard]] Result<std::string> redact_ovf(std::string_view xml,
                                             OvfCustomData custom_data = OvfCustomData::kRedact);

}  // namespace azl::imds
