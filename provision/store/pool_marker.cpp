#include "provision/store/pool_marker.h"

#include <cstddef>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/json.h"
#include "provision/store/vm_state.h"

namespace azl::provision {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kSchemaVersion = 1;
constexpr std::size_t kLimit = 64 << 10;

}  // namespace

Result<PoolMarker> parse_pool_marker(std::string_view json_text) {
  const auto json = OR_RETURN(parse_json(json_text, kLimit, Reason::kState));
  if (!json.is_object()) return fail(Reason::kState, "it is not a JSON object");
  if (number_member(json, "schema_version") != kSchemaVersion)
    return fail(Reason::kState, "it has an unknown schema_version");
  return PoolMarker{.vm_id = text_member(json, "vm_id"),
                    .boot_id = text_member(json, "boot_id"),
                    .type = text_member(json, "type"),
                    .from_media = bool_member(json, "from_media"),
                    .told_at = text_member(json, "told_at")};
}

std::string to_json(const PoolMarker& marker) {
  const Json json = {{"schema_version", kSchemaVersion}, {"vm_id", marker.vm_id},
                     {"boot_id", marker.boot_id},        {"type", marker.type},
                     {"from_media", marker.from_media},  {"told_at", marker.told_at}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<std::optional<PoolMarker>> load_pool_marker(const Root& root) {
  const auto context = "reading " + std::string(kPoolMarkerFile);
  const auto text = OR_RETURN(root.read_if_exists(kPoolMarkerFile, kLimit), context);
  if (!text) return std::nullopt;
  return OR_RETURN(parse_pool_marker(*text), context);
}

Result<void> save_pool_marker(const Root& root, const PoolMarker& marker) {
  const auto context =
      "remembering in " + std::string(kPoolMarkerFile) + " that the VM is in its pool";
  OR_RETURN(root.make_directory(kStateDirectory), context);
  OR_RETURN(root.write(kPoolMarkerFile, to_json(marker)), context);
  OR_RETURN(root.sync(), context);
  return {};
}

Result<void> remove_pool_marker(const Root& root) {
  OR_RETURN(root.remove(kPoolMarkerFile));
  return {};
}

}  // namespace azl::provision
