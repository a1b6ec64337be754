#include "provision/custom_data/run/time_servers.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "base/text.h"
#include "provision/apply/tool_time.h"

namespace azl::provision::custom_data {
namespace {

constexpr auto kChronyConfigs =
    std::to_array<std::string_view>({"/etc/chrony.conf", "/etc/chrony/chrony.conf"});
constexpr std::string_view kTimesyncd = "/usr/lib/systemd/systemd-timesyncd";
constexpr std::string_view kTimesyncdConfig =
    "/etc/systemd/timesyncd.conf.d/90-azl-provision-custom-data.conf";
constexpr std::string_view kBegin = "# azl-provision: ntp of custom data begins";
constexpr std::string_view kEnd = "# azl-provision: ntp of custom data ends";
constexpr std::string_view kTurnedOff = "# azl-provision: turned off by custom data: ";

std::optional<std::string_view> find_chrony_config(const Root& root) {
  for (const auto path : kChronyConfigs) {
    if (root.exists(path)) return path;
  }
  return std::nullopt;
}

/// Whether a line of chrony.conf names a source of time in the network. chrony.conf(5): the names
/// of directives are not case-sensitive.
bool is_source(std::string_view line) {
  const auto text = trim(line);
  const auto word = lower(text.substr(0, text.find_first_of(" \t")));
  return word == "server" || word == "pool" || word == "peer";
}

/// The number of lines of the block that begins with the first of these; 1 if its end is missing.
std::size_t length_of_block(std::span<const std::string_view> lines) {
  for (std::size_t i = 1; i < lines.size() && lines[i] != kBegin; ++i) {
    if (lines[i] == kEnd) return i + 1;
  }
  return 1;
}

Result<void> restart(const SystemRun& run, const std::string& service) {
  if (!run.context.root().live()) return {};
  const auto restarted = run.context.machine.processes.run(
      {.argv = {"systemctl", "restart", service}}, run.context.within(kToolTime));
  if (restarted) return {};
  return fail(Cause::kCustomDataTimeServers,
              "'" + service +
                  "' could not be restarted with the servers: " + restarted.error().to_string());
}

Result<std::string> configure_chrony(const SystemRun& run, std::string_view path,
                                     const SetTimeServers& item) {
  const Root& root = run.context.root();
  const auto present = OR_RETURN(root.read(path));
  OR_RETURN(replace_configuration(root, path, chrony_config_with(present, item),
                                  [&] { return restart(run, "chronyd.service"); }));
  return "configured chrony in " + std::string(path);
}

Result<std::string> configure_timesyncd(const SystemRun& run, const SetTimeServers& item) {
  auto names = item.servers;
  names.insert(names.end(), item.pools.begin(), item.pools.end());
  if (names.empty())
    return fail(Cause::kNoTimeClient,
                "systemd-timesyncd, which the system has, knows no peers, only servers and pools");
  // An empty value removes what earlier files have.
  const auto text =
      "# Written by azl-provision for ntp of custom data.\n[Time]\nNTP=\nNTP=" + join(names, " ") +
      "\n";
  OR_RETURN(run.context.root().make_directory("/etc/systemd/timesyncd.conf.d"));
  OR_RETURN(replace_configuration(run.context.root(), kTimesyncdConfig, text,
                                  [&] { return restart(run, "systemd-timesyncd.service"); }));
  const bool partly = !item.peers.empty() || !item.allow.empty();
  return "configured systemd-timesyncd in " + std::string(kTimesyncdConfig) +
         (partly ? "; it has no use for 'peers' and 'allow'" : "");
}

}  // namespace

Result<std::string> set_time_servers(const SystemRun& run, const SetTimeServers& item) {
  const Root& root = run.context.root();
  const auto chrony = find_chrony_config(root);
  if (chrony && item.client != TimeClient::kTimesyncd) return configure_chrony(run, *chrony, item);
  if (chrony)
    return fail(Cause::kNoTimeClient,
                "systemd-timesyncd is not configured, because the system has chrony, which has "
                "Azure's clock and starts again on the next boot");
  if (item.client != TimeClient::kChrony && root.exists(kTimesyncd))
    return configure_timesyncd(run, item);
  const std::string_view wanted = item.client == TimeClient::kAuto
                                      ? "neither chrony nor systemd-timesyncd"
                                  : item.client == TimeClient::kChrony ? "no chrony"
                                                                       : "no systemd-timesyncd";
  return fail(Cause::kNoTimeClient, "the system has " + std::string(wanted));
}

Result<void> replace_configuration(const Root& root, std::string_view path, std::string_view text,
                                   const std::function<Result<void>()>& restart) {
  const auto before = OR_RETURN(root.read_if_exists(path));
  FileAttributes attributes;
  if (const auto info = OR_RETURN(root.stat(path)))
    attributes = {.mode = info->mode & 07777U, .owner = info->uid, .group = info->gid};
  OR_RETURN(root.write(path, text, attributes));
  const auto restarted = restart();
  if (restarted) return {};
  const auto why = restarted.error().to_string();
  // The clock would not be set at all otherwise, neither now nor after a reboot.
  const auto restored = before ? root.write(path, *before, attributes) : root.remove(path);
  if (!restored)
    return fail(Cause::kCustomDataTimeServers,
                why + "; " + std::string(path) +
                    " could not be written back: " + restored.error().to_string());
  return fail(Cause::kCustomDataTimeServers,
              why + "; " + std::string(path) + " is as it was before" +
                  (restart() ? "" : ", but the service could not be restarted with it either"));
}

std::string chrony_config_with(std::string_view present, const SetTimeServers& servers) {
  std::string text;
  const auto lines = split_lines(present);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i] == kBegin) {
      i += length_of_block(std::span(lines).subspan(i)) - 1;
    } else if (lines[i] != kEnd) {
      text += std::string(is_source(lines[i]) ? kTurnedOff : "") + std::string(lines[i]) + "\n";
    }
  }
  text += std::string(kBegin) + "\n";
  for (const auto& name : servers.servers) text += "server " + name + " iburst\n";
  for (const auto& name : servers.pools) text += "pool " + name + " iburst\n";
  for (const auto& name : servers.peers) text += "peer " + name + "\n";
  for (const auto& network : servers.allow) text += "allow " + network + "\n";
  return text + std::string(kEnd) + "\n";
}

}  // namespace azl::provision::custom_data
