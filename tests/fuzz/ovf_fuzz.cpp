// ovf-env.xml of any bytes. Errors contain no secret, and redaction changes nothing but the
// secrets.
#include <optional>
#include <string>

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

/// Requires that namespaces decide which password counts, but not which ones are redacted.
void check_same_but_secrets(const Ovf& one, const Ovf& other) {
  require(other.password.empty() && other.custom_data.empty(), "redacted secrets count as absent");
  require(one.host_name == other.host_name, "redaction keeps the host name");
  require(one.user_name == other.user_name, "redaction keeps the user name");
  require(one.disable_ssh_password_authentication == other.disable_ssh_password_authentication,
          "redaction keeps the sshd setting");
  require(one.provision_guest_agent == other.provision_guest_agent, "redaction keeps the settings");
  require(one.preprovisioned_type == other.preprovisioned_type, "redaction keeps the PPS type");
  require(one.public_keys.size() == other.public_keys.size(), "redaction keeps the keys");
  for (std::size_t i = 0; i < one.public_keys.size(); ++i) {
    require(one.public_keys[i].value == other.public_keys[i].value &&
                one.public_keys[i].path == other.public_keys[i].path &&
                one.public_keys[i].fingerprint == other.public_keys[i].fingerprint,
            "redaction keeps each key");
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
  return 0;
}
