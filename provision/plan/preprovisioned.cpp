#include "provision/plan/preprovisioned.h"

#include <utility>

#include "base/text.h"
#include "imds/identity.h"
#include "imds/reprovision.h"
#include "provision/plan/sources.h"

namespace azl::provision {
namespace {

PoolWait find_wait(PoolType type) {
  switch (type) {
    case PoolType::kRunning:
    case PoolType::kSavable:
      return PoolWait::kSwitch;
    case PoolType::kOsDisk:
      return PoolWait::kShutdown;
    case PoolType::kNone:
    case PoolType::kUnknown:
      break;
  }
  return PoolWait::kNothing;
}

PoolPlan enter(std::string type) {
  const auto wait = find_wait(parse_pool_type(type));
  return {.type = std::move(type),
          .tell = true,
          .wait = wait,
          .poll = wait != PoolWait::kShutdown,
          .why = "the platform has this VM in a pool"};
}

std::string describe_told(const PoolMarker& marker) {
  return marker.told_at.empty()
             ? "the platform was told Ready for the pool on an earlier boot"
             : "the platform was told Ready for the pool at " + printable(marker.told_at);
}

PoolPlan resume(std::string type, const PoolMarker& marker) {
  return {.type = std::move(type), .poll = true, .why = describe_told(marker)};
}

/// The sources do not say that the VM is in a pool. Whether it still has to get its document.
bool lacks_document(const Facts& facts, const PoolMarker& marker) {
  if (!imds::same_vm(marker.vm_id, facts.identity.vm_id)) return false;
  if (parse_pool_type(marker.type) == PoolType::kOsDisk) return false;
  return !(facts.ovf && marker.from_media);
}

}  // namespace

PoolType parse_pool_type(std::string_view text) {
  if (!imds::names_pool(text)) return PoolType::kNone;
  if (text == "Running") return PoolType::kRunning;
  if (text == "Savable") return PoolType::kSavable;
  if (text == "PreprovisionedOSDisk") return PoolType::kOsDisk;
  return PoolType::kUnknown;
}

PoolPlan decide_pool(const Facts& facts, std::string_view boot_id) {
  auto type = preprovisioned_type(facts);
  if (facts.left_pool) return {};
  if (!facts.pool_marker) return type.empty() ? PoolPlan{} : enter(std::move(type));
  const auto& marker = *facts.pool_marker;
  if (type.empty()) return lacks_document(facts, marker) ? resume(marker.type, marker) : PoolPlan{};
  const bool shuts_down =
      parse_pool_type(marker.type) == PoolType::kOsDisk && marker.boot_id == boot_id;
  if (!shuts_down) return resume(std::move(type), marker);
  return {.type = std::move(type), .wait = PoolWait::kShutdown, .why = describe_told(marker)};
}

std::string describe_pool_wait(const PoolPlan& plan) {
  return "its user, in a pool (PPS " + printable(plan.type) + ")";
}

}  // namespace azl::provision
