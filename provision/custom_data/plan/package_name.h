// Names of packages, as they may reach a package manager and messages.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "provision/custom_data/plan/item.h"

namespace azl::provision::custom_data {

/// Whether a name or a version may be an argument of a package manager: it is not empty, does not
/// start with '-', contains no white space, control character or invalid UTF-8, and has at most
/// 1024 bytes.
[[nodiscard]] bool is_package_word(std::string_view word);

/// A name for messages, with its version: "nginx", "nginx 1.20". A path or an address, which may
/// contain a secret, becomes "a file or an address".
[[nodiscard]] std::string describe_package(const PackageName& package);

/// Whether one of them is a path or an address.
[[nodiscard]] bool has_address(const std::vector<PackageName>& packages);

/// The first names for messages: "nginx, git and 3 more".
[[nodiscard]] std::string describe_packages(const std::vector<PackageName>& packages);

}  // namespace azl::provision::custom_data
