// The instance document of IMDS, the instance metadata service.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/secret.h"

namespace azl::imds {

/// One address of an interface with its subnet's prefix length.
struct InterfaceAddress {
  std::string address;
  /// 1..32 or 1..128: of the smallest listed subnet that contains the address; 24 or 128 if IMDS
  /// lists none.
  int prefix;
};

/// One network.interface[]. Their order in IMDS has no meaning.
struct Interface {
  std::string mac;  ///< "00:0d:3a:12:34:56", lower case
  std::vector<InterfaceAddress> ipv4;
  std::vector<InterfaceAddress> ipv6;
};

/// One compute.publicKeys[], unchanged.
struct ImdsPublicKey {
  std::string key_data;
  std::string path;
};

/// A part of the document that is missing or has a wrong type: the network, a NIC, the user's
/// profile, a key. It costs the VM something, unlike a single value that is ignored.
struct LostPart {
  std::string key;   ///< "network", "network.interface[1]"
  std::string what;  ///< what is wrong with it, a sentence
};

/// The parts of the document that provisioning uses. Empty if IMDS does not give a value.
struct Instance {
  std::string vm_id;  ///< lower case
  std::string name;
  std::string location;
  std::string vm_size;
  std::string admin_username;
  bool user_unreadable = false;  ///< the user name has a value that is not a name
  std::string computer_name;
  std::optional<bool> disable_password_authentication;
  std::vector<ImdsPublicKey> public_keys;
  Secret user_data;            ///< compute.userData, decoded
  bool user_data_bad = false;  ///< compute.userData is not base64
  /// JSON: the whole answer, but compute.userData and compute.customData.
  std::string document;
  std::vector<Interface> interfaces;
  std::string pps_type;  ///< extended.compute.ppsType, "None" if absent
  std::optional<bool> has_custom_data;
  std::vector<std::string> warnings;  ///< values that were ignored, and why; one sentence each
  std::vector<LostPart> lost;         ///< parts that cannot be used; the others are
  /// Returns whether `network` is among the lost parts.
  [[nodiscard]] bool lost_network() const;
};

/// Longest body that is read, in bytes.
inline constexpr std::size_t kInstanceLimit = 4 << 20;

/// Parses any bytes. Absent, null and "" are the same. A whole number counts as text, and text such
/// as "true" as a boolean. A value of a wrong type or over a bound is ignored with a warning. The
/// bounds: 256 bytes of a name, 256 interfaces, 64 subnets of each, 4,096 addresses, 2,000 keys of
/// an object. User name, host name and SSH keys are kept whatever their length, so that the plan
/// can reject them. What is wrong with one part costs only that part: a `network` that is absent,
/// null or not an object, a NIC without a MAC address, and keys that are not text are `lost`.
///
/// Errors: kImdsMalformed (not JSON, not an object, over 64 levels deep, over the limit),
/// kImdsInvalidKey with the key as detail() (`compute` is absent, null or not an object, so the
/// answer says nothing about the VM).
[[nodiscard]] Result<Instance> parse_instance(std::string_view json);

/// Returns the api-versions in "newest-versions" of a 400's body; empty if there are none. Skips
/// values that are not dates.
[[nodiscard]] std::vector<std::string> parse_newest_versions(std::string_view json);

}  // namespace azl::imds
