#include "provision/custom_data/run/phase.h"

#include <algorithm>
#include <utility>
#include <variant>

#include <nlohmann/json.hpp>

#include "base/count.h"
#include "base/json.h"
#include "base/text.h"
#include "imds/identity.h"
#include "provision/custom_data/plan/custom_data_plan.h"
#include "provision/custom_data/plan/item_order.h"
#include "provision/custom_data/run/remark_finding.h"
#include "provision/store/kept_custom_data.h"

namespace azl::provision::custom_data {
namespace {

/// A document whose reading ended the agent, or the machine, so often is not read once more.
constexpr std::size_t kReadings = 3;

bool is_file(const StoredItem& stored) {
  return std::holds_alternative<WriteFile>(stored.item.action);
}

void record_remarks(const Remarks& remarks, Recorder& recorder) {
  for (const auto& remark : remarks) {
    const auto finding = make_finding(remark);
    recorder.record_finding(finding.severity, finding.error);
  }
}

/// Whether cloud-init would have the script among those of the user.
bool is_user_script(const Item& item) {
  return std::holds_alternative<RunScript>(item.action) && item.phase == ItemPhase::kFinal;
}

/// Leaves copies of the document and its scripts. Without them, everything is carried out, too.
void keep_copies(const Root& root, const StoredDocument& document, const std::vector<Item>& items,
                 Recorder& recorder) {
  std::vector<KeptScript> scripts;
  for (const auto& item : items) {
    if (!is_user_script(item)) continue;
    const auto& script = std::get<RunScript>(item.action);
    scripts.push_back({.name = script.name, .text = script.text.reveal()});
  }
  if (auto kept = keep_custom_data(root, document.bytes.reveal(), scripts); !kept)
    recorder.record_finding(Severity::kDegraded,
                            std::move(kept.error()).with_context("keeping a copy of custom data"));
}

/// Makes items of a document and stores them in its place.
Result<StoredItems> read_document(const Context& context, const StoredDocument& document,
                                  Recorder& recorder) {
  if (OR_RETURN(count_reading(context.root())) > kReadings) {
    OR_RETURN(set_aside(context.root()));
    return fail(Cause::kCustomDataDamaged,
                "reading the document was begun " + std::to_string(kReadings) +
                    " times and never ended, so nothing of it is carried out; it stays in " +
                    std::string(kCustomDataDirectory));
  }
  const auto variables = OR_RETURN(parse_json(document.variables, kVariablesLimit, Reason::kState),
                                   "reading the variables");
  auto plan = make_custom_data_plan(document.bytes.reveal(), variables);
  record_remarks(plan.remarks, recorder);
  // Before the document is replaced: after a power failure it is read once more.
  if (context.config.custom_data.keep) keep_copies(context.root(), document, plan.items, recorder);
  StoredItems items = {.vm_id = document.vm_id,
                       .source = document.source,
                       .azure_user = document.azure_user,
                       .azure_password = document.azure_password,
                       .items = {}};
  for (auto& item : plan.items) items.items.push_back({.item = std::move(item)});
  OR_RETURN(store_items(context.root(), items));
  return items;
}

/// Whether the item is due, or has to be reported because it did not end.
bool is_open(const StoredItem& stored, ItemPhase phase) {
  return stored.item.phase == phase && stored.state != ItemState::kEnded;
}

std::string describe_files(std::size_t count) { return "write " + describe_count(count, "file"); }

}  // namespace

std::optional<ItemPhase> phase_of(Stage stage) {
  if (stage == Stage::kCustomDataEarly) return ItemPhase::kEarly;
  if (stage == Stage::kCustomData) return ItemPhase::kFinal;
  return std::nullopt;
}

bool is_due_in(Stage stage, const Root& root, const imds::Identity& identity) {
  const auto phase = phase_of(stage);
  if (!phase) return false;
  return is_due(root, *phase) ||
         (*phase == ItemPhase::kFinal && has_programs(find_programs(root, identity)));
}

std::vector<ItemGroup> group_items(const StoredItems& items, ItemPhase phase) {
  std::vector<ItemGroup> groups;
  std::optional<std::size_t> last_file;
  for (std::size_t i = 0; i < items.items.size(); ++i) {
    const auto& stored = items.items[i];
    if (!is_open(stored, phase)) continue;
    if (is_file(stored) && last_file) {
      groups[*last_file].items.push_back(i);
      continue;
    }
    last_file = is_file(stored) ? std::optional(groups.size()) : std::nullopt;
    groups.push_back({.name = is_file(stored) ? "write_files" : stored.item.id,
                      .what = stored.item.what,
                      .items = {i}});
  }
  for (auto& group : groups) {
    if (group.items.size() > 1) group.what = describe_files(group.items.size());
  }
  return groups;
}

namespace {

/// What is stored: items, or a document that has not been read yet, or nothing.
struct Stored {
  std::optional<StoredItems> items;
  std::optional<StoredDocument> document;

  [[nodiscard]] const std::string& vm_id() const { return items ? items->vm_id : document->vm_id; }
};

/// Damaged files are kept, and no later boot tries to read them.
Result<Stored> load(const Root& root) {
  auto items = load_items(root, boot_id_of(root));
  auto document = load_document(root);
  if (items && document) return Stored{std::move(*items), std::move(*document)};
  auto error = items ? std::move(document.error()) : std::move(items.error());
  if (error.reason() == Reason::kState) {
    OR_RETURN(set_aside(root));
    return fail(Cause::kCustomDataDamaged, error.to_string() + "; nothing of it is carried out");
  }
  return std::unexpected(std::move(error));
}

}  // namespace

StepResult take_apart(const Context& context, PhaseRun& run, Recorder& recorder) {
  const auto& root = context.root();
  run.phase = phase_of(context.stage).value_or(ItemPhase::kEarly);
  OR_RETURN(erase_scripts(root));
  if (!is_due(root, run.phase)) return skipped("no custom data is due");
  auto stored = OR_RETURN(load(root));
  if (!stored.items && !stored.document) {
    OR_RETURN(erase_custom_data(root));
    return skipped("no custom data is due");
  }
  if (!imds::same_vm(stored.vm_id(), context.identity.vm_id)) {
    auto text = "erased the custom data of another VM, " + printable(stored.vm_id());
    OR_RETURN(erase_custom_data(root));
    return done(std::move(text));
  }
  if (!stored.items) stored.items = OR_RETURN(read_document(context, *stored.document, recorder));
  run.stored = std::move(*stored.items);
  run.groups = group_items(run.stored, run.phase);
  const auto steps = run.groups.size();
  return done(run.stored.source + ": " + describe_count(steps, "step") +
              (steps == 1 ? " is due" : " are due"));
}

void add_look_for_programs(PhaseRun& run) {
  const auto first = make_order_item({.path = {}, .frequency = kFrequencies.front()});
  const auto place = std::ranges::find_if(run.groups, [&](const ItemGroup& group) {
    return !comes_before(run.stored.items[group.items.front()].item, first);
  });
  run.groups.insert(
      place,
      {.name = "programs", .what = "look for programs of the image", .looks_for_programs = true});
}

StepResult end_phase(const Context& context, PhaseRun& run) {
  OR_RETURN(erase_ended(context.root(), run.stored, run.phase, boot_id_of(context.root())));
  return done(run.stored.items.empty() ? "erased the custom data, which was carried out"
                                       : "kept what is due later or on each boot");
}

}  // namespace azl::provision::custom_data
