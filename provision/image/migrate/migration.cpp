#include "provision/image/migrate/migration.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "imds/identity.h"
#include "provision/gather/waagent_conf.h"

namespace azl::provision {
namespace {

constexpr std::string_view kAgentKey = "Provisioning.Agent";

bool is_recorded(const MigrationFacts& facts) {
  return !facts.state.vm_id.empty() && imds::same_vm(facts.state.vm_id, facts.vm_id);
}

/// The name of the agent that provisioned this VM; empty: none did.
std::string find_provisioner(const MigrationFacts& facts) {
  if (is_recorded(facts) && facts.state.provisioned) return facts.state.provisioned->by;
  return facts.records.of_this_vm ? facts.records.of_this_vm->name : std::string();
}

bool has_agent(const MigrationFacts& facts) {
  return facts.records.of_this_vm || facts.records.of_another_vm ||
         std::ranges::any_of(facts.agents, &AgentState::installed);
}

// What keeps the migration from beginning.

MigrationRefusal refuse_unknown_vm(const MigrationFacts& facts) {
  const auto& other = facts.records.of_another_vm;
  if (other)
    return {.why = other->name + " provisioned another VM than this one, whose id is " +
                   facts.vm_id + " (" + other->record +
                   "); let it provision this VM, or use 'azl-provision deprovision'"};
  return {.why = "no agent has recorded that it provisioned this VM, whose id is " + facts.vm_id +
                 "; let one provision it first"};
}

std::optional<MigrationRefusal> refuse_state(const MigrationFacts& facts) {
  if (!facts.state_error.empty())
    return MigrationRefusal{.why = "the state of azl-provision is damaged: " + facts.state_error};
  if (!is_recorded(facts)) return std::nullopt;
  const auto& provisioned = facts.state.provisioned;
  if (provisioned && provisioned->by == "azl-provision")
    return MigrationRefusal{.why =
                                "azl-provision itself provisioned this VM: there is nothing to "
                                "take over",
                            .exit_status = kExitDone};
  if (!provisioned && facts.state.begun)
    return MigrationRefusal{.why =
                                "azl-provision began to provision this VM and did not finish; "
                                "see azl-provision --report"};
  return std::nullopt;
}

std::optional<MigrationRefusal> find_refusal(const MigrationFacts& facts) {
  if (facts.vm_id.empty())
    return MigrationRefusal{
        .why =
            "the firmware gives no VM id (/sys/class/dmi/id/product_uuid), so it cannot be known "
            "whether this VM was provisioned"};
  if (auto refusal = refuse_state(facts)) return refusal;
  if (!has_agent(facts))
    return MigrationRefusal{.why =
                                "nothing to do: there is no cloud-init, WALinuxAgent or "
                                "azure-init here",
                            .exit_status = kExitNotHere};
  if (find_provisioner(facts).empty()) return refuse_unknown_vm(facts);
  if (!facts.off_switch.empty())
    return MigrationRefusal{.why = "azl-provision is " + facts.off_switch +
                                   ": undo that first, or no agent would be left"};
  if (!facts.unfinished.empty()) return MigrationRefusal{.why = facts.unfinished};
  if (!facts.missing_units.empty())
    return MigrationRefusal{.why = facts.missing_units.front() +
                                   " is not installed: install azl-provision with its units"};
  if (!facts.masked_units.empty())
    return MigrationRefusal{.why = facts.masked_units.front() +
                                   " is masked: run 'systemctl unmask " +
                                   facts.masked_units.front() + "' first"};
  return std::nullopt;
}

// The steps, in an order in which a boot after each of them has an agent, and only one: until
// cloud-init is off, this program does nothing. docs/architecture.md, rule 12.

void add_configuration(const MigrationFacts& facts, std::string text, Migration& migration) {
  // After the migration the file is the administrator's.
  const bool done = is_recorded(facts) && facts.state.provisioned && facts.drop_in;
  if (text.empty() || done || facts.drop_in == text) return;
  migration.steps.push_back({.action = MigrationAction::kWrite,
                             .what = std::string(kMigratedConf),
                             .why = "the keys that become ours",
                             .content = std::move(text)});
}

/// Only cloud-init renames NICs.
void add_links(const MigrationFacts& facts, Migration& migration) {
  if (!facts.of(Agent::kCloudInit).installed) return;
  for (const auto& link : facts.missing_links)
    migration.steps.push_back({.action = MigrationAction::kWrite,
                               .what = link.path,
                               .why = "the NIC keeps the name that cloud-init gave it on each boot",
                               .content = link.content});
}

bool has_waagent(const MigrationFacts& facts) { return facts.of(Agent::kWaagent).installed; }

/// Without its record, WALinuxAgent would provision the VM once more as soon as cloud-init is off.
void add_waagent_record(const MigrationFacts& facts, Migration& migration) {
  if (!has_waagent(facts) || imds::same_vm(trim(facts.waagent_record), facts.vm_id)) return;
  migration.steps.push_back({.action = MigrationAction::kWrite,
                             .what = "/var/lib/waagent/provisioned",
                             .why = "WALinuxAgent provisions no VM whose id is in it",
                             .content = facts.vm_id + "\n"});
}

void add_state(const MigrationFacts& facts, Migration& migration) {
  if (is_recorded(facts) && facts.state.provisioned) return;
  migration.steps.push_back(
      {.action = MigrationAction::kRecord,
       .what = std::string(kStateFile),
       .why = migration.provisioned_by + " provisioned this VM, so azl-provision changes nothing"});
}

void add_others(const MigrationFacts& facts, Migration& migration) {
  const auto& cloud_init = facts.of(Agent::kCloudInit);
  if (cloud_init.installed && !facts.cloud_init_off)
    migration.steps.push_back({.action = MigrationAction::kSwitchOff,
                               .what = "/etc/cloud/cloud-init.disabled",
                               .why = "two agents must not act on one VM"});
  for (const auto agent : {Agent::kCloudInit, Agent::kAzureInit}) {
    for (const auto& unit : facts.of(agent).enabled_units)
      migration.steps.push_back(
          {.action = MigrationAction::kDisable,
           .what = unit,
           .why = "azl-provision takes the place of " + std::string(to_string(agent))});
  }
}

void add_waagent_conf(const MigrationFacts& facts, Migration& migration) {
  if (!has_waagent(facts)) return;
  for (const auto& file : facts.of(Agent::kWaagent).files) {
    for (const auto& setting : parse_waagent_conf(file.text.reveal())) {
      if (setting.key == kAgentKey && setting.value != "auto" && setting.value != "None")
        migration.steps.push_back(
            {.action = MigrationAction::kEdit,
             .what = file.path,
             .why = "with Provisioning.Agent=auto WALinuxAgent runs extensions, and leaves "
                    "provisioning to azl-provision"});
    }
  }
}

void add_steps(const MigrationFacts& facts, std::string configuration, Migration& migration) {
  add_configuration(facts, std::move(configuration), migration);
  add_links(facts, migration);
  add_waagent_record(facts, migration);
  add_state(facts, migration);
  for (const auto& unit : facts.disabled_units)
    migration.steps.push_back({.action = MigrationAction::kEnable,
                               .what = unit,
                               .why = "azl-provision acts from the next boot on"});
  add_others(facts, migration);
  add_waagent_conf(facts, migration);
}

}  // namespace

bool Migration::has_warnings() const {
  return !unread.empty() ||
         std::ranges::any_of(keys, [](const auto& each) { return each.fate == Fate::kLost; });
}

Migration decide_migration(const MigrationFacts& facts) {
  Migration migration;
  migration.refusal = find_refusal(facts);
  if (migration.refusal) return migration;
  migration.provisioned_by = find_provisioner(facts);
  auto decided = decide_keys(facts, migration.provisioned_by);
  migration.keys = std::move(decided.keys);
  migration.unread = std::move(decided.unread);
  add_steps(facts, std::move(decided.configuration), migration);
  return migration;
}

}  // namespace azl::provision
