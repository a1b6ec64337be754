// Reads the kernel command lines and fstab.
#include <array>
#include <cstddef>
#include <string_view>

#include <fcntl.h>
#include <unistd.h>

#include "base/text.h"
#include "provision/image/check/command_lines.h"
#include "provision/image/check/layered_files.h"
#include "provision/image/check/read_image.h"

namespace azl::provision {
namespace {

constexpr std::array<std::string_view, 2> kGrubDirectories = {"/boot/grub2", "/boot/grub"};

TextFile read_text(const Root& root, const std::string& path) {
  return {.path = path, .text = read_image_file(root, path)};
}

BootVariables read_environment(const Root& root) {
  BootVariables variables;
  for (const auto directory : kGrubDirectories) {
    const auto text = read_image_file(root, std::string(directory) + "/grubenv");
    variables.merge(parse_boot_variables(text));
  }
  return variables;
}

void read_boot_entries(const Root& root, const BootVariables& known, BootFacts& boot) {
  constexpr std::size_t kMostEntries = 100;
  for (const std::string_view directory :
       {"/boot/loader/entries", "/boot/efi/loader/entries", "/efi/loader/entries"}) {
    const std::array<std::string_view, 1> directories = {directory};
    for (const auto& file : list_layered_files(root, directories, ".conf")) {
      if (boot.command_lines.size() == kMostEntries) return;
      if (file.name.find("rescue") != std::string::npos) continue;
      auto entry = parse_boot_entry(read_text(root, file.path), known);
      if (entry) boot.command_lines.push_back(std::move(*entry));
    }
  }
}

void read_grub(const Root& root, const BootVariables& environment, BootFacts& boot) {
  constexpr std::size_t kMostLines = 100;
  for (const auto directory : kGrubDirectories) {
    const auto file = read_text(root, std::string(directory) + "/grub.cfg");
    for (auto& line : parse_grub_config(file, environment)) {
      if (boot.command_lines.size() < kMostLines) boot.command_lines.push_back(std::move(line));
    }
  }
}

/// What the next configuration of the boot loader will be made of.
void read_sources(const Root& root, BootFacts& boot) {
  for (const std::string path : {"/etc/kernel/cmdline", "/usr/lib/kernel/cmdline"}) {
    const auto text = read_image_file(root, path);
    if (text.empty()) continue;
    boot.command_lines.push_back(
        {.line = {.path = path, .line = 1, .text = std::string(trim(text))}});
    return;
  }
  std::vector<TextFile> files = {read_text(root, "/etc/default/grub")};
  constexpr std::array<std::string_view, 1> kDirectory = {"/etc/default/grub.d"};
  for (const auto& file : list_layered_files(root, kDirectory, ".cfg"))
    files.push_back(read_text(root, file.path));
  if (auto line = parse_grub_defaults(files)) boot.command_lines.push_back(std::move(*line));
}

/// The machine that a program of the image is for: e_machine of its ELF header.
ImageArchitecture read_architecture(const Root& root) {
  constexpr std::size_t kMachine = 18;
  for (const std::string path :
       {"/usr/bin/azl-provision", "/usr/bin/bash", "/usr/bin/sh", "/bin/sh"}) {
    const auto file = root.open_file(path, O_RDONLY);
    std::array<unsigned char, 20> header{};
    if (!file || ::pread(file->get(), header.data(), header.size(), 0) != 20) continue;
    if (std::string_view(reinterpret_cast<const char*>(header.data()), 4) !=
        "\x7f"
        "ELF")
      continue;
    if (header[kMachine] == 62) return ImageArchitecture::kX86;   // EM_X86_64
    if (header[kMachine] == 183) return ImageArchitecture::kArm;  // EM_AARCH64
  }
  return ImageArchitecture::kUnknown;
}

}  // namespace

void read_boot_facts(const ImageSource& source, ImageFacts& facts) {
  const auto& root = source.root;
  auto& boot = facts.boot;
  boot.architecture = read_architecture(root);
  boot.fstab = read_image_file(root, "/etc/fstab");
  const auto environment = read_environment(root);
  read_boot_entries(root, environment, boot);
  read_grub(root, environment, boot);
  if (boot.command_lines.empty()) read_sources(root, boot);
}

}  // namespace azl::provision
