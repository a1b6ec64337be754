#include "provision/custom_data/run/stored_disks.h"

#include <cstdint>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/json.h"
#include "base/text.h"
#include "provision/custom_data/run/stored_json.h"
#include "provision/store/disk_wishes.h"

namespace azl::provision::custom_data {
namespace {

using nlohmann::json;

std::uint64_t size_member(const json& action, std::string_view name) {
  const auto size = number_member(action, name);
  return size > 0 ? static_cast<std::uint64_t>(size) : 0;
}

}  // namespace

json to_json(const SetUpDisks& setup) {
  return {{"kind", "set-up-disks"}, {"disks", provision::to_json(setup.disks)}};
}

json to_json(const AddMount& mount) {
  return {{"kind", "add-mount"},
          {"what", base64_encode(mount.what)},
          {"mount_point", base64_encode(mount.mount_point)},
          {"type", base64_encode(mount.type)},
          {"options", base64_encode(mount.options.reveal())},
          {"dump", mount.dump},
          {"pass", mount.pass}};
}

json to_json(const MakeSwapFile& swap) {
  return {{"kind", "make-swap-file"},
          {"path", base64_encode(swap.path)},
          {"size", swap.size},
          {"max_size", swap.max_size}};
}

Result<std::optional<Action>> read_disk_action(const json& action) {
  const auto kind = text_member(action, "kind");
  if (kind == "set-up-disks") {
    const auto* disks = find_member(action, "disks");
    if (disks == nullptr) return damaged("an item has no list of disks");
    return SetUpDisks{.disks = OR_RETURN(parse_disk_wishes(*disks))};
  }
  if (kind == "add-mount")
    return AddMount{.what = OR_RETURN(read_bytes(action, "what")),
                    .mount_point = OR_RETURN(read_bytes(action, "mount_point")),
                    .type = OR_RETURN(read_bytes(action, "type")),
                    .options = Secret(OR_RETURN(read_bytes(action, "options"))),
                    .dump = text_member(action, "dump", "0"),
                    .pass = text_member(action, "pass", "0")};
  if (kind == "make-swap-file")
    return MakeSwapFile{.path = OR_RETURN(read_bytes(action, "path")),
                        .size = size_member(action, "size"),
                        .max_size = size_member(action, "max_size")};
  return std::nullopt;
}

}  // namespace azl::provision::custom_data
