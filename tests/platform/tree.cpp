#include "tests/platform/tree.h"

#include <array>
#include <filesystem>
#include <fstream>
#include <utility>

#include "base/root.h"
#include "tests/platform/identity.h"

namespace azl::platform {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::pair<const char*, unsigned>, 17> kDirectories = {{
    {"root", 0700},
    {"home", 0755},
    {"run", 0755},
    {"tmp", 01777},
    {"mnt", 0755},
    {"dev", 0755},
    {"etc/ssh/sshd_config.d", 0700},
    {"etc/sudoers.d", 0750},
    {"etc/systemd/network", 0755},
    {"etc/systemd/system", 0755},
    {"var/lib/hyperv", 0755},
    {"var/log", 0755},
    {"var/tmp", 01777},
    {"usr/lib/systemd/system", 0755},
    {"usr/lib/systemd/network", 0755},
    {"usr/bin", 0755},
    {"usr/sbin", 0755},
}};

/// Relative targets, so that the links do not lead out of the tree.
constexpr std::array<std::pair<const char*, const char*>, 5> kLinks = {{
    {"bin", "usr/bin"},
    {"sbin", "usr/sbin"},
    {"lib", "usr/lib"},
    {"etc/os-release", "../usr/lib/os-release"},
    {"var/run", "../run"},
}};

/// Writes below one directory. Failures throw fs::filesystem_error, which write_tree catches.
class TreeWriter {
 public:
  explicit TreeWriter(fs::path top) : top_(std::move(top)) {}

  void directory(const std::string& path, unsigned mode) const {
    make_parents(path);
    fs::create_directory(top_ / path);
    fs::permissions(top_ / path, fs::perms{mode});
  }
  void file(const std::string& path, unsigned mode, std::string_view content) const {
    const fs::path full = top_ / path;
    make_parents(path);
    std::ofstream stream(full, std::ios::binary | std::ios::trunc);
    stream << content;
    stream.close();
    if (!stream) {
      throw fs::filesystem_error("could not write", full,
                                 std::make_error_code(std::errc::io_error));
    }
    fs::permissions(full, fs::perms{mode});
  }
  /// Appends to an existing file.
  void append(const std::string& path, std::string_view text) const {
    std::ofstream stream(top_ / path, std::ios::binary | std::ios::app);
    stream << text;
    stream.close();
    if (!stream) {
      throw fs::filesystem_error("could not write", top_ / path,
                                 std::make_error_code(std::errc::io_error));
    }
  }
  void link(const std::string& path, const char* target) const {
    fs::create_symlink(target, top_ / path);
  }

 private:
  /// Makes parents with mode 0755, whatever the umask is.
  void make_parents(const fs::path& path) const {
    fs::path parent = top_;
    for (const fs::path& name : path.parent_path()) {
      parent /= name;
      if (fs::create_directory(parent)) fs::permissions(parent, fs::perms{0755});
    }
  }

  fs::path top_;
};

std::string random_uuid() {
  std::ifstream file("/proc/sys/kernel/random/uuid");
  std::string uuid;
  std::getline(file, uuid);
  return uuid;
}

/// Returns the files that the kernel and the firmware of this VM would show.
std::vector<IdentityFile> machine_files(const Vm& vm) {
  auto files = identity_files(vm);
  files.push_back({"/proc/cmdline", 0444,
                   "BOOT_IMAGE=/vmlinuz root=LABEL=root ro console=tty1 console=ttyS0,115200n8\n"});
  files.push_back({"/proc/sys/kernel/random/boot_id", 0444, random_uuid() + "\n"});
  return files;
}

/// Returns the paths of the files by which the guest tells the host.
std::vector<std::string> kvp_pools() {
  std::vector<std::string> paths;
  for (int pool = 0; pool < 5; ++pool)
    paths.push_back("/var/lib/hyperv/.kvp_pool_" + std::to_string(pool));
  return paths;
}

void write_machine(const TreeWriter& tree, const Vm& vm) {
  for (const auto& file : machine_files(vm))
    tree.file(file.path.substr(1), file.mode, file.content);
  if (has_efi(vm)) tree.directory("sys/firmware/efi", 0755);
  for (const auto& path : kvp_pools()) tree.file(path.substr(1), 0644, "");
}

/// Replaces what a mounted image has there, or what 'azl-platform tree' made. A link is removed,
/// and what it leads to stays.
void empty_machine_directories(const fs::path& directory) {
  for (const char* name : {"proc", "sys", "run"}) {
    fs::remove_all(directory / name);
    fs::create_directory(directory / name);
  }
}

/// Through Root, because the tree's own links may be absolute.
azl::Result<void> fill_machine_directories(const Root& root, const Vm& vm) {
  for (const auto& file : machine_files(vm)) {
    OR_RETURN(root.make_directory(fs::path(file.path).parent_path().string()));
    OR_RETURN(root.write(file.path, file.content, {.mode = file.mode, .durable = false}));
  }
  if (has_efi(vm)) OR_RETURN(root.make_directory("/sys/firmware/efi"));
  OR_RETURN(root.make_directory("/var/lib/hyperv"));
  for (const auto& path : kvp_pools()) {
    if (!root.exists(path)) OR_RETURN(root.write(path, "", {.durable = false}));
  }
  return {};
}

/// Adds the user that the specialized machine already had.
void write_earlier_user(const TreeWriter& tree, const Vm& vm) {
  const std::string& name = vm.admin_username;
  tree.append("etc/passwd", name + ":x:1000:1000::/home/" + name + ":/bin/bash\n");
  tree.append("etc/shadow", name + ":!:20000:0:99999:7:::\n");
  tree.append("etc/group", name + ":x:1000:\n");
  tree.append("etc/gshadow", name + ":!::\n");
  tree.directory("home/" + name, 0700);
}

}  // namespace

Result<void> write_tree(const Scenario& scenario, const std::string& directory) {
  try {
    fs::create_directories(directory);
    if (!fs::is_empty(directory)) {
      return std::unexpected(directory + " is not empty; name a missing or empty directory");
    }
    const TreeWriter tree(directory);
    tree.directory(".", 0755);
    for (const auto& [path, mode] : kDirectories) tree.directory(path, mode);
    for (const TreeFile& file : image_files()) tree.file(file.path, file.mode, file.content);
    for (const auto& [path, target] : kLinks) tree.link(path, target);
    write_machine(tree, scenario.vm);
    if (scenario.vm.specialized) write_earlier_user(tree, scenario.vm);
  } catch (const fs::filesystem_error& error) {
    return std::unexpected(error.what());
  }
  return {};
}

Result<void> become_machine(const Vm& vm, const std::string& directory) {
  try {
    empty_machine_directories(directory);
  } catch (const fs::filesystem_error& error) {
    return std::unexpected(error.what());
  }
  const auto root = Root::open(directory);
  if (!root) return std::unexpected(root.error().to_string());
  const auto filled = fill_machine_directories(*root, vm);
  if (!filled) return std::unexpected(filled.error().to_string());
  return {};
}

}  // namespace azl::platform
