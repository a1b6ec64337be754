// The components of a path that a document names.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace azl::provision::custom_data {

/// Splits a path at "/", without empty components and ".". A ".." takes the component before it
/// away; at the root it has no effect. Follows no links. As Python's os.path.abspath() from "/".
[[nodiscard]] std::vector<std::string> split_path(std::string_view path);

}  // namespace azl::provision::custom_data
