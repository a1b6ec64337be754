#include "provision/accounts/groups.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "provision/accounts/account.h"
#include "provision/accounts/databases.h"
#include "provision/accounts/local_groups.h"

namespace azl::provision {

namespace {

bool is_member(const Group& group, const Account& account) {
  return account.gid == group.gid ||
         std::ranges::find(group.members, account.name) != group.members.end();
}

Result<void> run_unlocked(const Root& root, const AccountTools& tools,
                          std::vector<std::string> argv) {
  OR_RETURN(remove_stale_locks(root));
  return tools.run(std::move(argv), Reason::kGroup);
}

}  // namespace

Result<MadeGroups> ensure_groups(const Root& root, Processes& processes,
                                 std::span<const std::string> names, const Deadline& deadline) {
  const auto facts = OR_RETURN(read_accounts(root), "reading the groups");
  MadeGroups groups;
  const AccountTools tools(root, processes, deadline);
  for (const auto& name : names) {
    if (facts.has_group(name) || std::ranges::find(groups.made, name) != groups.made.end())
      continue;
    if (auto made = run_unlocked(root, tools, {"groupadd", name})) {
      groups.made.push_back(name);
    } else {
      groups.failures.push_back(
          std::move(made.error()).with_context("making the group '" + printable(name) + "'"));
    }
  }
  if (!groups.made.empty()) OR_RETURN(relabel_databases(root));
  return groups;
}

Result<AddedMembers> add_members(const Root& root, Processes& processes, const std::string& name,
                                 std::span<const std::string> users, const Deadline& deadline) {
  const std::string context = "adding users to the group '" + printable(name) + "'";
  auto facts = OR_RETURN(read_accounts(root), context);
  const std::vector<std::string> names = {name};
  if (!OR_RETURN(copy_groups(root, facts, names, deadline), context).empty())
    facts = OR_RETURN(read_accounts(root), context);
  const auto* group = facts.find_group(name);
  if (group == nullptr) return fail(Reason::kGroup, context + ": it does not exist");
  AddedMembers result;
  const AccountTools tools(root, processes, deadline);
  for (const auto& user : users) {
    const auto* account = facts.find(user);
    if (account == nullptr) {
      result.missing.push_back(user);
    } else if (!is_member(*group, *account)) {
      if (auto added = run_unlocked(root, tools, {"usermod", "--append", "--groups", name, user})) {
        result.added.push_back(user);
      } else {
        result.failures.push_back(std::move(added.error()).with_context(context));
      }
    }
  }
  if (!result.added.empty()) OR_RETURN(relabel_databases(root), context);
  return result;
}

}  // namespace azl::provision
