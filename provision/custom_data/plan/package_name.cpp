#include "provision/custom_data/plan/package_name.h"

#include <algorithm>
#include <cstddef>

#include "base/text.h"

namespace azl::provision::custom_data {
namespace {

constexpr std::size_t kLongest = 1024;
constexpr std::size_t kShown = 10;
constexpr std::string_view kOthers = "+-._:=~^@*";

/// The characters of names and versions of packages. A path or an address has "/", which a name
/// lacks; apt's "name/release" counts as one.
bool is_plain(std::string_view word) {
  return std::all_of(word.begin(), word.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kOthers.contains(c);
  });
}

}  // namespace

bool is_package_word(std::string_view word) {
  if (word.empty() || word.size() > kLongest || word.starts_with('-')) return false;
  if (word.contains(' ')) return false;
  // printable() escapes white space other than the space, and whatever is no character.
  return printable(word, 4 * kLongest, Quotes::kKept) == word;
}

bool has_address(const std::vector<PackageName>& packages) {
  return !std::ranges::all_of(packages, [](const PackageName& package) {
    return is_plain(package.name) && is_plain(package.version);
  });
}

std::string describe_package(const PackageName& package) {
  if (has_address({package})) return "a file or an address";
  const auto name = printable(package.name);
  return package.version.empty() ? name : name + " " + printable(package.version);
}

std::string describe_packages(const std::vector<PackageName>& packages) {
  std::vector<std::string> shown;
  for (const auto& package : packages) {
    if (shown.size() == kShown) break;
    shown.push_back(describe_package(package));
  }
  const auto more = packages.size() - shown.size();
  return join(shown, ", ") + (more == 0 ? "" : " and " + std::to_string(more) + " more");
}

}  // namespace azl::provision::custom_data
