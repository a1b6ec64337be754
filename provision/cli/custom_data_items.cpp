#include "provision/cli/custom_data_items.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <utility>

#include <nlohmann/json.hpp>
#include <unistd.h>

#include "base/clock.h"
#include "base/closest.h"
#include "base/text.h"
#include "provision/custom_data/run/phase.h"
#include "provision/report/headline.h"
#include "provision/report/page.h"

namespace azl::provision {
namespace {

using custom_data::ItemPhase;
using custom_data::ItemState;
using custom_data::StoredItem;
using custom_data::StoredItems;

/// The steps of these stages that are no items.
constexpr std::array<std::string_view, 8> kOwnSteps = {"early", "erase",    "halt",     "lease",
                                                       "read",  "poweroff", "programs", "reboot"};

bool is_own_step(std::string_view name) {
  return std::ranges::find(kOwnSteps, name) != kOwnSteps.end();
}

/// When a step of a stage began.
std::string find_begin(const StageRecord& stage, const StepRecord& step) {
  std::tm parts{};
  if (::strptime(stage.started.c_str(), "%Y-%m-%dT%H:%M:%S", &parts) == nullptr)
    return stage.started;
  const auto start = std::chrono::seconds(::timegm(&parts));
  return iso8601(WallTime(start + Duration(step.start_us)));
}

/// Whether a finding of a step is about the item: files that follow each other are one step.
bool is_about(const FindingRecord& finding, const StepRecord& step, const std::string& id) {
  if (finding.step != step.name) return false;
  return step.name == id || std::ranges::any_of(finding.chain, [&](const std::string& text) {
           return text == id || text.ends_with(": " + id);
         });
}

void take_step(ItemRow& row, const BootRecords& boot, const StageRecord& stage,
               const StepRecord& step) {
  const bool killed =
      stage.outcome == StageOutcome::kInterrupted && step.outcome == StepOutcome::kRunning;
  row.state = to_string(killed ? StepOutcome::kInterrupted : step.outcome);
  row.how = step.why;
  row.began = find_begin(stage, step);
  row.took_us = step.took_us;
  row.boot_id = boot.boot_id;
  row.findings.clear();
  for (const auto& finding : stage.findings) {
    if (is_about(finding, step, row.id)) row.findings.push_back(finding);
  }
}

std::string repeat_of_program(std::string_view path) {
  if (!path.starts_with('/')) return {};
  return path.contains("/per-boot/") ? "each-boot" : "once";
}

/// Both phases may have a step "write_files".
std::vector<ItemRow>::iterator find_row(std::vector<ItemRow>& rows, ItemPhase phase,
                                        std::string_view id) {
  return std::ranges::find_if(
      rows, [&](const ItemRow& row) { return row.phase == to_string(phase) && row.id == id; });
}

ItemRow& find_or_add(std::vector<ItemRow>& rows, ItemPhase phase, const std::string& id) {
  if (const auto found = find_row(rows, phase, id); found != rows.end()) return *found;
  rows.push_back({.id = id, .phase = std::string(to_string(phase))});
  return rows.back();
}

/// The step that carried out a stored item, with others or alone.
void take_group_of_files(std::vector<ItemRow>& rows, const StoredItem& stored, ItemRow& row) {
  if (!row.id.starts_with("write_files/") || !row.began.empty()) return;
  if (stored.state == ItemState::kDue) return;
  const auto group = find_row(rows, stored.item.phase, "write_files");
  if (group == rows.end()) return;
  row.how = group->how;
  row.began = group->began;
  row.took_us = group->took_us;
  row.boot_id = group->boot_id;
  StepRecord group_step;
  group_step.name = "write_files";
  for (const auto& finding : group->findings) {
    if (is_about(finding, group_step, row.id)) row.findings.push_back(finding);
  }
}

std::string word_of(const ItemRow& row, const StoredItem& stored) {
  if (stored.state == ItemState::kDue) return row.state == "running" ? row.state : "due";
  if (stored.state == ItemState::kEnded) return row.state.empty() ? "ended" : row.state;
  return row.state == "running" ? row.state : "begun";
}

std::string describe_document_place(const custom_data::Place& place) {
  std::string text = place.part;
  if (place.line > 0) text += (text.empty() ? "line " : ", line ") + std::to_string(place.line);
  return text;
}

std::vector<ItemRow> list_recorded(const ReportInputs& inputs) {
  std::vector<ItemRow> rows;
  for (const auto& boot : inputs.boots) {
    for (const auto& stage : boot.stages) {
      const auto phase = custom_data::phase_of(stage.stage);
      if (!phase || !imds::same_vm(stage.vm_id, inputs.vm_id)) continue;
      for (const auto& step : stage.steps) {
        if (is_own_step(step.name)) continue;
        auto& row = find_or_add(rows, *phase, step.name);
        row.repeat = repeat_of_program(step.name);
        row.what = step.what;
        take_step(row, boot, stage, step);
      }
    }
  }
  return rows;
}

void add_stored(std::vector<ItemRow>& rows, const StoredItem& stored) {
  auto row = find_or_add(rows, stored.item.phase, stored.item.id);
  row.repeat = to_string(stored.item.repeat);
  row.what = stored.item.what;
  row.place = describe_document_place(stored.item.place);
  row.stored = true;
  take_group_of_files(rows, stored, row);
  row.state = word_of(row, stored);
  find_or_add(rows, stored.item.phase, stored.item.id) = std::move(row);
}

}  // namespace

std::vector<ItemRow> list_items(const ReportInputs& inputs, const StoredItems* stored) {
  auto rows = list_recorded(inputs);
  if (stored != nullptr) {
    for (const auto& each : stored->items) add_stored(rows, each);
  }
  std::ranges::stable_sort(rows, {}, [](const ItemRow& row) { return row.phase != "early"; });
  return rows;
}

CustomDataItems read_custom_data_items(const Root& root, const ReportInputs& inputs) {
  CustomDataItems items = {.vm_id = inputs.vm_id, .unseen = inputs.unseen};
  std::optional<StoredItems> stored;
  bool is_known = false;
  if (::geteuid() != 0) {
    items.unseen.emplace_back(
        "only root can read what of custom data is stored: run this with sudo to see what is due");
  } else {
    auto loaded = custom_data::load_items(root, inputs.boot_id);
    if (!loaded) items.unseen.push_back(loaded.error().to_string());
    is_known = loaded.has_value();
    if (loaded && *loaded && imds::same_vm((*loaded)->vm_id, inputs.vm_id))
      stored = std::move(*loaded);
    const auto document = custom_data::load_document(root);
    if (document && *document) items.source = (*document)->source;
    items.unread = document && *document;
    items.taken = custom_data::is_taken_apart(root, inputs.vm_id);
  }
  if (stored) items.source = stored->source;
  items.rows = list_items(inputs, stored ? &*stored : nullptr);
  for (auto& row : items.rows) {
    if (!is_known) row.stored.reset();
  }
  return items;
}

CustomDataItems find_item(const CustomDataItems& items, std::string_view id) {
  auto item = items;
  std::erase_if(item.rows, [id](const ItemRow& row) { return row.id != id; });
  return item;
}

namespace {

Colour colour_of(const std::string& state) {
  if (state == "failed") return Colour::kBad;
  if (state == "interrupted" || state == "begun" || state == "running") return Colour::kWarning;
  return state == "due" || state == "skipped" ? Colour::kDim : Colour::kPlain;
}

/// "2026-11-29 13:38:02 UTC, 1.50 s: it ended with exit status 0".
std::string describe_last(const ItemRow& row) {
  if (row.began.empty()) return {};
  std::string text = row.began.substr(0, 10) + " " + row.began.substr(11, 8) + " UTC";
  if (row.took_us > 0) text += ", " + describe_duration(row.took_us);
  return text + (row.how.empty() ? "" : ": " + row.how);
}

void add_unseen(Page& page, const CustomDataItems& items) {
  if (items.unseen.empty()) return;
  page.add_heading("Not seen");
  for (const auto& what : items.unseen) page.add_paragraph("  ", what);
}

nlohmann::ordered_json to_json(const ItemRow& row) {
  using Json = nlohmann::ordered_json;
  Json findings = Json::array();
  for (const auto& finding : row.findings)
    findings.push_back({{"severity", to_string(finding.severity)},
                        {"chain", finding.chain},
                        {"advice", finding.advice},
                        {"cause", finding.cause}});
  return {{"id", row.id},
          {"phase", row.phase},
          {"repeat", row.repeat.empty() ? Json() : Json(row.repeat)},
          {"what", row.what},
          {"state", row.state},
          {"how", row.how},
          {"began", row.began.empty() ? Json() : Json(row.began)},
          {"took_us", row.took_us},
          {"boot_id", row.boot_id},
          {"place", row.place},
          {"stored", row.stored ? Json(*row.stored) : Json()},
          {"findings", std::move(findings)}};
}

}  // namespace

std::string explain_no_items(const CustomDataItems& items) {
  if (items.unread)
    return "The custom data (" + items.source +
           ") has not been read yet: azl-provision-custom-data-early.service does that, and its "
           "items are known then.";
  if (items.taken)
    return "The custom data of this VM was read. Nothing of it is due, and no boot that has a "
           "record "
           "carried out an item.";
  return "No custom data of this VM is known" +
         std::string(::geteuid() == 0 ? ", and no boot that has a record carried out any." : ".");
}

std::string describe_items(const CustomDataItems& items, const TextStyle& style) {
  constexpr std::size_t kState = 12;
  constexpr std::size_t kPhase = 6;
  constexpr std::size_t kLongestId = 32;
  Page page(style);
  std::size_t width = 0;
  for (const auto& row : items.rows) width = std::max(width, std::min(kLongestId, row.id.size()));
  ++width;
  if (items.rows.empty()) page.add_paragraph("", explain_no_items(items));
  for (const auto& row : items.rows) {
    const auto label = page.column(row.state, kState) + page.column(row.phase, kPhase);
    const bool is_long = row.id.size() >= width;
    page.add_paragraph(label + (is_long ? "" : page.column(row.id, width)),
                       is_long ? row.id + "  " + row.what : row.what, colour_of(row.state));
    const auto last = describe_last(row);
    if (!last.empty())
      page.add_paragraph(std::string(kState + kPhase + width, ' '), last, Colour::kDim);
  }
  add_unseen(page, items);
  return page.text();
}

namespace {

std::string describe_again(const ItemRow& item) {
  if (item.stored.value_or(false) || item.id.starts_with('/'))
    return "azl-provision custom-data rerun '" + item.id + "'";
  if (!item.stored) return "not known: what is stored could not be read";
  return "it is erased, as is what was carried out and is not for each boot";
}

void add_item(Page& page, const ItemRow& item) {
  page.add_headline(item.state, colour_of(item.state), ": " + item.id);
  page.add_paragraph("  What    ", item.what);
  page.add_paragraph("  When    ", item.phase + " phase" +
                                       (item.repeat.empty()     ? ""
                                        : item.repeat == "once" ? ", once"
                                                                : ", on each boot"));
  if (!item.place.empty()) page.add_paragraph("  Place   ", item.place);
  const auto last = describe_last(item);
  if (!last.empty()) page.add_paragraph("  Last    ", last + " (boot " + item.boot_id + ")");
  for (const auto& finding : item.findings) {
    page.add_paragraph("  Why     ", join(finding.chain, ": "), Colour::kWarning);
    page.add_paragraph("  Do      ", finding.advice + ".");
  }
  page.add_paragraph("  Again   ", describe_again(item));
}

}  // namespace

std::string describe_item(const CustomDataItems& item, const TextStyle& style) {
  Page page(style);
  for (const auto& row : item.rows) {
    if (&row != &item.rows.front()) page.add_blank();
    add_item(page, row);
  }
  add_unseen(page, item);
  return page.text();
}

std::string items_to_json(const CustomDataItems& items) {
  using Json = nlohmann::ordered_json;
  Json json = {{"schema_version", 1},    {"vm_id", items.vm_id},   {"source", items.source},
               {"unread", items.unread}, {"items", Json::array()}, {"unseen", items.unseen}};
  for (const auto& row : items.rows) json["items"].push_back(to_json(row));
  return printable_json(json.dump(2, ' ', false, Json::error_handler_t::replace)) + "\n";
}

namespace {

std::string explain_erased(const CustomDataItems& items, const std::string& id) {
  if (!find_item(items, id).rows.empty())
    return "'" + printable(id) +
           "' was carried out, and what was carried out is erased with the document, because it "
           "may "
           "hold secrets. Do by hand as root what it asks for, or create the VM again with it; "
           "'azl-provision custom-data log' prints what its programs said";
  std::vector<std::string_view> ids;
  for (const auto& row : items.rows) ids.push_back(row.id);
  const auto meant = find_closest(id, ids);
  return "there is no item '" + printable(id) + "'; " +
         (meant.empty() ? "'azl-provision custom-data list' prints those that there are"
                        : "did you mean '" + printable(meant) + "'?");
}

}  // namespace

std::vector<std::string> explain_missing(const CustomDataItems& items, const std::string& id) {
  std::vector<std::string> sentences = {items.rows.empty() ? explain_no_items(items)
                                                           : explain_erased(items, id)};
  sentences.insert(sentences.end(), items.unseen.begin(), items.unseen.end());
  return sentences;
}

}  // namespace azl::provision
