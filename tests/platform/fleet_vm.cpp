#include "tests/platform/fleet_vm.h"

#include <cstdint>
#include <cstdio>
#include <string>

namespace azl::platform {
namespace {

constexpr std::size_t kDigits = 12;  ///< of a MAC address, and of the last group of a UUID

/// Adds to a number of 12 hex digits, which may wrap around.
std::string add(const std::string& hex, std::uint64_t summand, const char* format) {
  constexpr std::uint64_t kMask = (std::uint64_t{1} << 48U) - 1;
  const std::uint64_t sum = (std::stoull(hex, nullptr, 16) + summand) & kMask;
  std::string text(kDigits + 1, '\0');
  std::snprintf(text.data(), text.size(), format, static_cast<unsigned long long>(sum));
  text.pop_back();
  return text;
}

}  // namespace

Scenario fleet_member(const Scenario& scenario, unsigned number) {
  Scenario member = scenario;
  Vm& vm = member.vm;
  const std::size_t last_group = vm.vm_id.size() - kDigits;
  vm.vm_id.replace(last_group, kDigits, add(vm.vm_id.substr(last_group), number, "%012llx"));
  vm.name += "-" + std::to_string(number);
  vm.computer_name += "-" + std::to_string(number);
  // Interleaved, so that no NIC of a VM has the address of another VM's.
  for (Interface& interface : vm.interfaces)
    interface.mac = add(interface.mac, std::uint64_t{number} * vm.interfaces.size(), "%012llX");
  return member;
}

}  // namespace azl::platform
