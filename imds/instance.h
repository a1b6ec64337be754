// IMDS's instance document: what the metadata service says.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace azl::imds {

/// One address of an interface with its subnet's prefix length.
struct InterfaceAddress {
  std::string address;
  /// 1..32 or 1..128: of the smallest listed subnet that holds the address; 24 and 128 where IMDS
  /// does not say.
  int prefix;
};

/// One network.interface[]. The order in IMDS means nothing.
struct Interface {
  std::string mac;  ///< "00:0d:3a:12:34:56", lower case
  std::vector<InterfaceAddress> ipv4;
  std::vector<InterfaceAddress> ipv6;
};

/// One compute.publicKeys[], as given.
struct ImdsPublicKey {
  std::string key_data;
  std::string path;
};

/// The parts of the document that provisioning uses. Empty where IMDS says nothing.
struct Instance {
  std::string vm_id;  ///< lower case
  std::string name;
  std::string location;
  std::string vm_size;
  std::string admin_username;
  bool user_unreadable = false;  ///< there is something in the user name's place, but no name
  std::string computer_name;
  std::optional<bool> disable_password_authentication;
  std::vector<ImdsPublicKey> public_keys;
  bool has_user_data = false;
  std::vector<Interface> interfaces;
  std::string pps_type;  ///< extended.compute.ppsType, "None" where absent
  std::optional<bool> has_custom_data;
  std::vector<std::string> warnings;  ///< what was of a wrong type or out of bounds and therefore
                                      ///< ignored, a sentence each
};

/// Longest body that is read, in bytes.
inline constexpr std::size_t kInstanceLimit = 4 << 20;

/// Parses any bytes. Absent, null and "" are the same; whole numbers count as text and text as
/// booleans. Values of a wrong type or over a bound are ignored with a warning: 256 bytes of a
/// name, 256 interfaces, 64 subnets of each, 4,096
/// addresses, 2,000 keys of an object. User name, host name and SSH
/// keys are kept whole: a long one is bad, not absent, and the plan tells so. Errors:
/// kImdsMalformed (not JSON, no object, more than 64 deep, over the limit), kImdsInvalidKey with
/// the key in detail() (`compute` or `network` absent, null or no object: a document without them
/// is a partial answer).
[[nodiscard]] Result<Instance> parse_instance(std::string_view json);

/// The api-versions of a 400's "newest-versions"; empty where the body has none. Each is checked to
/// be a date.
[[nodiscard]] std::vector<std::string> parse_newest_versions(std::string_view json);

}  // namespace azl::imds
