// Parses any bytes as a links document and as network.json. What is accepted must be written and
// read back unchanged, and the files that the plan makes of it must be well-formed.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>

#include "net/link_role.h"
#include "net/network_plan.h"
#include "provision/gather/links_document.h"
#include "provision/store/network.h"
#include "tests/fuzz/require.h"

using azl::fuzz::require;
using namespace azl::provision;

namespace {

/// A file must be ours, name its NIC and have printable ASCII only.
void check_content(const std::string& content) {
  require(azl::net::is_our_network_file(content), "a file is recognized as ours");
  require(content.find("MACAddress=") != std::string::npos, "a file names its NIC");
  for (const char c : content)
    require(c == '\n' || (c >= ' ' && c <= '~'), "a file has printable ASCII only");
}

void check_plan(const LinksFile& file, const KnownNetwork& known) {
  azl::net::NetworkFacts facts{.links = file.links,
                               .roles = azl::net::roles(file.links, {}),
                               .listed = known.listed,
                               .places = known.places};
  const auto plan = azl::net::plan_network(facts, {});
  require(plan.undecided.empty() || plan.files.empty(), "an undecided plan has no files");
  std::set<std::string> paths;
  for (const auto& each : plan.files) {
    check_content(each.content);
    require(paths.insert(each.path).second, "each path occurs once");
  }
  require(azl::net::plan_network(facts, {}).places == plan.places,
          "the same facts give the same plan");
}

}  // namespace

/// The links document, an empty line, and network.json.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = azl::fuzz::text_of(data, size);
  const auto end = std::min(text.find("\n\n"), text.size());
  const auto file = parse_links(text.substr(0, end));
  const auto known = parse_known_network(text.substr(std::min(end + 2, text.size())));
  if (file) {
    const auto again = parse_links(to_json(*file));
    require(again && to_json(*again) == to_json(*file), "links are read back unchanged");
    for (const auto& link : file->links)
      require(link.driver.empty() || azl::net::is_driver_name(link.driver),
              "a driver's name is valid in a file");
  }
  if (known) {
    const auto again = parse_known_network(to_json(*known));
    require(again && to_json(*again) == to_json(*known), "network.json is read back unchanged");
  }
  check_plan(file ? *file : LinksFile{}, known ? *known : KnownNetwork{});
  return 0;
}
