// One user of cloud-config.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "provision/custom_data/plan/item.h"
#include "provision/custom_data/plan/map_reader.h"

namespace azl::provision::custom_data {

/// Reads the map of one user. `name`: of the user; empty: the user that Azure names. Returns
/// nullopt, with a remark, if the user cannot be made. Parts of it that cannot be used are left
/// out, with a remark. Source: cloud-init's module reference, "Users and Groups".
[[nodiscard]] std::optional<MakeUser> read_user(const MapReader& reader, const std::string& name);

/// The keys among those that a user has that say something about a new account, and nothing about
/// one that exists. `azure`: the user that Azure names, whose groups, shell and comment change.
[[nodiscard]] std::vector<std::string_view> list_unused_keys(const MakeUser& user, bool azure);

/// "make the user ann (groups docker, wheel; 2 SSH keys; sudo; password locked)". Contains names
/// of groups, and no other value.
[[nodiscard]] std::string describe_user(const MakeUser& user);

}  // namespace azl::provision::custom_data
