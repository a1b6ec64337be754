#include "provision/store/disks.h"

#include <cerrno>
#include <string>
#include <utility>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "base/json.h"

namespace azl::disk {
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(UnfinishedWork, uuid, place, failed)
}

namespace azl::provision {
namespace {

constexpr std::size_t kLimit = 1 << 20;
constexpr std::string_view kDirectory = "/var/lib/azl-provision";

}  // namespace

Result<disk::DiskHistory> load_disk_history(const Root& root) {
  const auto context = "reading " + std::string(kDisksFile);
  const auto text = OR_RETURN(root.read_if_exists(kDisksFile, kLimit), context);
  disk::DiskHistory history;
  if (!text) return history;
  try {
    const auto json = OR_RETURN(parse_json(*text, kLimit, Reason::kState), context);
    if (json.at("schema_version") != 1)
      return fail(Error(Reason::kState, "it has an unknown schema_version"), context);
    history.unfinished = json.value("making", history.unfinished);
    history.unfinished_array = json.value("striping", history.unfinished_array);
    history.made = json.value("made", history.made);
    history.grown_to = json.value("grown_to", history.grown_to);
    history.swap_files = json.value("swap_files", history.swap_files);
    history.incomplete = json.value("lost", history.incomplete);
    return history;
  } catch (const nlohmann::json::exception& error) {
    return fail(Error(Reason::kState, error.what()), context);
  }
}

Result<void> save_disk_history(const Root& root, const disk::DiskHistory& history) {
  const nlohmann::ordered_json json = {{"schema_version", 1},
                                       {"making", nlohmann::json(history.unfinished)},
                                       {"striping", history.unfinished_array},
                                       {"made", history.made},
                                       {"grown_to", history.grown_to},
                                       {"swap_files", history.swap_files},
                                       {"lost", history.incomplete}};
  OR_RETURN(root.write(kDisksFile,
                       json.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n"),
            "saving the history of the disks in " + std::string(kDisksFile));
  // The file's name survives a power cut only once its directory is synced.
  const auto directory = OR_RETURN(root.open_file(kDirectory, O_RDONLY | O_DIRECTORY));
  if (::fsync(directory.get()) != 0) return fail_errno(errno, "syncing " + std::string(kDirectory));
  return {};
}

Result<void> begin_and_save(const Root& root, disk::DiskHistory& history,
                            const disk::UnfinishedWork& work) {
  history.begin(work);
  return save_disk_history(root, history);
}

Result<void> finish_and_save(const Root& root, disk::DiskHistory& history,
                             const disk::UnfinishedWork& work,
                             const std::vector<disk::Disk>& disks) {
  history.finish(work, disks);
  return save_disk_history(root, history);
}

Result<void> mark_failed_and_save(const Root& root, disk::DiskHistory& history,
                                  const std::vector<disk::Disk>& disks) {
  auto after = history;
  bool changed = false;
  for (const auto& disk : disks) changed = after.mark_failed(disk) || changed;
  if (!changed) return {};
  OR_RETURN(save_disk_history(root, after));
  history = std::move(after);
  return {};
}

Result<void> remove_and_save(const Root& root, disk::DiskHistory& history,
                             const disk::UnfinishedWork& work) {
  history.remove(work);
  return save_disk_history(root, history);
}

Result<void> record_swap_file_and_save(const Root& root, disk::DiskHistory& history,
                                       const std::string& uuid) {
  history.add_swap_file(uuid);
  return save_disk_history(root, history);
}

}  // namespace azl::provision
