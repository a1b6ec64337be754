#include "provision/plan/plan_json.h"

#include <array>
#include <cstdint>
#include <variant>

#include <nlohmann/json.hpp>

#include "base/reason.h"
#include "provision/record/words.h"

namespace azl::provision {

template <>
inline constexpr std::array<Spelling<PasswordChange>, 3> kSpellings<PasswordChange> = {
    {{PasswordChange::kLocked, "locked"},
     {PasswordChange::kSet, "set"},
     {PasswordChange::kUnchanged, "unchanged"}}};
template <>
inline constexpr std::array<Spelling<SudoRule>, 3> kSpellings<SudoRule> = {
    {{SudoRule::kNoPassword, "nopasswd"},
     {SudoRule::kPassword, "password"},
     {SudoRule::kNone, "no"}}};

namespace {

using Json = nlohmann::ordered_json;

Json choice_json(const char* name, const Choice& choice) {
  return {{name, choice.yes}, {"why", choice.why}};
}

Json user_json(const PlannedUser& user) {
  Json keys = Json::array();
  for (const auto& [key, why] : user.keys) {
    keys.push_back({{"type", key.type},
                    {"fingerprint", key.fingerprint},
                    {"comment", key.comment},
                    {"why", why}});
  }
  return {{"name", user.name},
          {"groups", user.groups},
          {"shell", user.shell},
          {"password", to_string(user.password)},
          {"password_why", user.password_why},
          {"sudo", to_string(user.sudo)},
          {"ssh_keys", keys},
          {"certificates", choice_json("fetch", user.certificates)},
          {"why", user.why}};
}

Json network_json(const Plan& plan) {
  Json links = Json::array();
  for (const auto& link : plan.links) {
    links.push_back({{"mac", link.mac},
                     {"name", link.name},
                     {"role", net::to_string(link.role)},
                     {"why", link.why}});
  }
  Json files = Json::array();
  for (const auto& file : plan.network.files)
    files.push_back({{"path", file.path}, {"content", file.content}, {"why", file.why}});
  return {{"primary", plan.primary_mac.empty() ? Json() : Json(plan.primary_mac)},
          {"files", files},
          {"links", links}};
}

void add_text(const char* name, const std::string& value, Json& json) {
  if (!value.empty()) json[name] = value;
}

void add_number(const char* name, std::uint64_t value, Json& json) {
  if (value > 0) json[name] = value;
}

void add_partition(int number, Json& json) {
  if (number > 0) json["partition"] = number;
}

void add_members(const disk::act::Leave& /*leave*/, Json& /*json*/) {}

void add_members(const disk::act::Grow& grow, Json& json) {
  add_partition(grow.partition, json);
  add_text("file_system", grow.file_system, json);
  add_text("mount_point", grow.mount_point, json);
}

void add_members(const disk::act::Format& format, Json& json) {
  add_partition(format.new_table ? 1 : 0, json);
  json["new_table"] = format.new_table;
  add_text("file_system", format.file_system, json);
  add_text("label", format.label, json);
  add_number("size", format.swap_size, json);
}

void add_members(const disk::act::Stripe& stripe, Json& json) {
  json["members"] = stripe.members;
  json["assemble"] = stripe.assemble;
  if (!stripe.stop.empty()) json["stop"] = stripe.stop;
}

void add_members(const disk::act::Adopt& adopt, Json& json) {
  add_partition(adopt.partition, json);
  json["lines"] = adopt.lines;
  add_text("file_system", adopt.file_system, json);
  add_text("mount_point", adopt.mount_point, json);
  add_text("options", adopt.options, json);
}

void add_members(const disk::act::Mount& mount, Json& json) {
  add_partition(mount.partition, json);
  add_text("file_system", mount.file_system, json);
  add_text("mount_point", mount.mount_point, json);
  add_text("options", mount.options, json);
}

void add_members(const disk::act::Swap& swap, Json& json) {
  add_partition(swap.partition, json);
  add_text("file_system", swap.file_system, json);
  add_text("mount_point", swap.mount_point, json);
  add_number("size", swap.size, json);
}

Json disk_json(const disk::DiskAction& action) {
  Json json = {{"device", action.device}, {"action", disk::to_string(action.act)}};
  std::visit([&](const auto& act) { add_members(act, json); }, action.act);
  json["what"] = disk::describe_action(action);
  json["why"] = action.why;
  return json;
}

Json disks_json(const Plan& plan) {
  Json actions = Json::array();
  for (const auto& action : plan.disks) actions.push_back(disk_json(action));
  return {{"actions", actions}};
}

Json items_json(const Plan& plan) {
  Json items = Json::array();
  for (const auto& item : plan.custom_data_items)
    items.push_back(
        {{"id", item.id}, {"phase", item.phase}, {"repeat", item.repeat}, {"what", item.what}});
  return items;
}

}  // namespace

std::string to_json(const Plan& plan) {
  Json json = {{"schema_version", 1},
               {"vm_id", plan.vm_id},
               {"source",
                {{"ovf", plan.from_ovf},
                 {"imds", plan.imds_version.empty() ? Json() : Json(plan.imds_version)}}},
               {"course", {{"value", to_string(plan.course)}, {"why", plan.course_why}}}};
  json["hostname"] =
      plan.hostname ? Json{{"value", plan.hostname->value}, {"why", plan.hostname->why}} : Json();
  json["user"] = plan.user ? user_json(*plan.user) : Json();
  json["sshd"] = plan.sshd ? Json{{"password_authentication", plan.sshd->password_authentication},
                                  {"why", plan.sshd->why}}
                           : Json();
  json["host_keys"] = choice_json("replace", plan.host_keys);
  json["machine_id"] = choice_json("renew", plan.machine_id);
  json["network"] = network_json(plan);
  json["disks"] = disks_json(plan);
  json["hand_over"] = choice_json("guest_agent", plan.guest_agent);
  json["updates"] = plan.updates ? Json{{"program", plan.updates->program},
                                        {"timer", plan.updates->timer},
                                        {"why", plan.updates->why}}
                                 : Json();
  json["custom_data"] = choice_json("store", plan.custom_data);
  json["custom_data"]["items"] = items_json(plan);
  json["findings"] = Json::array();
  json["warnings"] = Json::array();
  for (const auto& [severity, error] : plan.findings) {
    json["findings"].push_back({{"severity", to_string(severity)},
                                {"reason", to_string(error.reason())},
                                {"chain", error.chain()}});
    if (severity != Severity::kNote) json["warnings"].push_back(error.to_string());
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace azl::provision
