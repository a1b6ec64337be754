// Packages that documents for Debian and Ubuntu name, and that Azure Linux has by another name.
#pragma once

#include <string_view>

namespace azl::provision::custom_data {

struct DebianPackage {
  std::string_view name;
  std::string_view here;  ///< Azure Linux's name; empty: it has no use for the package
};

/// Returns nullptr for a name that is not in the table. Names that Azure Linux has too are not in
/// it, also those that another package provides, such as apache2, g++ and build-essential.
[[nodiscard]] const DebianPackage* find_debian_package(std::string_view name);

}  // namespace azl::provision::custom_data
