// Reads whether the agent is installed, enabled, and alone.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <string_view>

#include "base/text.h"
#include "provision/gather/other_agents.h"
#include "provision/gather/tree.h"
#include "provision/gather/waagent_conf.h"
#include "provision/image/check/check_image.h"
#include "provision/image/check/layered_files.h"
#include "provision/image/check/read_image.h"

namespace azl::provision {
namespace {

constexpr std::string_view kTarget = "azl-provision.target";

UnitFacts read_unit(const Root& root, const Presets& presets, const std::string& name) {
  UnitFacts unit = {.name = name, .file = find_unit_file(root, name)};
  if (!unit.file.empty() && is_masked(root, unit.file)) unit.masked_by = unit.file;
  unit.enabled = is_unit_enabled(root, name);
  unit.linked_in_usr = has_link_to_unit(root, "/usr/lib/systemd/system", name);
  unit.preset = presets.find(name);
  return unit;
}

std::string find_agent_program(const Root& root) {
  for (const std::string path : {"/usr/bin/azl-provision", "/usr/local/bin/azl-provision"}) {
    if (root.exists(path)) return path;
  }
  return {};
}

/// Returns the extensions that have our target and are the only ones that have it: /usr has no such
/// file, or the extension is merged into /usr. systemd-sysext(8).
std::vector<std::string> find_extensions(const Root& root) {
  std::vector<std::string> found;
  const std::string target = "/usr/lib/systemd/system/" + std::string(kTarget);
  const bool installed = root.exists(target);
  for (const std::string directory :
       {"/etc/extensions", "/run/extensions", "/var/lib/extensions", "/usr/lib/extensions"}) {
    const auto names = root.list(directory);
    if (!names) continue;
    for (const auto& name : *names) {
      const auto path = directory + "/" + name;
      const bool merged = root.exists("/usr/lib/extension-release.d/extension-release." + name);
      if (root.exists(path + target) && (merged || !installed)) found.push_back(path);
    }
  }
  return found;
}

/// The line of Provisioning.Agent that counts for WALinuxAgent.
std::optional<FileLine> read_waagent(const Root& root) {
  for (const auto& setting : parse_waagent_conf(read_image_file(root, kWaagentConf))) {
    if (setting.key == "Provisioning.Agent")
      return FileLine{
          .path = std::string(kWaagentConf), .line = setting.line, .text = lower(setting.value)};
  }
  return std::nullopt;
}

bool has_waagent(const Root& root) {
  return std::ranges::any_of(
      kWaagentUnits, [&](auto unit) { return !find_unit_file(root, std::string(unit)).empty(); });
}

/// Lets systemd order the units as for a boot.
void verify_units(const ImageSource& source, ImageFacts& facts) {
  constexpr std::size_t kMostOutput = std::size_t{1} << 20;
  constexpr std::uint64_t kMemory = std::uint64_t{2} << 30;
  constexpr auto kTime = std::chrono::seconds(60);
  std::vector<std::string> argv = {"systemd-analyze", "verify", "--man=no"};
  if (!source.root.live()) argv.push_back("--root=" + source.root.directory());
  argv.insert(argv.end(), {std::string(kTarget), "multi-user.target"});
  std::vector<int> any_status;
  for (int status = 0; status < 256; ++status) any_status.push_back(status);
  const SystemClock clock;
  const auto output = source.processes.run({.argv = std::move(argv),
                                            .good_statuses = std::move(any_status),
                                            .limits = {.memory = kMemory},
                                            .err_limit = kMostOutput},
                                           Deadline(clock, kTime));
  if (output)
    facts.agent.verify = output->err_tail;
  else
    facts.unchecked.push_back(
        {.text = "ordering cycles were not looked for: " + output.error().to_string()});
}

}  // namespace

void read_agent_facts(const ImageSource& source, ImageFacts& facts) {
  const auto& root = source.root;
  auto& agent = facts.agent;
  const Presets presets(root);
  agent.program = find_agent_program(root);
  for (const auto& unit : agent_units())
    agent.units.push_back(read_unit(root, presets, std::string(unit.name)));
  agent.extensions = find_extensions(root);
  agent.has_off_file = root.exists("/etc/azl-provision/disabled");
  for (const auto& warning : facts.config.warnings) agent.config_warnings.push_back(warning.text);
  for (const auto& unread : facts.config.unread)
    agent.config_warnings.push_back(unread.to_string());
  const auto& lines = facts.boot.command_lines;
  agent.rival = find_rival(root, lines.empty() ? std::string() : lines.front().line.text);
  if (has_waagent(root)) agent.waagent = read_waagent(root);
  const bool has_units = !agent.units.empty() && !agent.units.front().file.empty();
  if (has_units) verify_units(source, facts);
}

}  // namespace azl::provision
