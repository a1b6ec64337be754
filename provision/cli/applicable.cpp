#include "provision/cli/applicable.h"

#include <cstdio>

#include "base/text.h"
#include "imds/identity.h"
#include "provision/engine/gate.h"

namespace azl::provision {
namespace {

/// A plan from the facts of a file is about the VM that the file describes.
WslRule rule_of_plan(const PlanOptions& plan) {
  return {plan.has_source_file() ? InWsl::kUsable : InWsl::kNothingToTell, plan.root};
}

WslRule rule_of_check(const CheckImageOptions& check) {
  const bool about_checks = check.list || !check.explain.empty();
  return {about_checks ? InWsl::kUsable : InWsl::kNothingToTell, check.root};
}

WslRule rule_of_custom_data(const CustomDataOptions& custom_data) {
  const bool changes = custom_data.action == "rerun";
  return {changes ? InWsl::kNothingToDo : InWsl::kNothingToTell, custom_data.root};
}

/// A pool that is named may be another machine's.
WslRule rule_of_kvp(const KvpOptions& kvp) {
  return {kvp.file.empty() ? InWsl::kNothingToTell : InWsl::kUsable, kvp.root};
}

}  // namespace

WslRule wsl_rule(const Options& options) {
  switch (options.command) {
    case Command::kRun:
      return {InWsl::kSaysSo, options.run.root};
    case Command::kReport:
      return {InWsl::kSaysSo, options.report.root};
    case Command::kStatus:
      return {InWsl::kSaysSo, options.status.root};
    case Command::kPlan:
    case Command::kRenderNetwork:
      return rule_of_plan(options.plan);
    case Command::kDumpLinks:
    case Command::kDumpDisks:
      return {InWsl::kNothingToTell, options.plan.root};
    case Command::kCustomData:
      return rule_of_custom_data(options.custom_data);
    case Command::kDeprovision:
      return {InWsl::kNothingToDo, options.deprovision.root};
    case Command::kMigrate:
      return {InWsl::kNothingToDo, options.migrate.root};
    case Command::kCheckImage:
      return rule_of_check(options.check_image);
    case Command::kKvp:
      return rule_of_kvp(options.kvp);
    case Command::kLinkRole:
    case Command::kTuneLink:
      return {InWsl::kNothingToDo};
    case Command::kConfig:
    case Command::kValidate:
    case Command::kHelp:
      return {InWsl::kUsable};
  }
  return {};
}

std::optional<int> end_in_wsl(const Options& options) {
  const auto rule = wsl_rule(options);
  if (rule.what == InWsl::kUsable || rule.what == InWsl::kSaysSo) return std::nullopt;
  const auto root = Root::open(rule.root);
  if (!root) return std::nullopt;  // the command says what is wrong with it
  const auto identity = imds::identify(imds::read_identity_facts(*root));
  if (identity.platform != imds::Platform::kWsl) return std::nullopt;
  std::fprintf(stderr, "azl-provision: %s\n", printable_line(describe_wsl(identity)).c_str());
  return rule.what == InWsl::kNothingToDo ? kExitDone : kExitNotHere;
}

}  // namespace azl::provision
