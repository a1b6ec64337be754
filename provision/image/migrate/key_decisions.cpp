#include "provision/image/migrate/key_decisions.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "provision/config/keys.h"
#include "provision/custom_data/plan/top_level_keys.h"
#include "provision/image/migrate/agent_settings.h"

namespace azl::provision {
namespace {

constexpr std::string_view kLocalConfiguration = "/etc/azl-provision/";

/// The lines of this program's configuration, as they come to stand in kMigratedConf.
class Lines {
 public:
  explicit Lines(const MigrationFacts& facts) : facts_(facts) {}

  /// Adds a key that a setting becomes, and says in `outcome` what came of it.
  void add(KeyDecision decision, KeyOutcome& outcome) {
    const auto name = decision.key + "=" + decision.value;
    const auto* key = find_config_key(decision.section, decision.key);
    Config trial;
    const auto wrong = key == nullptr ? "is unknown" : key->set(trial, decision.value);
    if (!wrong.empty()) {
      outcome.fate = Fate::kLost;
      outcome.why = "its value cannot be taken over: " + printable(name) + " " + wrong;
      return;
    }
    if (const auto* own = find_own(decision)) {
      outcome.fate = Fate::kNotNeeded;
      outcome.why = own->file + ":" + std::to_string(own->line) + " sets " + decision.key + "=";
      return;
    }
    auto& line = lines_[{decision.section, decision.key}];
    const bool first = line.value.empty();
    if (!first && line.value != decision.value) {
      outcome.fate = Fate::kNotNeeded;
      outcome.why = line.source + " has another value, which counts";
      return;
    }
    if (decision.value == default_of(decision, *key)) {
      outcome.fate = Fate::kNotNeeded;
      outcome.why = "it is the default here: " + name;
      if (first) lines_.erase({decision.section, decision.key});
      return;
    }
    outcome.setting = "[" + decision.section + "] " + name;
    if (first) line = {.value = std::move(decision.value), .source = describe(outcome)};
  }

  /// The text of the file; empty if no key is to be set.
  [[nodiscard]] std::string text(const std::string& agent) const {
    if (lines_.empty()) return {};
    std::string text = "# Written by azl-provision migrate: what " + agent +
                       " was configured for on this machine.\n"
                       "# It is yours to change. See azl-provision.conf(5).\n";
    for (const auto section : config_sections()) {
      bool begun = false;
      for (const auto key : config_key_names(section)) {
        const auto found = lines_.find({std::string(section), std::string(key)});
        if (found == lines_.end()) continue;
        if (!std::exchange(begun, true)) text += "\n[" + std::string(section) + "]\n";
        text += "# " + found->second.source + "\n" + std::string(key) + "=" + found->second.value +
                "\n";
      }
    }
    return text;
  }

 private:
  struct Line {
    std::string value;
    std::string source;
  };

  /// A line by which the administrator has set the key.
  [[nodiscard]] const Setting* find_own(const KeyDecision& decision) const {
    const auto own = std::ranges::find_if(facts_.config.settings, [&](const Setting& each) {
      return each.section == decision.section && each.key == decision.key &&
             each.file.starts_with(kLocalConfiguration);
    });
    return own == facts_.config.settings.end() ? nullptr : &*own;
  }

  /// The value without the line: that of the image's configuration, else the program's.
  [[nodiscard]] std::string default_of(const KeyDecision& decision, const ConfigKey& key) const {
    std::string value(key.default_value);
    for (const auto& each : facts_.config.settings) {
      if (each.section == decision.section && each.key == decision.key) value = each.value;
    }
    return value;
  }

  static std::string describe(const KeyOutcome& outcome) {
    auto text = std::string(to_string(outcome.agent)) + ": " + printable(outcome.key);
    if (outcome.line > 0) text += ", " + outcome.path + ":" + std::to_string(outcome.line);
    return text;
  }

  const MigrationFacts& facts_;
  std::map<std::pair<std::string, std::string>, Line> lines_;
};

class KeyDecisions {
 public:
  KeyDecisions(const MigrationFacts& facts, const std::string& provisioned_by)
      : facts_(facts), provisioned_by_(provisioned_by), lines_(facts) {}

  /// Decides for all agents. The one that provisioned this VM is the first: its values count.
  DecidedKeys decide() && {
    for (const bool first : {true, false}) {
      for (const auto agent : kAgents) {
        if ((to_string(agent) == provisioned_by_) == first) decide_agent(agent);
      }
    }
    decided_.configuration = lines_.text(provisioned_by_);
    return std::move(decided_);
  }

 private:
  void decide_agent(Agent agent) {
    const auto read = read_settings(agent, facts_.of(agent).files);
    for (const auto& sentence : read.unread) decided_.unread.push_back(sentence);
    for (const auto& setting : read.settings) {
      const auto* rule = find_key_rule(agent, setting.key);
      if (rule == nullptr)
        decide_unknown(agent, setting);
      else
        decide_rule(agent, *rule, setting);
    }
    for (const auto& found : facts_.paths) {
      const auto& rule = path_rules()[found.rule];
      if (rule.agent == agent)
        decide_rule(agent, rule.rule, {.key = found.path, .text = {}, .path = found.path});
    }
    if (to_string(agent) != provisioned_by_) return;
    for (const auto& rule : key_rules(agent)) {
      if (rule.key.starts_with('(') && rule.decide != nullptr)
        decide_rule(agent, rule, {.key = std::string(rule.key), .text = {}});
    }
  }

  static KeyOutcome begin(Agent agent, const AgentSetting& setting) {
    return {
        .agent = agent, .key = setting.key, .path = setting.path, .line = setting.line, .why = {}};
  }

  void decide_unknown(Agent agent, const AgentSetting& setting) {
    auto outcome = begin(agent, setting);
    const bool known =
        agent == Agent::kCloudInit && custom_data::find_top_level_key(setting.key) != nullptr;
    outcome.fate = known ? Fate::kKept : Fate::kLost;
    outcome.why = known
                      ? "cloud-init carried it out when it provisioned this VM, and what it wrote "
                        "stays"
                      : "azl-provision does not know this key: look in the documents of " +
                            std::string(to_string(agent)) + " what it did";
    decided_.keys.push_back(std::move(outcome));
  }

  /// Whether the agent neither provisioned this VM nor goes on to run.
  [[nodiscard]] bool is_idle(Agent agent) const {
    if (to_string(agent) == provisioned_by_) return false;
    return agent != Agent::kWaagent || facts_.of(agent).enabled_units.empty();
  }

  /// Whether the rule is about provisioning by an agent that did not provision this VM.
  [[nodiscard]] bool is_for_provisioning(Agent agent, const KeyRule& rule) const {
    return agent == Agent::kWaagent && to_string(agent) != provisioned_by_ && !rule.ours.empty();
  }

  /// Whether the rule is about what WALinuxAgent goes on to do, and it does not run.
  [[nodiscard]] bool is_without_agent(Agent agent, const KeyRule& rule) const {
    const bool key = !rule.key.starts_with('/') && !rule.key.starts_with('(');
    return agent == Agent::kWaagent && facts_.of(agent).enabled_units.empty() && key &&
           rule.fate == Fate::kKept;
  }

  void decide_rule(Agent agent, const KeyRule& rule, const AgentSetting& setting) {
    auto outcome = begin(agent, setting);
    outcome.fate = rule.fate;
    outcome.why = rule.text;
    if (is_idle(agent)) {
      outcome.fate = Fate::kNotNeeded;
      outcome.why = std::string(to_string(agent)) + " neither provisioned this VM nor runs here";
      return decided_.keys.push_back(std::move(outcome));
    }
    if (is_for_provisioning(agent, rule)) {
      outcome.fate = Fate::kNotNeeded;
      outcome.why = provisioned_by_ + " provisioned this VM";
      return decided_.keys.push_back(std::move(outcome));
    }
    if (is_without_agent(agent, rule)) {
      outcome.fate = Fate::kNotNeeded;
      outcome.why = "WALinuxAgent is not enabled here";
      return decided_.keys.push_back(std::move(outcome));
    }
    auto decisions =
        rule.decide != nullptr ? rule.decide(setting, facts_) : std::vector<KeyDecision>();
    if (decisions.empty()) return decided_.keys.push_back(std::move(outcome));
    for (auto& decision : decisions) {
      auto each = outcome;
      each.fate = decision.fate;
      if (!decision.why.empty())
        each.why = decision.why;
      else if (decision.fate == Fate::kLost)
        each.why = rule.lost.substr(rule.lost.find(": ") + 2);
      else if (decision.fate != rule.fate)
        each.why = "this goes to " + std::string(kMigratedConf);
      if (decision.fate == Fate::kBecomes) lines_.add(std::move(decision), each);
      decided_.keys.push_back(std::move(each));
    }
  }

  const MigrationFacts& facts_;
  const std::string& provisioned_by_;
  Lines lines_;
  DecidedKeys decided_;
};

}  // namespace

DecidedKeys decide_keys(const MigrationFacts& facts, const std::string& provisioned_by) {
  return KeyDecisions(facts, provisioned_by).decide();
}

}  // namespace azl::provision
