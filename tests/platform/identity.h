// Gives a tree the identity of an Azure VM: the files of the firmware that agents read.
#pragma once

#include <string>
#include <vector>

#include "base/root.h"
#include "tests/platform/result.h"
#include "tests/platform/scenario.h"

namespace azl::platform {

/// One file by which an agent recognizes the platform and the VM.
struct IdentityFile {
  std::string path;  ///< below the tree: "/sys/class/dmi/id/sys_vendor"
  unsigned mode;
  std::string content;
};
/// Returns the DMI files of a VM. Pure.
[[nodiscard]] std::vector<IdentityFile> identity_files(const Vm& vm);
/// Whether the VM also has the directory /sys/firmware/efi: one of generation 2.
[[nodiscard]] bool has_efi(const Vm& vm);

/// The identity of a VM in an existing tree, from give() until take_back() or destruction.
class TreeIdentity {
 public:
  /// Makes the files in `directory`/sys, which must be missing or empty. It is not if the tree is a
  /// running system, or if a run was killed; then nothing changes.
  [[nodiscard]] static Result<TreeIdentity> give(const Vm& vm, const std::string& directory);
  TreeIdentity(TreeIdentity&&) = default;
  TreeIdentity& operator=(TreeIdentity&&) = delete;
  ~TreeIdentity();

  /// Removes what give() made, and nothing else. Says what could not be removed.
  [[nodiscard]] Result<void> take_back();

 private:
  explicit TreeIdentity(Root root) : root_(std::move(root)) {}
  [[nodiscard]] Result<void> make_directory(const std::string& path);
  [[nodiscard]] Result<void> make_file(const IdentityFile& file);

  Root root_;
  std::vector<std::string> directories_;  ///< made, in this order
  std::vector<std::string> files_;        ///< made
};

}  // namespace azl::platform
