#include "provision/custom_data/run/package_manager.h"

#include <array>
#include <initializer_list>

#include "base/find_program.h"

namespace azl::provision::custom_data {
namespace {

// apt locks the lists for an update, and the others for everything else.
constexpr auto kAptLocks =
    std::to_array<std::string_view>({"/var/lib/dpkg/lock-frontend", "/var/lib/dpkg/lock",
                                     "/var/cache/apt/archives/lock", "/var/lib/apt/lists/lock"});
// TRANSACTION_LOCK_FILEPATH of libdnf5, which fails at once if it is locked, and
// TDNF_INSTANCE_LOCK_FILE of tdnf.
constexpr auto kDnfLocks = std::to_array<std::string_view>(
    {"/run/dnf/rpmtransaction.lock", "/run/.tdnf-instance-lockfile"});

std::vector<std::string> make_command(const PackageManager& manager, std::string_view word) {
  std::vector<std::string> command = {manager.path};
  if (manager.family == PackageFamily::kApt) {
    // Keeps changed configuration files: nobody can answer. An update with a repository that cannot
    // be read has failed.
    for (const auto* option : {"--quiet", "--assume-yes", "-oDpkg::Options::=--force-confdef",
                               "-oDpkg::Options::=--force-confold", "-oDPkg::Lock::Timeout=10",
                               "-oAPT::Update::Error-Mode=any"})
      command.emplace_back(option);
  } else {
    command.emplace_back("-y");
    // It waits for ever otherwise, for files that nobody else can interpret.
    if (manager.name == "dnf") command.emplace_back("--setopt=exit_on_lock=True");
  }
  command.emplace_back(word);
  return command;
}

}  // namespace

std::vector<std::string> PackageManager::environment() const {
  if (family != PackageFamily::kApt) return {};
  return {"DEBIAN_FRONTEND=noninteractive"};
}

std::span<const std::string_view> PackageManager::locks() const {
  if (family == PackageFamily::kApt) return kAptLocks;
  return kDnfLocks;
}

int PackageManager::locked_status() const {
  constexpr int kDnfLocked = 200;  // dnf(8), "Exit status", of dnf 4
  return name == "dnf" ? kDnfLocked : -1;
}

std::string_view PackageManager::update_word() const {
  return family == PackageFamily::kApt ? "update" : "makecache";
}

std::string_view PackageManager::upgrade_word() const {
  return family == PackageFamily::kApt ? "dist-upgrade" : "upgrade";
}

std::vector<std::string> PackageManager::update_command() const {
  return make_command(*this, update_word());
}

std::vector<std::string> PackageManager::upgrade_command() const {
  return make_command(*this, upgrade_word());
}

std::vector<std::string> PackageManager::install_command(
    std::span<const PackageName> packages) const {
  const std::string_view separator = family == PackageFamily::kApt ? "=" : "-";
  auto command = make_command(*this, "install");
  for (const auto& package : packages) {
    auto word = package.name;
    if (!package.version.empty()) word.append(separator).append(package.version);
    command.push_back(std::move(word));
  }
  return command;
}

std::vector<std::string> PackageManager::repair_command() const {
  auto command = make_command(*this, "install");
  command.emplace_back("--fix-broken");
  return command;
}

std::vector<std::string> PackageManager::reboot_command(const Root& root) const {
  if (family == PackageFamily::kApt) return {};
  if (name != "tdnf") return {path, "needs-restarting", "-r"};
  auto program = find_program(root, "needs-restarting");
  if (program.empty()) return {};
  return {std::move(program), "-r"};
}

std::string_view PackageManager::reboot_package() const {
  if (family == PackageFamily::kApt) return {};
  if (name == "dnf5") return "dnf5-plugins";
  return name == "dnf" ? "dnf-plugins-core" : "dnf-utils";
}

std::optional<PackageManager> find_package_manager(const Root& root, PackageFamily family) {
  for (const std::string_view name : {"dnf5", "dnf", "tdnf", "apt-get"}) {
    const auto its_family = name == "apt-get" ? PackageFamily::kApt : PackageFamily::kDnf;
    if (family != PackageFamily::kAny && family != its_family) continue;
    auto path = find_program(root, name);
    if (path.empty()) continue;
    return PackageManager{.name = name, .family = its_family, .path = std::move(path)};
  }
  return std::nullopt;
}

}  // namespace azl::provision::custom_data
