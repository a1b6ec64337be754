// Parses any bytes as datagrams of rtnetlink about links. The events that follow from them must fit
// together, whatever is told.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "net/link_events.h"
#include "tests/fuzz/require.h"

using azl::fuzz::require;
using namespace azl::net;

namespace {

/// The links that exist by the events alone, and whether each has its carrier.
using Model = std::map<int, bool>;

void check(const LinkEvent& event, Model& model) {
  const auto known = model.find(event.link.index);
  const bool is_known = known != model.end();
  switch (event.kind) {
    case LinkEventKind::kAdded:
      require(!is_known, "a link is added once");
      model[event.link.index] = false;
      return;
    case LinkEventKind::kRemoved:
      require(is_known, "a link that is removed was added");
      model.erase(known);
      return;
    case LinkEventKind::kUp:
      require(is_known && !known->second, "a carrier that comes was missing");
      known->second = true;
      return;
    case LinkEventKind::kDown:
      require(is_known && known->second, "a carrier that goes was there");
      known->second = false;
      return;
  }
}

void check_table(LinkTable& table, const Model& model) {
  require(table.size() == model.size(), "events tell all of the table");
  std::vector<Link> links;
  for (const auto& [index, link] : table) {
    const auto known = model.find(index);
    require(known != model.end() && known->second == link.carrier, "events tell each carrier");
    links.push_back(link);
  }
  require(take_links(table, links).empty(), "what is known already is no event");
  require(take_links(table, {}).size() == links.size(), "links that are gone are removed");
}

}  // namespace

/// The first byte is the length of the first datagram. The rest is the second one.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto bytes = std::as_bytes(std::span(data + 1, size - 1));
  const auto first = std::min<std::size_t>(bytes.size(), data[0]);
  LinkTable table;
  Model model;
  NetworkSwitch state;
  for (const auto part : {bytes.first(first), bytes.subspan(first)}) {
    // Of its exact size, so that a read past the end is noticed.
    const std::vector<std::byte> datagram(part.begin(), part.end());
    for (const auto& change : parse_link_changes(datagram)) {
      require(change.link.index > 0 && is_link_name(change.link.name), "a link has index and name");
      for (const auto& event : take_change(table, change)) {
        check(event, model);
        take_event(state, event, true);
        require(state.why.empty() || state.lost, "nothing ends before the primary was lost");
      }
    }
  }
  check_table(table, model);
  return 0;
}
