#include "provision/image/migrate/gather.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

#include <fnmatch.h>

#include "base/text.h"
#include "provision/gather/tree.h"
#include "provision/gather/waagent_conf.h"
#include "provision/image/check/layered_files.h"
#include "provision/image/check/read_image.h"
#include "provision/image/unit_links.h"

namespace azl::provision {
namespace {

constexpr std::size_t kFileLimit = std::size_t{8} << 20;

/// cloud-init's units in all its versions. The first two are in each of them, and not in
/// azl-provision's own part for programs that expect cloud-init.
constexpr std::array<std::string_view, 9> kCloudInitUnits = {
    "cloud-init-local.service", "cloud-init-main.service", "cloud-init-network.service",
    "cloud-init.service",       "cloud-config.service",    "cloud-final.service",
    "cloud-init.target",        "cloud-config.target",     "cloud-init-hotplugd.socket"};
constexpr std::array<std::string_view, 2> kCloudInitSigns = {kCloudInitUnits[0],
                                                             kCloudInitUnits[1]};
constexpr std::array<std::string_view, 1> kAzureInitUnits = {"azure-init.service"};

bool has_unit(const Root& root, std::span<const std::string_view> units) {
  return std::ranges::any_of(units, [&](std::string_view unit) {
    const auto file = find_unit_file(root, std::string(unit));
    return !file.empty() && !is_masked(root, file);
  });
}

/// Why cloud-init has not ended on this boot; empty if it has, or did not run. Source: cloud-init's
/// status.json and result.json, the latter of which is written at the end.
std::string find_unfinished_cloud_init(const Root& root) {
  const std::string directory = "/run/cloud-init/";
  if (!root.exists(directory + "status.json") || root.exists(directory + "result.json")) return {};
  return "cloud-init has not ended on this boot (there is no " + directory +
         "result.json); wait for it with 'cloud-init status --wait'";
}

class Gathering {
 public:
  explicit Gathering(const Root& root) : root_(root) {}

  GatheredMigration gather(const imds::Identity& identity) && {
    facts_.vm_id = identity.vm_id;
    facts_.records = find_other_records(root_, identity.vm_id);
    read_agents();
    read_paths();
    read_own();
    facts_.off_switch = find_off_switch(root_, read_kernel_command_line(root_));
    if (facts_.of(Agent::kCloudInit).installed)
      facts_.unfinished = find_unfinished_cloud_init(root_);
    facts_.cloud_init_off = root_.exists("/etc/cloud/cloud-init.disabled");
    read_links();
    facts_.waagent_record = read_first_line(root_, "/var/lib/waagent/provisioned");
    return std::move(gathered_);
  }

 private:
  AgentState& of(Agent agent) { return facts_.agents[static_cast<std::size_t>(agent)]; }

  void add_file(Agent agent, const std::string& path) {
    auto text = root_.read_if_exists(path, kFileLimit);
    if (!text) return gathered_.unread.push_back(text.error().to_string());
    if (*text) of(agent).files.push_back({path, Secret(std::move(**text))});
  }

  /// The names in a directory. What cannot be listed is noted.
  std::vector<std::string> list(const std::string& directory) {
    auto names = root_.list(directory);
    if (!names) gathered_.unread.push_back(names.error().to_string());
    return names ? std::move(*names) : std::vector<std::string>();
  }

  /// Adds the files of a directory whose names end with `suffix`, sorted.
  void add_files(Agent agent, const std::string& directory, std::string_view suffix) {
    for (const auto& name : list(directory)) {
      if (name.ends_with(suffix)) add_file(agent, directory + "/" + name);
    }
  }

  void add_units(Agent agent, std::span<const std::string_view> units, bool in_etc) {
    for (const auto unit : units) {
      const std::string name(unit);
      const bool enabled =
          in_etc ? !find_enabling_links(root_, name).empty() : is_unit_enabled(root_, name);
      if (enabled) of(agent).enabled_units.push_back(name);
    }
  }

  void read_agents() {
    of(Agent::kCloudInit).installed = has_unit(root_, kCloudInitSigns);
    // Without cloud-init, units of these names are azl-provision's own. Links in /usr and /run need
    // no removal: /etc/cloud/cloud-init.disabled counts for them.
    if (of(Agent::kCloudInit).installed) add_units(Agent::kCloudInit, kCloudInitUnits, true);
    add_file(Agent::kCloudInit, "/etc/cloud/cloud.cfg");
    add_files(Agent::kCloudInit, "/etc/cloud/cloud.cfg.d", ".cfg");
    add_file(Agent::kCloudInit, "/var/lib/cloud/instance/vendor-cloud-config.txt");
    add_file(Agent::kCloudInit, "/var/lib/cloud/instance/cloud-config.txt");

    of(Agent::kWaagent).installed = has_unit(root_, kWaagentUnits);
    add_units(Agent::kWaagent, kWaagentUnits, false);
    add_file(Agent::kWaagent, std::string(kWaagentConf));

    of(Agent::kAzureInit).installed = has_unit(root_, kAzureInitUnits);
    add_units(Agent::kAzureInit, kAzureInitUnits, false);
    add_file(Agent::kAzureInit, "/etc/azure-init.toml");
    add_files(Agent::kAzureInit, "/etc/azure-init.d", ".toml");
  }

  void read_paths() {
    for (std::size_t rule = 0; rule < path_rules().size(); ++rule) {
      const auto pattern = path_rules()[rule].rule.key;
      const auto directory = std::string(pattern.substr(0, pattern.rfind('/')));
      const std::string name(pattern.substr(directory.size() + 1));
      for (const auto& each : list(directory)) {
        auto path = directory + "/" + each;
        if (::fnmatch(name.c_str(), each.c_str(), FNM_PERIOD) == 0 &&
            contains_one(path, path_rules()[rule].contains))
          facts_.paths.push_back({rule, std::move(path)});
      }
    }
  }

  [[nodiscard]] bool contains_one(const std::string& path, std::string_view words) const {
    if (words.empty()) return true;
    const auto text = root_.read_if_exists(path);
    if (!text || !*text) return false;
    return std::ranges::any_of(split(words, '|'), [&](std::string_view word) {
      return (*text)->find(word) != std::string::npos;
    });
  }

  /// A file of that name is the administrator's.
  void read_links() {
    const std::string directory = "/etc/systemd/network";
    for (const auto& name : list(directory)) {
      if (!name.starts_with("10-cloud-init-") || !name.ends_with(".network")) continue;
      const auto text = root_.read(directory + "/" + name, kFileLimit);
      if (!text) {
        gathered_.unread.push_back(text.error().to_string());
        continue;
      }
      auto link = name_keeping_link(*text);
      if (link && !root_.exists(link->path)) facts_.missing_links.push_back(std::move(*link));
    }
  }

  void read_own() {
    if (auto state = load_state(root_))
      facts_.state = std::move(*state);
    else
      facts_.state_error = state.error().to_string();
    for (const auto unit : kEnabledUnits) {
      const std::string name(unit);
      const auto file = find_unit_file(root_, name);
      if (file.empty())
        facts_.missing_units.push_back(name);
      else if (is_masked(root_, file))
        facts_.masked_units.push_back(name);
      else if (!is_unit_enabled(root_, name))
        facts_.disabled_units.push_back(name);
    }
    facts_.config = load_config(root_);
    std::erase_if(facts_.config.settings,
                  [](const Setting& each) { return each.file == kMigratedConf; });
    if (auto text = root_.read_if_exists(kMigratedConf, kFileLimit))
      facts_.drop_in = std::move(*text);
    else
      gathered_.unread.push_back(text.error().to_string());
  }

  const Root& root_;
  GatheredMigration gathered_;
  MigrationFacts& facts_ = gathered_.facts;
};

}  // namespace

GatheredMigration gather_migration(const Root& root, const imds::Identity& identity) {
  return Gathering(root).gather(identity);
}

}  // namespace azl::provision
