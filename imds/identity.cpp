#include "imds/identity.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <tuple>
#include <utility>

#include "base/text.h"

namespace azl::imds {
namespace {

constexpr std::string_view kAzureAssetTag = "7783-7084-3265-9085-8269-3286-77";
/// Longest file that is read here, in bytes; each has a few short lines.
constexpr std::size_t kFactLimit = 4096;

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const bool good = dash ? text[i] == '-' : std::isxdigit(static_cast<unsigned char>(text[i]));
    if (!good) return false;
  }
  return true;
}

/// In SMBIOS, all zeros mean "not present" and all ones "present but not set".
bool is_unset(std::string_view uuid) {
  return uuid.find_first_not_of("0-") == std::string_view::npos ||
         uuid.find_first_not_of("fF-") == std::string_view::npos;
}

/// Returns the platform's id of this VM. Generation 1's BIOS gives it in SMBIOS's byte order.
std::string vm_id(std::string_view product_uuid, int generation) {
  const auto uuid = trim(product_uuid);
  if (!is_uuid(uuid) || is_unset(uuid)) return {};
  return generation == 1 ? byte_swapped(uuid) : lower(uuid);
}

bool is_wsl_kernel(std::string_view os_release) {
  const auto release = lower(os_release);
  return release.find("microsoft") != std::string::npos || release.find("wsl") != std::string::npos;
}

/// Returns the platform, and the sentence that says why.
std::pair<Platform, std::string> platform_of(const IdentityFacts& facts) {
  const auto tag = trim(facts.chassis_asset_tag);
  const bool azure_tag = tag == kAzureAssetTag;
  // Checked before the tag, because a container sees the DMI of its host.
  if (facts.container) return {Platform::kContainer, "this is a container, not a VM"};
  if (!azure_tag && is_wsl_kernel(facts.os_release)) {
    return {Platform::kWsl,
            "the kernel " + printable(trim(facts.os_release)) + " is that of WSL, not of a VM"};
  }
  if (azure_tag) {
    return {Platform::kAzure, "the chassis asset tag is Azure's, " + std::string(kAzureAssetTag)};
  }
  if (tag.empty()) return {Platform::kOther, "there is no chassis asset tag, so it is not Azure's"};
  return {Platform::kOther, "the chassis asset tag '" + printable(tag) + "' is not Azure's"};
}

std::string read_or_empty(const Root& root, std::string_view path) {
  auto text = root.read(path, kFactLimit);
  return text ? std::move(*text) : std::string();
}

/// Returns whether PID 1 has `container=…` in its environment, whose entries end with NUL.
bool init_says_container(std::string_view environment) {
  return std::ranges::any_of(split(environment, '\0'), [](std::string_view entry) {
    return entry.starts_with("container=") && entry != "container=";
  });
}

}  // namespace

Identity identify(const IdentityFacts& facts) {
  Identity identity;
  identity.generation = facts.efi ? 2 : 1;
  std::tie(identity.platform, identity.why) = platform_of(facts);
  identity.vm_id = vm_id(facts.product_uuid, identity.generation);
  return identity;
}

std::string instance_id(const Identity& identity) {
  return identity.generation == 1 ? byte_swapped(identity.vm_id) : identity.vm_id;
}

IdentityFacts read_identity_facts(const Root& root) {
  IdentityFacts facts;
  facts.chassis_asset_tag = read_or_empty(root, "/sys/class/dmi/id/chassis_asset_tag");
  facts.product_uuid = read_or_empty(root, "/sys/class/dmi/id/product_uuid");
  facts.efi = root.exists("/sys/firmware/efi") || root.exists("/dev/efi");
  facts.os_release = read_or_empty(root, "/proc/sys/kernel/osrelease");
  facts.container = root.exists("/run/systemd/container") ||
                    init_says_container(read_or_empty(root, "/proc/1/environ"));
  return facts;
}

std::string byte_swapped(std::string_view uuid) {
  if (!is_uuid(uuid)) return {};
  // Offsets in `uuid` of the bytes of the first three groups; the last two groups are not swapped.
  constexpr std::array<std::size_t, 8> kSwapped = {6, 4, 2, 0, 11, 9, 16, 14};
  constexpr std::array<std::size_t, 8> kPlaces = {0, 2, 4, 6, 9, 11, 14, 16};
  auto swapped = lower(uuid);
  const auto original = swapped;
  for (std::size_t i = 0; i < kPlaces.size(); ++i) {
    swapped.replace(kPlaces[i], 2, original, kSwapped[i], 2);
  }
  return swapped;
}

bool same_vm(std::string_view one, std::string_view other) {
  one = trim(one);
  other = trim(other);
  if (!is_uuid(one) || !is_uuid(other)) return false;
  return lower(one) == lower(other) || byte_swapped(one) == lower(other);
}

bool speaks_for_other_vm(std::string_view given, std::string_view firmware) {
  return !trim(given).empty() && !trim(firmware).empty() && !same_vm(given, firmware);
}

}  // namespace azl::imds
