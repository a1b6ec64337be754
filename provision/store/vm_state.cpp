#include "provision/store/vm_state.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "base/json.h"
#include "imds/identity.h"

namespace azl::provision {
namespace {

using Json = nlohmann::ordered_json;
constexpr int kSchemaVersion = 1;
constexpr std::size_t kLimit = 1 << 20;

/// Returns a member that is an object, or null.
const nlohmann::json* find_object(const nlohmann::json& json, const char* key) {
  const auto* member = find_member(json, key);
  return member != nullptr && member->is_object() ? member : nullptr;
}

/// Returns the types of host keys that are still to be made. Ignores what is not a type.
std::vector<std::string> read_types(const nlohmann::json& json) {
  constexpr std::size_t kMost = 8;
  std::vector<std::string> types;
  const auto* list = find_member(json, "missing_host_keys");
  if (list == nullptr || !list->is_array()) return types;
  for (const auto& type : *list) {
    if (type.is_string() && types.size() < kMost) types.push_back(type.get<std::string>());
  }
  return types;
}

std::optional<RecordedUser> read_user(const nlohmann::json& json) {
  const auto* user = find_object(json, "user");
  auto name = user == nullptr ? std::string() : text_member(*user, "name");
  if (name.empty()) return std::nullopt;
  RecordedUser recorded{.name = std::move(name), .made = bool_member(*user, "made")};
  const auto uid = number_member(*user, "uid", -1);
  if (std::in_range<std::uint32_t>(uid)) recorded.uid = static_cast<std::uint32_t>(uid);
  return recorded;
}

}  // namespace

Result<State> parse_state(std::string_view json_text) {
  const auto json = OR_RETURN(parse_json(json_text, kLimit, Reason::kState));
  if (!json.is_object()) return fail(Reason::kState, "it is not a JSON object");
  if (number_member(json, "schema_version") != kSchemaVersion)
    return fail(Reason::kState, "it has an unknown schema_version");
  State state;
  state.vm_id = text_member(json, "vm_id");
  state.next_vm_id = text_member(json, "next_vm_id");
  state.begun = bool_member(json, "begun");
  state.host_keys_made = bool_member(json, "host_keys_made");
  state.missing_host_keys = read_types(json);
  state.machine_id = text_member(json, "machine_id");
  state.stale_machine_id = text_member(json, "stale_machine_id");
  state.guest_agent = bool_member(json, "guest_agent");
  state.host_name = text_member(json, "host_name");
  state.user = read_user(json);
  if (const auto* p = find_object(json, "provisioned")) {
    state.provisioned = Provisioned{.at = text_member(*p, "at"),
                                    .by = text_member(*p, "by"),
                                    .boot_id = text_member(*p, "boot_id"),
                                    .degraded = bool_member(*p, "degraded"),
                                    .specialized = bool_member(*p, "specialized")};
  }
  if (const auto* r = find_object(json, "reported")) {
    state.reported = Reported{.at = text_member(*r, "at"),
                              .protocol = text_member(*r, "protocol"),
                              .ready = bool_member(*r, "ready")};
  }
  if (const auto* u = find_object(json, "untold")) {
    state.untold = Untold{.vm_id = text_member(*u, "vm_id", state.vm_id),
                          .ready = bool_member(*u, "ready"),
                          .description = text_member(*u, "description")};
  }
  return state;
}

std::string to_json(const State& state) {
  Json json = {{"schema_version", kSchemaVersion},
               {"vm_id", state.vm_id},
               {"begun", state.begun},
               {"host_keys_made", state.host_keys_made},
               {"missing_host_keys", state.missing_host_keys},
               {"machine_id", state.machine_id},
               {"stale_machine_id", state.stale_machine_id},
               {"guest_agent", state.guest_agent},
               {"host_name", state.host_name}};
  if (!state.next_vm_id.empty()) json["next_vm_id"] = state.next_vm_id;
  if (const auto& user = state.user) {
    json["user"] = {{"name", user->name}, {"made", user->made}};
    if (user->uid) json["user"]["uid"] = *user->uid;
  }
  if (const auto& p = state.provisioned) {
    json["provisioned"] = {{"at", p->at},
                           {"by", p->by},
                           {"boot_id", p->boot_id},
                           {"degraded", p->degraded},
                           {"specialized", p->specialized}};
  }
  if (const auto& r = state.reported)
    json["reported"] = {{"at", r->at}, {"protocol", r->protocol}, {"ready", r->ready}};
  if (const auto& u = state.untold)
    json["untold"] = {{"vm_id", u->vm_id}, {"ready", u->ready}, {"description", u->description}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

bool State::take_next_id(std::string_view this_vm) {
  if (next_vm_id.empty() || !imds::same_vm(next_vm_id, this_vm)) return false;
  if (untold && imds::same_vm(untold->vm_id, vm_id)) untold->vm_id = next_vm_id;
  vm_id = std::exchange(next_vm_id, {});
  return true;
}

void State::forget_untold_of_others(std::string_view this_vm) {
  if (untold && untold->vm_id != this_vm && !imds::same_vm(untold->vm_id, this_vm)) untold.reset();
}

Result<State> load_state(const Root& root) {
  auto json = root.read_if_exists(kStateFile);
  if (!json) return fail(std::move(json.error()), "reading " + std::string(kStateFile));
  if (!*json) return State{};
  auto state = parse_state(**json);
  if (!state)
    return fail(std::move(state.error()).with_cause(Cause::kStateDamaged),
                "reading " + std::string(kStateFile));
  return state;
}

Result<void> save_state(const Root& root, const State& state) {
  if (auto made = root.make_directory(kStateDirectory); !made)
    return std::unexpected(std::move(made.error()));
  auto written = root.write(kStateFile, to_json(state));
  if (!written)
    return fail(std::move(written.error()),
                "remembering what was done in " + std::string(kStateFile));
  return {};
}

}  // namespace azl::provision
