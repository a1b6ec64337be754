#include "provision/apply/waagent.h"

#include <string>
#include <string_view>
#include <utility>

#include "imds/ovf.h"
#include "provision/accounts/tool.h"
#include "provision/gather/other_agents.h"

namespace azl::provision {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kDirectory = "/var/lib/waagent";
constexpr Duration kStartTime = 10s;  // systemctl --no-block

/// Writes a file to WALinuxAgent's directory. Returns whether it changed.
Result<bool> write_file(const Root& root, const std::string& name, std::string_view content,
                        mode_t mode) {
  auto written = root.write(std::string(kDirectory) + "/" + name, content,
                            {.mode = mode, .owner = 0, .group = 0});
  if (!written)
    return fail_tool(Reason::kHandOver, std::move(written.error()),
                     "writing " + name + " for WALinuxAgent");
  return written;
}

/// Makes WALinuxAgent's directory. Errors: kHandOver if it is another user's, who could replace
/// what WALinuxAgent then trusts.
Result<void> make_directory(const Root& root) {
  const std::string directory(kDirectory);
  const auto made = root.make_directory(directory, {.mode = 0700, .owner = 0, .group = 0});
  if (!made) return fail_tool(Reason::kHandOver, Error(made.error()));
  const auto info = OR_RETURN(root.stat(directory));
  if (info && info->uid != 0) {
    return fail(Cause::kAgentDirectoryOfOther,
                directory + " belongs to uid " + std::to_string(info->uid) + ", not to root");
  }
  return {};
}

}  // namespace

StepResult hand_over(const Context& context, const Facts& facts, const Secret& ovf_text,
                     const Plan& plan, Provisioning& progress) {
  if (plan.course == Course::kAdopted) {
    progress.handed_over = true;
    return skipped("the agent that provisioned this VM left its own files");
  }
  const Root& root = context.root();
  OR_RETURN(make_directory(root));
  bool changed = false;
  if (!ovf_text.empty()) {
    const auto custom_data = context.config.custom_data.keep_in_ovf_env
                                 ? imds::OvfCustomData::kKeep
                                 : imds::OvfCustomData::kRedact;
    const auto redacted =
        OR_RETURN(imds::redact_ovf(ovf_text.reveal(), custom_data), "redacting ovf-env.xml");
    changed |= OR_RETURN(write_file(root, "ovf-env.xml", redacted, 0600));
  }
  const auto& name = progress.host_name.empty() ? facts.hostname : progress.host_name;
  changed |= OR_RETURN(write_file(root, "published_hostname", name + "\n", 0644));
  const bool starts = plan.guest_agent.yes;
  changed |= OR_RETURN(starts ? root.remove(std::string(kDirectory) + "/disable_agent")
                              : write_file(root, "disable_agent", "", 0644));
  // Last: whoever finds this file expects the others.
  changed |= OR_RETURN(write_file(root, "provisioned", plan.vm_id + "\n", 0644));
  progress.handed_over = true;
  return done_if(changed, std::string("WALinuxAgent ") +
                              (starts ? "may start: " : "must not start: ") + plan.guest_agent.why);
}

Result<void> hand_over_host_name(const Root& root, const std::string& name) {
  const auto file = std::string(kDirectory) + "/published_hostname";
  if (root.exists(file)) OR_RETURN(write_file(root, "published_hostname", name + "\n", 0644));
  return {};
}

StepResult start_guest_agent(const Context& context, const State& state) {
  if (!state.guest_agent) return skipped("WALinuxAgent is not to start here");
  if (state.untold) return skipped("the platform was not told");
  if (!context.root().live()) return skipped("root tree");
  auto& processes = context.machine.processes;
  for (const auto name : kWaagentUnits) {
    const std::string unit(name);
    // Only a unit that this boot would have started, and that was held back.
    const auto enabled = processes.run({.argv = {"systemctl", "is-enabled", "--quiet", unit}},
                                       context.within(kStartTime));
    if (!enabled) continue;
    OR_RETURN(processes.run({.argv = {"systemctl", "start", "--no-block", unit}},
                            context.within(kStartTime)));
    return done(unit + " is started");
  }
  return skipped("no guest agent is enabled");
}

}  // namespace azl::provision
