// IMDS's answer of any bytes. The result is within the bounds of imds/instance.h.
#include <algorithm>
#include <string>

#include "imds/identity.h"
#include "imds/instance.h"
#include "tests/fuzz/require.h"

using namespace azl::imds;
using azl::fuzz::require;

namespace {

void check_addresses(const std::vector<InterfaceAddress>& addresses, int longest_prefix) {
  for (const auto& address : addresses) {
    require(address.prefix >= 0 && address.prefix <= longest_prefix, "a prefix is in range");
    require(!address.address.empty() && address.address.size() <= 45, "an address is an address");
    require(address.address.find_first_not_of("0123456789abcdefABCDEF.:") == std::string::npos,
            "an address has no other characters");
  }
}

void check_interface(const Interface& interface) {
  require(interface.mac.size() == 17, "a MAC address has its canonical length");
  for (std::size_t i = 0; i < interface.mac.size(); ++i) {
    const char c = interface.mac[i];
    const bool digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    require(i % 3 == 2 ? c == ':' : digit, "a MAC address has its canonical form");
  }
  check_addresses(interface.ipv4, 32);
  check_addresses(interface.ipv6, 128);
}

void check_instance(const Instance& instance) {
  require(instance.vm_id.empty() || (same_vm(instance.vm_id, instance.vm_id) &&
                                     instance.vm_id.find_first_of("ABCDEF") == std::string::npos),
          "a VM id is a lower-case UUID");
  for (const auto* name :
       {&instance.name, &instance.location, &instance.vm_size, &instance.pps_type}) {
    require(name->size() <= 256, "a name is bounded");
  }
  for (const auto* name : {&instance.admin_username, &instance.computer_name}) {
    require(name->size() <= azl::imds::kInstanceLimit, "a name is bounded by the document");
  }
  require(!instance.pps_type.empty(), "the PPS type is never empty");
  require(instance.interfaces.size() <= 256, "interfaces are bounded");
  require(instance.warnings.size() <= 65, "warnings are bounded");
  require(instance.lost.size() <= 65, "lost parts are bounded");
  std::size_t addresses = 0;
  for (const auto& interface : instance.interfaces) {
    check_interface(interface);
    addresses += interface.ipv4.size() + interface.ipv6.size();
  }
  require(addresses <= 4096, "addresses are bounded");
  for (const auto& key : instance.public_keys) {
    require(!key.key_data.empty() && key.key_data.size() <= azl::imds::kInstanceLimit,
            "a key is bounded by the document");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto json = azl::fuzz::text_of(data, size);
  const auto instance = parse_instance(json);
  if (instance) check_instance(*instance);
  if (!instance)
    require(instance.error().to_string().size() < 300, "an error does not quote the answer");
  for (const auto& version : parse_newest_versions(json)) {
    require(version.size() == 10 && version.find_first_not_of("0123456789-") == std::string::npos,
            "a version can be put into a URL");
  }
  return 0;
}
