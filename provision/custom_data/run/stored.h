// Custom data that is still due: /var/lib/azl-provision/custom-data.
//
// Stage main stores the document before it reports Ready, because the host may take the media away
// afterwards. Stage custom-data-early replaces the document by its items. What was carried out and
// is not for each boot is erased at the end of its stage. docs/architecture.md, rule 7.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/root.h"
#include "base/secret.h"
#include "provision/custom_data/plan/item.h"

namespace azl::provision::custom_data {

/// Mode 0700; its files 0600.
inline constexpr std::string_view kCustomDataDirectory = "/var/lib/azl-provision/custom-data";
/// The file of a program while it runs.
inline constexpr std::string_view kScriptDirectory = "/var/lib/azl-provision/custom-data/scripts";

/// Bytes of StoredDocument::variables that are read.
inline constexpr std::size_t kVariablesLimit = std::size_t{8} << 20;

/// Custom data as the platform gave it.
struct StoredDocument {
  std::string vm_id;
  std::string source;           ///< for people: "the media's CustomData", "IMDS userData"
  std::string azure_user = {};  ///< the name of the user that Azure names; empty: none
  bool azure_password = false;  ///< that user can log in by password
  Secret bytes = {};            ///< without the platform's own base64
  std::string variables;        ///< JSON: what templates can use, parse/instance_variables.h
};

enum class ItemState : std::uint8_t {
  kDue,
  kBegun,  ///< it was begun and did not end
  kEnded,  ///< with success or not
};

struct StoredItem {
  Item item;
  ItemState state = ItemState::kDue;  ///< for an item of each boot: on this boot
  int begun = 0;                      ///< how often, as far as that is recorded
  std::int64_t number = 0;            ///< unique among the items of the document
};

struct StoredItems {
  std::string vm_id;
  std::string source;           ///< StoredDocument::source
  std::string azure_user = {};  ///< StoredDocument::azure_user
  bool azure_password = false;  ///< StoredDocument::azure_password
  std::vector<StoredItem> items;
};

/// Whether the document of a VM was taken apart, on this boot or an earlier one. Also true after
/// its items were carried out and erased.
[[nodiscard]] bool is_taken_apart(const Root& root, std::string_view vm_id);

/// Stores the document of a VM, durably. Erases what was stored before. Errors: as Root::write.
[[nodiscard]] Result<void> store_document(const Root& root, const StoredDocument& document);
/// Returns nullopt if there is none, or its items are stored. Errors: kState, kIo.
[[nodiscard]] Result<std::optional<StoredDocument>> load_document(const Root& root);

/// Records, durably, that taking the document apart begins. Returns how often that was recorded
/// since the document was stored, this time included. Errors: as Root::write.
[[nodiscard]] Result<std::size_t> count_reading(const Root& root);

/// Stores the items of a document, durably, in its place, and numbers them. If there are none,
/// erases everything. Errors: as Root::write.
[[nodiscard]] Result<void> store_items(const Root& root, StoredItems& items);
/// Returns nullopt if there are none. `boot_id`: this boot. Errors: kState, kIo.
[[nodiscard]] Result<std::optional<StoredItems>> load_items(const Root& root,
                                                            std::string_view boot_id);

/// Whether an item may be carried out a second time, because that gives the same result. Pure.
[[nodiscard]] bool is_repeatable(const Item& item);
/// Whether an item is carried out in a root tree. Others are due when the tree boots. Pure.
[[nodiscard]] bool is_for_tree(const Item& item);
/// Whether it is recorded that an item begins. Not for files and accounts that are only
/// written again: nobody has to know, and a record of each would make many files slow. Pure.
[[nodiscard]] bool is_start_recorded(const Item& item);
/// Records that an item begins, before it does. Durable if is_start_recorded(). Errors: as
/// Root::write.
[[nodiscard]] Result<void> mark_begun(const Root& root, StoredItems& items, std::size_t index,
                                      std::string_view boot_id);
/// Records that an item ended. As durable as mark_begun(). Errors: as Root::write.
[[nodiscard]] Result<void> mark_ended(const Root& root, StoredItems& items, std::size_t index,
                                      std::string_view boot_id);
/// Erases the items of a phase that ended, or were begun and cannot be repeated, and are not for
/// each boot. Keeps the progress of the others. `boot_id`: this boot. Errors: as Root::write.
[[nodiscard]] Result<void> erase_ended(const Root& root, StoredItems& items, ItemPhase phase,
                                       std::string_view boot_id);
/// Removes what a run that was killed has left of its programs' files. Errors: kIo, kReadOnly.
[[nodiscard]] Result<void> erase_scripts(const Root& root);
/// Keeps what is stored, and no stage has anything to do. Errors: kIo, kReadOnly.
[[nodiscard]] Result<void> set_aside(const Root& root);
/// Erases everything, durably, but that the document was taken apart. Errors: kIo, kReadOnly.
[[nodiscard]] Result<void> erase_custom_data(const Root& root);

/// Erases everything, durably, also that the document was taken apart. Returns whether there was
/// anything. Errors: kIo, kReadOnly.
[[nodiscard]] Result<bool> forget_custom_data(const Root& root);

/// Whether the stage of a phase has something to do, by the mark that its unit tests for.
[[nodiscard]] bool is_due(const Root& root, ItemPhase phase);

/// The items as JSON, and back. Errors: kState. Pure.
[[nodiscard]] Secret to_json(const StoredItems& items);
[[nodiscard]] Result<StoredItems> parse_items(std::string_view json);

}  // namespace azl::provision::custom_data
