// The key write_files.
#pragma once

#include <cstddef>

#include "provision/custom_data/parse/yaml_tree.h"
#include "provision/custom_data/plan/module.h"

namespace azl::provision::custom_data {

/// Most that the files of a document have together after decoding, in bytes.
inline constexpr std::size_t kWriteFilesLimit = std::size_t{16} << 20;

/// Plans one item for each file: early, or in the final phase with `defer: true`. An item that
/// cannot be used costs only itself. Source: cloud-init's module reference, "Write Files".
void plan_write_files(const YamlMember& member, ModuleOutput& out);

}  // namespace azl::provision::custom_data
