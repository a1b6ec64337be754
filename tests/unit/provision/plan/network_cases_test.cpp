// The .network files that the plan makes from an IMDS document and links. Each file in
// tests/unit/provision/plan/network_cases is a case. Its first line says what the case shows. Its
// parts begin with "== NAME". The input: config (lines of [Network]), links (as for --links), imds
// (the instance document), remembered (network.json). The expected output: notes, undecided, and
// each file from [Match] on.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "provision/gather/links_document.h"
#include "provision/plan/network.h"

using namespace azl::provision;

namespace {

struct Case {
  std::string name;
  std::string what;
  std::map<std::string, std::string> parts;
  std::vector<std::string> files;  ///< paths, in order

  [[nodiscard]] std::string part(const std::string& part_name) const {
    const auto found = parts.find(part_name);
    return found == parts.end() ? std::string() : found->second;
  }
};

Case read_case(const std::filesystem::path& path) {
  Case result{.name = path.stem().string(), .what = {}, .parts = {}, .files = {}};
  std::ifstream file(path);
  REQUIRE(file);
  std::getline(file, result.what);
  std::string part;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("== ")) {
      part = line.substr(3);
      result.parts[part];
      if (part.starts_with("file ")) result.files.push_back(part.substr(5));
    } else {
      result.parts.at(part) += line + "\n";
    }
  }
  return result;
}

std::vector<std::filesystem::path> case_files() {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry :
       std::filesystem::directory_iterator("tests/unit/provision/plan/network_cases")) {
    if (entry.path().extension() == ".case") paths.push_back(entry.path());
  }
  std::ranges::sort(paths);
  return paths;
}

template <class T>
T good(azl::Result<T> result) {
  if (!result) FAIL(result.error().to_string());
  return std::move(*result);
}

/// Removes the lines above [Match], which network_file_test.cpp checks.
std::string from_match(const std::string& content) {
  const auto match = content.find("[Match]\n");
  return match == std::string::npos ? content : content.substr(match);
}

std::string lines(const std::vector<std::string>& texts) {
  std::string all;
  for (const auto& text : texts) all += text + "\n";
  return all;
}

}  // namespace

TEST_CASE("the plan writes exactly the files of each case") {
  const auto paths = case_files();
  CHECK(paths.size() >= 33);
  for (const auto& path : paths) {
    const auto each = read_case(path);
    CAPTURE(each.name);
    CAPTURE(each.what);
    const auto config = parse_config({{"case", "[Network]\n" + each.part("config")}});
    CHECK(config.warnings.empty());
    Facts facts;
    auto links = good(parse_links(each.part("links")));
    facts.network.links = std::move(links.links);
    facts.primary = std::move(links.primary);
    std::vector<std::string> notes;
    if (const auto text = each.part("imds"); !text.empty()) {
      facts.imds = azl::imds::ImdsAnswer{.instance = good(azl::imds::parse_instance(text)),
                                         .api_version = "2025-04-07"};
      notes = facts.imds->instance.warnings;
      for (const auto& part : facts.imds->instance.lost) notes.push_back(part.what);
    }
    if (const auto text = each.part("remembered"); !text.empty())
      facts.known_network = good(parse_known_network(text));
    Plan plan;
    decide_network(facts, config, plan);

    notes.insert(notes.end(), plan.network.notes.begin(), plan.network.notes.end());
    CHECK(lines(notes) == each.part("notes"));
    CHECK((plan.network.undecided.empty() ? "" : plan.network.undecided + "\n") ==
          each.part("undecided"));
    std::vector<std::string> written;
    for (const auto& file : plan.network.files) {
      written.push_back(file.path);
      CHECK(from_match(file.content) == each.part("file " + file.path));
      CHECK_FALSE(file.why.empty());
    }
    auto expected = each.files;
    std::ranges::sort(expected);
    std::ranges::sort(written);
    CHECK(written == expected);
  }
}
