#include "provision/custom_data/plan/mount_entry.h"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "disk/disk_words.h"

namespace azl::provision::custom_data {
namespace {

constexpr std::string_view kRule = "mounts";
constexpr std::size_t kFields = 6;
enum Field : std::uint8_t { kWhat, kMountPoint, kType, kOptions, kDump, kPass };

bool is_printable(std::string_view text) {
  return std::ranges::none_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7F; });
}

/// Whether mount(8) can know a type of file system: "nfs4", "fuse.sshfs", "ext4,xfs".
bool is_type(std::string_view type) {
  constexpr std::size_t kLongest = 64;
  return !type.empty() && type.size() <= kLongest && std::ranges::all_of(type, [](char c) {
    return is_letter_or_digit(c) || std::string_view("-_.,").contains(c);
  });
}

bool is_number(std::string_view text) {
  constexpr std::size_t kLongest = 3;
  return !text.empty() && text.size() <= kLongest &&
         std::ranges::all_of(text, [](unsigned char c) { return std::isdigit(c) != 0; });
}

/// Whether cloud-init asks the cloud for a disk of this name. Azure has none but ephemeral0.
bool is_unknown_to_azure(std::string_view name) {
  if (name == "ami" || name == "root" || name == "swap") return true;
  return (name.starts_with("ephemeral") || name.starts_with("ebs")) && !name.contains(':');
}

/// Whether an option is one that cloud-init adds, and people copy. Its units are not there, and a
/// mount fails that requires one of them.
bool is_of_cloud_init(std::string_view option) {
  return option == "comment=cloudconfig" || option.starts_with("x-systemd.requires=cloud-") ||
         option.starts_with("x-systemd.after=cloud-");
}

Secret without_cloud_init(std::string_view options) {
  std::string kept;
  for (const auto option : split(options, ',')) {
    if (is_of_cloud_init(option)) continue;
    if (!kept.empty()) kept += ',';
    kept += option;
  }
  return Secret(std::move(kept));
}

class EntryReader {
 public:
  EntryReader(const YamlNode& item, std::size_t number, DiskResolver& resolver, ModuleOutput& out)
      : item_(item), resolver_(resolver), out_(out) {
    entry_.number = number;
    entry_.place = out.place_of(item);
  }

  [[nodiscard]] std::optional<MountEntry> read();

 private:
  /// Each of these returns false, with a remark, if the item cannot be used.
  [[nodiscard]] bool check_kinds();
  [[nodiscard]] bool read_what();
  [[nodiscard]] bool read_type();
  [[nodiscard]] bool read_mount_point();
  [[nodiscard]] bool read_options();
  /// Returns an empty text, with a remark, for what is no number.
  [[nodiscard]] std::string read_number(Field field);

  /// Returns nullptr if the field is missing or null.
  [[nodiscard]] const YamlNode* find(Field field) const;
  bool refuse(const YamlNode& at, const std::string& why, std::string advice);

  const YamlNode& item_;
  DiskResolver& resolver_;
  ModuleOutput& out_;
  MountEntry entry_;
};

const YamlNode* EntryReader::find(Field field) const {
  if (field >= item_.items.size() || item_.items[field].kind == YamlKind::kNull) return nullptr;
  return &item_.items[field];
}

bool EntryReader::refuse(const YamlNode& at, const std::string& why, std::string advice) {
  out_.remark(RemarkLevel::kError, kRule, out_.place_of(at),
              entry_.subject() + " is left out: " + why, std::move(advice));
  return false;
}

bool EntryReader::check_kinds() {
  constexpr std::string_view kForm = "write '- [DEVICE, MOUNT POINT, TYPE, OPTIONS]'";
  if (item_.kind != YamlKind::kList)
    return refuse(item_, "it is " + std::string(to_string(item_.kind)) + ", and has to be a list",
                  std::string(kForm));
  for (const auto& field : item_.items) {
    if (field.kind == YamlKind::kList || field.kind == YamlKind::kMap)
      return refuse(field,
                    "a field is " + std::string(to_string(field.kind)) + ", and has to be text",
                    std::string(kForm));
  }
  if (item_.items.size() > kFields)
    out_.remark(RemarkLevel::kWarning, kRule, out_.place_of(item_.items[kFields]),
                entry_.subject() + ": what follows the sixth field is ignored", std::string(kForm));
  return true;
}

bool EntryReader::read_what() {
  constexpr std::size_t kLongest = 1024;
  const auto* node = find(kWhat);
  if (node == nullptr || trim(node->text.reveal()).empty())
    return refuse(item_, "it does not say what is to be mounted",
                  "write '- [DEVICE, MOUNT POINT]'");
  const auto name = trim(node->text.reveal());
  if (name.size() > kLongest || !is_printable(name))
    return refuse(*node, "its first field has more than 1024 bytes, or control characters",
                  "write the path of a device, or a share");
  auto resolved = resolver_.resolve(name, out_.place_of(*node));
  if (resolved.name.empty() || !is_printable(resolved.name))
    return refuse(*node, "its alias cannot be used", "let the alias stand for a disk");
  entry_.disk = std::move(resolved.disk);
  entry_.what = entry_.disk ? make_device_path(*entry_.disk) : std::move(resolved.name);
  if (!entry_.disk && is_unknown_to_azure(entry_.what))
    return refuse(*node, "Azure has no disk of this name", std::string(kDiskNameAdvice));
  return true;
}

bool EntryReader::read_type() {
  const auto* node = find(kType);
  if (node == nullptr) return true;
  entry_.type = trim(node->text.reveal());
  if (is_type(entry_.type)) return true;
  return refuse(*node, "its type is no name of a file system", "write 'auto'");
}

bool EntryReader::read_mount_point() {
  const auto* node = find(kMountPoint);
  if (node == nullptr) return true;
  if (entry_.is_swap()) {
    entry_.mount_point = "none";
    return true;
  }
  auto path = trim(node->text.reveal());
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  if (!disk::is_mount_point(path))
    return refuse(*node,
                  "its mount point is a directory of the system, such as /home, or no plain "
                  "absolute path",
                  "mount it at another directory, or in runcmd");
  entry_.mount_point = path;
  return true;
}

bool EntryReader::read_options() {
  const auto* node = find(kOptions);
  if (node == nullptr) return true;
  const auto options = trim(node->text.reveal());
  if (!disk::are_mount_options(options))
    return refuse(*node,
                  "its options have white space, quotes, backslashes, or characters that are not "
                  "ASCII",
                  "separate them by commas only; a file can have the password of a share: "
                  "'credentials=FILE'");
  entry_.options = without_cloud_init(options);
  return true;
}

std::string EntryReader::read_number(Field field) {
  const auto* node = find(field);
  if (node == nullptr) return {};
  const auto text = trim(node->text.reveal());
  if (is_number(text)) return std::string(text);
  out_.remark(RemarkLevel::kWarning, kRule, out_.place_of(*node),
              entry_.subject() + ": the " + (field == kDump ? "fifth" : "sixth") +
                  " field is no number; it is ignored",
              "write 0");
  return {};
}

std::optional<MountEntry> EntryReader::read() {
  if (!check_kinds() || !read_what() || !read_type() || !read_mount_point() || !read_options())
    return std::nullopt;
  if (auto dump = read_number(kDump); !dump.empty()) entry_.dump = std::move(dump);
  entry_.pass = read_number(kPass);
  return std::move(entry_);
}

}  // namespace

std::optional<MountEntry> read_mount_entry(const YamlNode& item, std::size_t number,
                                           DiskResolver& resolver, ModuleOutput& out) {
  return EntryReader(item, number, resolver, out).read();
}

}  // namespace azl::provision::custom_data
