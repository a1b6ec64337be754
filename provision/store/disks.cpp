#include "provision/store/disks.h"

#include <cerrno>
#include <string>
#include <utility>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

namespace azl::disk {
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(UnfinishedWork, uuid, place, failed)
}

namespace azl::provision {
namespace {

constexpr std::size_t kLimit = 1 << 20;
constexpr std::string_view kDirectory = "/var/lib/azl-provision";

}  // namespace

Result<disk::DiskHistory> load_disk_memory(const Root& root) {
  const auto context = "reading " + std::string(kDisksFile);
  auto text = root.read_if_exists(kDisksFile, kLimit);
  if (!text) return fail(std::move(text.error()), context);
  disk::DiskHistory memory;
  if (!*text) return memory;
  try {
    const auto json = nlohmann::json::parse(**text);
    if (json.at("schema_version") != 1)
      return fail(Error(Reason::kState, "it has an unknown schema_version"), context);
    memory.unfinished = json.value("making", memory.unfinished);
    memory.unfinished_array = json.value("striping", memory.unfinished_array);
    memory.made = json.value("made", memory.made);
    memory.grown_to = json.value("grown_to", memory.grown_to);
    memory.incomplete = json.value("lost", memory.incomplete);
    return memory;
  } catch (const nlohmann::json::exception& error) {
    return fail(Error(Reason::kState, error.what()), context);
  }
}

Result<void> save_disk_memory(const Root& root, const disk::DiskHistory& memory) {
  const nlohmann::ordered_json json = {{"schema_version", 1},
                                       {"making", nlohmann::json(memory.unfinished)},
                                       {"striping", memory.unfinished_array},
                                       {"made", memory.made},
                                       {"grown_to", memory.grown_to},
                                       {"lost", memory.incomplete}};
  auto written = root.write(
      kDisksFile, json.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
  if (!written)
    return fail(std::move(written.error()), "remembering disks in " + std::string(kDisksFile));
  // The name is on the disk when its directory is, whichever file system that lies on.
  const auto directory = root.open_file(kDirectory, O_RDONLY | O_DIRECTORY);
  if (!directory) return std::unexpected(Error(directory.error()));
  if (::fsync(directory->get()) != 0)
    return fail_errno(errno, "syncing " + std::string(kDirectory));
  return {};
}

Result<void> begin_making(const Root& root, disk::DiskHistory& memory,
                          const disk::UnfinishedWork& making) {
  memory.begin(making);
  return save_disk_memory(root, memory);
}

Result<void> end_making(const Root& root, disk::DiskHistory& memory,
                        const disk::UnfinishedWork& making, const std::vector<disk::Disk>& disks) {
  memory.finish(making, disks);
  return save_disk_memory(root, memory);
}

Result<void> leave_disks(const Root& root, disk::DiskHistory& memory,
                         const std::vector<disk::Disk>& disks) {
  auto after = memory;
  bool news = false;
  for (const auto& disk : disks) news = after.mark_failed(disk) || news;
  if (!news) return {};
  if (auto saved = save_disk_memory(root, after); !saved) return saved;
  memory = std::move(after);
  return {};
}

Result<void> forget_making(const Root& root, disk::DiskHistory& memory,
                           const disk::UnfinishedWork& making) {
  memory.remove(making);
  return save_disk_memory(root, memory);
}

}  // namespace azl::provision
