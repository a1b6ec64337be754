// Decides what happens to the home of the admin. Pure.
#pragma once

#include <optional>
#include <string>

#include <sys/types.h>

#include "base/error.h"
#include "provision/accounts/account.h"

namespace azl::provision {

/// What is at the path of an account's home.
struct HomeFacts {
  bool exists = false;
  bool directory = false;
  bool link = false;  ///< a symbolic link leads there
  bool empty = false;
  uid_t uid = 0;
  gid_t gid = 0;
  std::optional<uid_t> ssh_uid = {};  ///< owner of .ssh; nullopt: there is no .ssh
};

enum class HomeAction {
  kMake,      ///< make it
  kKeep,      ///< it is the account's
  kGive,      ///< change the owner of the directory, not of its content
  kTakeOver,  ///< change the owner of the content too, and set the former owner's files aside
};

struct HomeChoice {
  HomeAction action;
  std::string why;  ///< a sentence about the home: "belonged to uid 1001, which no account has"
};

/// Whether the home's path may be made for this account, or may be given to it: /home/bob or
/// /srv/people/bob, but not /bob and no path with "..".
[[nodiscard]] bool is_home_of(const Account& account);

/// "belongs to uid 1001 (account 'ann' in /etc/passwd)".
[[nodiscard]] std::string describe_owner(uid_t uid, const AccountFacts& facts);

/// Decides by the home's owner. `is_new`: the account was made just now, so a home with its uid was
/// somebody else's. Takes over a home of a uid that no account has: no local source knows it, it is
/// in no range of /etc/subuid, and it is from UID_MIN to UID_MAX. Other ids may belong to a
/// container, a directory service or a service. Also takes over a home of root's that has a .ssh of
/// root's.
///
/// Errors: kUser, with the account that owns the home, or with the reason why nobody may take it.
[[nodiscard]] Result<HomeChoice> decide_home(const HomeFacts& home, const Account& account,
                                             const AccountFacts& facts, bool is_new);

}  // namespace azl::provision
