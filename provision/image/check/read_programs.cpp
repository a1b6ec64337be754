// Reads which of the programs are missing that azl-provision runs. docs/image-builders.md, "What
// the image needs".
#include <algorithm>
#include <array>
#include <string_view>

#include "base/find_program.h"
#include "provision/image/check/read_image.h"

namespace azl::provision {
namespace {

bool has_libcurl(const Root& root) {
  constexpr std::array<std::string_view, 9> kDirectories = {"/usr/lib64",
                                                            "/usr/lib",
                                                            "/lib64",
                                                            "/lib",
                                                            "/usr/lib/x86_64-linux-gnu",
                                                            "/usr/lib/aarch64-linux-gnu",
                                                            "/lib/x86_64-linux-gnu",
                                                            "/lib/aarch64-linux-gnu",
                                                            "/usr/local/lib"};
  return std::ranges::any_of(kDirectories, [&](std::string_view directory) {
    return root.exists(std::string(directory) + "/libcurl.so.4");
  });
}

class Finder {
 public:
  Finder(const Root& root, ProgramFacts& programs) : root_(root), programs_(programs) {}

  void need(std::string name, ProgramUse use) {
    const auto known = std::ranges::find(programs_.missing, name, &MissingProgram::name);
    if (known == programs_.missing.end() && find_program(root_, name).empty())
      programs_.missing.push_back({.name = std::move(name), .use = use});
  }
  void need_mkfs(const std::string& type) {
    if (!type.empty()) need("mkfs." + type, ProgramUse::kDisks);
  }

 private:
  const Root& root_;
  ProgramFacts& programs_;
};

void look_for_disk_programs(const ImageSource& source, const ImageFacts& facts, Finder& finder) {
  const auto& options = facts.config.disk;
  using Options = disk::DiskOptions;
  if (options.resource_disk || options.local_disks != Options::Local::kNone)
    finder.need_mkfs(options.file_system);
  for (const auto& data : options.data) finder.need_mkfs(data.file_system);
  if (options.local_disks == Options::Local::kStripe) finder.need("mdadm", ProgramUse::kDisks);
  if (options.swap != Options::Swap::kNone) {
    finder.need("mkswap", ProgramUse::kDisks);
    finder.need("swapon", ProgramUse::kDisks);
  }
  // systemd-growfs grows what is mounted; these do it where it is missing.
  const auto& type = facts.drivers.root_type;
  if (!options.grow || source.root.exists("/usr/lib/systemd/systemd-growfs")) return;
  if (type == "xfs")
    finder.need("xfs_growfs", ProgramUse::kDisks);
  else if (type == "btrfs")
    finder.need("btrfs", ProgramUse::kDisks);
  else if (type.starts_with("ext"))
    finder.need("resize2fs", ProgramUse::kDisks);
}

}  // namespace

void read_program_facts(const ImageSource& source, ImageFacts& facts) {
  const auto& root = source.root;
  Finder finder(root, facts.programs);
  for (const auto* name : {"useradd", "userdel", "usermod", "groupadd", "groupmod", "chpasswd",
                           "chage", "ssh-keygen", "sshd"})
    finder.need(name, ProgramUse::kProvisioning);
  if (facts.config.user.sudo != SudoRule::kNone) {
    finder.need("visudo", ProgramUse::kProvisioning);
    finder.need("sudo", ProgramUse::kProvisioning);
  }
  look_for_disk_programs(source, facts, finder);
  // Distributions name the daemon hypervkvpd or hv_kvp_daemon.
  if (find_program(root, "hv_kvp_daemon").empty()) finder.need("hypervkvpd", ProgramUse::kReport);
  finder.need("tar", ProgramUse::kReport);
  finder.need("zstd", ProgramUse::kReport);
  facts.programs.has_libcurl = has_libcurl(root);
}

}  // namespace azl::provision
