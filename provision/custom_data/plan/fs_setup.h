// The key fs_setup.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "disk/disk_wish.h"
#include "provision/custom_data/parse/yaml_tree.h"
#include "provision/custom_data/plan/disk_resolver.h"
#include "provision/custom_data/plan/module.h"

namespace azl::provision::custom_data {

/// What an item of `fs_setup` asks for.
enum class FsUse : std::uint8_t {
  kFileSystem,
  kSwap,     ///< swap on the second partition of the resource disk
  kRefused,  ///< something that is not done: a remark says so
};

/// One item of `fs_setup`.
struct FsSetup {
  disk::DiskTarget target = {};
  FsUse use = FsUse::kFileSystem;
  std::string file_system = {};  ///< of kFileSystem: one of disk::kFileSystems
  std::string label = {};        ///< disk_words.h, is_label()
  bool overwrite = false;
  Place place = {};
  std::string subject = {};  ///< for remarks: "file system 2"
};

/// Reads the value of `fs_setup`, of which at most kMostDisks items count. What cannot be used gets
/// a remark. Items about something else than a disk that azl-provision can set up are left out.
/// Source: cloud-init's module reference, "Disk Setup".
[[nodiscard]] std::vector<FsSetup> read_fs_setup(const YamlMember& member, DiskResolver& resolver,
                                                 ModuleOutput& out);

}  // namespace azl::provision::custom_data
