#include "provision/custom_data/run/host_name_items.h"

#include <utility>

#include "base/host_name.h"
#include "base/text.h"
#include "provision/apply/host_name.h"
#include "provision/apply/waagent.h"
#include "provision/step/provisioning.h"

namespace azl::provision::custom_data {
namespace {

/// The names of the item or, if it has none, of the system.
Result<std::string> find_names(const Root& root, const WriteHosts& item) {
  if (!item.name.empty()) return hosts_names(item.name, item.fqdn);
  const auto text = OR_RETURN(root.read_if_exists("/etc/hostname"));
  const auto name = valid_host_name(trim(text.value_or("")));
  if (!name)
    return fail(Cause::kCustomDataHostName,
                "/etc/hosts stays as it is, because /etc/hostname has no valid name");
  return hosts_names(name->substr(0, name->find('.')), *name);
}

}  // namespace

Result<std::string> set_host_name(const SystemRun& run, const SetHostName& item) {
  Provisioning progress;  // no later step of this stage asks for the name
  auto end =
      provision::set_host_name(run.context, run.primary_link,
                               PlannedHostName{item.name, "custom data"}, progress, run.recorder);
  if (end) {
    OR_RETURN(hand_over_host_name(run.context.root(), item.name));
    return std::move(end->why);
  }
  auto& error = end.error();
  if (error.reason() != Reason::kHostName) return std::unexpected(std::move(error));
  return fail(Cause::kCustomDataHostName, error.to_string());
}

Result<std::string> write_hosts(const SystemRun& run, const WriteHosts& item) {
  constexpr std::string_view kFile = "/etc/hosts";
  const Root& root = run.context.root();
  const auto names = OR_RETURN(find_names(root, item));
  const auto present = OR_RETURN(root.read_if_exists(kFile));
  const auto text = item.whole ? whole_hosts(names) : hosts_with(present.value_or(""), names);
  const bool changed = OR_RETURN(root.write(kFile, text));
  return std::string(changed ? "wrote '" : "/etc/hosts has '") + names +
         (changed ? "' to /etc/hosts" : "' already");
}

std::string hosts_names(std::string_view name, std::string_view fqdn) {
  std::string names(fqdn);
  if (name == fqdn) return names;
  return names + (names.empty() ? "" : " ") + std::string(name);
}

std::string whole_hosts(std::string_view names) {
  // Source: cloud-init's template hosts.azurelinux.tmpl.
  const std::string both(names);
  return "# Written by azl-provision on each boot, because custom data has 'manage_etc_hosts: "
         "true'.\n"
         "127.0.0.1 " +
         both +
         "\n"
         "127.0.0.1 localhost.localdomain localhost\n"
         "127.0.0.1 localhost4.localdomain4 localhost4\n"
         "::1 " +
         both +
         "\n"
         "::1 localhost6.localdomain6 localhost6\n";
}

}  // namespace azl::provision::custom_data
