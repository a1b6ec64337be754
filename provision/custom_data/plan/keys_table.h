// The table of cloud-config's keys in docs/cloud-config.md.
#pragma once

#include <string>

namespace azl::provision::custom_data {

/// Returns the table in Markdown: each top-level key, whether it is supported, differs or is
/// ignored, cloud-init's module for it, and what azl-provision does.
[[nodiscard]] std::string describe_keys_table();

}  // namespace azl::provision::custom_data
