#include "provision/cloud_init/files.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <utility>

#include "base/json.h"
#include "base/rfc5322.h"
#include "imds/identity.h"
#include "provision/accounts/ssh_key.h"
#include "provision/report/status.h"
#include "provision/store/kept_custom_data.h"
#include "provision/store/vm_state.h"

namespace azl::provision::cloud_init {
namespace {

using nlohmann::json;

constexpr std::string_view kRunDirectory = "/run/cloud-init";
constexpr std::size_t kFileLimit = std::size_t{8} << 20;
/// They are of one boot, and a power failure ends it.
constexpr FileAttributes kOfThisBoot = {.mode = 0644, .durable = false};

double to_seconds(Duration uptime) {
  return std::round(static_cast<double>(uptime.count()) / 1e4) / 100.0;
}

/// "12.34"
std::string describe_uptime(Duration uptime) {
  std::array<char, 32> seconds{};
  (void)std::snprintf(seconds.data(), seconds.size(), "%.2f", to_seconds(uptime));
  return seconds.data();
}

bool is_provisioned(const ReportInputs& inputs) {
  return inputs.state.provisioned && imds::same_vm(inputs.state.vm_id, inputs.vm_id);
}

/// Removes the elements of a list that are no public keys. `member`: of an element, which is the
/// key; empty: the element is.
void remove_other_than_keys(json& holder, const json::json_pointer& list, std::string_view member) {
  if (!holder.contains(list) || !holder[list].is_array()) return;
  json keys = json::array();
  for (auto& each : holder[list]) {
    const auto* key = member.empty() ? &each : find_member(each, member);
    if (key != nullptr && key->is_string() && parse_ssh_key(key->get<std::string>()))
      keys.push_back(std::move(each));
  }
  holder[list] = std::move(keys);
}

/// Why a stage is an error that left no record.
std::string describe_failure(const ReportInputs& inputs, Stage stage) {
  return stage == Stage::kMain && inputs.main_unrecorded
             ? decide_status(inputs).sentence
             : "stage " + std::string(to_string(stage)) + " failed";
}

/// Adds what a boot that ends has not done, as far as no error tells.
void add_undone(BootStatus& status, const ReportInputs& inputs, std::span<const Stage> due) {
  if (!is_provisioned(inputs) && list_errors(status).empty())
    add_error_if_unrecorded(status, Stage::kMain,
                            inputs.main_unrecorded ? describe_failure(inputs, Stage::kMain)
                                                   : "azl-provision has not provisioned this VM");
  for (const auto stage : due)
    add_error_if_unrecorded(status, stage, "custom data is due, and this stage has not run");
}

Result<void> write_in_run(const Root& root, std::string_view path, const std::string& text) {
  OR_RETURN(root.make_directory(kRunDirectory));
  OR_RETURN(root.write(path, text, kOfThisBoot));
  return {};
}

Result<void> write_boot_finished(const Root& root, const std::string& text) {
  OR_RETURN(make_instance_directory(root));
  OR_RETURN(root.write(kBootFinished, text));
  return {};
}

std::optional<json> read_json(const Root& root, std::string_view path) {
  const auto text = root.read_if_exists(path, kFileLimit);
  if (!text || !*text) return std::nullopt;
  auto parsed = parse_json(**text, kFileLimit, Reason::kState);
  if (!parsed || !parsed->is_object()) return std::nullopt;
  return std::move(*parsed);
}

}  // namespace

std::string describe_finish(Duration uptime, WallTime now) {
  return describe_uptime(uptime) + " - " + rfc5322(now) + " - v. " + std::string(kVersion) + "\n";
}

std::string describe_final_line(const std::string& datasource, Duration uptime, WallTime now) {
  return "Cloud-init v. " + std::string(kVersion) + " finished at " + rfc5322(now) +
         ". Datasource " + (datasource.empty() ? "DataSourceNone" : datasource) + ".  Up " +
         describe_uptime(uptime) + " seconds";
}

std::string describe_datasource(const json& variables) {
  std::string name = "DataSourceAzure";
  const auto* v1 = find_member(variables, "v1");
  // "config-disk (/dev/sr0)"
  const auto place = v1 == nullptr ? std::string() : text_member(*v1, "subplatform");
  const auto open = place.find(" (");
  if (open == std::string::npos || !place.ends_with(')')) return name;
  return name + " [seed=" + place.substr(open + 2, place.size() - open - 3) + "]";
}

std::string instance_data_to_json(const json& variables) {
  json data = {{"base64_encoded_keys", json::array()}, {"sensitive_keys", json::array()}};
  for (const std::string name : {"ds", "sys_info", "v1"}) {
    if (const auto* value = find_member(variables, name)) data[name] = *value;
  }
  // People have given a password or a private key in place of a public key.
  remove_other_than_keys(data, json::json_pointer("/v1/public_ssh_keys"), {});
  remove_other_than_keys(data, json::json_pointer("/ds/meta_data/imds/compute/publicKeys"),
                         "keyData");
  return data.dump(1, ' ', true, json::error_handler_t::replace) + "\n";
}

BootStatus read_boot_status(const Root& root, const ReportInputs& inputs) {
  const auto* boot = find_running_boot(inputs);
  auto status = boot == nullptr ? BootStatus() : describe_boot(*boot);
  if (const auto text = root.read_if_exists(kStatusFile, kFileLimit); text && *text) {
    if (const auto earlier = parse_status(**text)) add_unrecorded(status, *earlier);
  }
  if (is_provisioned(inputs))
    status.datasource = describe_datasource(read_instance_data(root).value_or(json::object()));
  return status;
}

std::optional<json> read_instance_data(const Root& root) {
  return read_json(root, kInstanceDataFile);
}

Result<void> forget_finish(const Root& root) {
  for (const auto path : {kResultFile, kBootFinished}) OR_RETURN(root.remove(path));
  return {};
}

Result<void> write_begin(const Root& root, const ReportInputs& inputs, Stage stage,
                         Duration uptime) {
  const auto index = find_stage_index(stage);
  if (!index) return {};
  auto status = read_boot_status(root, inputs);
  status.stages.at(*index) = {.start =
                                  root.live() ? std::optional(to_seconds(uptime)) : std::nullopt};
  status.running = kStageNames.at(*index);
  return write_in_run(root, kStatusFile, status_to_json(status));
}

Result<void> write_end(const Root& root, const ReportInputs& inputs, Stage stage, Duration uptime,
                       bool failed) {
  const auto index = find_stage_index(stage);
  if (!index) return {};
  auto status = read_boot_status(root, inputs);
  auto& ended = status.stages.at(*index);
  if (!ended.recorded) {
    if (ended.start) ended.finished = to_seconds(uptime);
    if (status.running == kStageNames.at(*index)) status.running.clear();
  }
  if (failed) add_error_if_unrecorded(status, stage, describe_failure(inputs, stage));
  return write_in_run(root, kStatusFile, status_to_json(status));
}

Result<void> write_finish(const Root& root, const ReportInputs& inputs, Duration uptime,
                          WallTime now, std::span<const Stage> due) {
  auto status = read_boot_status(root, inputs);
  status.running.clear();
  add_undone(status, inputs, due);
  auto written = write_in_run(root, kStatusFile, status_to_json(status));
  if (auto finished = write_boot_finished(root, describe_finish(uptime, now)); written)
    written = std::move(finished);
  // Last, and also on a full disk: it is what `cloud-init status --wait` waits for.
  OR_RETURN(write_in_run(root, kResultFile, result_to_json(status)));
  return written;
}

Result<void> keep_instance_data(const Root& root, const json& variables) {
  OR_RETURN(root.make_directory(kStateDirectory));
  OR_RETURN(root.write(kKeptInstanceData, instance_data_to_json(variables)));
  return {};
}

Result<void> write_instance_data(const Root& root, std::string_view instance_id) {
  const auto kept = read_json(root, kKeptInstanceData);
  const auto* v1 = kept ? find_member(*kept, "v1") : nullptr;
  if (v1 == nullptr || text_member(*v1, "instance_id") != instance_id) return {};
  return write_in_run(root, kInstanceDataFile, instance_data_to_json(*kept));
}

Result<std::vector<std::string>> remove_files(const Root& root) {
  std::vector<std::string> removed;
  for (const auto path : {kStatusFile, kResultFile, kInstanceDataFile, kKeptInstanceData,
                          kBootFinished, kStatusLink, kResultLink}) {
    if (OR_RETURN(root.remove(path))) removed.emplace_back(path);
  }
  const bool has_directory = OR_RETURN(root.stat(kDataDirectory)).has_value();
  if (has_directory && OR_RETURN(root.list(kDataDirectory)).empty())
    OR_RETURN(root.remove_directory(kDataDirectory));
  return removed;
}

}  // namespace azl::provision::cloud_init
