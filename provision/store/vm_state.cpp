#include "provision/store/vm_state.h"

#include <nlohmann/json.hpp>

#include "base/json.h"
#include "imds/identity.h"

namespace azl::provision {
namespace {

using Json = nlohmann::ordered_json;
constexpr int kSchemaVersion = 1;
constexpr std::size_t kLimit = 1 << 20;

std::string text(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

bool flag(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_boolean() && found->get<bool>();
}

const Json* object_of(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_object() ? &*found : nullptr;
}

}  // namespace

Result<State> parse_state(std::string_view json_text) {
  const Json json = OR_RETURN(parse_json(json_text, kLimit, Reason::kState));
  if (!json.is_object()) return fail(Reason::kState, "it is not a JSON object");
  if (json.value("schema_version", Json()) != kSchemaVersion)
    return fail(Reason::kState, "it has an unknown schema_version");
  State state;
  state.vm_id = text(json, "vm_id");
  state.begun = flag(json, "begun");
  state.host_keys_made = flag(json, "host_keys_made");
  state.machine_id = text(json, "machine_id");
  state.stale_machine_id = text(json, "stale_machine_id");
  state.guest_agent = flag(json, "guest_agent");
  if (const auto* p = object_of(json, "provisioned")) {
    state.provisioned = Provisioned{.at = text(*p, "at"),
                                    .by = text(*p, "by"),
                                    .boot_id = text(*p, "boot_id"),
                                    .degraded = flag(*p, "degraded"),
                                    .specialized = flag(*p, "specialized")};
  }
  if (const auto* r = object_of(json, "reported")) {
    state.reported = Reported{
        .at = text(*r, "at"), .protocol = text(*r, "protocol"), .ready = flag(*r, "ready")};
  }
  if (const auto* u = object_of(json, "untold")) {
    state.untold = Untold{.vm_id = u->contains("vm_id") ? text(*u, "vm_id") : state.vm_id,
                          .ready = flag(*u, "ready"),
                          .description = text(*u, "description")};
  }
  return state;
}

std::string to_json(const State& state) {
  Json json = {{"schema_version", kSchemaVersion},
               {"vm_id", state.vm_id},
               {"begun", state.begun},
               {"host_keys_made", state.host_keys_made},
               {"machine_id", state.machine_id},
               {"stale_machine_id", state.stale_machine_id},
               {"guest_agent", state.guest_agent}};
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

void State::forget_untold_of_others(std::string_view this_vm) {
  if (untold && untold->vm_id != this_vm && !imds::same_vm(untold->vm_id, this_vm)) untold.reset();
}

Result<State> load_state(const Root& root) {
  auto json = root.read_if_exists(kStateFile);
  if (!json) return fail(std::move(json.error()), "reading " + std::string(kStateFile));
  if (!*json) return State{};
  auto state = parse_state(**json);
  if (!state) return fail(std::move(state.error()), "reading " + std::string(kStateFile));
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
