// ovf-env.xml: what the provisioning media says.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/secret.h"

namespace azl::imds {

/// One SSH/PublicKeys/PublicKey. `value` is an OpenSSH key, or empty where only a certificate's
/// fingerprint is given.
struct OvfPublicKey {
  std::string fingerprint;
  std::string path;
  std::string value;
};

/// A Linux provisioning document. Empty strings and optionals are what it does not say.
struct Ovf {
  std::string host_name;
  std::string user_name;
  Secret password;  ///< UserPassword or AdminPassword; empty also where it is redacted
  std::optional<bool> disable_ssh_password_authentication;
  Secret custom_data;  ///< decoded bytes
  std::vector<OvfPublicKey> public_keys;
  std::optional<bool> provision_guest_agent;
  bool provision_guest_proxy_agent = false;
  std::string preprovisioned_type;  ///< "None", "Running", "Savable", "PreprovisionedOSDisk";
                                    ///< "Running" where only PreprovisionedVm=true
};

/// Longest document that is read, in bytes: 87,380 of custom data in base64 and room for keys.
inline constexpr std::size_t kOvfLimit = 4 << 20;

/// Parses any bytes, as UTF-8. Names are compared without prefix; an element whose prefix is bound
/// to another namespace than OVF's or Azure's does not count. White space around values goes,
/// except in passwords. Errors: kOvfMalformed (not XML, over the limit, too deep, custom data not
/// base64), kOvfUnexpected (no ProvisioningSection, no Linux set, an element twice, a DTD); their
/// detail() is the sentence without the document's name, and none quotes the document.
[[nodiscard]] Result<Ovf> parse_ovf(std::string_view xml);

/// The same document with passwords and custom data, wherever they stand, replaced by "REDACTED",
/// for /var/lib/waagent. It parses. Comments and white space are kept; a byte order mark goes, and
/// the XML declaration is always that of UTF-8. Errors as parse_ovf.
[[nodiscard]] Result<std::string> redact_ovf(std::string_view xml);

}  // namespace azl::imds
