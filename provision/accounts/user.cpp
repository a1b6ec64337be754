#include "provision/accounts/user.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "provision/accounts/databases.h"
#include "provision/accounts/home.h"

namespace azl::provision {

namespace {

/// Replaces colons, which useradd refuses, and line breaks, which would start another entry.
std::string clean_comment(std::string text) {
  std::replace_if(
      text.begin(), text.end(),
      [](char c) { return c == ':' || static_cast<unsigned char>(c) < 0x20U || c == 0x7f; }, ' ');
  return text;
}

Result<void> create(const AccountTools& tools, const AccountFacts& facts, const UserWish& wish) {
  // ensure_home() makes the home: an interrupted useradd leaves a half-made one.
  std::vector<std::string> argv = {"useradd",  "--no-create-home", "--shell",
                                   wish.shell, "--comment",        clean_comment(wish.comment)};
  // useradd makes a group of the user's name, and fails if that group exists.
  if (facts.has_group(wish.name)) argv.insert(argv.end(), {"--gid", wish.name});
  // shadow-utils accepts [a-z_][a-z0-9_-]*; Fedora and Debian each accept more.
  const bool plain = std::all_of(wish.name.begin(), wish.name.end(),
                                 [](char c) { return c != '.' && (c < 'A' || c > 'Z'); });
  if (!plain) argv.emplace_back("--badname");
  if (!wish.groups.empty()) argv.insert(argv.end(), {"--groups", join(wish.groups, ",")});
  argv.push_back(wish.name);
  return tools.run(std::move(argv), Reason::kUser);
}

/// Holds the name of the account that is being made. The file exists from before useradd until the
/// account is complete. useradd writes six databases one after another, so an account that an
/// interrupted useradd left is removed and made again.
constexpr std::string_view kMakingUser = "/var/lib/azl-provision/making-user";

Result<bool> was_interrupted(const Root& root, const std::string& user) {
  const auto text = OR_RETURN(root.read_if_exists(kMakingUser));
  return text && trim(*text) == user;
}

Result<void> begin_making(const Root& root, const std::string& user) {
  OR_RETURN(root.make_directory("/var/lib/azl-provision"));
  OR_RETURN(root.write(kMakingUser, user + "\n", {.mode = 0600}));
  return {};
}

/// Removes the mark if useradd failed before it wrote anything, as on a full or read-only /etc.
void remove_mark_if_unmade(const Root& root, const std::string& user) {
  const auto facts = read_accounts(root);
  if (facts && facts->find(user) == nullptr)
    (void)root.remove(kMakingUser);  // if the mark stays, the next run only runs userdel
}

/// Returns the wanted groups that the account is not in.
Result<std::vector<std::string>> find_missing_groups(const std::vector<Group>& groups,
                                                     const Account& account, const UserWish& wish) {
  std::vector<std::string> missing;
  for (const std::string& name : wish.groups) {
    const auto group = std::find_if(groups.begin(), groups.end(),
                                    [&name](const Group& each) { return each.name == name; });
    if (group == groups.end()) return fail(Reason::kUser, "group '" + name + "' does not exist");
    const auto& members = group->members;
    const bool in = group->gid == account.gid ||
                    std::find(members.begin(), members.end(), account.name) != members.end();
    if (!in) missing.push_back(name);
  }
  return missing;
}

/// Makes the account's own group if no group has its gid, and the group's entry in gshadow.
Result<void> complete_group(const Root& root, const AccountTools& tools, const Account& account,
                            const std::vector<Group>& groups) {
  const auto found = std::find_if(groups.begin(), groups.end(), [&account](const Group& each) {
    return each.gid == account.gid || each.name == account.name;
  });
  if (found == groups.end()) {
    return tools.run({"groupadd", "--gid", std::to_string(account.gid), account.name},
                     Reason::kUser);
  }
  auto content =
      OR_RETURN(root.read_if_exists("/etc/gshadow", kDatabaseLimit), "reading /etc/gshadow");
  if (!content || found->name != account.name) return {};
  const Secret gshadow(std::move(*content));
  const auto lines = split(gshadow.reveal(), '\n');
  const bool present = std::any_of(lines.begin(), lines.end(), [&account](std::string_view line) {
    return line.starts_with(account.name + ":");
  });
  if (present) return {};
  return tools.run({"groupmod", "--password", "!", account.name}, Reason::kUser);
}

/// Adds what an adopted account lacks. useradd writes passwd, shadow, group and gshadow in this
/// order, so an interrupted one leaves the later ones without an entry. Does not add subuid and
/// subgid, which useradd writes last and which only rootless containers need.
Result<void> complete(const Root& root, const AccountTools& tools, const Account& account,
                      const UserWish& wish) {
  const auto text =
      OR_RETURN(root.read_if_exists("/etc/group", kDatabaseLimit), "reading the groups");
  const std::vector<Group> groups = parse_groups(text.value_or(""));
  OR_RETURN(complete_group(root, tools, account, groups));

  const auto missing = OR_RETURN(find_missing_groups(groups, account, wish));
  if (!missing.empty()) {
    OR_RETURN(tools.run({"usermod", "--append", "--groups", join(missing, ","), account.name},
                        Reason::kUser));
  }
  const auto field = OR_RETURN(password_field(root, account.name));
  if (field || !root.exists("/etc/shadow")) return {};
  return tools.run({"chpasswd", "-e"}, Reason::kUser, Secret(account.name + ":!\n"));
}

}  // namespace

Result<Account> ensure_user(const Root& root, Processes& processes, const UserWish& wish,
                            const Deadline& deadline) {
  const std::string context = "making the user '" + printable(wish.name) + "'";
  auto facts = OR_RETURN(read_accounts(root), context);
  OR_RETURN(check_admin(facts, wish.name), context);
  OR_RETURN(remove_stale_locks(root), context);

  const AccountTools tools(root, processes, deadline);
  const bool interrupted = OR_RETURN(was_interrupted(root, wish.name), context);
  if (interrupted && facts.find(wish.name) != nullptr) {
    // userdel keeps the home; ensure_home() completes it.
    OR_RETURN(tools.run({"userdel", wish.name}, Reason::kUser), context);
    facts = OR_RETURN(read_accounts(root), context);
  }
  const Account* found = facts.find(wish.name);
  const bool created = found == nullptr;
  auto made = created ? begin_making(root, wish.name) : complete(root, tools, *found, wish);
  if (made && created) made = create(tools, facts, wish);
  if (!made) {
    remove_mark_if_unmade(root, wish.name);
    return fail(Error(made.error()), context);
  }

  // Read the account back: it decides whose home is written to, so useradd's success is not enough.
  facts = OR_RETURN(read_accounts(root), context);
  OR_RETURN(check_admin(facts, wish.name), context);
  found = facts.find(wish.name);
  if (found == nullptr) {
    return fail(Error(Reason::kUser, "useradd succeeded, but /etc/passwd has no such account"),
                context);
  }
  if (auto homed = ensure_home(root, *found, created); !homed) {
    // A failed system call counts as a failed user. kDiskFull and kReadOnly have their own advice.
    auto error = std::move(homed.error());
    if (error.reason() == Reason::kIo) error = Error(Reason::kUser, error.to_string());
    return fail(std::move(error), context);
  }
  OR_RETURN(relabel_databases(root), context);
  OR_RETURN(root.remove(kMakingUser), context);
  return *found;
}

}  // namespace azl::provision
