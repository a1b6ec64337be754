#include "net/link_events.h"

#include <iterator>
#include <utility>

#include "net/link_role.h"

namespace azl::net {
namespace {

using enum LinkEventKind;

/// Adds a new link.
void add(LinkTable& table, const Link& link, std::vector<LinkEvent>& events) {
  table[link.index] = link;
  events.push_back({kAdded, link});
  if (link.carrier) events.push_back({kUp, link});
}

/// Brings a known link up to date.
void change(Link& known, const Link& link, std::vector<LinkEvent>& events) {
  const bool was_up = known.carrier;
  const bool was_lost = link.carrier_downs > known.carrier_downs;
  auto driver = std::move(known.driver);
  known = link;
  if (known.driver.empty()) known.driver = std::move(driver);
  if (was_up && (was_lost || !known.carrier)) events.push_back({kDown, known});
  if (known.carrier && (was_lost || !was_up)) events.push_back({kUp, known});
}

void remove(LinkTable& table, LinkTable::iterator link, std::vector<LinkEvent>& events) {
  events.push_back({kRemoved, std::move(link->second)});
  table.erase(link);
}

void add_or_change(LinkTable& table, const Link& link, std::vector<LinkEvent>& events) {
  const auto known = table.find(link.index);
  if (known == table.end()) return add(table, link, events);
  change(known->second, link, events);
}

}  // namespace

std::string_view to_string(LinkEventKind kind) {
  switch (kind) {
    case kAdded:
      return "added";
    case kRemoved:
      return "removed";
    case kUp:
      return "up";
    case kDown:
      return "down";
  }
  return "";
}

std::vector<LinkEvent> take_change(LinkTable& table, const LinkChange& change) {
  std::vector<LinkEvent> events;
  if (!change.removed) {
    add_or_change(table, change.link, events);
  } else if (const auto known = table.find(change.link.index); known != table.end()) {
    remove(table, known, events);
  }
  return events;
}

std::vector<LinkEvent> take_links(LinkTable& table, std::span<const Link> links) {
  std::vector<LinkEvent> events;
  for (auto known = table.begin(); known != table.end();) {
    const auto next = std::next(known);
    if (find_link(links, known->first) == nullptr) remove(table, known, events);
    known = next;
  }
  for (const auto& link : links) add_or_change(table, link, events);
  return events;
}

bool is_nic(const LinkTable& table, const Link& link, const SyntheticDrivers& synthetic_drivers) {
  std::vector<Link> links = {link};
  for (const auto& [index, other] : table) {
    if (index != link.index) links.push_back(other);
  }
  const auto role = roles(links, synthetic_drivers).front();
  return role == Role::kSynthetic || role == Role::kStandalone;
}

void take_event(NetworkSwitch& state, const LinkEvent& event, bool nic) {
  const auto& link = event.link;
  const bool loss = event.kind == kDown || event.kind == kRemoved;
  if (!state.primary && loss && nic) state.primary = link.index;
  if (!state.primary || !state.why.empty()) return;
  const bool primary = link.index == *state.primary;
  if (primary && loss) state.lost = true;
  if (!state.lost || loss) return;
  if (primary && event.kind == kUp) state.why = "link " + link.name + " went down and up";
  // Its driver may become known only after it was added.
  if (!primary && nic)
    state.why = "NIC " + link.name + " came in place of the one that was removed";
}

}  // namespace azl::net
