#include "provision/custom_data/run/stored.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <map>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/json.h"
#include "base/match.h"
#include "base/text.h"
#include "imds/identity.h"
#include "provision/custom_data/run/stored_accounts.h"
#include "provision/custom_data/run/stored_disks.h"
#include "provision/custom_data/run/stored_endings.h"
#include "provision/custom_data/run/stored_json.h"
#include "provision/custom_data/run/stored_system.h"

namespace azl::provision::custom_data {
namespace {

using nlohmann::json;

constexpr std::string_view kDocument = "/var/lib/azl-provision/custom-data/document.json";
constexpr std::string_view kItems = "/var/lib/azl-provision/custom-data/items.json";
/// Has the id of the VM whose document was taken apart.
constexpr std::string_view kTaken = "/var/lib/azl-provision/custom-data/taken";
/// Has a byte for each time that taking the document apart began.
constexpr std::string_view kReadings = "/var/lib/azl-provision/custom-data/readings";
constexpr std::string_view kProgress = "/var/lib/azl-provision/custom-data/progress";
// The units' conditions name these two.
constexpr std::string_view kEarlyDue = "/var/lib/azl-provision/custom-data/early-due";
constexpr std::string_view kFinalDue = "/var/lib/azl-provision/custom-data/final-due";

constexpr int kSchemaVersion = 1;
/// Custom data unpacks to 8 MiB at most, which base64 and JSON's escapes may double.
constexpr std::size_t kStoredLimit = std::size_t{64} << 20;
constexpr std::size_t kProgressLimit = std::size_t{16} << 20;
constexpr FileAttributes kPrivate = {.mode = 0600};

std::string_view mark_of(ItemPhase phase) {
  return phase == ItemPhase::kEarly ? kEarlyDue : kFinalDue;
}

std::string_view to_word(PackageFamily family) {
  switch (family) {
    case PackageFamily::kAny:
      return "any";
    case PackageFamily::kDnf:
      return "dnf";
    case PackageFamily::kApt:
      return "apt";
  }
  std::unreachable();
}

/// What may be any bytes is base64: JSON cannot hold it.
json to_json(const Action& action) {
  return match(
      action,
      [](const WriteFile& file) {
        return json{{"kind", "write-file"},
                    {"path", base64_encode(file.path)},
                    {"content", base64_encode(file.content.reveal())},
                    {"append", file.append},
                    {"user", base64_encode(file.user)},
                    {"group", base64_encode(file.group)},
                    {"mode", file.mode}};
      },
      [](const RunScript& script) {
        return json{{"kind", "run-script"},
                    {"name", base64_encode(script.name)},
                    {"text", base64_encode(script.text.reveal())}};
      },
      [](const InstallPackages& packages) {
        json names = json::array();
        for (const auto& package : packages.names) {
          names.push_back({{"name", package.name},
                           {"version", package.version},
                           {"family", to_word(package.family)}});
        }
        return json{{"kind", "install-packages"},
                    {"names", std::move(names)},
                    {"update", packages.update},
                    {"upgrade", packages.upgrade},
                    {"reboot_if_required", packages.reboot_if_required},
                    {"family", to_word(packages.family)}};
      },
      [](const auto& other) { return custom_data::to_json(other); });
}

json to_json(const Item& item) {
  return {{"id", item.id},
          {"part", item.place.part},
          {"line", item.place.line},
          {"column", item.place.column},
          {"phase", to_string(item.phase)},
          {"repeat", to_string(item.repeat)},
          {"what", item.what},
          {"action", to_json(item.action)}};
}

Result<PackageFamily> read_family(const json& package) {
  const auto word = text_member(package, "family");
  for (const auto family : {PackageFamily::kAny, PackageFamily::kDnf, PackageFamily::kApt}) {
    if (word == to_word(family)) return family;
  }
  return damaged("a package is for an unknown package manager");
}

Result<InstallPackages> read_packages(const json& action) {
  InstallPackages packages{.names = {},
                           .update = bool_member(action, "update"),
                           .upgrade = bool_member(action, "upgrade"),
                           .reboot_if_required = bool_member(action, "reboot_if_required")};
  // Files of earlier versions lack it.
  if (find_member(action, "family") != nullptr) packages.family = OR_RETURN(read_family(action));
  const auto* names = find_member(action, "names");
  if (names == nullptr || !names->is_array()) return damaged("an item has no list of packages");
  for (const auto& package : *names)
    packages.names.push_back({.name = text_member(package, "name"),
                              .version = text_member(package, "version"),
                              .family = OR_RETURN(read_family(package))});
  return packages;
}

Result<Action> read_action(const json& action) {
  const auto kind = text_member(action, "kind");
  if (kind == "write-file") {
    return WriteFile{.path = OR_RETURN(read_bytes(action, "path")),
                     .content = Secret(OR_RETURN(read_bytes(action, "content"))),
                     .append = bool_member(action, "append"),
                     .user = OR_RETURN(read_bytes(action, "user")),
                     .group = OR_RETURN(read_bytes(action, "group")),
                     .mode = static_cast<mode_t>(number_member(action, "mode", 0600))};
  }
  if (kind == "run-script") {
    return RunScript{.name = OR_RETURN(read_bytes(action, "name")),
                     .text = Secret(OR_RETURN(read_bytes(action, "text")))};
  }
  if (kind == "install-packages") return OR_RETURN(read_packages(action));
  if (auto account = OR_RETURN(read_account_action(action))) return std::move(*account);
  if (auto setting = OR_RETURN(read_system_action(action))) return std::move(*setting);
  if (auto disks = OR_RETURN(read_disk_action(action))) return std::move(*disks);
  if (auto ending = OR_RETURN(read_ending_action(action))) return std::move(*ending);
  return damaged("an item is of an unknown kind");
}

Result<Item> read_item(const json& stored) {
  const auto* action = find_member(stored, "action");
  if (action == nullptr) return damaged("an item does nothing");
  return Item{
      .id = text_member(stored, "id"),
      .place = {.part = text_member(stored, "part"),
                .line = static_cast<int>(number_member(stored, "line", 0)),
                .column = static_cast<int>(number_member(stored, "column", 0))},
      .phase = text_member(stored, "phase") == "early" ? ItemPhase::kEarly : ItemPhase::kFinal,
      .repeat =
          text_member(stored, "repeat") == "each-boot" ? ItemRepeat::kEachBoot : ItemRepeat::kOnce,
      .what = text_member(stored, "what"),
      .action = OR_RETURN(read_action(*action))};
}

/// A record of the file of progress. Its line starts and ends with a line break, and "." is its
/// last word, so that one that a power failure cut off costs neither the next one nor is taken for
/// another: "begun 3 BOOT_ID ."
struct ProgressRecord {
  bool ended = false;
  std::int64_t number = 0;
  std::string_view boot_id;
};

std::string make_record(std::int64_t number, ItemState state, std::string_view boot_id) {
  return "\n" + std::string(state == ItemState::kEnded ? "ended " : "begun ") +
         std::to_string(number) + " " + std::string(boot_id) + " .\n";
}

std::optional<ProgressRecord> parse_progress(std::string_view line) {
  const auto words = split(line, ' ');
  if (words.size() != 4 || (words[0] != "begun" && words[0] != "ended") || words[3] != ".")
    return std::nullopt;
  ProgressRecord record = {.ended = words[0] == "ended", .number = 0, .boot_id = words[2]};
  const auto word = words[1];
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), record.number);
  if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
  return record;
}

void apply_progress(std::string_view text, std::string_view boot_id, StoredItems& items) {
  std::map<std::int64_t, StoredItem*> by_number;
  for (auto& stored : items.items) by_number.emplace(stored.number, &stored);
  for (const auto line : split(text, '\n')) {
    const auto record = parse_progress(line);
    const auto found = record ? by_number.find(record->number) : by_number.end();
    if (found == by_number.end()) continue;
    auto& stored = *found->second;
    if (stored.item.repeat == ItemRepeat::kEachBoot && record->boot_id != boot_id) continue;
    stored.state = record->ended ? ItemState::kEnded : ItemState::kBegun;
    if (!record->ended) ++stored.begun;
  }
}

Result<void> append(const Root& root, std::string_view path, std::string_view text, bool durable) {
  const auto fd =
      OR_RETURN(root.open_file(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, kPrivate.mode));
  if (!write_fully(fd.get(), text)) return fail_errno(errno, "writing " + std::string(path));
  if (durable && ::fsync(fd.get()) != 0) return fail_errno(errno, "syncing " + std::string(path));
  return {};
}

Result<void> set_state(const Root& root, StoredItem& stored, ItemState state,
                       std::string_view boot_id) {
  OR_RETURN(append(root, kProgress, make_record(stored.number, state, boot_id),
                   is_start_recorded(stored.item)));
  stored.state = state;
  if (state == ItemState::kBegun) ++stored.begun;
  return {};
}

Result<void> make_directory(const Root& root) {
  OR_RETURN(root.make_directory(kCustomDataDirectory, {.mode = 0700}));
  return {};
}

Result<void> set_mark(const Root& root, ItemPhase phase, bool due) {
  if (due) {
    OR_RETURN(root.write(mark_of(phase), "", kPrivate));
  } else {
    OR_RETURN(root.remove(mark_of(phase)));
  }
  return {};
}

bool has_phase(const StoredItems& items, ItemPhase phase) {
  return std::ranges::any_of(
      items.items, [phase](const StoredItem& stored) { return stored.item.phase == phase; });
}

Result<void> set_marks(const Root& root, const StoredItems& items) {
  for (const auto phase : {ItemPhase::kEarly, ItemPhase::kFinal})
    OR_RETURN(set_mark(root, phase, has_phase(items, phase)));
  return root.sync();
}

}  // namespace

bool is_taken_apart(const Root& root, std::string_view vm_id) {
  const auto taken = root.read_if_exists(kTaken);
  return taken && *taken && imds::same_vm(**taken, vm_id);
}

Result<void> store_document(const Root& root, const StoredDocument& document) {
  OR_RETURN(erase_custom_data(root));
  OR_RETURN(make_directory(root));
  const Secret text(json{{"schema_version", kSchemaVersion},
                         {"vm_id", document.vm_id},
                         {"source", document.source},
                         {"azure_user", document.azure_user},
                         {"azure_password", document.azure_password},
                         {"bytes", base64_encode(document.bytes.reveal())},
                         {"variables", document.variables}}
                        .dump(-1, ' ', false, json::error_handler_t::replace));
  OR_RETURN(root.write(kDocument, text.reveal(), kPrivate));
  OR_RETURN(set_mark(root, ItemPhase::kEarly, true));
  OR_RETURN(set_mark(root, ItemPhase::kFinal, true));
  return root.sync();
}

Result<std::optional<StoredDocument>> load_document(const Root& root) {
  if (root.exists(kItems)) return std::nullopt;
  auto text = OR_RETURN(root.read_if_exists(kDocument, kStoredLimit));
  if (!text) return std::nullopt;
  const Secret secret(std::move(*text));
  const auto stored = OR_RETURN(parse_json(secret.reveal(), kStoredLimit, Reason::kState));
  if (number_member(stored, "schema_version", 0) != kSchemaVersion)
    return damaged("it is of another version");
  auto bytes = base64_decode(text_member(stored, "bytes"));
  if (!bytes) return damaged("the document is not base64");
  return StoredDocument{.vm_id = text_member(stored, "vm_id"),
                        .source = text_member(stored, "source"),
                        .azure_user = text_member(stored, "azure_user"),
                        .azure_password = bool_member(stored, "azure_password"),
                        .bytes = Secret(std::move(*bytes)),
                        .variables = text_member(stored, "variables")};
}

Result<std::size_t> count_reading(const Root& root) {
  OR_RETURN(append(root, kReadings, ".", true));
  OR_RETURN(root.sync());
  return OR_RETURN(root.read(kReadings)).size();
}

Result<void> store_items(const Root& root, StoredItems& items) {
  OR_RETURN(make_directory(root));
  // Before the document goes, so that stage main never stores it once more.
  OR_RETURN(root.write(kTaken, items.vm_id, kPrivate));
  if (items.items.empty()) return erase_custom_data(root);
  OR_RETURN(root.remove(kProgress));
  std::int64_t number = 0;
  for (auto& stored : items.items) stored.number = number++;
  OR_RETURN(root.write(kItems, to_json(items).reveal(), kPrivate));
  for (const auto path : {kDocument, kReadings}) OR_RETURN(root.remove(path));
  return set_marks(root, items);
}

Result<std::optional<StoredItems>> load_items(const Root& root, std::string_view boot_id) {
  auto text = OR_RETURN(root.read_if_exists(kItems, kStoredLimit));
  if (!text) return std::nullopt;
  const Secret secret(std::move(*text));
  auto items = OR_RETURN(parse_items(secret.reveal()));
  if (const auto progress = OR_RETURN(root.read_if_exists(kProgress, kProgressLimit)))
    apply_progress(*progress, boot_id, items);
  return items;
}

Result<void> mark_begun(const Root& root, StoredItems& items, std::size_t index,
                        std::string_view boot_id) {
  return set_state(root, items.items[index], ItemState::kBegun, boot_id);
}

Result<void> mark_ended(const Root& root, StoredItems& items, std::size_t index,
                        std::string_view boot_id) {
  return set_state(root, items.items[index], ItemState::kEnded, boot_id);
}

Result<void> erase_ended(const Root& root, StoredItems& items, ItemPhase phase,
                         std::string_view boot_id) {
  const auto erased = std::erase_if(items.items, [phase](const StoredItem& stored) {
    return stored.item.phase == phase && stored.item.repeat == ItemRepeat::kOnce &&
           (stored.state == ItemState::kEnded ||
            (stored.state == ItemState::kBegun && !is_repeatable(stored.item)));
  });
  if (items.items.empty()) return erase_custom_data(root);
  if (erased > 0) OR_RETURN(root.write(kItems, to_json(items).reveal(), kPrivate));
  std::string progress;
  for (const auto& stored : items.items) {
    if (stored.state == ItemState::kEnded)
      progress += make_record(stored.number, stored.state, boot_id);
    for (int i = 0; stored.state == ItemState::kBegun && i < stored.begun; ++i)
      progress += make_record(stored.number, stored.state, boot_id);
  }
  OR_RETURN(root.write(kProgress, progress, kPrivate));
  return set_marks(root, items);
}

Result<void> erase_scripts(const Root& root) {
  for (const auto& name : OR_RETURN(root.list(kScriptDirectory)))
    OR_RETURN(root.remove(std::string(kScriptDirectory) + "/" + name));
  if (root.exists(kScriptDirectory)) OR_RETURN(root.remove_directory(kScriptDirectory));
  return {};
}

Result<void> set_aside(const Root& root) {
  for (const auto path : {kEarlyDue, kFinalDue}) OR_RETURN(root.remove(path));
  return {};
}

Result<void> erase_custom_data(const Root& root) {
  OR_RETURN(erase_scripts(root));
  for (const auto& name : OR_RETURN(root.list(kCustomDataDirectory))) {
    const auto path = std::string(kCustomDataDirectory) + "/" + name;
    if (path != kTaken && path != kEarlyDue && path != kFinalDue) OR_RETURN(root.remove(path));
  }
  // Last, so that the units start once more if this is interrupted.
  OR_RETURN(set_aside(root));
  return root.sync();
}

Result<bool> forget_custom_data(const Root& root) {
  const bool any = !OR_RETURN(root.list(kCustomDataDirectory)).empty();
  OR_RETURN(erase_custom_data(root));
  OR_RETURN(root.remove(kTaken));
  OR_RETURN(root.sync());
  return any;
}

bool is_repeatable(const Item& item) {
  return match(
      item.action, [](const WriteFile& file) { return !file.append; },
      [](const RunScript&) { return false; }, [](const InstallPackages&) { return true; },
      [](const SetPassword& password) { return password.kind != PasswordKind::kRandom; },
      // It would reboot on each boot if the reboot came before its end was recorded.
      [](const ChangePower&) { return false; }, [](const auto& /*other*/) { return true; });
}

bool is_start_recorded(const Item& item) {
  return !is_repeatable(item) || std::holds_alternative<InstallPackages>(item.action) ||
         std::holds_alternative<SetUpDisks>(item.action);
}

bool is_for_tree(const Item& item) {
  return match(
      item.action, [](const RunScript&) { return false; },
      [](const InstallPackages&) { return false; },
      // A tree has no disks and no memory of its own.
      [](const SetUpDisks&) { return false; }, [](const MakeSwapFile&) { return false; },
      // These ask services of the running system.
      [](const SetTimeZone&) { return false; }, [](const SetLocale&) { return false; },
      // Its program makes the bundles of certificates.
      [](const TrustCertificates&) { return false; },
      // Nobody would see the password on a console.
      [](const SetPassword& password) { return password.kind != PasswordKind::kRandom; },
      [](const PrintMessage&) { return false; }, [](const ChangePower&) { return false; },
      [](const auto& /*written*/) { return true; });
}

bool is_due(const Root& root, ItemPhase phase) { return root.exists(mark_of(phase)); }

Secret to_json(const StoredItems& items) {
  json list = json::array();
  for (const auto& stored : items.items) {
    list.push_back(to_json(stored.item));
    list.back()["number"] = stored.number;
  }
  return Secret(json{{"schema_version", kSchemaVersion},
                     {"vm_id", items.vm_id},
                     {"source", items.source},
                     {"azure_user", items.azure_user},
                     {"azure_password", items.azure_password},
                     {"items", std::move(list)}}
                    .dump(-1, ' ', false, json::error_handler_t::replace));
}

Result<StoredItems> parse_items(std::string_view text) {
  const auto stored = OR_RETURN(parse_json(text, kStoredLimit, Reason::kState));
  if (number_member(stored, "schema_version", 0) != kSchemaVersion)
    return damaged("it is of another version");
  StoredItems items = {.vm_id = text_member(stored, "vm_id"),
                       .source = text_member(stored, "source"),
                       .azure_user = text_member(stored, "azure_user"),
                       .azure_password = bool_member(stored, "azure_password"),
                       .items = {}};
  const auto* list = find_member(stored, "items");
  if (list == nullptr || !list->is_array()) return damaged("it has no list of items");
  for (const auto& each : *list)
    items.items.push_back(
        {.item = OR_RETURN(read_item(each)), .number = number_member(each, "number", -1)});
  return items;
}

}  // namespace azl::provision::custom_data
