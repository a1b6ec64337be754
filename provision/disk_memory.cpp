#include "provision/disk_memory.h"

#include <string>

#include <nlohmann/json.hpp>

namespace azl::provision {
namespace {

constexpr std::size_t kLimit = 1 << 20;

}  // namespace

Result<disk::DiskMemory> load_disk_memory(const Root& root) {
  const auto context = "reading " + std::string(kDisksFile);
  auto text = root.read_if_exists(kDisksFile, kLimit);
  if (!text) return fail(std::move(text.error()), context);
  disk::DiskMemory memory;
  if (!*text) return memory;
  try {
    const auto json = nlohmann::json::parse(**text);
    if (json.at("schema_version") != 1)
      return fail(Error(Reason::kState, "it has an unknown schema_version"), context);
    memory.making = json.value("making", memory.making);
    memory.grown_to = json.value("grown_to", memory.grown_to);
    return memory;
  } catch (const nlohmann::json::exception& error) {
    return fail(Error(Reason::kState, error.what()), context);
  }
}

Result<void> save_disk_memory(const Root& root, const disk::DiskMemory& memory) {
  const nlohmann::ordered_json json = {
      {"schema_version", 1}, {"making", memory.making}, {"grown_to", memory.grown_to}};
  auto written = root.write(
      kDisksFile, json.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
  if (!written)
    return fail(std::move(written.error()), "remembering disks in " + std::string(kDisksFile));
  return root.sync();
}

}  // namespace azl::provision
