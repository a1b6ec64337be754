#include "provision/store/network.h"

#include <nlohmann/json.hpp>

#include "base/json.h"
#include "base/text.h"
#include "imds/identity.h"
#include "provision/store/vm_state.h"

namespace azl::provision {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kSchemaVersion = 1;
constexpr std::size_t kLimit = 1 << 20;
constexpr std::size_t kMaxInterfaces = 256;
constexpr std::size_t kMaxAddresses = 4'096;  // of all interfaces together
constexpr std::size_t kMaxPlaces = 1'024;
constexpr int kLastPlace = 9'999;

const Json* member(const Json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

Result<net::MacAddress> read_mac(const Json* value) {
  const auto mac = value != nullptr && value->is_string()
                       ? net::parse_mac(value->get_ref<const std::string&>())
                       : std::nullopt;
  if (!mac) return fail(Reason::kState, "it has a MAC address that is none");
  return *mac;
}

Result<void> read_addresses(const Json* list, bool ipv6, std::size_t& left,
                            std::vector<net::ListedAddress>& into) {
  if (list == nullptr) return {};
  if (!list->is_array()) return fail(Reason::kState, "its addresses are no list");
  for (const auto& element : *list) {
    if (!element.is_string()) return fail(Reason::kState, "it has an address that is no text");
    auto address = net::parse_listed_address(element.get_ref<const std::string&>());
    if (!address) return fail(Reason::kState, address.error().cause());
    if (address->ipv6 != ipv6 || left == 0)
      return fail(Reason::kState, "it has an address of the wrong family, or too many");
    --left;
    into.push_back(std::move(*address));
  }
  return {};
}

Result<std::vector<net::ListedInterface>> read_interfaces(const Json& list) {
  if (!list.is_array() || list.size() > kMaxInterfaces)
    return fail(Reason::kState, "its interfaces are no list, or too many");
  std::vector<net::ListedInterface> interfaces;
  std::size_t left = kMaxAddresses;
  for (const auto& element : list) {
    auto mac = read_mac(member(element, "mac"));
    if (!mac) return std::unexpected(std::move(mac.error()));
    net::ListedInterface interface{.mac = *mac};
    auto read = read_addresses(member(element, "ipv4"), false, left, interface.ipv4);
    if (read) read = read_addresses(member(element, "ipv6"), true, left, interface.ipv6);
    if (!read) return std::unexpected(std::move(read.error()));
    interfaces.push_back(std::move(interface));
  }
  return interfaces;
}

Result<net::Places> read_places(const Json* object) {
  net::Places places;
  if (object == nullptr) return places;
  if (!object->is_object() || object->size() > kMaxPlaces)
    return fail(Reason::kState, "its places are no object, or too many");
  for (const auto& [key, value] : object->items()) {
    const auto mac = net::parse_mac(key);
    if (!mac || !value.is_number_integer() || value < 0 || value > kLastPlace)
      return fail(Reason::kState, "it has a place that can't be");
    places.emplace(*mac, value.get<int>());
  }
  return places;
}

Result<std::set<net::MacAddress>> read_macs(const Json* list) {
  std::set<net::MacAddress> macs;
  if (list == nullptr) return macs;
  if (!list->is_array() || list->size() > kMaxPlaces)
    return fail(Reason::kState, "its NICs are no list, or too many");
  for (const auto& element : *list) {
    const auto mac = read_mac(&element);
    if (!mac) return std::unexpected(mac.error());
    macs.insert(*mac);
  }
  return macs;
}

Json addresses_json(const std::vector<net::ListedAddress>& addresses) {
  Json list = Json::array();
  for (const auto& address : addresses)
    list.push_back(address.text + "/" + std::to_string(address.prefix));
  return list;
}

}  // namespace

Result<KnownNetwork> parse_known_network(std::string_view text) {
  const Json json = OR_RETURN(parse_json(text, kLimit, Reason::kState));
  if (!json.is_object()) return fail(Reason::kState, "it is not a JSON object");
  if (json.value("schema_version", Json()) != kSchemaVersion)
    return fail(Reason::kState, "it has an unknown schema_version");
  KnownNetwork known;
  if (const auto* id = member(json, "vm_id"); id != nullptr && id->is_string())
    known.vm_id = id->get<std::string>();
  if (const auto* list = member(json, "interfaces")) {
    auto interfaces = read_interfaces(*list);
    if (!interfaces) return std::unexpected(std::move(interfaces.error()));
    known.listed = std::move(*interfaces);
  }
  auto answered_for = read_macs(member(json, "answered_for"));
  if (!answered_for) return std::unexpected(std::move(answered_for.error()));
  known.answered_for = std::move(*answered_for);
  auto places = read_places(member(json, "places"));
  if (!places) return std::unexpected(std::move(places.error()));
  known.places = std::move(*places);
  return known;
}

std::string to_json(const KnownNetwork& known) {
  Json json = {{"schema_version", kSchemaVersion}, {"vm_id", known.vm_id}, {"interfaces", Json()}};
  if (known.listed) {
    json["interfaces"] = Json::array();
    for (const auto& interface : *known.listed)
      json["interfaces"].push_back({{"mac", net::to_string(interface.mac)},
                                    {"ipv4", addresses_json(interface.ipv4)},
                                    {"ipv6", addresses_json(interface.ipv6)}});
  }
  json["answered_for"] = Json::array();
  for (const auto& mac : known.answered_for) json["answered_for"].push_back(net::to_string(mac));
  json["places"] = Json::object();
  for (const auto& [mac, place] : known.places) json["places"][net::to_string(mac)] = place;
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<KnownNetwork> load_known_network(const Root& root, std::string_view vm_id) {
  const auto context = "reading " + std::string(kNetworkFile);
  auto text = root.read_if_exists(kNetworkFile, kLimit);
  if (!text) return fail(std::move(text.error()), context);
  if (!*text) return KnownNetwork{};
  auto known = parse_known_network(**text);
  if (!known) return fail(std::move(known.error()), context);
  if (!imds::same_vm(known->vm_id, vm_id)) return KnownNetwork{};
  return known;
}

Result<void> save_known_network(const Root& root, const KnownNetwork& known) {
  if (auto made = root.make_directory(kStateDirectory); !made)
    return std::unexpected(std::move(made.error()));
  if (auto written = root.write(kNetworkFile, to_json(known)); !written)
    return fail(std::move(written.error()),
                "remembering the network in " + std::string(kNetworkFile));
  return {};
}

}  // namespace azl::provision
