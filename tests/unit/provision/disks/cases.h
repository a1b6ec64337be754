// Reads the cases in tests/unit/provision/disks/cases, for the test of the plan and docs/disks.md.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "provision/config/config.h"
#include "provision/store/disk_wishes.h"

namespace azl::test {

struct DiskCase {
  std::string name;
  std::string what;  ///< a sentence
  std::map<std::string, std::string> parts;

  [[nodiscard]] std::string part(const std::string& name_of) const {
    const auto found = parts.find(name_of);
    return found == parts.end() ? std::string() : found->second;
  }
};

/// What a case asks for: its lines of [Disk], and what custom data adds.
inline disk::DiskOptions options_of(const DiskCase& each) {
  const auto config = provision::parse_config({{"case", "[Disk]\n" + each.part("config")}});
  if (!config.warnings.empty()) throw std::runtime_error(config.warnings.front().text);
  auto options = config.disk;
  const auto undecided = each.part("undecided");
  options.undecided = trim(undecided);
  if (const auto wishes = each.part("wishes"); !wishes.empty())
    options = disk::with_wishes(options,
                                provision::parse_disk_wishes(nlohmann::json::parse(wishes)).value(),
                                each.part("run") != "later\n");
  return options;
}

/// Reads all cases, sorted by name. Tests run in the root of the repository.
inline std::vector<DiskCase> read_disk_cases() {
  std::vector<DiskCase> cases;
  for (const auto& entry :
       std::filesystem::directory_iterator("tests/unit/provision/disks/cases")) {
    if (entry.path().extension() != ".case") continue;
    DiskCase result{.name = entry.path().stem().string(), .what = {}, .parts = {}};
    std::ifstream file(entry.path());
    std::getline(file, result.what);
    if (!result.what.starts_with("# "))
      throw std::runtime_error(result.name + " has no description");
    result.what.erase(0, 2);
    std::string part;
    for (std::string line; std::getline(file, line);) {
      if (line.starts_with("== "))
        result.parts[part = line.substr(3)];
      else
        result.parts.at(part) += line + "\n";
    }
    cases.push_back(std::move(result));
  }
  std::ranges::sort(cases, {}, &DiskCase::name);
  return cases;
}

}  // namespace azl::test
