// Links of any bytes, and what is remembered of a network: what is taken is written back as it was
// read, and whatever the plan makes of it are files that can't be broken.
#include <algorithm>
#include <set>
#include <string>

#include "net/network_plan.h"
#include "provision/gather/links_document.h"
#include "provision/store/network.h"
#include "tests/fuzz/require.h"

using azl::fuzz::require;
using namespace azl::provision;

namespace {

/// A file has only lines that are a comment, a section or a setting.
void check_content(const std::string& content) {
  require(azl::net::is_our_network_file(content), "a file is known as ours");
  require(content.find("MACAddress=") != std::string::npos, "a file names its NIC");
  for (const char c : content)
    require(c == '\n' || (c >= ' ' && c <= '~'), "a file has printable ASCII only");
}

void check_plan(const LinksFile& file, const KnownNetwork& known) {
  azl::net::NetworkFacts facts{.links = file.links,
                               .roles = azl::net::roles(file.links),
                               .listed = known.listed,
                               .places = known.places};
  const auto plan = azl::net::plan_network(facts, {});
  require(plan.undecided.empty() || plan.files.empty(), "without a decision there are no files");
  std::set<std::string> paths;
  for (const auto& each : plan.files) {
    check_content(each.content);
    require(paths.insert(each.path).second, "each file is there once");
  }
  require(azl::net::plan_network(facts, {}).places == plan.places, "the plan is always the same");
}

}  // namespace

/// The links, and after the first empty line what is remembered.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = azl::fuzz::text_of(data, size);
  const auto end = std::min(text.find("\n\n"), text.size());
  const auto file = parse_links(text.substr(0, end));
  const auto known = parse_known_network(text.substr(std::min(end + 2, text.size())));
  if (file) {
    const auto again = parse_links(to_json(*file));
    require(again && to_json(*again) == to_json(*file), "links are read as they are written");
    for (const auto& link : file->links)
      require(link.driver.empty() || azl::net::is_driver_name(link.driver),
              "a driver's name is one that stands in a file");
  }
  if (known) {
    const auto again = parse_known_network(to_json(*known));
    require(again && to_json(*again) == to_json(*known), "it is read as it is written");
  }
  check_plan(file ? *file : LinksFile{}, known ? *known : KnownNetwork{});
  return 0;
}
