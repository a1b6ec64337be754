// The owner and the permissions of a write_files item.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "provision/custom_data/parse/yaml_tree.h"

namespace azl::provision::custom_data {

struct FileOwner {
  std::string user = "root";
  std::string group = "root";
};
/// Parses "user", "user:group" and ":group". Whom the text does not name is root; so are "-1" and
/// "none". Source: cloud-init's module reference, "Write Files".
[[nodiscard]] FileOwner parse_file_owner(std::string_view text);

struct FileMode {
  mode_t mode = 0644;
  std::string problem = {};  ///< a sentence without a final period; empty: none
  std::string advice = {};
};
/// Reads the value of `permissions`. Text is octal. A number is taken as YAML gave it, as
/// cloud-init does, with a problem if that is probably not what was meant: a decimal 644 is 01204.
[[nodiscard]] FileMode read_file_mode(const YamlNode& permissions);

/// "0644".
[[nodiscard]] std::string format_mode(mode_t mode);

}  // namespace azl::provision::custom_data
