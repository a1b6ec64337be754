#include "provision/image/check/fix_image.h"

#include "base/remove_tree.h"
#include "base/text.h"
#include "provision/accounts/host_key_files.h"
#include "provision/image/unit_links.h"

namespace azl::provision {
namespace {

struct Task {
  std::string what;
  Result<void> done;
};

Result<void> without_value(const Result<bool>& result) {
  if (result) return {};
  return std::unexpected(result.error());
}

Task carry_out(const Root& root, const CheckFinding& finding) {
  switch (finding.check) {
    case Check::kUnitDisabled:
      if (!finding.path.empty())
        return {"enable " + finding.name,
                fail(Reason::kInvalidInput, "a preset disables it, in " + printable(finding.path))};
      return {"enable " + finding.name, make_enabling_link(root, finding.name)};
    case Check::kStaleState:
      return {"remove " + printable(finding.path), without_value(remove_tree(root, finding.path))};
    case Check::kStaleHostKeys:
      return {"remove the host keys of /etc/ssh", remove_host_keys_except(root, {})};
    case Check::kStaleMachineId:
      if (finding.path == "/var/lib/dbus/machine-id")
        return {"remove " + finding.path, without_value(root.remove(finding.path))};
      [[fallthrough]];
    case Check::kFirstBootPresets:
      return {"empty /etc/machine-id",
              without_value(root.write("/etc/machine-id", "", {.mode = 0444}))};
    default:
      return {{}, {}};
  }
}

}  // namespace

std::vector<CheckFix> fix_image(const Root& root, const CheckFindings& findings) {
  std::vector<CheckFix> fixes;
  for (const auto& finding : findings) {
    if (info_of(finding.check).fix.empty()) continue;
    const auto [what, done] = carry_out(root, finding);
    // The host keys are removed together.
    if (!fixes.empty() && fixes.back().check == finding.check && fixes.back().what == what)
      continue;
    fixes.push_back({.check = finding.check,
                     .what = what,
                     .error = done ? std::string() : done.error().to_string()});
  }
  return fixes;
}

}  // namespace azl::provision
