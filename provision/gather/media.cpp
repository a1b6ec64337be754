#include "provision/gather/media.h"

#include <optional>
#include <utility>

#include "disk/provisioning_media.h"
#include "provision/gather/udev.h"

namespace azl::provision {
namespace {

using namespace std::chrono_literals;

constexpr Duration kLook = 10s;     // a drive that spins up, not one that never comes
constexpr Duration kPause = 500ms;  // between looks for media that was announced

/// Returns nullopt if there is no media.
Result<std::optional<disk::Media>> find_media(const Context& context) {
  const auto deadline = context.within(kLook);
  const auto& path = context.config.platform.media_path;
  if (!path.empty()) return OR_RETURN(disk::read_media(path, imds::kOvfLimit, deadline));
  if (!context.root().live()) return std::nullopt;
  return disk::find_media(context.root(), imds::kOvfLimit, deadline);
}

StepEnd describe_source(const Facts& facts) {
  return done("read ovf-env.xml on " + facts.ovf_source);
}

constexpr const char* kTreeHasNone = "a root tree has no drives; --media PATH gives it media";

}  // namespace

Result<bool> read_ovf(const Context& context, Facts& facts, ProvisioningMedia& media) {
  auto found = OR_RETURN(find_media(context));
  if (!found) return false;
  facts.ovf = OR_RETURN(imds::parse_ovf(found->ovf), "reading ovf-env.xml on " + found->where);
  facts.ovf_source = found->where;
  facts.ovf_error.reset();
  media.text = Secret(std::move(found->ovf));
  // A drive that the command line names for a tree is not ejected.
  if (context.root().live()) media.device = found->device;
  return true;
}

StepResult look_for_media(const Context& context, Facts& facts, ProvisioningMedia& media) {
  const bool live = context.root().live();
  auto found = read_ovf(context, facts, media);
  std::string again;
  if (live && found && !*found) {
    // Early in a boot the drivers of the drives may not be loaded yet.
    again = ", also not " + settle_devices(context.machine.processes, context.machine.clock);
    found = read_ovf(context, facts, media);
  }
  if (!found) {
    facts.ovf_error = found.error();
    return std::unexpected(std::move(found.error()));
  }
  if (*found) return describe_source(facts);
  return skipped(live ? "there is no provisioning media" + again : kTreeHasNone);
}

StepResult wait_for_media(const Context& context, Facts& facts, ProvisioningMedia& media,
                          Recorder& recorder) {
  if (facts.ovf) return skipped("it was read already");
  const bool has_path = !context.config.platform.media_path.empty();
  if (!context.root().live() && !has_path) return skipped(kTreeHasNone);
  const bool announced = facts.imds && facts.imds->instance.has_custom_data.value_or(false);
  // Without an announcement one look is enough: media may have come since the first one, and a
  // password is nowhere else. A path that was given exists or never will.
  const auto deadline = context.within(
      announced && !has_path ? context.config.platform.media_timeout : Duration::zero());
  recorder.record_wait("the provisioning media", deadline);
  while (true) {
    auto found = read_ovf(context, facts, media);
    if (found && *found) return describe_source(facts);
    if (!found) facts.ovf_error = std::move(found.error());
    if (deadline.remaining() <= kPause) break;
    context.machine.clock.sleep(kPause);
  }
  if (facts.ovf_error) return std::unexpected(*facts.ovf_error);
  if (!announced) return skipped("there is still no provisioning media");
  return fail(Reason::kCustomDataMissing, "IMDS says hasCustomData=true, but no media came");
}

}  // namespace azl::provision
