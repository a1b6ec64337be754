// What happens to the links while a pre-provisioned VM waits for its user. Pure.
//
// The host ends the wait by moving the VM to its user's network: the primary link loses its carrier
// and gets it again, or the NIC is removed and another one comes.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "net/link.h"
#include "net/rtnetlink_message.h"

namespace azl::net {

/// What can happen to a link.
enum class LinkEventKind { kAdded, kRemoved, kUp, kDown };
/// "added", "removed", "up", "down".
[[nodiscard]] std::string_view to_string(LinkEventKind kind);

/// One event; up and down are about the carrier.
struct LinkEvent {
  LinkEventKind kind;
  Link link;  ///< as it is after the event, or was before it was removed
};

/// The links as they were told last, by ifindex.
using LinkTable = std::map<int, Link>;

/// Brings the table up to date with one message, and returns what it means. A carrier that was lost
/// and came back between two messages gives kDown and kUp, because the kernel counts the losses.
/// The table keeps a driver that the message lacks.
[[nodiscard]] std::vector<LinkEvent> take_change(LinkTable& table, const LinkChange& change);
/// The same with all links as they are now, for a reader that has lost messages.
[[nodiscard]] std::vector<LinkEvent> take_links(LinkTable& table, std::span<const Link> links);

/// Whether a link could be the platform's NIC: synthetic or standalone (net/link_role.h) beside the
/// other links of the table. The table may lack the link itself, once it was removed.
[[nodiscard]] bool is_nic(const LinkTable& table, const Link& link,
                          const SyntheticDrivers& synthetic_drivers);

/// How far the move to another network has come.
struct NetworkSwitch {
  std::optional<int> primary;  ///< ifindex; nullopt: the first NIC that is lost
  bool lost = false;           ///< the primary has lost its carrier, or was removed
  std::string why = {};        ///< how the move ended, a sentence; empty: it has not ended
};
/// Takes one event. The move has ended once the primary, which was lost, has its carrier again, or
/// once another NIC has come in its place. `nic`: is_nic() of the event's link.
void take_event(NetworkSwitch& state, const LinkEvent& event, bool nic);

}  // namespace azl::net
