#include "provision/accounts/sudo_leftovers.h"

#include <array>
#include <utility>

#include "base/text.h"
#include "provision/accounts/tool.h"

namespace azl::provision {

namespace {

/// WALinuxAgent's conf_sudoer() appends "USER ALL=(ALL) ALL" or "USER ALL=(ALL) NOPASSWD: ALL".
/// cloud-init appends "USER ALL=(ALL) NOPASSWD:ALL", azure-init writes the same. All three names
/// sort after ours, so sudo would obey them.
constexpr std::array<AgentSudoers, 3> kAgentFiles = {
    {{.path = "/etc/sudoers.d/waagent", .agent = "WALinuxAgent"},
     {.path = "/etc/sudoers.d/90-cloud-init-users", .agent = "cloud-init"},
     {.path = "/etc/sudoers.d/azure-init-user", .agent = "azure-init"}}};

RootAccess access_by(SudoRule rule) {
  switch (rule) {
    case SudoRule::kNoPassword:
      return RootAccess::kWithoutPassword;
    case SudoRule::kPassword:
      return RootAccess::kWithPassword;
    case SudoRule::kNone:
      break;
  }
  return RootAccess::kNone;
}

Result<void> write_pruned(const Root& root, Processes& processes, const AgentSudoers& file,
                          const PrunedSudoers& pruned, const Deadline& deadline) {
  if (!pruned.has_rules) {
    OR_RETURN(root.remove(file.path));
    return {};
  }
  OR_RETURN(processes.run(
      {.argv = {"visudo", "-c", "-f", "-"}, .input = Secret(std::string(pruned.text))}, deadline));
  OR_RETURN(root.write(file.path, pruned.text, {.mode = 0440, .owner = 0, .group = 0}));
  return {};
}

}  // namespace

std::optional<PrunedSudoers> prune_agent_sudoers(std::string_view text, std::string_view user,
                                                 SudoRule rule) {
  PrunedSudoers pruned;
  bool continued = false;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end == std::string_view::npos ? end : end + 1);
    text.remove_prefix(line.size());
    const auto bare = trim(line);
    // A line that is continued, or continues another, is not one that an agent wrote.
    const bool whole = !continued && !bare.ends_with('\\');
    continued = bare.ends_with('\\');
    const auto access = whole ? parse_agent_rule(bare, user) : std::nullopt;
    if (access && *access != access_by(rule)) {
      pruned.removed.emplace_back(bare);
      continue;
    }
    pruned.text.append(line);
    pruned.has_rules = pruned.has_rules || !parse_sudoers("", bare).empty();
  }
  if (pruned.removed.empty()) return std::nullopt;
  return pruned;
}

Result<std::vector<std::string>> remove_agent_rules(const Root& root, Processes& processes,
                                                    std::string_view user, SudoRule rule,
                                                    const Deadline& deadline) {
  std::vector<std::string> done;
  for (const AgentSudoers& file : kAgentFiles) {
    const std::string path(file.path);
    const std::string context = "removing another agent's rule from " + path;
    // The write would replace a link, and leave its target with the rule.
    if (root.link_target(path)) continue;
    const auto text = root.read_if_exists(path);
    if (!text) return fail_tool(Reason::kSudoers, Error(text.error()), context);
    const auto pruned = prune_agent_sudoers(text->value_or(""), user, rule);
    if (!pruned) continue;
    if (auto written = write_pruned(root, processes, file, *pruned, deadline); !written) {
      if (written.error().reason() == Reason::kToolMissing)
        return fail(std::move(written.error()), context);
      return fail_tool(Reason::kSudoers, std::move(written.error()), context);
    }
    done.push_back("removed '" + printable(join(pruned->removed, "', '"), 200, Quotes::kKept) +
                   "' of " + std::string(file.agent) + " from " + path);
  }
  return done;
}

}  // namespace azl::provision
