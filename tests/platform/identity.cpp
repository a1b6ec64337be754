#include "tests/platform/identity.h"

#include <iostream>
#include <utility>

#include "tests/platform/encoding.h"

namespace azl::platform {
namespace {

constexpr const char* kSys = "/sys";

/// Explains why a tree's /sys cannot be used; empty if it can.
std::string find_obstacle(const Root& root) {
  const std::string sys = root.directory() + kSys;
  if (root.live()) return "this is the running system: name the directory of an image";
  if (root.link_target(kSys)) return sys + " is a symbolic link";
  const auto status = root.stat(kSys);
  if (!status) return status.error().to_string();
  if (!*status) return "";
  if (!(*status)->is_directory()) return sys + " is not a directory";
  const auto names = root.list(kSys);
  if (!names) return names.error().to_string();
  return names->empty() ? ""
                        : sys +
                              " is not empty: the tree is a running system, or an earlier run "
                              "was killed and left its files there";
}

}  // namespace

std::vector<IdentityFile> identity_files(const Vm& vm) {
  const std::string uuid = vm.generation == 1 ? byte_swapped(vm.vm_id) : vm.vm_id;
  const std::string dmi = "/sys/class/dmi/id/";
  return {{dmi + "chassis_asset_tag", 0444, "7783-7084-3265-9085-8269-3286-77\n"},
          {dmi + "product_uuid", 0400, uuid + "\n"},
          {dmi + "sys_vendor", 0444, "Microsoft Corporation\n"},
          {dmi + "product_name", 0444, "Virtual Machine\n"}};
}

bool has_efi(const Vm& vm) { return vm.generation == 2; }

Result<TreeIdentity> TreeIdentity::give(const Vm& vm, const std::string& directory) {
  auto root = Root::open(directory);
  if (!root) return std::unexpected(root.error().to_string());
  if (auto obstacle = find_obstacle(*root); !obstacle.empty())
    return std::unexpected(std::move(obstacle));
  TreeIdentity identity(std::move(*root));
  std::vector<std::string> directories = {kSys, "/sys/class", "/sys/class/dmi",
                                          "/sys/class/dmi/id"};
  if (has_efi(vm)) directories.insert(directories.end(), {"/sys/firmware", "/sys/firmware/efi"});
  for (const auto& path : directories) {
    if (auto made = identity.make_directory(path); !made) return std::unexpected(made.error());
  }
  for (const auto& file : identity_files(vm)) {
    if (auto made = identity.make_file(file); !made) return std::unexpected(made.error());
  }
  return identity;
}

TreeIdentity::~TreeIdentity() {
  if (const auto taken = take_back(); !taken)
    std::cerr << "azl-platform: " << taken.error() << '\n';
}

Result<void> TreeIdentity::take_back() {
  Result<void> result;
  const auto note = [&](const auto& removed) {
    if (!removed && result) result = std::unexpected(removed.error().to_string());
  };
  for (const auto& path : std::exchange(files_, {})) note(root_.remove(path));
  auto directories = std::exchange(directories_, {});
  for (; !directories.empty(); directories.pop_back())
    note(root_.remove_directory(directories.back()));
  return result;
}

Result<void> TreeIdentity::make_directory(const std::string& path) {
  const auto made = root_.make_directory(path);
  if (!made) return std::unexpected(made.error().to_string());
  if (*made) directories_.push_back(path);
  return {};
}

Result<void> TreeIdentity::make_file(const IdentityFile& file) {
  files_.push_back(file.path);  // first, because a failed write may leave it
  const auto made = root_.write(file.path, file.content, {.mode = file.mode, .durable = false});
  if (!made) return std::unexpected(made.error().to_string());
  return {};
}

}  // namespace azl::platform
