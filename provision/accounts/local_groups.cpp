#include "provision/accounts/local_groups.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include <sys/stat.h>

#include "base/secret.h"
#include "base/text.h"
#include "provision/accounts/databases.h"

namespace azl::provision {

namespace {

constexpr mode_t kPermissions = 07777;

bool has_line(std::string_view text, std::string_view name) {
  return std::ranges::any_of(split(text, '\n'), [name](std::string_view line) {
    return line.substr(0, line.find(':')) == name;
  });
}

/// Inserts lines at the end, or before the first NIS entry.
std::string insert_lines(std::string_view text, std::string_view lines) {
  auto at = text.starts_with('+') ? 0 : text.find("\n+");
  if (at == std::string_view::npos) {
    at = text.size();
  } else if (at != 0) {
    ++at;  // behind the line break
  }
  std::string result(text.substr(0, at));
  if (!result.empty() && !result.ends_with('\n')) result += '\n';
  return result.append(lines).append(text.substr(at));
}

/// Replaces a database, whose mode and owner stay.
Result<void> write_database(const Root& root, std::string_view path, std::string_view text) {
  const auto info = OR_RETURN(root.stat(path));
  FileAttributes attributes{.mode = 0644, .owner = 0, .group = 0};
  if (info) {
    attributes = {.mode = info->mode & kPermissions, .owner = info->uid, .group = info->gid};
  }
  OR_RETURN(root.write(path, text, attributes));
  return {};
}

}  // namespace

std::string add_groups(std::string_view text, std::span<const Group> groups) {
  std::string lines;
  for (const Group& group : groups) {
    lines += group.name + ":x:" + std::to_string(group.gid) + ":" + join(group.members, ",") + "\n";
  }
  return insert_lines(text, lines);
}

std::string add_group_shadows(std::string_view text, std::span<const Group> groups) {
  std::string lines;
  for (const Group& group : groups) {
    if (!has_line(text, group.name)) {
      lines += group.name + ":!::" + join(group.members, ",") + "\n";
    }
  }
  return insert_lines(text, lines);
}

Result<std::vector<Group>> copy_groups(const Root& root, const AccountFacts& facts,
                                       std::span<const std::string> names,
                                       const Deadline& deadline) {
  std::vector<Group> groups;
  for (const std::string& name : names) {
    const Group* group = facts.find_group(name);
    const bool copied = std::ranges::find(groups, name, &Group::name) != groups.end();
    if (group != nullptr && !group->outside.empty() && !copied) groups.push_back(*group);
  }
  if (groups.empty()) return groups;

  const std::string context = "copying groups to /etc/group";
  const UniqueFd lock = OR_RETURN(lock_databases(root, deadline), context);
  const auto text = OR_RETURN(root.read_if_exists("/etc/group", kDatabaseLimit), context);
  const std::string present = text.value_or("");
  // Another process may have made one since `facts` were read.
  std::erase_if(groups, [&](const Group& group) { return has_line(present, group.name); });
  if (groups.empty()) return groups;

  auto shadow = OR_RETURN(root.read_if_exists("/etc/gshadow", kDatabaseLimit), context);
  // First, so that no group in /etc/group lacks its line if the power fails in between.
  if (shadow) {
    const Secret old(std::move(*shadow));
    const Secret added(add_group_shadows(old.reveal(), groups));
    OR_RETURN(write_database(root, "/etc/gshadow", added.reveal()), context);
  }
  OR_RETURN(write_database(root, "/etc/group", add_groups(present, groups)), context);
  return groups;
}

}  // namespace azl::provision
