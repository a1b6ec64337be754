// Reads whether an enforcing SELinux policy would meet files without labels.
#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

#include <fcntl.h>
#include <sys/xattr.h>

#include "base/text.h"
#include "provision/image/check/layered_files.h"
#include "provision/image/check/read_image.h"

namespace azl::provision {
namespace {

std::string setting(std::string_view config, std::string_view key) {
  std::string found;
  for (const auto raw : split_lines(config)) {
    const auto line = trim(raw);
    if (line.starts_with(key) && line.substr(key.size()).starts_with('='))
      found = lower(trim(line.substr(key.size() + 1)));
  }
  return found;
}

bool has_policy(const Root& root, const std::string& type) {
  if (type.empty() || type.find('/') != std::string::npos) return false;
  const auto names = root.list("/etc/selinux/" + type + "/policy");
  return names && std::ranges::any_of(
                      *names, [](const std::string& name) { return name.starts_with("policy."); });
}

bool is_switched_off(const BootFacts& boot) {
  return std::ranges::any_of(boot.command_lines, [](const KernelCommandLine& each) {
    return std::ranges::any_of(split(each.line.text, ' '), [](std::string_view word) {
      return word == "selinux=0" || word == "enforcing=0";
    });
  });
}

/// Whether a file surely has no label. False if that cannot be seen.
bool is_unlabeled(const Root& root, const std::string& path) {
  const auto file = root.open_file(path, O_RDONLY);
  if (!file) return false;
  std::array<char, 256> label{};
  const auto size = ::fgetxattr(file->get(), "security.selinux", label.data(), label.size());
  if (size < 0) return errno == ENODATA;
  return std::string_view(label.data(), static_cast<std::size_t>(size)).find(":unlabeled_t:") !=
         std::string_view::npos;
}

}  // namespace

void read_selinux_facts(const ImageSource& source, ImageFacts& facts) {
  const auto& root = source.root;
  auto& selinux = facts.selinux;
  const auto config = read_image_file(root, "/etc/selinux/config");
  selinux.enforcing = setting(config, "SELINUX") == "enforcing" &&
                      has_policy(root, setting(config, "SELINUXTYPE")) &&
                      !is_switched_off(facts.boot);
  selinux.autorelabel = root.exists("/.autorelabel");
  if (!selinux.enforcing) return;
  for (const std::string path : {"/etc/passwd", "/etc/shadow", "/usr/lib/systemd/systemd",
                                 "/usr/sbin/sshd", "/usr/bin/azl-provision"}) {
    if (is_unlabeled(root, path)) selinux.unlabeled.push_back(path);
  }
}

}  // namespace azl::provision
