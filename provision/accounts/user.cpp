#include "provision/accounts/user.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "provision/accounts/databases.h"
#include "provision/accounts/home_owner.h"
#include "provision/accounts/local_groups.h"

namespace azl::provision {

namespace {

/// Replaces colons, which useradd refuses, and line breaks, which would start another entry.
std::string clean_comment(std::string text) {
  std::replace_if(
      text.begin(), text.end(),
      [](char c) { return c == ':' || static_cast<unsigned char>(c) < 0x20U || c == 0x7f; }, ' ');
  return text;
}

/// The group that useradd is given. useradd makes a group of the user's name, and fails if that
/// group exists. Empty: useradd is given none.
std::string choose_primary_group(const AccountFacts& facts, const UserWish& wish) {
  if (!wish.account.primary_group.empty()) return wish.account.primary_group;
  return wish.account.own_group && facts.has_group(wish.name) ? wish.name : std::string();
}

/// The options that only some users have.
std::vector<std::string> list_account_options(const AccountFacts& facts, const UserWish& wish) {
  const auto& account = wish.account;
  std::vector<std::string> options;
  const auto add = [&options](const char* option, const std::string& value) {
    if (!value.empty()) options.insert(options.end(), {option, value});
  };
  add("--shell", wish.shell);
  add("--comment", clean_comment(wish.comment));
  add("--gid", choose_primary_group(facts, wish));
  add("--home-dir", account.home);
  add("--expiredate", account.expires);
  add("--inactive", account.inactive);
  if (!account.own_group) options.emplace_back("--no-user-group");
  if (account.system) options.emplace_back("--system");
  if (!account.log_init) options.emplace_back("--no-log-init");
  auto uid = account.uid;
  if (!uid && !account.system) uid = choose_uid(facts);
  if (uid) add("--uid", std::to_string(*uid));
  return options;
}

Result<void> create(const AccountTools& tools, const AccountFacts& facts, const UserWish& wish) {
  // ensure_home() makes the home: an interrupted useradd leaves a half-made one.
  std::vector<std::string> argv = {"useradd", "--no-create-home"};
  const auto options = list_account_options(facts, wish);
  argv.insert(argv.end(), options.begin(), options.end());
  // shadow-utils accepts [a-z_][a-z0-9_-]*; Fedora and Debian each accept more.
  const bool plain = std::all_of(wish.name.begin(), wish.name.end(),
                                 [](char c) { return c != '.' && (c < 'A' || c > 'Z'); });
  if (!plain) argv.emplace_back("--badname");
  if (!wish.groups.empty()) argv.insert(argv.end(), {"--groups", join(wish.groups, ",")});
  argv.push_back(wish.name);
  return tools.run(std::move(argv), Reason::kUser);
}

/// Holds the name of the account that is being made, and kHomeClaimed once its home is the
/// account's. The file exists from before useradd until the account is complete. useradd writes six
/// databases one after another, so an account that an interrupted useradd left is removed and made
/// again.
constexpr std::string_view kMakingUser = "/var/lib/azl-provision/making-user";
constexpr std::string_view kHomeClaimed = "home-claimed";

/// What kMakingUser says about a user.
struct Mark {
  bool present = false;       ///< an interrupted run was making this user
  bool home_claimed = false;  ///< a home with the user's uid is the user's
};

Result<Mark> read_mark(const Root& root, const std::string& user) {
  const auto text = OR_RETURN(root.read_if_exists(kMakingUser));
  const auto lines = split(text ? std::string_view(*text) : std::string_view(), '\n');
  if (lines.empty() || trim(lines[0]) != user) return Mark();
  return Mark{.present = true, .home_claimed = lines.size() > 1 && lines[1] == kHomeClaimed};
}

Result<void> write_mark(const Root& root, const std::string& user, bool home_claimed) {
  OR_RETURN(root.make_directory("/var/lib/azl-provision"));
  std::string text = user + "\n";
  if (home_claimed) text.append(kHomeClaimed).append("\n");
  OR_RETURN(root.write(kMakingUser, text, {.mode = 0600}));
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
  if (!found->outside.empty()) return {};
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
Result<void> complete(const Root& root, const AccountTools& tools, const AccountFacts& facts,
                      const Account& account, const UserWish& wish) {
  OR_RETURN(complete_group(root, tools, account, facts.groups));

  const auto missing = OR_RETURN(find_missing_groups(facts.groups, account, wish));
  if (!missing.empty()) {
    OR_RETURN(tools.run({"usermod", "--append", "--groups", join(missing, ","), account.name},
                        Reason::kUser));
  }
  const auto field = OR_RETURN(password_field(root, account.name));
  if (field || !root.exists("/etc/shadow")) return {};
  return tools.run({"chpasswd", "-e"}, Reason::kUser, Secret(account.name + ":!\n"));
}

/// Copies the groups that the tools must find in /etc/group. Brings `facts` up to date.
Result<std::vector<Group>> copy_needed_groups(const Root& root, const UserWish& wish,
                                              const Deadline& deadline, AccountFacts& facts) {
  std::vector<std::string> names = wish.groups;
  names.push_back(wish.name);  // useradd gets --gid if a group has the user's name
  if (!wish.account.primary_group.empty()) names.push_back(wish.account.primary_group);
  auto copied = OR_RETURN(copy_groups(root, facts, names, deadline));
  if (!copied.empty()) facts = OR_RETURN(read_accounts(root));
  return copied;
}

/// Checks that a user of this name may be made, or is one that may be completed.
Result<void> check_wish(const AccountFacts& facts, const UserWish& wish) {
  return wish.account.any_uid ? check_new_account(facts, wish.name, wish.account.uid)
                              : check_admin(facts, wish.name);
}

/// Makes the account, or completes the one that exists. Sets `facts` to what is there then.
Result<void> ensure_account(const Root& root, const AccountTools& tools, const UserWish& wish,
                            const Mark& mark, AccountFacts& facts) {
  const Account* found = facts.find(wish.name);
  auto made = Result<void>();
  if (found != nullptr) {
    made = complete(root, tools, facts, *found, wish);
  } else {
    if (!mark.present) made = write_mark(root, wish.name, false);
    if (made) made = create(tools, facts, wish);
  }
  if (!made) {
    if (!mark.home_claimed) remove_mark_if_unmade(root, wish.name);
    return made;
  }
  // Read the account back: it decides whose home is written to, so useradd's success is not enough.
  facts = OR_RETURN(read_accounts(root));
  OR_RETURN(check_wish(facts, wish));
  if (facts.find(wish.name) != nullptr) return {};
  return fail(Reason::kUser, "useradd succeeded, but /etc/passwd has no such account");
}

/// Makes the home the account's and completes it. `named`: the wish has its path.
Result<ClaimedHome> complete_home(const Root& root, const Account& account,
                                  const AccountFacts& facts, bool created, const Mark& mark,
                                  bool named) {
  if (created && named && !is_home_of(account)) return ensure_named_home(root, account, facts);
  const bool is_new = created && !mark.home_claimed;
  auto claimed = OR_RETURN(claim_home(root, account, facts, is_new));
  // From here on, a home with the account's uid is ours, also for the run after an interruption.
  if (is_new) OR_RETURN(write_mark(root, account.name, true));
  OR_RETURN(ensure_home(root, account, created || mark.present || claimed.changed));
  return claimed;
}

}  // namespace

Result<MadeUser> ensure_user(const Root& root, Processes& processes, const UserWish& wish,
                             const Deadline& deadline) {
  const std::string context = "making the user '" + printable(wish.name) + "'";
  auto facts = OR_RETURN(read_accounts(root), context);
  OR_RETURN(check_wish(facts, wish), context);
  OR_RETURN(remove_stale_locks(root), context);

  const AccountTools tools(root, processes, deadline);
  const Mark mark = OR_RETURN(read_mark(root, wish.name), context);
  if (mark.present && facts.find(wish.name) != nullptr) {
    // userdel keeps the home; ensure_home() completes it.
    OR_RETURN(tools.run({"userdel", wish.name}, Reason::kUser), context);
    facts = OR_RETURN(read_accounts(root), context);
  }
  const bool created = facts.find(wish.name) == nullptr;
  MadeUser user;
  user.copied = OR_RETURN(copy_needed_groups(root, wish, deadline, facts), context);
  OR_RETURN(ensure_account(root, tools, wish, mark, facts), context);
  user.account = *facts.find(wish.name);
  auto home = wish.account.make_home ? complete_home(root, user.account, facts, created, mark,
                                                     !wish.account.home.empty())
                                     : Result<ClaimedHome>();
  if (!home) {
    // A failed system call counts as a failed user. kDiskFull and kReadOnly have their own advice.
    auto error = std::move(home.error());
    if (error.reason() == Reason::kIo) error = Error(Reason::kUser, error.to_string());
    if (error.known_cause()) return fail(std::move(error), context);
    return fail(std::move(error).with_cause(Cause::kHomeUnusable), context);
  }
  user.home = std::move(*home);
  OR_RETURN(relabel_databases(root), context);
  if (!wish.account.goes_on) OR_RETURN(root.remove(kMakingUser), context);
  return user;
}

Result<void> end_making(const Root& root, const std::string& user) {
  if (!OR_RETURN(is_half_made(root, user))) return {};
  OR_RETURN(root.remove(kMakingUser));
  return {};
}

Result<bool> is_half_made(const Root& root, const std::string& user) {
  return OR_RETURN(read_mark(root, user)).present;
}

Result<void> change_account(const Root& root, Processes& processes, const std::string& user,
                            const AccountChange& change, const Deadline& deadline) {
  std::vector<std::string> argv = {"usermod"};
  if (!change.comment.empty())
    argv.insert(argv.end(), {"--comment", clean_comment(change.comment)});
  if (!change.shell.empty()) argv.insert(argv.end(), {"--shell", change.shell});
  if (argv.size() == 1) return {};
  argv.push_back(user);
  const std::string context = "changing the user '" + printable(user) + "'";
  OR_RETURN(remove_stale_locks(root), context);
  OR_RETURN(AccountTools(root, processes, deadline).run(std::move(argv), Reason::kUser), context);
  OR_RETURN(relabel_databases(root), context);
  return {};
}

}  // namespace azl::provision
