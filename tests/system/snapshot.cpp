#include "tests/system/snapshot.h"

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <stdexcept>

#include <sys/stat.h>

namespace azl::test {
namespace {

namespace fs = std::filesystem;

std::string describe(const fs::path& path) {
  struct stat status{};
  if (lstat(path.c_str(), &status) != 0) throw std::runtime_error("cannot stat " + path.string());
  std::ostringstream text;
  text << std::oct << status.st_mode << std::dec << ' ' << status.st_uid << ':' << status.st_gid
       << ' ' << status.st_mtim.tv_sec << '.' << status.st_mtim.tv_nsec << ' ';
  if (S_ISLNK(status.st_mode)) text << fs::read_symlink(path).string();
  if (S_ISREG(status.st_mode)) text << read_file(path);
  return text.str();
}

}  // namespace

Snapshot snapshot(const std::string& directory, const Strings& without) {
  Snapshot names;
  for (auto entry = fs::recursive_directory_iterator(directory);
       entry != fs::recursive_directory_iterator(); ++entry) {
    const auto name = entry->path().lexically_relative(directory).string();
    if (std::ranges::find(without, name) != without.end()) {
      entry.disable_recursion_pending();
    } else {
      names.emplace(name, describe(entry->path()));
    }
  }
  return names;
}

Strings differences(const Snapshot& before, const Snapshot& after) {
  std::map<std::string, std::string> changes;
  for (const auto& [name, what] : before) {
    const auto now = after.find(name);
    if (now == after.end()) {
      changes[name] = "gone";
    } else if (now->second != what) {
      changes[name] = "changed";
    }
  }
  for (const auto& [name, what] : after) {
    if (!before.contains(name)) changes[name] = "new";
  }
  Strings list;
  for (const auto& [name, change] : changes) list.push_back(change + " " + name);
  return list;
}

int mode_of(const std::string& path) {
  struct stat status{};
  return lstat(path.c_str(), &status) == 0 ? static_cast<int>(status.st_mode & 07777) : -1;
}

uid_t owner_of(const std::string& path) {
  struct stat status{};
  return lstat(path.c_str(), &status) == 0 ? status.st_uid : static_cast<uid_t>(-1);
}

}  // namespace azl::test
