#include "provision/custom_data/plan/debian_packages.h"

#include <algorithm>
#include <array>

namespace azl::provision::custom_data {
namespace {

// Source: the packages and their Provides: in Azure Linux 3.0's SPECS,
// https://github.com/microsoft/azurelinux at tag 3.0.20260429-3.0.
constexpr auto kPackages = std::to_array<DebianPackage>({
    {"apt-transport-https", ""},
    {"containerd.io", "containerd2"},
    {"cron", "cronie"},
    {"dnsutils", "bind-utils"},
    {"docker-buildx-plugin", "docker-buildx"},
    {"docker-ce", "moby-engine"},
    {"docker-ce-cli", "docker-cli"},
    {"docker-compose-plugin", "docker-compose"},
    {"docker.io", "moby-engine"},
    {"iputils-ping", "iputils"},
    {"libffi-dev", "libffi-devel"},
    {"libssl-dev", "openssl-devel"},
    {"mysql-server", "mysql"},
    {"netcat-openbsd", "nmap-ncat"},
    {"nfs-common", "nfs-utils"},
    {"python3-dev", "python3-devel"},
    {"python3-venv", "python3"},
    {"software-properties-common", ""},
    {"xz-utils", "xz"},
    {"zlib1g-dev", "zlib-devel"},
});

}  // namespace

const DebianPackage* find_debian_package(std::string_view name) {
  const auto* const found = std::find_if(kPackages.begin(), kPackages.end(),
                                         [&](const DebianPackage& p) { return p.name == name; });
  return found == kPackages.end() ? nullptr : found;
}

}  // namespace azl::provision::custom_data
