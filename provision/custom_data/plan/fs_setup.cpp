#include "provision/custom_data/plan/fs_setup.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "disk/disk_words.h"
#include "disk/plan/disk_decision.h"
#include "provision/custom_data/plan/disk_setup.h"
#include "provision/custom_data/plan/map_reader.h"

namespace azl::provision::custom_data {
namespace {

using disk::DiskTarget;

constexpr std::string_view kRule = "fs-setup";
constexpr auto kKeys = std::to_array<std::string_view>(
    {"cmd", "device", "extra_opts", "filesystem", "label", "overwrite", "partition", "replace_fs"});
constexpr unsigned kSwapPartition = 2;

std::optional<DiskName> read_device(const MapReader& reader, DiskResolver& resolver) {
  const auto* node = reader.find("device");
  if (node == nullptr) {
    reader.refuse(reader.map(), "it has no 'device'", std::string(kDiskNameAdvice));
    return std::nullopt;
  }
  const auto place = reader.out().place_of(*node);
  auto resolved = resolver.resolve(node->text.reveal(), place);
  if (!resolved.disk)
    reader.refuse(*node, "its device is no disk that azl-provision sets up",
                  std::string(kDiskNameAdvice));
  return std::move(resolved.disk);
}

/// The number of the partition: 0 for the one that cloud-init looks for, and for a disk without
/// partitions. Returns nullopt for what cloud-init does not know.
std::optional<unsigned> read_partition(const MapReader& reader, const DiskName& disk) {
  if (disk.partition != 0) return disk.partition;
  const auto* node = reader.find("partition");
  if (node == nullptr) return 0;
  if (node->kind == YamlKind::kInt && node->integer >= 0 && node->integer <= kSwapPartition)
    return static_cast<unsigned>(node->integer);
  if (node->kind != YamlKind::kText) return std::nullopt;
  const auto word = lower(node->text.reveal());
  if (word == "auto" || word == "any" || word == "none" || word.empty()) return 0;
  if (word == "1") return 1;
  return word == "2" ? std::optional(kSwapPartition) : std::nullopt;
}

bool is_made(std::string_view file_system) {
  return std::ranges::find(disk::kFileSystems, file_system) != disk::kFileSystems.end();
}

/// Whether the device and its partition can have what the item asks for.
FsUse check_partition(const MapReader& reader, const DiskName& disk, bool is_swap) {
  const auto partition = read_partition(reader, disk);
  if (is_swap) {
    if (disk.target.kind == DiskTarget::Kind::kResource && partition == kSwapPartition)
      return FsUse::kSwap;
    reader.refuse(reader.map(), "only the second partition of the resource disk can be for swap",
                  "write 'layout: [66, [33, 82]]' for ephemeral0 in disk_setup, and 'device: "
                  "ephemeral0.2' here; or use the key swap");
    return FsUse::kRefused;
  }
  if (partition && *partition <= 1) return FsUse::kFileSystem;
  reader.refuse(reader.map(), "azl-provision makes one partition for data on a disk",
                "write 'partition: auto', or make other partitions in bootcmd");
  return FsUse::kRefused;
}

FsUse check_file_system(const MapReader& reader, const DiskName& disk, const std::string& type) {
  if (type == "swap") return check_partition(reader, disk, true);
  if (is_made(type)) return check_partition(reader, disk, false);
  const auto* node = reader.find("filesystem");
  reader.refuse(
      node == nullptr ? reader.map() : *node,
      node == nullptr ? "it has no 'filesystem'" : "azl-provision does not make its file system",
      "write 'filesystem: ext4', 'xfs' or 'btrfs', or make others in bootcmd");
  return FsUse::kRefused;
}

bool check_label(const MapReader& reader, const std::string& label) {
  if (disk::is_label(label)) return true;
  reader.refuse(*reader.find("label"),
                "its label has more than 12 characters, or others than letters, digits and '.-_'",
                "shorten it");
  return false;
}

/// Whether a word of `extra_opts` asks for what is done anyway.
bool is_done_anyway(std::string_view word) {
  constexpr auto kWords =
      std::to_array<std::string_view>({"-E", "-F", "-f", "-K", "-q", "nodiscard"});
  return word.starts_with("lazy_itable_init") || word.starts_with("lazy_journal_init") ||
         std::ranges::find(kWords, word) != kWords.end();
}

bool is_done_anyway_in(const YamlNode& options) {
  if (options.kind == YamlKind::kList)
    return std::ranges::all_of(options.items, [](const auto& item) {
      return item.kind == YamlKind::kText && is_done_anyway_in(item);
    });
  std::string text(options.text.reveal());
  std::replace(text.begin(), text.end(), ',', ' ');
  return options.kind == YamlKind::kText && std::ranges::all_of(split(text, ' '), [](auto word) {
           return is_done_anyway(trim(word));
         });
}

bool is_off(const YamlNode& node) { return node.kind == YamlKind::kBool && !node.boolean; }

/// Warns of keys that have no effect.
void remark_unused(const MapReader& reader) {
  constexpr std::string_view kInBootcmd = "make the file system in bootcmd if you need that";
  if (const auto* options = reader.find("extra_opts");
      options != nullptr && !is_off(*options) && !is_done_anyway_in(*options))
    reader.warn(*options, "'extra_opts' is not used", std::string(kInBootcmd));
  const auto* command = reader.find("cmd");
  if (command != nullptr && !is_off(*command) &&
      (!command->text.empty() || !command->items.empty()))
    reader.warn(*command, "'cmd' is not used", std::string(kInBootcmd));
  const auto* replaced = reader.find("replace_fs");
  if (replaced != nullptr && !is_off(*replaced) && replaced->text.reveal() != "ntfs")
    reader.warn(*replaced, "'replace_fs' is not used: a disk with other content stays as it is",
                "write 'overwrite: true' here and in disk_setup if nobody needs that content");
}

std::optional<FsSetup> read_item(const MapReader& reader, DiskResolver& resolver) {
  reader.remark_unknown_keys("a file system", kKeys);
  const auto disk = read_device(reader, resolver);
  if (!disk) return std::nullopt;
  FsSetup setup{.target = disk->target,
                .file_system = reader.read_text("filesystem"),
                .label = reader.read_text("label"),
                .overwrite = reader.read_flag("overwrite").value_or(false),
                .place = reader.out().place_of(reader.map()),
                .subject = reader.subject()};
  setup.use = check_file_system(reader, *disk, setup.file_system);
  if (setup.use != FsUse::kFileSystem) return setup;
  if (!check_label(reader, setup.label)) setup.use = FsUse::kRefused;
  remark_unused(reader);
  return setup;
}

}  // namespace

std::vector<FsSetup> read_fs_setup(const YamlMember& member, DiskResolver& resolver,
                                   ModuleOutput& out) {
  const auto& value = member.value;
  if (value.kind == YamlKind::kNull) {
    out.remark(RemarkLevel::kWarning, "no-value", out.place_of(member),
               "'fs_setup' has no file systems");
  } else if (value.kind != YamlKind::kList) {
    out.remark(RemarkLevel::kError, kRule, out.place_of(member),
               describe_wrong_kind(member.name, value.kind, "a list") + "; it is ignored",
               "write '- {device: ephemeral0.1, filesystem: ext4}'");
  }
  std::vector<FsSetup> setups;
  std::size_t number = 0;
  for (const auto& item : value.items) {
    if (number == kMostDisks) {
      out.remark(RemarkLevel::kError, kRule, out.place_of(item),
                 "'fs_setup' has more than 64 file systems; this one and those after it are left "
                 "out");
      break;
    }
    const MapReader reader(item, kRule, "file system " + std::to_string(++number), out);
    if (item.kind != YamlKind::kMap) {
      reader.refuse(item, "it is " + std::string(to_string(item.kind)) + ", and has to be a map",
                    "write '- {device: ephemeral0.1, filesystem: ext4}'");
    } else if (auto setup = read_item(reader, resolver)) {
      setups.push_back(std::move(*setup));
    }
  }
  return setups;
}

}  // namespace azl::provision::custom_data
