#include "net/link_events.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

namespace azl::net {
namespace {

using Bytes = std::vector<std::byte>;
using Strings = std::vector<std::string>;

/// What a message tells of a link.
struct Told {
  int type = RTM_NEWLINK;
  int index = 2;
  std::string name = "eth0";
  bool carrier = true;
  std::uint32_t downs = 0;
  unsigned char family = AF_UNSPEC;
};

void append(Bytes& bytes, const void* data, std::size_t size) {
  const auto* const begin = static_cast<const std::byte*>(data);
  bytes.insert(bytes.end(), begin, begin + size);
  bytes.resize(NLMSG_ALIGN(bytes.size()));
}

void append_attribute(Bytes& bytes, std::uint16_t type, const void* data, std::size_t size) {
  const rtattr header{.rta_len = static_cast<std::uint16_t>(RTA_LENGTH(size)), .rta_type = type};
  append(bytes, &header, sizeof header);
  append(bytes, data, size);
}

/// The message as the kernel sends it.
Bytes message(const Told& told) {
  constexpr unsigned kLowerUp = 0x10000;
  Bytes body;
  ifinfomsg link{};
  link.ifi_family = told.family;
  link.ifi_type = 1;
  link.ifi_index = told.index;
  link.ifi_flags = IFF_UP | (told.carrier ? kLowerUp : 0U);
  append(body, &link, sizeof link);
  append_attribute(body, IFLA_IFNAME, told.name.c_str(), told.name.size() + 1);
  append_attribute(body, IFLA_CARRIER_DOWN_COUNT, &told.downs, sizeof told.downs);
  const nlmsghdr header{.nlmsg_len = static_cast<std::uint32_t>(NLMSG_HDRLEN + body.size()),
                        .nlmsg_type = static_cast<std::uint16_t>(told.type),
                        .nlmsg_flags = 0,
                        .nlmsg_seq = 0,
                        .nlmsg_pid = 0};
  Bytes all;
  append(all, &header, sizeof header);
  append(all, body.data(), body.size());
  return all;
}

Bytes joined(const std::vector<Told>& told) {
  Bytes all;
  for (const auto& each : told) {
    const auto bytes = message(each);
    all.insert(all.end(), bytes.begin(), bytes.end());
  }
  return all;
}

Strings words_of(const std::vector<LinkEvent>& events) {
  Strings words;
  for (const auto& event : events)
    words.push_back(event.link.name + " " + std::string(to_string(event.kind)));
  return words;
}

/// The events of messages, after eth0 was seen with its carrier.
Strings events_of(const std::vector<Told>& told) {
  LinkTable table;
  Strings words;
  for (const auto& change : parse_link_changes(joined({{}}))) (void)take_change(table, change);
  for (const auto& change : parse_link_changes(joined(told))) {
    for (auto& word : words_of(take_change(table, change))) words.push_back(std::move(word));
  }
  return words;
}

TEST_CASE("messages about links become events") {
  struct Row {
    std::string what;
    std::vector<Told> told;
    Strings expected;
  };
  const std::vector<Row> rows = {
      {"nothing new", {{}}, {}},
      {"a carrier lost and got again",
       {{.carrier = false, .downs = 1}, {.carrier = true, .downs = 1}},
       {"eth0 down", "eth0 up"}},
      {"both between two messages", {{.downs = 1}}, {"eth0 down", "eth0 up"}},
      {"lost and still lost, twice",
       {{.carrier = false, .downs = 1}, {.carrier = false, .downs = 1}},
       {"eth0 down"}},
      {"lost, got and lost between two messages",
       {{.carrier = false, .downs = 1}, {.carrier = false, .downs = 2}},
       {"eth0 down"}},
      {"an old kernel does not count",
       {{.carrier = false}, {.carrier = true}},
       {"eth0 down", "eth0 up"}},
      {"removed, and another one added",
       {{.type = RTM_DELLINK},
        {.index = 3, .name = "eth1", .carrier = false},
        {.index = 3, .name = "eth1"}},
       {"eth0 removed", "eth1 added", "eth1 up"}},
      {"added with its carrier", {{.index = 3, .name = "eth1"}}, {"eth1 added", "eth1 up"}},
      {"renamed", {{.name = "lan0"}}, {}},
      {"a bridge lets its port go", {{.type = RTM_DELLINK, .family = AF_BRIDGE}}, {}},
      {"an unknown link goes", {{.type = RTM_DELLINK, .index = 9}}, {}},
      {"an address", {{.type = RTM_NEWADDR}}, {}},
      {"no name", {{.name = ""}}, {}},
      {"no index", {{.type = RTM_DELLINK, .index = 0}}, {}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    CHECK(events_of(row.told) == row.expected);
  }
}

TEST_CASE("messages that were cut or have impossible lengths are ignored") {
  const auto whole = joined({{}, {.index = 3, .name = "eth1"}});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto changes = parse_link_changes(std::span(whole).first(size));
    CHECK(changes.size() == (size >= whole.size() / 2 ? 1 : 0));
  }
  CHECK(parse_link_changes(whole).size() == 2);
  for (const std::uint32_t length : {0U, 1U, 15U, 16U, 0xFFFFFFFFU}) {
    auto bytes = whole;
    std::memcpy(bytes.data(), &length, sizeof length);
    CHECK(parse_link_changes(bytes).size() <= 1);
  }
}

TEST_CASE("after lost messages, the events follow from the links as they are") {
  const Link before{.index = 2, .name = "eth0", .driver = "hv_netvsc", .carrier = true};
  Link flapped = before;
  flapped.carrier_downs = 1;
  Link down = before;
  down.carrier = false;
  const Link other{.index = 5, .name = "eth1", .driver = "hv_netvsc", .carrier = true};
  struct Row {
    std::vector<Link> now;
    Strings expected;
  };
  const std::vector<Row> rows = {
      {{before}, {}},
      {{flapped}, {"eth0 down", "eth0 up"}},
      {{down}, {"eth0 down"}},
      {{}, {"eth0 removed"}},
      {{other}, {"eth0 removed", "eth1 added", "eth1 up"}},
      {{before, other}, {"eth1 added", "eth1 up"}},
  };
  for (const auto& row : rows) {
    LinkTable table;
    (void)take_links(table, std::vector{before});
    CHECK(words_of(take_links(table, row.now)) == row.expected);
  }
}

TEST_CASE("a driver that became known is kept") {
  LinkTable table;
  (void)take_links(table, std::vector{Link{.index = 2, .name = "eth0", .driver = "hv_netvsc"}});
  for (const auto& change : parse_link_changes(message({}))) (void)take_change(table, change);
  CHECK(table.at(2).driver == "hv_netvsc");
}

TEST_CASE("a link is a NIC by its driver and the links beside it, also after it was removed") {
  constexpr auto kMac = MacAddress{{0x00, 0x0d, 0x3a, 0x00, 0x00, 0x01}};
  const Link synthetic{.index = 2, .name = "eth0", .mac = kMac, .driver = "hv_netvsc"};
  const Link function{.index = 3, .name = "eth1", .mac = kMac, .driver = "mlx5_core"};
  const Link alone{.index = 4, .name = "eth2", .driver = "mana"};
  const Link bridge{.index = 5, .name = "br0"};
  struct Row {
    std::string what;
    std::vector<Link> table;
    Link link;
    bool nic;
  };
  const std::vector<Row> rows = {
      {"synthetic", {synthetic}, synthetic, true},
      {"synthetic, removed", {}, synthetic, true},
      {"virtual function", {synthetic, function}, function, false},
      {"virtual function, removed", {synthetic}, function, false},
      {"without a synthetic link of its address", {synthetic, alone}, alone, true},
      {"bridge", {synthetic, bridge}, bridge, false},
      {"bridge, removed", {synthetic}, bridge, false},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    LinkTable table;
    (void)take_links(table, row.table);
    CHECK(is_nic(table, row.link, {}) == row.nic);
  }
}

struct Step {
  LinkEventKind kind;
  int index;
  bool nic = true;
};

TEST_CASE("the move to another network ends with the primary's carrier, or with another NIC") {
  using enum LinkEventKind;
  struct Row {
    std::string what;
    std::optional<int> primary;
    std::vector<Step> steps;
    std::string why;
  };
  const std::vector<Row> rows = {
      {"nothing", 2, {}, ""},
      {"the primary is lost", 2, {{kDown, 2}}, ""},
      {"lost and got again", 2, {{kDown, 2}, {kUp, 2}}, "link e2 went down and up"},
      {"its carrier comes for the first time", 2, {{kUp, 2}}, ""},
      {"another link flaps", 2, {{kDown, 3}, {kUp, 3}}, ""},
      {"removed", 2, {{kDown, 2}, {kRemoved, 2}}, ""},
      {"replaced",
       2,
       {{kDown, 2}, {kRemoved, 2}, {kAdded, 3}},
       "NIC e3 came in place of the one that was removed"},
      {"a bridge comes meanwhile", 2, {{kRemoved, 2}, {kAdded, 3, false}, {kUp, 3, false}}, ""},
      {"its driver is known later",
       2,
       {{kRemoved, 2}, {kAdded, 3, false}, {kUp, 3}},
       "NIC e3 came in place of the one that was removed"},
      {"another NIC is added before", 2, {{kAdded, 3}, {kUp, 3}}, ""},
      {"the primary is not known",
       std::nullopt,
       {{kDown, 3}, {kUp, 3}},
       "link e3 went down and up"},
      {"nor is the lost link a NIC", std::nullopt, {{kDown, 3, false}, {kUp, 3, false}}, ""},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    NetworkSwitch state{.primary = row.primary};
    for (const auto& step : row.steps) {
      const Link link{.index = step.index, .name = "e" + std::to_string(step.index)};
      take_event(state, {.kind = step.kind, .link = link}, step.nic);
    }
    CHECK(state.why == row.why);
  }
}

}  // namespace
}  // namespace azl::net
