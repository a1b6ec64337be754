// The user that these tests make, and what the databases of a tree say about it.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "provision/accounts/user.h"
#include "tests/unit/provision/accounts/account_tree.h"

namespace azl::provision::test {

inline const UserWish kBob{
    .name = "bob", .comment = "Bob: the\nadmin", .shell = "/bin/bash", .groups = {"wheel", "adm"}};
inline constexpr const char* kPassword = "Correct-Horse-9-Battery";

inline MadeUser make_whole_user(const azl::test::AccountTree& tree, const UserWish& wish = kBob) {
  SystemProcesses processes;
  auto made = ensure_user(tree.root(), processes, wish, azl::test::patience());
  if (!made) FAIL(made.error().to_string());
  return std::move(*made);
}

inline Account make_user(const azl::test::AccountTree& tree, const UserWish& wish = kBob) {
  return make_whole_user(tree, wish).account;
}

/// Returns a user's line in one of the databases; empty if there is none.
inline std::string line_of(const azl::test::AccountTree& tree, std::string_view file,
                           const std::string& user) {
  const std::string text = tree.read(file);
  for (const std::string_view line : split(text, '\n')) {
    if (line.starts_with(user + ":")) return std::string(line);
  }
  return "";
}

inline std::string password_field_of(const azl::test::AccountTree& tree, const std::string& user) {
  const std::string line = line_of(tree, "etc/shadow", user);
  const auto parts = line.substr(std::min(line.size(), user.size() + 1));
  return parts.substr(0, parts.find(':'));
}

}  // namespace azl::provision::test
