// ovf-env.xml of any bytes. Errors contain no secret. A redacted document has the values that other
// agents need, and no byte of anything else.
#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

#include "imds/ovf.h"
#include "tests/fuzz/require.h"

using namespace azl::imds;
using azl::fuzz::require;

namespace {

std::size_t occurrences(std::string_view text, std::string_view part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1))
    ++count;
  return count;
}

/// Returns the document with another password of the same length. Returns nullopt unless the
/// password occurs exactly once, unescaped, in its element.
std::optional<std::string> with_other_password(std::string_view xml, const std::string& secret) {
  if (secret.empty() || occurrences(xml, secret) != 1) return {};
  const std::string other(secret.size(), secret.find('x') == std::string::npos ? 'x' : 'y');
  std::string changed(xml);
  changed.replace(xml.find(secret), secret.size(), other);
  const auto ovf = parse_ovf(changed);
  if (!ovf || ovf->password.reveal() != other) return {};
  return changed;
}

/// Requires that the redacted document is the same with another password.
void check_secret_is_gone(std::string_view xml, const std::string& secret,
                          std::string_view redacted) {
  const auto other = with_other_password(xml, secret);
  if (!other) return;
  const auto redacted_other = redact_ovf(*other);
  require(redacted_other && *redacted_other == redacted,
          "a redacted document does not depend on the password");
}

/// Whether XML can hold the text as it is. Other characters become spaces.
bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

void check_kept(std::string_view before, std::string_view after, const char* what) {
  require(!is_plain(before) || before == after, what);
}

/// Requires that redaction keeps all values but the secrets.
void check_same_but_secrets(const Ovf& one, const Ovf& other) {
  require(other.password.empty() && other.custom_data.empty(), "redacted secrets count as absent");
  check_kept(one.host_name, other.host_name, "redaction keeps the host name");
  check_kept(one.user_name, other.user_name, "redaction keeps the user name");
  require(one.disable_ssh_password_authentication == other.disable_ssh_password_authentication,
          "redaction keeps the sshd setting");
  require(one.provision_guest_agent == other.provision_guest_agent, "redaction keeps the settings");
  check_kept(one.preprovisioned_type, other.preprovisioned_type, "redaction keeps the PPS type");
  for (std::size_t i = 0; i < std::min(one.public_keys.size(), other.public_keys.size()); ++i) {
    const auto& before = one.public_keys[i];
    if (!is_plain(before.value + before.path + before.fingerprint)) return;  // it may be dropped
    require(before.value == other.public_keys[i].value &&
                before.path == other.public_keys[i].path &&
                before.fingerprint == other.public_keys[i].fingerprint,
            "redaction keeps each key");
  }
}

/// The names of all elements that may be in a redacted document.
constexpr std::string_view kNames[] = {"Environment",
                                       "ProvisioningSection",
                                       "Version",
                                       "LinuxProvisioningConfigurationSet",
                                       "ConfigurationSetType",
                                       "HostName",
                                       "UserName",
                                       "UserPassword",
                                       "AdminPassword",
                                       "CustomData",
                                       "DisableSshPasswordAuthentication",
                                       "SSH",
                                       "PublicKeys",
                                       "PublicKey",
                                       "Fingerprint",
                                       "Path",
                                       "Value",
                                       "PlatformSettingsSection",
                                       "PlatformSettings",
                                       "ProvisionGuestAgent",
                                       "ProvisionGuestProxyAgent",
                                       "PreprovisionedVMType"};

/// Requires that each tag is one of ours, without attributes.
void check_tags(std::string_view redacted) {
  const auto start = redacted.find("<wa:");
  for (auto rest = redacted.substr(std::min(start, redacted.size())); !rest.empty();) {
    const auto open = rest.find('<');
    if (open == std::string_view::npos) break;
    const auto close = rest.find('>', open);
    require(close != std::string_view::npos, "a tag ends");
    auto name = rest.substr(open + 1, close - open - 1);
    if (name.starts_with('/')) name.remove_prefix(1);
    if (name.starts_with("wa:")) name.remove_prefix(3);
    require(std::ranges::find(kNames, name) != std::end(kNames), "only known elements stay");
    rest.remove_prefix(close + 1);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto xml = azl::fuzz::text_of(data, size);
  const auto ovf = parse_ovf(xml);
  const auto redacted = redact_ovf(xml);
  require(ovf.has_value() == redacted.has_value(),
          "exactly the documents that parse can be redacted");
  if (!ovf) {
    require(!ovf.error().detail().empty(), "an error has a detail for its KVP string");
    require(ovf.error().to_string().size() < 300, "an error does not quote the document");
    return 0;
  }
  check_secret_is_gone(xml, std::string(ovf->password.reveal()), *redacted);
  const auto again = parse_ovf(*redacted);
  require(again.has_value(), "a redacted document parses");
  check_same_but_secrets(*ovf, *again);
  check_tags(*redacted);
  require(redact_ovf(*redacted).has_value(), "a redacted document can be redacted again");
  return 0;
}
