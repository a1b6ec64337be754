#include "provision/apply/host_name.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <unistd.h>

#include "net/networkd.h"

namespace azl::provision {
namespace {

using namespace std::chrono_literals;

constexpr Duration kBusTime = 5s;

bool is_kernel_host_name(const std::string& name) {
  std::array<char, 256> present{};
  return ::gethostname(present.data(), present.size() - 1) == 0 && name == present.data();
}

/// Asks hostnamed, so that networkd learns the name. In the local stage there is no D-Bus yet:
/// there, and without hostnamed, the kernel is told.
Result<void> set_kernel_host_name(const Context& context, const std::string& name,
                                  Recorder& recorder) {
  if (context.stage != Stage::kLocal) {
    const auto set = net::set_transient_hostname(name, context.within(kBusTime));
    if (set && is_kernel_host_name(name)) return {};
    if (!set) recorder.record_finding(Severity::kNote, set.error());
  }
  if (::sethostname(name.c_str(), name.size()) == 0) return {};
  auto failure = fail_errno(errno, "setting the host name to " + name, Reason::kHostName);
  return fail(std::move(failure.error()).with_cause(Cause::kHostNameNotSet));
}

/// Writes /etc/hostname and, in the live system, sets the kernel's name. Returns whether anything
/// changed.
Result<bool> apply_host_name(const Context& context, const std::string& name,
                             Provisioning& progress, Recorder& recorder) {
  const bool written = OR_RETURN(context.root().write("/etc/hostname", name + "\n"));
  progress.host_name = name;
  recorder.record().hostname = name;
  if (!context.root().live() || is_kernel_host_name(name)) return written;
  OR_RETURN(set_kernel_host_name(context, name, recorder));
  return true;
}

Result<void> write_hosts(const Root& root, const std::string& name) {
  const auto present = OR_RETURN(root.read_if_exists("/etc/hosts"));
  OR_RETURN(root.write("/etc/hosts", hosts_with(present.value_or(""), name)));
  return {};
}

/// Has networkd send another DHCP request: only by one does Azure's DNS learn a name. Returns how
/// that went.
std::string announce_host_name(const Context& context, std::optional<int> primary_link,
                               Recorder& recorder) {
  if (!context.root().live()) return "not announced: root tree";
  if (!primary_link) return "not announced: there is no primary link";
  auto reconfigured = net::reconfigure_link(*primary_link, context.within(kBusTime));
  if (reconfigured) return "networkd announces it by DHCP";
  recorder.record_finding(
      Severity::kNote,
      std::move(reconfigured.error())
          .with_context("Azure's DNS may not learn the host name before the lease is renewed"));
  return "networkd could not be asked to announce it";
}

}  // namespace

StepResult set_early_host_name(const Context& context, const Facts& facts, Provisioning& progress,
                               Recorder& recorder) {
  const auto name = early_host_name(facts);
  if (!name) return skipped("the media gives no usable host name");
  const bool changed = OR_RETURN(apply_host_name(context, name->value, progress, recorder));
  return done_if(changed, "'" + name->value + "' (" + name->why + ")");
}

StepResult set_host_name(const Context& context, std::optional<int> primary_link,
                         const std::optional<PlannedHostName>& planned, Provisioning& progress,
                         Recorder& recorder) {
  if (!planned) return skipped("no usable host name was given");
  const auto& [name, why] = *planned;
  const bool changed = OR_RETURN(apply_host_name(context, name, progress, recorder));
  if (context.config.network.manage_etc_hosts) OR_RETURN(write_hosts(context.root(), name));
  auto what = "'" + name + "' (" + why + ")";
  if (changed) what += "; " + announce_host_name(context, primary_link, recorder);
  return done_if(changed, std::move(what));
}

std::string hosts_with(std::string_view present, std::string_view host_name) {
  const auto line = "127.0.1.1\t" + std::string(host_name) + std::string(kHostsMark);
  std::string text;
  bool placed = false;
  for (std::size_t from = 0; from < present.size();) {
    const auto end = std::min(present.find('\n', from), present.size());
    const auto old = present.substr(from, end - from);
    from = end + 1;
    if (!old.ends_with(kHostsMark)) {
      text += std::string(old) + "\n";
    } else if (!placed) {
      text += line + "\n";
      placed = true;
    }
  }
  return placed ? text : text + line + "\n";
}

}  // namespace azl::provision
