// The files by which other programs see whether cloud-init has ended, [CustomData] CloudInitFiles=.
//
// There is never a /var/lib/cloud/data/instance-id: it says that cloud-init provisioned the VM
// (gather/other_agents.h).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/error.h"
#include "base/root.h"
#include "provision/cloud_init/boot_status.h"
#include "provision/record/words.h"
#include "provision/report/boots.h"

namespace azl::provision::cloud_init {

inline constexpr std::string_view kStatusFile = "/run/cloud-init/status.json";
inline constexpr std::string_view kResultFile = "/run/cloud-init/result.json";
inline constexpr std::string_view kInstanceDataFile = "/run/cloud-init/instance-data.json";
/// The same from boot to boot.
inline constexpr std::string_view kKeptInstanceData = "/var/lib/azl-provision/instance-data.json";
/// The directory of links to the first two, which tmpfiles.d(5) makes.
inline constexpr std::string_view kDataDirectory = "/var/lib/cloud/data";
inline constexpr std::string_view kStatusLink = "/var/lib/cloud/data/status.json";
inline constexpr std::string_view kResultLink = "/var/lib/cloud/data/result.json";
inline constexpr std::string_view kBootFinished = "/var/lib/cloud/instance/boot-finished";
/// A link to the log of custom data, which tmpfiles.d(5) makes.
inline constexpr std::string_view kOutputLink = "/var/log/cloud-init-output.log";

/// The version of cloud-init whose command line and files these are.
inline constexpr std::string_view kVersion = "25.1 (azl-provision " AZL_VERSION ")";

/// "12.34 - Sun, 29 Nov 2026 13:38:02 +0000 - v. 25.1 (azl-provision 0.1.0)". Pure.
[[nodiscard]] std::string describe_finish(Duration uptime, WallTime now);

/// The last line of a boot's output, as cloud-init's default final_message has it. `datasource`:
/// BootStatus::datasource. Pure.
[[nodiscard]] std::string describe_final_line(const std::string& datasource, Duration uptime,
                                              WallTime now);

/// What cloud-init calls the source of the provisioning data, by a VM's variables:
/// "DataSourceAzure [seed=/dev/sr0]". Pure.
[[nodiscard]] std::string describe_datasource(const nlohmann::json& variables);
/// The members of a VM's variables that instance-data.json has, without keys that are none: these
/// may be secrets. Pure.
[[nodiscard]] std::string instance_data_to_json(const nlohmann::json& variables);

/// Returns the status of the running boot: what the records say, and status.json of the rest.
[[nodiscard]] BootStatus read_boot_status(const Root& root, const ReportInputs& inputs);
/// Returns instance-data.json of this boot; nullopt if it cannot be read.
[[nodiscard]] std::optional<nlohmann::json> read_instance_data(const Root& root);

/// Forgets that the last boot, or the last run, ended. Errors: as Root::write.
[[nodiscard]] Result<void> forget_finish(const Root& root);
/// Writes that a stage runs. Errors: as Root::write.
[[nodiscard]] Result<void> write_begin(const Root& root, const ReportInputs& inputs, Stage stage,
                                       Duration uptime);
/// Writes that a stage has ended. `failed`: that is an error, also if the stage left no record.
/// Errors: as Root::write.
[[nodiscard]] Result<void> write_end(const Root& root, const ReportInputs& inputs, Stage stage,
                                     Duration uptime, bool failed);
/// Writes that everything of this boot has ended. It is an error if the VM is not provisioned, and
/// if one of the stages `due`, which have something to do, has no record of this boot. Errors: as
/// Root::write.
[[nodiscard]] Result<void> write_finish(const Root& root, const ReportInputs& inputs,
                                        Duration uptime, WallTime now, std::span<const Stage> due);

/// Keeps a VM's variables from boot to boot. None of them is a secret. Errors: as Root::write.
[[nodiscard]] Result<void> keep_instance_data(const Root& root, const nlohmann::json& variables);
/// Writes instance-data.json of this boot, if what is kept is of the VM with this instance id.
/// Errors: as Root::write.
[[nodiscard]] Result<void> write_instance_data(const Root& root, std::string_view instance_id);

/// Removes what is written here and the links to it, and returns the paths. Errors: kIo, kReadOnly.
[[nodiscard]] Result<std::vector<std::string>> remove_files(const Root& root);

}  // namespace azl::provision::cloud_init
