#include "provision/accounts/userdb.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "base/json.h"
#include "base/text.h"

namespace azl::provision {

namespace {

constexpr std::array<std::string_view, 5> kDirectories = {
    "/etc/userdb", "/run/userdb", "/run/host/userdb", "/usr/local/lib/userdb", "/usr/lib/userdb"};

/// Whether a name fits into passwd(5) and group(5). A number is a link to a record: UID.user.
bool is_name(std::string_view name) {
  const bool valid = std::ranges::all_of(
      name, [](char c) { return c > ' ' && c != 0x7f && c != ':' && c != ',' && c != '/'; });
  return valid && !name.empty() && name.find_first_not_of("0123456789") != std::string_view::npos;
}

bool fits_line(std::string_view text) {
  return std::ranges::none_of(
      text, [](char c) { return c == ':' || static_cast<unsigned char>(c) < ' '; });
}

std::optional<std::uint32_t> id_member(const nlohmann::json& record, std::string_view key) {
  const auto value = number_member(record, key, -1);
  if (value < 0 || value >= UINT32_MAX) return std::nullopt;
  return static_cast<std::uint32_t>(value);
}

Result<nlohmann::json> parse_record(std::string_view text, std::string_view name_key,
                                    std::string_view name) {
  auto record = OR_RETURN(parse_json(text, kUserRecordLimit, Reason::kInvalidInput));
  if (text_member(record, name_key) != name) {
    return fail(Reason::kInvalidInput, std::string(name_key) + " is not the name of the file");
  }
  return record;
}

/// Maps each file name of the directories to the first directory that has it.
Result<std::map<std::string, std::string>> list_records(const Root& root) {
  std::map<std::string, std::string> files;
  for (const std::string_view directory : kDirectories) {
    const auto names = OR_RETURN(root.list(directory));
    if (names.size() > kMostUserRecords) {
      return fail(Reason::kInvalidInput, std::string(directory) + " has more than " +
                                             std::to_string(kMostUserRecords) + " files");
    }
    for (const std::string& name : names) files.emplace(name, directory);
  }
  return files;
}

/// Adds "USER:GROUP" to the group's members.
void add_member(std::string_view membership, std::vector<Group>& groups) {
  const auto colon = membership.find(':');
  if (colon == std::string_view::npos) return;
  const std::string user(membership.substr(0, colon));
  const auto group = std::ranges::find(groups, membership.substr(colon + 1), &Group::name);
  if (!is_name(user) || group == groups.end()) return;
  if (std::ranges::find(group->members, user) == group->members.end())
    group->members.push_back(user);
}

}  // namespace

Result<Account> parse_user_record(std::string_view text, std::string_view name) {
  const auto record = OR_RETURN(parse_record(text, "userName", name));
  const auto uid = id_member(record, "uid");
  if (!uid) return fail(Reason::kInvalidInput, "the record has no valid uid");
  Account account{.name = std::string(name),
                  .uid = *uid,
                  .gid = id_member(record, "gid").value_or(*uid),
                  .home = text_member(record, "homeDirectory", "/home/" + std::string(name)),
                  .shell = text_member(record, "shell")};
  if (!is_name(name) || !fits_line(account.home) || !fits_line(account.shell)) {
    return fail(Reason::kInvalidInput, "the record has characters that passwd(5) cannot hold");
  }
  return account;
}

Result<Group> parse_group_record(std::string_view text, std::string_view name) {
  const auto record = OR_RETURN(parse_record(text, "groupName", name));
  const auto gid = id_member(record, "gid");
  if (!gid) return fail(Reason::kInvalidInput, "the record has no valid gid");
  if (!is_name(name)) return fail(Reason::kInvalidInput, "the group's name is invalid");
  Group group{.name = std::string(name), .gid = *gid};
  const auto* members = find_member(record, "members");
  if (members == nullptr || !members->is_array()) return group;
  for (const auto& member : *members) {
    if (!member.is_string()) continue;
    auto user = member.get<std::string>();
    if (is_name(user)) group.members.push_back(std::move(user));
  }
  return group;
}

Result<Userdb> read_userdb(const Root& root) {
  const auto files = OR_RETURN(list_records(root), "reading systemd's user records");
  Userdb userdb;
  std::vector<std::string_view> memberships;
  for (const auto& [file, directory] : files) {
    const auto dot = file.rfind('.');
    if (dot == std::string::npos) continue;
    const auto name = std::string_view(file).substr(0, dot);
    const auto kind = std::string_view(file).substr(dot);
    if (kind == ".membership") memberships.push_back(name);
    if ((kind != ".user" && kind != ".group") || !is_name(name)) continue;
    const std::string path = directory + "/" + file;
    const auto text = root.read_if_exists(path, kUserRecordLimit);
    if (!text || !*text) continue;
    if (kind == ".user") {
      auto account = parse_user_record(**text, name);
      if (!account) continue;
      account->outside = path;
      userdb.accounts.push_back(std::move(*account));
    } else {
      auto group = parse_group_record(**text, name);
      if (!group) continue;
      group->outside = path;
      userdb.groups.push_back(std::move(*group));
    }
  }
  for (const std::string_view membership : memberships) add_member(membership, userdb.groups);
  return userdb;
}

}  // namespace azl::provision
