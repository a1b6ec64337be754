#include "provision/custom_data/run/pending_disks.h"

#include <algorithm>
#include <optional>
#include <variant>

#include <nlohmann/json.hpp>

#include "base/json.h"
#include "imds/identity.h"
#include "provision/custom_data/plan/custom_data_plan.h"
#include "provision/custom_data/run/stored.h"
#include "provision/record/record.h"

namespace azl::provision::custom_data {
namespace {

bool sets_up_disks(const Item& item) { return std::holds_alternative<SetUpDisks>(item.action); }

bool is_pending(const StoredItem& stored) {
  return sets_up_disks(stored.item) && stored.state != ItemState::kEnded;
}

/// The early stage has not taken the document apart yet.
Result<bool> has_disks(const StoredDocument& document) {
  const auto variables = OR_RETURN(parse_json(document.variables, kVariablesLimit, Reason::kState));
  const auto plan = make_custom_data_plan(document.bytes.reveal(), variables);
  return std::ranges::any_of(plan.items, sets_up_disks);
}

}  // namespace

Result<bool> has_pending_disks(const Root& root, std::string_view vm_id) {
  if (!is_due(root, ItemPhase::kEarly)) return false;
  auto items = OR_RETURN(load_items(root, boot_id_of(root)));
  if (!items) {
    const auto document = OR_RETURN(load_document(root));
    if (document) return imds::same_vm(document->vm_id, vm_id) ? has_disks(*document) : false;
    // The early stage has replaced it by its items meanwhile, or has erased both.
    items = OR_RETURN(load_items(root, boot_id_of(root)));
  }
  return items && imds::same_vm(items->vm_id, vm_id) &&
         std::ranges::any_of(items->items, is_pending);
}

}  // namespace azl::provision::custom_data
