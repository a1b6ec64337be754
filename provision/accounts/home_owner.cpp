#include "provision/accounts/home_owner.h"

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>

#include "base/text.h"

namespace azl::provision {

namespace {

const IdRange* find_range(std::span<const IdRange> ranges, std::uint32_t id) {
  const auto found =
      std::ranges::find_if(ranges, [id](const IdRange& range) { return range.has(id); });
  return found == ranges.end() ? nullptr : &*found;
}

/// Says whose the home is or may be. Empty if its owner is gone.
std::string describe_live_owner(const HomeFacts& home, const AccountFacts& facts) {
  std::string uid = describe_owner(home.uid, facts);
  if (home.uid == 0 || facts.find_uid(home.uid) != nullptr) return uid;
  if (const IdRange* range = find_range(facts.subuids, home.uid); range != nullptr) {
    return uid + ", which /etc/subuid gives to '" + printable(range->user) + "'";
  }
  if (const IdRange* range = find_range(facts.subgids, home.gid); range != nullptr) {
    return uid + " and gid " + std::to_string(home.gid) + ", which /etc/subgid gives to '" +
           printable(range->user) + "'";
  }
  if (home.uid < facts.uid_min || home.uid > facts.uid_max) {
    return uid + ", which is outside UID_MIN " + std::to_string(facts.uid_min) + " to UID_MAX " +
           std::to_string(facts.uid_max) + " and may be that of a service or of a domain account";
  }
  return {};
}

/// Decides about a home that may be given to the account. An error has no context yet.
Result<HomeChoice> decide_owner(const HomeFacts& home, const Account& account,
                                const AccountFacts& facts) {
  if (home.uid == account.uid) {
    return HomeChoice{HomeAction::kTakeOver,
                      "belonged to an earlier account with uid " + std::to_string(home.uid)};
  }
  if (home.uid != 0) {
    if (auto owner = describe_live_owner(home, facts); !owner.empty())
      return fail(Cause::kHomeOfOther, std::move(owner));
    return HomeChoice{HomeAction::kTakeOver,
                      "belonged to uid " + std::to_string(home.uid) + ", which no account has"};
  }
  // .ssh is the user's already if this is what an interrupted takeover left.
  if (home.ssh_uid == 0U || home.ssh_uid == account.uid)
    return HomeChoice{HomeAction::kTakeOver, "belonged to root"};
  // An interrupted run, or an image that brings files for the home, leaves a home of root's.
  return HomeChoice{HomeAction::kGive, "belonged to root"};
}

Result<HomeChoice> decide(const HomeFacts& home, const Account& account, const AccountFacts& facts,
                          bool is_new) {
  const bool may_give = is_home_of(account);
  if (!home.exists) {
    if (!may_give) return fail(Reason::kUser, "does not exist");
    return HomeChoice{HomeAction::kMake, "did not exist"};
  }
  if (!home.directory) return fail(Reason::kUser, "is not a directory");
  const bool foreign = home.uid != account.uid || (is_new && may_give && !home.empty);
  if (!foreign) return HomeChoice{HomeAction::kKeep, "belongs to the user"};
  if (!may_give) {
    const auto owner = describe_live_owner(home, facts);
    return fail(Cause::kHomeOfOther,
                owner.empty() ? "belongs to uid " + std::to_string(home.uid) : owner);
  }
  auto choice = OR_RETURN(decide_owner(home, account, facts));
  // A link to a home of the same uid was good before the account was made anew.
  if (home.link && home.uid != account.uid)
    return fail(Cause::kHomeOfOther, "is a symbolic link to a directory of another owner");
  return choice;
}

}  // namespace

std::string describe_owner(uid_t uid, const AccountFacts& facts) {
  const Account* owner = facts.find_uid(uid);
  auto text = "belongs to uid " + std::to_string(uid);
  if (owner != nullptr)
    text += " (account '" + printable(owner->name) + "' in " + owner->file() + ")";
  return text;
}

bool is_home_of(const Account& account) {
  const auto parts = split(account.home, '/');
  return account.home.starts_with('/') && parts.size() >= 2 && parts.back() == account.name &&
         std::ranges::find(parts, "..") == parts.end();
}

Result<HomeChoice> decide_home(const HomeFacts& home, const Account& account,
                               const AccountFacts& facts, bool is_new) {
  auto choice = decide(home, account, facts, is_new);
  if (choice) return choice;
  return fail(choice.error().reason(),
              "the home '" + printable(account.home) + "' " + choice.error().cause());
}

}  // namespace azl::provision
