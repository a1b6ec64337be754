#include "provision/accounts/account.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <iterator>
#include <set>
#include <utility>

#include "base/text.h"
#include "provision/accounts/nsswitch.h"
#include "provision/accounts/userdb.h"

namespace azl::provision {

namespace {

/// Splits a line into its fields. Keeps empty fields, which base's split() drops.
std::vector<std::string_view> fields(std::string_view line, char separator) {
  std::vector<std::string_view> result;
  while (true) {
    const auto end = line.find(separator);
    result.push_back(line.substr(0, end));
    if (end == std::string_view::npos) return result;
    line.remove_prefix(end + 1);
  }
}

/// Parses a uid or gid. Returns nullopt for 2^32-1, which means "none" to the kernel.
std::optional<std::uint32_t> parse_id(std::string_view text) {
  std::uint32_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc() || end != text.data() + text.size() || id == UINT32_MAX) {
    return std::nullopt;
  }
  return id;
}

/// Reads UID_MIN and UID_MAX from login.defs. The last of several lines counts, as in shadow-utils.
/// Keeps the defaults if UID_MIN is greater than UID_MAX.
void read_uid_range(std::string_view login_defs, AccountFacts& facts) {
  uid_t min = facts.uid_min;
  uid_t max = facts.uid_max;
  for (const std::string_view line : split(login_defs, '\n')) {
    const std::string_view text = trim(line);
    const auto gap = text.find_first_of(" \t");
    if (gap == std::string_view::npos) continue;
    const std::string_view keyword = text.substr(0, gap);
    if (keyword != "UID_MIN" && keyword != "UID_MAX") continue;
    const auto value = parse_id(trim(text.substr(gap)));
    if (value) (keyword == "UID_MIN" ? min : max) = *value;
  }
  if (min > max) return;
  facts.uid_min = min;
  facts.uid_max = max;
}

/// Reads one database of lines. Returns an empty text if the file is missing.
Result<std::string> read_database(const Root& root, const std::string& path) {
  auto text = OR_RETURN(root.read_if_exists(path, kDatabaseLimit));
  return std::move(text).value_or("");
}

/// Appends what `file` has, with the name of the file.
template <class Entry>
void append_from(std::string_view file, std::vector<Entry> entries, std::vector<Entry>& all) {
  for (Entry& entry : entries) {
    entry.outside = file;
    all.push_back(std::move(entry));
  }
}

/// Reads what stands in other local sources than /etc/passwd and /etc/group.
Result<void> read_outside(const Root& root, AccountFacts& facts) {
  const LocalSources sources = OR_RETURN(read_nsswitch(root));
  if (sources.passwd.altfiles) {
    const auto text = OR_RETURN(read_database(root, "/usr/lib/passwd"));
    append_from("/usr/lib/passwd", parse_passwd(text), facts.accounts);
  }
  if (sources.group.altfiles) {
    const auto text = OR_RETURN(read_database(root, "/usr/lib/group"));
    append_from("/usr/lib/group", parse_groups(text), facts.groups);
  }
  if (!sources.passwd.userdb && !sources.group.userdb) return {};
  Userdb userdb = OR_RETURN(read_userdb(root));
  if (sources.passwd.userdb) std::ranges::move(userdb.accounts, std::back_inserter(facts.accounts));
  if (sources.group.userdb) std::ranges::move(userdb.groups, std::back_inserter(facts.groups));
  return {};
}

/// The error of an account that shadow-utils cannot change.
std::unexpected<Error> fail_outside(const Account& account) {
  return fail(Reason::kUser, "the account '" + printable(account.name) + "' is in " +
                                 account.file() +
                                 " and not in /etc/passwd, so useradd and usermod cannot change "
                                 "it");
}

bool is_member(const Group& group, const std::string& user) {
  return std::ranges::find(group.members, user) != group.members.end();
}

}  // namespace

const Account* AccountFacts::find(std::string_view name) const {
  const auto found = std::ranges::find_if(accounts, [name](const Account& account) {
    return account.outside.empty() && account.name == name;
  });
  return found == accounts.end() ? nullptr : &*found;
}

const Account* AccountFacts::find_uid(uid_t uid) const {
  const auto found = std::ranges::find(accounts, uid, &Account::uid);
  return found == accounts.end() ? nullptr : &*found;
}

const Group* AccountFacts::find_group(std::string_view name) const {
  const auto found = std::ranges::find(groups, name, &Group::name);
  return found == groups.end() ? nullptr : &*found;
}

std::vector<Account> parse_passwd(std::string_view text) {
  constexpr std::size_t kFields = 7;
  std::vector<Account> accounts;
  for (const std::string_view line : split(text, '\n')) {
    const auto parts = fields(line, ':');
    if (parts.size() != kFields || parts[0].empty()) continue;
    const auto uid = parse_id(parts[2]);
    const auto gid = parse_id(parts[3]);
    if (!uid || !gid) continue;
    accounts.push_back({.name = std::string(parts[0]),
                        .uid = *uid,
                        .gid = *gid,
                        .home = std::string(parts[5]),
                        .shell = std::string(parts[6])});
  }
  return accounts;
}

std::vector<Group> parse_groups(std::string_view text) {
  constexpr std::size_t kFields = 4;
  std::vector<Group> groups;
  for (const std::string_view line : split(text, '\n')) {
    const auto parts = fields(line, ':');
    if (parts.size() != kFields || parts[0].empty()) continue;
    const auto gid = parse_id(parts[2]);
    if (!gid) continue;
    Group group{.name = std::string(parts[0]), .gid = *gid, .members = {}};
    for (const std::string_view member : split(parts[3], ',')) group.members.emplace_back(member);
    groups.push_back(std::move(group));
  }
  return groups;
}

std::vector<IdRange> parse_id_ranges(std::string_view text) {
  constexpr std::size_t kFields = 3;
  std::vector<IdRange> ranges;
  for (const std::string_view line : split(text, '\n')) {
    const auto parts = fields(line, ':');
    if (parts.size() != kFields || parts[0].empty()) continue;
    const auto first = parse_id(parts[1]);
    const auto count = parse_id(parts[2]);
    if (first && count) ranges.push_back({std::string(parts[0]), *first, *count});
  }
  return ranges;
}

Result<AccountFacts> read_accounts(const Root& root) {
  const auto passwd = OR_RETURN(root.read("/etc/passwd", kDatabaseLimit), "reading the accounts");
  const auto group = OR_RETURN(read_database(root, "/etc/group"), "reading the groups");
  const auto login_defs =
      OR_RETURN(root.read_if_exists("/etc/login.defs"), "reading the range of user ids");
  const auto subuid = OR_RETURN(read_database(root, "/etc/subuid"), "reading subordinate user ids");
  const auto subgid =
      OR_RETURN(read_database(root, "/etc/subgid"), "reading subordinate group ids");

  AccountFacts facts;
  facts.accounts = parse_passwd(passwd);
  facts.groups = parse_groups(group);
  facts.subuids = parse_id_ranges(subuid);
  facts.subgids = parse_id_ranges(subgid);
  read_uid_range(login_defs.value_or(""), facts);
  OR_RETURN(read_outside(root, facts), "reading the accounts outside /etc/passwd");
  return facts;
}

Result<std::vector<std::string>> groups_of(const Root& root, const Account& account) {
  const auto facts = OR_RETURN(read_accounts(root));
  std::vector<std::string> names;
  for (const Group& group : facts.groups) {
    const bool in = is_member(group, account.name) || group.gid == account.gid;
    if (in && std::ranges::find(names, group.name) == names.end()) names.push_back(group.name);
  }
  return names;
}

Result<void> check_admin(const AccountFacts& facts, std::string_view name) {
  OR_RETURN(check_user_name(name));
  const Account* outside = nullptr;
  // Check each account of this name: programs differ in which of two they use.
  for (const Account& account : facts.accounts) {
    if (account.name != name) continue;
    if (account.uid == 0 || account.uid < facts.uid_min || account.uid > facts.uid_max) {
      return fail(Cause::kUserNameTaken, "the user name '" + printable(name) +
                                             "' belongs to a system account (uid " +
                                             std::to_string(account.uid) + " in " + account.file() +
                                             ", outside UID_MIN " + std::to_string(facts.uid_min) +
                                             " to UID_MAX " + std::to_string(facts.uid_max) + ")");
    }
    if (!account.outside.empty()) outside = &account;
  }
  if (outside != nullptr && facts.find(name) == nullptr) return fail_outside(*outside);
  return {};
}

Result<void> check_new_account(const AccountFacts& facts, std::string_view name,
                               std::optional<uid_t> uid) {
  OR_RETURN(check_user_name(name));
  if (facts.find(name) != nullptr) return {};
  const auto same = std::ranges::find(facts.accounts, name, &Account::name);
  if (same != facts.accounts.end()) return fail_outside(*same);
  const Account* owner = uid ? facts.find_uid(*uid) : nullptr;
  if (owner == nullptr) return {};
  return fail(Reason::kUser, "uid " + std::to_string(*uid) + " is that of the account '" +
                                 printable(owner->name) + "' in " + owner->file());
}

std::optional<uid_t> choose_uid(const AccountFacts& facts) {
  const auto in_range = [&facts](std::uint32_t id) {
    return id >= facts.uid_min && id <= facts.uid_max;
  };
  std::set<std::uint32_t> used;
  bool outside = false;
  const auto add = [&](std::uint32_t id, const std::string& file) {
    if (!in_range(id)) return;
    used.insert(id);
    outside = outside || !file.empty();
  };
  for (const Account& account : facts.accounts) add(account.uid, account.outside);
  for (const Group& group : facts.groups) add(group.gid, group.outside);
  if (!outside) return std::nullopt;
  // As useradd does: the one after the highest, else the lowest that is free.
  if (*used.rbegin() < facts.uid_max) return *used.rbegin() + 1;
  for (uid_t id = std::max(facts.uid_min, 1U); id < facts.uid_max; ++id) {
    if (!used.contains(id)) return id;
  }
  return std::nullopt;
}

}  // namespace azl::provision
