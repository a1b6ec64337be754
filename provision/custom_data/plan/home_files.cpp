#include "provision/custom_data/plan/home_files.h"

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <variant>

#include "base/text.h"

namespace azl::provision::custom_data {
namespace {

/// The homes that users get, with the users' names.
std::map<std::string, std::string, std::less<>> list_new_homes(std::span<const Item> items) {
  std::map<std::string, std::string, std::less<>> homes;
  for (const auto& item : items) {
    const auto* user = std::get_if<MakeUser>(&item.action);
    if (user == nullptr || user->name.empty() || user->no_create_home || user->system) continue;
    homes.emplace(user->homedir.empty() ? "/home/" + user->name : user->homedir, user->name);
  }
  return homes;
}

}  // namespace

void remark_files_in_new_homes(std::span<const Item> items, RemarkList& remarks) {
  const auto homes = list_new_homes(items);
  if (homes.empty()) return;
  for (const auto& item : items) {
    const auto* file = std::get_if<WriteFile>(&item.action);
    if (file == nullptr || item.phase != ItemPhase::kEarly) continue;
    const std::string_view path = file->path;
    for (auto end = path.rfind('/'); end != std::string_view::npos && end > 0;
         end = path.rfind('/', end - 1)) {
      const auto home = homes.find(path.substr(0, end));
      if (home == homes.end()) continue;
      remarks.add({.level = RemarkLevel::kWarning,
                   .rule = "write-files-home",
                   .place = item.place,
                   .text = "the file is written before the user '" + printable(home->second) +
                           "' is made, in whose home it is",
                   .advice = "add 'defer: true' and 'owner' to the file"});
      break;
    }
  }
}

}  // namespace azl::provision::custom_data
