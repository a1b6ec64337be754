#include "provision/apply/host_name.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include <systemd/sd-id128.h>
#include <unistd.h>

#include "base/text.h"
#include "net/networkd.h"

namespace azl::provision {
namespace {

using namespace std::chrono_literals;

constexpr Duration kBusTime = 5s;

bool is_kernel_host_name(const std::string& name) {
  std::array<char, 256> present{};
  return ::gethostname(present.data(), present.size() - 1) == 0 && name == present.data();
}

/// In the main stage by hostnamed, so that networkd learns it; before D-Bus is up, or without
/// hostnamed, by the kernel.
Result<void> set_kernel_host_name(Boot& boot, const std::string& name) {
  if (boot.stage == Stage::kMain) {
    auto told = net::set_transient_hostname(name, Deadline(boot.machine.clock, kBusTime));
    if (told && is_kernel_host_name(name)) return {};
    if (!told) boot.find(Severity::kNote, told.error(), "hostname");
  }
  if (::sethostname(name.c_str(), name.size()) == 0) return {};
  return fail_errno(errno, "setting the host name to " + name, Reason::kHostName);
}

/// Sets /etc/hostname, and in the live system the kernel's name. Returns whether anything changed.
Result<bool> apply_host_name(Boot& boot, const std::string& name) {
  const Root& root = boot.machine.root;
  auto written = root.write("/etc/hostname", name + "\n");
  if (!written) return std::unexpected(std::move(written.error()));
  boot.record.hostname = name;
  if (!root.live() || is_kernel_host_name(name)) return written;
  if (auto set = set_kernel_host_name(boot, name); !set)
    return std::unexpected(std::move(set.error()));
  return true;
}

Result<bool> write_hosts(Boot& boot, const std::string& name) {
  auto present = boot.machine.root.read_if_exists("/etc/hosts");
  if (!present) return std::unexpected(std::move(present.error()));
  return boot.machine.root.write("/etc/hosts", hosts_with(present->value_or(""), name));
}

/// After a new name, networkd must ask again, or Azure's DNS never learns it. An error only means
/// that it does not.
std::string announce_host_name(Boot& boot) {
  if (!boot.machine.root.live()) return "skipped to announce it: root tree";
  if (!boot.facts.primary) return "there is no primary link to announce it on";
  auto reconfigured =
      net::reconfigure_link(boot.facts.primary->link, Deadline(boot.machine.clock, kBusTime));
  if (reconfigured) return "networkd announces it by DHCP";
  boot.find(
      Severity::kNote,
      std::move(reconfigured.error())
          .with_context("Azure's DNS may not learn the host name before the lease is renewed"),
      "hostname");
  return "networkd could not be asked to announce it";
}

Result<std::string> random_machine_id() {
  sd_id128_t id;
  if (const int result = ::sd_id128_randomize(&id); result < 0)
    return fail_errno(-result, "drawing a machine id", Reason::kMachineId);
  std::array<char, SD_ID128_STRING_MAX> text{};
  return std::string(::sd_id128_to_string(id, text.data()));
}

}  // namespace

Result<Said> set_early_host_name(Boot& boot) {
  const auto name = early_host_name(boot.facts);
  if (!name) return Said{Said::kSkipped, "the media gives none that can be used"};
  auto set = apply_host_name(boot, name->value);
  if (!set) return std::unexpected(std::move(set.error()));
  return changed(*set, "'" + name->value + "' (" + name->why + ")");
}

Result<Said> set_host_name(Boot& boot) {
  if (!boot.plan.hostname) return Said{Said::kSkipped, "none was given, or none that can be used"};
  const auto& [name, why] = *boot.plan.hostname;
  auto set = apply_host_name(boot, name);
  if (!set) return std::unexpected(std::move(set.error()));
  if (boot.config.network.manage_etc_hosts) {
    if (auto hosts = write_hosts(boot, name); !hosts)
      return std::unexpected(std::move(hosts.error()));
  }
  auto said = "'" + name + "' (" + why + ")";
  if (*set) said += "; " + announce_host_name(boot);
  return changed(*set, said);
}

Result<Said> renew_machine_id(Boot& boot) {
  if (!boot.plan.machine_id.yes) return Said{Said::kSkipped, boot.plan.machine_id.why};
  auto id = random_machine_id();
  if (!id) return std::unexpected(std::move(id.error()));
  if (auto written = boot.machine.root.write("/etc/machine-id", *id + "\n", {.mode = 0444});
      !written)
    return std::unexpected(std::move(written.error()));
  boot.facts.machine_id = *id;
  return Said{Said::kDone, boot.plan.machine_id.why};
}

std::string hosts_with(std::string_view present, std::string_view host_name) {
  constexpr std::string_view kMark = "  # azl-provision";
  const auto line = "127.0.1.1\t" + std::string(host_name) + std::string(kMark);
  std::string text;
  bool placed = false;
  for (std::size_t from = 0; from < present.size();) {
    const auto end = std::min(present.find('\n', from), present.size());
    const auto old = present.substr(from, end - from);
    from = end + 1;
    if (!old.ends_with(kMark)) {
      text += std::string(old) + "\n";
    } else if (!placed) {
      text += line + "\n";
      placed = true;
    }
  }
  return placed ? text : text + line + "\n";
}

}  // namespace azl::provision
