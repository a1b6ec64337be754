#include "provision/accounts/user.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "provision/accounts/databases.h"
#include "provision/accounts/home.h"

namespace azl::provision {

namespace {

/// useradd refuses a colon, and a line break would be a line of its own.
std::string clean_comment(std::string text) {
  std::replace_if(
      text.begin(), text.end(),
      [](char c) { return c == ':' || static_cast<unsigned char>(c) < 0x20U || c == 0x7f; }, ' ');
  return text;
}

Result<void> create(const AccountTools& tools, const AccountFacts& facts, const UserWish& wish) {
  // The home is ours to make (ensure_home): useradd's is half made when it is interrupted.
  std::vector<std::string> argv = {"useradd",  "--no-create-home", "--shell",
                                   wish.shell, "--comment",        clean_comment(wish.comment)};
  // useradd makes a group of the user's name, and fails where there is one already.
  if (facts.has_group(wish.name)) argv.insert(argv.end(), {"--gid", wish.name});
  // shadow-utils knows [a-z_][a-z0-9_-]*; Fedora and Debian are more generous, each differently.
  const bool plain = std::all_of(wish.name.begin(), wish.name.end(),
                                 [](char c) { return c != '.' && (c < 'A' || c > 'Z'); });
  if (!plain) argv.emplace_back("--badname");
  if (!wish.groups.empty()) argv.insert(argv.end(), {"--groups", join(wish.groups, ",")});
  argv.push_back(wish.name);
  return tools.run(std::move(argv), Reason::kUser);
}

/// The name of the account that is being made; the file is there from before useradd until the
/// account is whole. useradd writes six databases one after the other: what an interrupted one left
/// is not completed but made anew.
constexpr std::string_view kMakingUser = "/var/lib/azl-provision/making-user";

Result<bool> was_interrupted(const Root& root, const std::string& user) {
  auto text = root.read_if_exists(kMakingUser);
  if (!text) return fail(std::move(text.error()));
  return *text && trim(**text) == user;
}

Result<void> begin_making(const Root& root, const std::string& user) {
  if (auto made = root.make_directory("/var/lib/azl-provision"); !made)
    return fail(std::move(made.error()));
  if (auto marked = root.write(kMakingUser, user + "\n", {.mode = 0600}); !marked)
    return fail(std::move(marked.error()));
  return {};
}

/// After a useradd that failed before it wrote anything, as it does without room or on a read-only
/// /etc.
void forget_unmade(const Root& root, const std::string& user) {
  const auto facts = read_accounts(root);
  if (facts && facts->find(user) == nullptr)
    (void)root.remove(kMakingUser);  // one that stays costs a userdel at most
}

/// The wished groups that the account is not in.
Result<std::vector<std::string>> missing_groups(const std::vector<Group>& groups,
                                                const Account& account, const UserWish& wish) {
  std::vector<std::string> missing;
  for (const std::string& name : wish.groups) {
    const auto group = std::find_if(groups.begin(), groups.end(),
                                    [&name](const Group& each) { return each.name == name; });
    if (group == groups.end()) return fail(Reason::kUser, "there is no group '" + name + "'");
    const auto& members = group->members;
    const bool in = group->gid == account.gid ||
                    std::find(members.begin(), members.end(), account.name) != members.end();
    if (!in) missing.push_back(name);
  }
  return missing;
}

/// Makes the account's own group, if no group has its gid, and that group's entry in gshadow.
Result<void> complete_group(const Root& root, const AccountTools& tools, const Account& account,
                            const std::vector<Group>& groups) {
  const auto found = std::find_if(groups.begin(), groups.end(), [&account](const Group& each) {
    return each.gid == account.gid || each.name == account.name;
  });
  if (found == groups.end()) {
    return tools.run({"groupadd", "--gid", std::to_string(account.gid), account.name},
                     Reason::kUser);
  }
  auto content = root.read_if_exists("/etc/gshadow", kDatabaseLimit);
  if (!content) return fail(std::move(content.error()), "reading the shadowed groups");
  if (!*content || found->name != account.name) return {};
  const Secret gshadow(std::move(**content));
  const auto lines = split(gshadow.reveal(), '\n');
  const bool present = std::any_of(lines.begin(), lines.end(), [&account](std::string_view line) {
    return line.starts_with(account.name + ":");
  });
  if (present) return {};
  return tools.run({"groupmod", "--password", "!", account.name}, Reason::kUser);
}

/// Adds what an adopted account lacks. useradd writes passwd, shadow, group, gshadow in this order,
/// so one that was interrupted leaves an account without the later ones. (Last of all it writes
/// subuid and subgid: those are for containers without root, and stay as they are.)
Result<void> complete(const Root& root, const AccountTools& tools, const Account& account,
                      const UserWish& wish) {
  const auto text = root.read_if_exists("/etc/group", kDatabaseLimit);
  if (!text) return fail(Error(text.error()), "reading the groups");
  const std::vector<Group> groups = parse_groups(text->value_or(""));
  if (auto done = complete_group(root, tools, account, groups); !done) return done;

  const auto missing = missing_groups(groups, account, wish);
  if (!missing) return fail(Error(missing.error()));
  if (!missing->empty()) {
    auto added = tools.run({"usermod", "--append", "--groups", join(*missing, ","), account.name},
                           Reason::kUser);
    if (!added) return added;
  }
  auto field = password_field(root, account.name);
  if (!field) return fail(std::move(field.error()));
  if (*field || !root.exists("/etc/shadow")) return {};
  return tools.run({"chpasswd", "-e"}, Reason::kUser, Secret(account.name + ":!\n"));
}

}  // namespace

Result<Account> ensure_user(const Root& root, Processes& processes, const UserWish& wish,
                            const Deadline& deadline) {
  const std::string context = "making the user '" + printable(wish.name) + "'";
  auto facts = read_accounts(root);
  if (!facts) return fail(std::move(facts.error()), context);
  if (auto may = check_admin(*facts, wish.name); !may) return fail(std::move(may.error()), context);
  if (auto freed = remove_stale_locks(root); !freed) {
    return fail(std::move(freed.error()), context);
  }

  const AccountTools tools(root, processes, deadline);
  const auto interrupted = was_interrupted(root, wish.name);
  if (!interrupted) return fail(Error(interrupted.error()), context);
  if (*interrupted && facts->find(wish.name) != nullptr) {
    // Its home stays: ensure_home completes it.
    if (auto gone = tools.run({"userdel", wish.name}, Reason::kUser); !gone)
      return fail(std::move(gone.error()), context);
    facts = read_accounts(root);
    if (!facts) return fail(std::move(facts.error()), context);
  }
  const Account* found = facts->find(wish.name);
  const bool created = found == nullptr;
  auto made = created ? begin_making(root, wish.name) : complete(root, tools, *found, wish);
  if (made && created) made = create(tools, *facts, wish);
  if (!made) {
    forget_unmade(root, wish.name);
    return fail(Error(made.error()), context);
  }

  // The tool's word is not enough: what stands there now decides whose home we write to.
  facts = read_accounts(root);
  if (!facts) return fail(std::move(facts.error()), context);
  if (auto may = check_admin(*facts, wish.name); !may) return fail(std::move(may.error()), context);
  found = facts->find(wish.name);
  if (found == nullptr) {
    return fail(Error(Reason::kUser, "/etc/passwd has no such account after useradd"), context);
  }
  if (auto homed = ensure_home(root, *found, created); !homed) {
    // Whatever the system call said, what failed is the user; but for a full or read-only disk,
    // which has its own advice.
    auto error = std::move(homed.error());
    if (error.reason() == Reason::kIo) error = Error(Reason::kUser, error.to_string());
    return fail(std::move(error), context);
  }
  if (auto labelled = relabel_databases(root); !labelled) {
    return fail(std::move(labelled.error()), context);
  }
  if (auto whole = root.remove(kMakingUser); !whole) return fail(std::move(whole.error()), context);
  return *found;
}

}  // namespace azl::provision
