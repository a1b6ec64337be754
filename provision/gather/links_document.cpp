#include "provision/gather/links_document.h"

#include <algorithm>
#include <climits>
#include <cstddef>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/json.h"

namespace azl::provision {
namespace {

using Json = nlohmann::ordered_json;
constexpr std::size_t kMaxLinks = 4'096;

std::unexpected<Error> bad_link(std::size_t number, const std::string& what) {
  return fail(Reason::kInvalidInput, "link " + std::to_string(number + 1) + " " + what);
}

/// Returns an integer from `least` to INT_MAX, or nullopt for any other value.
std::optional<int> read_int(const Json& value, int least) {
  if (!value.is_number_integer() || value < least || value > INT_MAX) return std::nullopt;
  return value.get<int>();
}

std::string text_of(const Json& value) {
  return value.is_string() ? value.get<std::string>() : std::string();
}

Result<void> read_flags(const Json& flags, std::size_t number, net::Link& link) {
  if (!flags.is_array()) return bad_link(number, "has flags that are not a list");
  for (const auto& flag : flags) {
    const auto word = text_of(flag);
    link.up = link.up || word == "UP";
    link.carrier = link.carrier || word == "LOWER_UP";
    link.slave = link.slave || word == "SLAVE";
  }
  return {};
}

Result<net::Link> read_link(const Json& json, std::size_t number) {
  if (!json.is_object()) return bad_link(number, "is not an object");
  net::Link link;
  if (const auto* index = find_member(json, "index")) {
    const auto read = read_int(*index, 1);
    if (!read) return bad_link(number, "has an invalid index");
    link.index = *read;
  }
  if (const auto* name = find_member(json, "name")) {
    link.name = text_of(*name);
    if (!net::is_link_name(link.name)) return bad_link(number, "has an invalid name");
  }
  if (const auto* mac = find_member(json, "mac")) {
    const auto read = net::parse_mac(text_of(*mac));
    if (!read) return bad_link(number, "has an invalid MAC address");
    link.mac = *read;
  }
  if (const auto* driver = find_member(json, "driver")) {
    link.driver = text_of(*driver);
    const bool none = driver->is_string() && link.driver.empty();
    if (!none && !net::is_driver_name(link.driver))
      return bad_link(number, "has an invalid driver");
  }
  if (const auto* master = find_member(json, "master")) {
    link.master = read_int(*master, 1);
    if (!link.master) return bad_link(number, "has an invalid master");
  }
  if (const auto* type = find_member(json, "type")) {
    const auto read = read_int(*type, 0);
    if (!read) return bad_link(number, "has an invalid type");
    link.type = *read;
  }
  if (const auto* flags = find_member(json, "flags")) {
    OR_RETURN(read_flags(*flags, number, link));
  }
  return link;
}

/// Gives each link without an index the next free one, and each without a name one made of its
/// index.
Result<void> complete(std::vector<net::Link>& links) {
  int last = 0;
  for (const auto& link : links) last = std::max(last, link.index);
  for (auto& link : links) {
    if (link.index == 0) {
      if (last == INT_MAX) return fail(Reason::kInvalidInput, "there is no index left for a link");
      link.index = ++last;
    }
    if (link.name.empty()) link.name = "link" + std::to_string(link.index);
  }
  std::vector<int> indices;
  for (const auto& link : links) indices.push_back(link.index);
  std::ranges::sort(indices);
  const auto twice = std::ranges::adjacent_find(indices);
  if (twice != indices.end())
    return fail(Reason::kInvalidInput, "two links have the index " + std::to_string(*twice));
  return {};
}

}  // namespace

Result<LinksFile> parse_links(std::string_view text) {
  const Json json = OR_RETURN(parse_json(text, kLinksLimit, Reason::kInvalidInput));
  if (!json.is_array() || json.size() > kMaxLinks)
    return fail(Reason::kInvalidInput, "it is not a JSON list of links, or it is too long");
  LinksFile file;
  std::optional<std::size_t> leads;
  for (const auto& element : json) {
    auto link = OR_RETURN(read_link(element, file.links.size()));
    const auto* routes = find_member(element, "routes_to_imds");
    if (routes != nullptr && *routes == true && !leads) leads = file.links.size();
    file.links.push_back(std::move(link));
  }
  OR_RETURN(complete(file.links));
  if (leads) {
    const auto& link = file.links[*leads];
    file.primary =
        net::Primary{link.index, true, "the document gives " + link.name + " a route to IMDS"};
  }
  return file;
}

std::string to_json(const LinksFile& file) {
  Json list = Json::array();
  for (const auto& link : file.links) {
    Json flags = Json::array();
    if (link.up) flags.push_back("UP");
    if (link.carrier) flags.push_back("LOWER_UP");
    if (link.slave) flags.push_back("SLAVE");
    list.push_back(
        {{"index", link.index},
         {"name", link.name},
         {"mac", link.mac == net::MacAddress{} ? Json() : Json(net::to_string(link.mac))},
         {"driver", link.driver},
         {"master", link.master ? Json(*link.master) : Json()},
         {"type", link.type},
         {"flags", flags},
         {"routes_to_imds", file.primary && file.primary->link == link.index}});
  }
  return list.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace azl::provision
