#include "provision/cli/sarif.h"

#include <utility>

#include "base/text.h"

namespace azl::provision {

using Json = nlohmann::ordered_json;

std::string dump_document(const Json& json) {
  return printable_json(json.dump(2, ' ', false, Json::error_handler_t::replace)) + "\n";
}

std::string encode_uri(std::string_view path) {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string uri;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (kPlain.contains(c))
      uri += c;
    else
      uri.append({'%', kHex[byte >> 4U], kHex[byte & 15U]});
  }
  return uri;
}

Json make_sarif(Json rules, const Json& run) {
  const Json driver = {
      {"name", "azl-provision"}, {"version", AZL_VERSION}, {"rules", std::move(rules)}};
  Json whole = {{"tool", {{"driver", driver}}}};
  whole.update(run);
  return {{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
          {"version", "2.1.0"},
          {"runs", Json::array({std::move(whole)})}};
}

}  // namespace azl::provision
