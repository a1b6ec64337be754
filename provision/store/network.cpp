#include "provision/store/network.h"

#include <cstddef>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/json.h"
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

Result<net::MacAddress> read_mac(const Json* value) {
  const auto mac = value != nullptr && value->is_string()
                       ? net::parse_mac(value->get_ref<const std::string&>())
                       : std::nullopt;
  if (!mac) return fail(Reason::kState, "it has an invalid MAC address");
  return *mac;
}

Result<void> read_addresses(const Json* list, bool ipv6, std::size_t& left,
                            std::vector<net::ListedAddress>& into) {
  if (list == nullptr) return {};
  if (!list->is_array()) return fail(Reason::kState, "its addresses are not a list");
  for (const auto& element : *list) {
    if (!element.is_string()) return fail(Reason::kState, "it has an address that is not a string");
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
    return fail(Reason::kState, "its interfaces are not a list, or are too many");
  std::vector<net::ListedInterface> interfaces;
  std::size_t left = kMaxAddresses;
  for (const auto& element : list) {
    net::ListedInterface interface{.mac = OR_RETURN(read_mac(find_member(element, "mac")))};
    OR_RETURN(read_addresses(find_member(element, "ipv4"), false, left, interface.ipv4));
    OR_RETURN(read_addresses(find_member(element, "ipv6"), true, left, interface.ipv6));
    interfaces.push_back(std::move(interface));
  }
  return interfaces;
}

Result<net::Places> read_places(const Json* object) {
  net::Places places;
  if (object == nullptr) return places;
  if (!object->is_object() || object->size() > kMaxPlaces)
    return fail(Reason::kState, "its places are not an object, or are too many");
  for (const auto& [key, value] : object->items()) {
    const auto mac = net::parse_mac(key);
    if (!mac || !value.is_number_integer() || value < 0 || value > kLastPlace)
      return fail(Reason::kState, "it has an invalid place");
    places.emplace(*mac, value.get<int>());
  }
  return places;
}

Result<std::set<net::MacAddress>> read_macs(const Json* list) {
  std::set<net::MacAddress> macs;
  if (list == nullptr) return macs;
  if (!list->is_array() || list->size() > kMaxPlaces)
    return fail(Reason::kState, "its NICs are not a list, or are too many");
  for (const auto& element : *list) {
    macs.insert(OR_RETURN(read_mac(&element)));
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
  if (const auto* id = find_member(json, "vm_id"); id != nullptr && id->is_string())
    known.vm_id = id->get<std::string>();
  if (const auto* list = find_member(json, "interfaces")) {
    known.listed = OR_RETURN(read_interfaces(*list));
  }
  known.answered_for = OR_RETURN(read_macs(find_member(json, "answered_for")));
  known.places = OR_RETURN(read_places(find_member(json, "places")));
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
  const auto text = OR_RETURN(root.read_if_exists(kNetworkFile, kLimit), context);
  if (!text) return KnownNetwork{};
  auto known = OR_RETURN(parse_known_network(*text), context);
  if (!imds::same_vm(known.vm_id, vm_id)) return KnownNetwork{};
  return known;
}

Result<void> save_known_network(const Root& root, const KnownNetwork& known) {
  OR_RETURN(root.make_directory(kStateDirectory));
  OR_RETURN(root.write(kNetworkFile, to_json(known)),
            "remembering the network in " + std::string(kNetworkFile));
  return {};
}

}  // namespace azl::provision
