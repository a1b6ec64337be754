// The items of this VM's custom data and what became of them, from what is stored and from the
// records of the boots.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "provision/custom_data/run/stored.h"
#include "provision/record/record.h"
#include "provision/report/boots.h"
#include "provision/report/style.h"

namespace azl::provision {

struct ItemRow {
  std::string id = {};      ///< of an item, "write_files" for several files, or a program's path
  std::string phase = {};   ///< "early" or "final"
  std::string repeat = {};  ///< "once", "each-boot"; empty: not known any more
  std::string what = {};
  /// "due", "begun"; the word of a step's outcome: "running", "done", "failed", "skipped",
  /// "interrupted"; "ended": without a record.
  std::string state = {};
  std::string how = {};                      ///< of the last time; empty: it never ended
  std::string began = {};                    ///< ISO 8601; empty: it never began
  std::int64_t took_us = 0;                  ///< 0: it never ended
  std::string boot_id = {};                  ///< empty: it never began
  std::string place = {};                    ///< in the document; empty: not known any more
  std::optional<bool> stored = false;        ///< nullopt: what is stored could not be read
  std::vector<FindingRecord> findings = {};  ///< of the last time
};

/// What there is to know.
struct CustomDataItems {
  std::string vm_id = {};
  std::string source = {};  ///< of the document; empty: not known any more
  std::vector<ItemRow> rows = {};
  bool unread = false;                   ///< the document is stored, and no stage has read it
  bool taken = false;                    ///< a document was read, at some time
  std::vector<std::string> unseen = {};  ///< what could not be read, a sentence each
};

/// Reads what is stored. Without root, that cannot be read, which `unseen` says.
[[nodiscard]] CustomDataItems read_custom_data_items(const Root& root, const ReportInputs& inputs);

/// Lists the items of records and of what is stored, in the order in which they are carried out.
/// A step of several files can be there twice, once for each phase. Pure. `stored`: null if nothing
/// is stored.
[[nodiscard]] std::vector<ItemRow> list_items(const ReportInputs& inputs,
                                              const custom_data::StoredItems* stored);

/// Returns what there is to know of one item, with no rows if there is no such item.
[[nodiscard]] CustomDataItems find_item(const CustomDataItems& items, std::string_view id);

/// "list" and "show" for people.
[[nodiscard]] std::string describe_items(const CustomDataItems& items, const TextStyle& style);
[[nodiscard]] std::string describe_item(const CustomDataItems& item, const TextStyle& style);
/// The same as docs/custom-data-schema.json describes it.
[[nodiscard]] std::string items_to_json(const CustomDataItems& items);

/// Why there is no item, in a sentence with what to do.
[[nodiscard]] std::string explain_no_items(const CustomDataItems& items);
/// Says why an item cannot be shown or carried out again, and what to do. The item is erased, does
/// not exist, or may be in a file that could not be read.
[[nodiscard]] std::vector<std::string> explain_missing(const CustomDataItems& items,
                                                       const std::string& id);

}  // namespace azl::provision
