// Reads which drivers the kernels and initrds of an image have.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <string_view>

#include "base/text.h"
#include "provision/image/check/check_image.h"
#include "provision/image/check/cpio_names.h"
#include "provision/image/check/initrd.h"
#include "provision/image/check/layered_files.h"
#include "provision/image/check/read_image.h"

namespace azl::provision {
namespace {

const std::string kModules = "/usr/lib/modules";
constexpr std::size_t kDependenciesLimit = std::size_t{16} << 20;
constexpr std::size_t kMostKernels = 16;
constexpr std::size_t kMostInitrds = 16;

/// Splits a line of modprobe.d(5) into words.
std::vector<std::string> words_of(std::string_view line) {
  std::string spaced(line);
  std::ranges::replace(spaced, '\t', ' ');
  std::vector<std::string> words;
  for (const auto word : split(spaced, ' ')) words.emplace_back(word);
  return words;
}

bool does_nothing(const std::string& command) {
  return command == "/bin/true" || command == "/bin/false" || command == "/usr/bin/true" ||
         command == "/usr/bin/false" || command == "true" || command == "false" || command == ":";
}

/// The module that a line blocks: "blacklist udf", "install udf /bin/false". Empty if it blocks
/// none.
std::string blocked_module(std::string_view line) {
  const auto words = words_of(line);
  if (words.size() >= 2 && words[0] == "blacklist") return module_name(words[1]);
  const bool installs_nothing =
      words.size() >= 3 && words[0] == "install" && does_nothing(words[2]);
  return installs_nothing ? module_name(words[1]) : std::string();
}

void read_blocks(const Root& root, DriverFacts& drivers) {
  constexpr std::array<std::string_view, 5> kDirectories = {
      "/etc/modprobe.d", "/run/modprobe.d", "/usr/local/lib/modprobe.d", "/usr/lib/modprobe.d",
      "/lib/modprobe.d"};
  constexpr std::size_t kMostBlocks = 50'000;
  for (const auto& file : list_layered_files(root, kDirectories, ".conf")) {
    int number = 0;
    const auto text = read_image_file(root, file.path);
    for (const auto line : split_lines(text)) {
      ++number;
      auto module = blocked_module(trim(line));
      if (!module.empty() && drivers.blocks.size() < kMostBlocks)
        drivers.blocks.push_back({.path = file.path, .line = number, .text = std::move(module)});
    }
  }
}

/// module_blacklist= and modprobe.blacklist= of the kernel command lines.
void read_blocks(const BootFacts& boot, DriverFacts& drivers) {
  for (const auto& [line, complete] : boot.command_lines) {
    for (const auto word : split(line.text, ' ')) {
      for (const std::string_view key : {"module_blacklist=", "modprobe.blacklist="}) {
        if (!word.starts_with(key)) continue;
        for (const auto name : split(trim(word.substr(key.size())), ','))
          drivers.blocks.push_back(
              {.path = line.path, .line = line.line, .text = module_name(name)});
      }
    }
  }
}

/// Only these are looked for in the tree: a kernel has thousands of modules.
bool is_wanted(const std::string& module, const std::string& root_type) {
  return module == root_type ||
         std::ranges::find(azure_drivers(), module, &Driver::module) != azure_drivers().end();
}

void read_dependencies(const Root& root, const std::string& directory, const std::string& root_type,
                       KernelFacts& kernel) {
  const auto text = root.read_if_exists(directory + "/modules.dep", kDependenciesLimit);
  if (!text || !*text) return;
  kernel.has_modules_dep = true;
  for (const auto line : split(**text, '\n')) {
    const std::string path(line.substr(0, line.find(':')));
    auto module = module_name(path);
    if (!is_wanted(module, root_type)) continue;
    const auto full = path.starts_with('/') ? path : directory + "/" + path;
    if (root.exists(full)) kernel.modules.insert(std::move(module));
  }
}

KernelFacts read_kernel(const Root& root, const std::string& version,
                        const std::string& root_type) {
  KernelFacts kernel = {.version = version};
  const auto directory = kModules + "/" + version;
  read_dependencies(root, directory, root_type, kernel);
  const auto builtin = root.read_if_exists(directory + "/modules.builtin", kDependenciesLimit);
  if (!builtin || !*builtin) return kernel;
  for (const auto line : split(**builtin, '\n')) {
    auto module = module_name(trim(line));
    if (is_wanted(module, root_type)) kernel.builtin.insert(std::move(module));
  }
  return kernel;
}

/// A directory without modules.dep and without kernel/ is what a removed kernel left.
bool is_kernel(const Root& root, const std::string& version) {
  const auto directory = kModules + "/" + version;
  return root.exists(directory + "/modules.dep") || root.exists(directory + "/kernel") ||
         root.exists(directory + "/modules.builtin");
}

/// The kernel whose version stands in a file name, the longest one.
std::string find_version(const std::string& name, const std::vector<KernelFacts>& kernels) {
  std::string found;
  for (const auto& kernel : kernels) {
    const auto at = name.find(kernel.version);
    if (at == std::string::npos || kernel.version.size() <= found.size()) continue;
    const auto rest = std::string_view(name).substr(at + kernel.version.size());
    if (rest.empty() || rest.starts_with('.') || rest.starts_with('/')) found = kernel.version;
  }
  return found;
}

/// Whether a file in /boot is an initrd that a VM boots with.
bool is_initrd(std::string_view name) {
  if (!name.starts_with("initrd") && !name.starts_with("initramfs")) return false;
  for (const std::string_view part : {"rescue", "kdump", ".old", ".bak", ".dpkg", ".fallback"}) {
    if (name.find(part) != std::string_view::npos) return false;
  }
  return true;
}

void read_initrds(const ImageSource& source, DriverFacts& drivers) {
  const auto& root = source.root;
  std::vector<std::string> paths;
  for (const auto& name : root.list("/boot").value_or(std::vector<std::string>())) {
    if (is_initrd(name)) paths.push_back("/boot/" + name);
  }
  for (const auto& kernel : drivers.kernels) {
    for (const std::string name : {"initrd", "initramfs.img"})
      paths.push_back(kModules + "/" + kernel.version + "/" + name);
  }
  for (const auto& path : paths) {
    const auto version = find_version(path, drivers.kernels);
    if (version.empty() || drivers.initrds.size() == kMostInitrds || !root.exists(path)) continue;
    drivers.initrds.push_back(read_initrd(root, path, source.processes, source.deadline));
    drivers.initrds.back().version = version;
  }
  for (const std::string directory : {"/boot/efi/EFI/Linux", "/boot/EFI/Linux", "/efi/EFI/Linux"}) {
    for (const auto& name : root.list(directory).value_or(std::vector<std::string>())) {
      if (name.ends_with(".efi") && drivers.initrds.size() < kMostInitrds)
        drivers.initrds.push_back(
            {.path = directory + "/" + name, .unread = "it is part of a unified kernel image"});
    }
  }
}

/// The type of the root file system by fstab.
std::string find_root_type(const std::string& fstab) {
  for (const auto line : split_lines(fstab)) {
    const auto words = words_of(trim(line));
    if (words.size() >= 3 && !words[0].starts_with('#') && words[1] == "/" && words[2] != "auto")
      return module_name(words[2]);
  }
  return {};
}

}  // namespace

void read_driver_facts(const ImageSource& source, ImageFacts& facts) {
  const auto& root = source.root;
  auto& drivers = facts.drivers;
  drivers.root_type = find_root_type(facts.boot.fstab);
  for (const auto& version : root.list(kModules).value_or(std::vector<std::string>())) {
    if (drivers.kernels.size() < kMostKernels && is_kernel(root, version))
      drivers.kernels.push_back(read_kernel(root, version, drivers.root_type));
  }
  read_blocks(root, drivers);
  read_blocks(facts.boot, drivers);
  read_initrds(source, drivers);
}

}  // namespace azl::provision
