#include "provision/custom_data/parse/instance_variables.h"

#include <algorithm>
#include <array>
#include <utility>

#include <arpa/inet.h>

#include "base/json.h"
#include "base/text.h"

namespace azl::provision::custom_data {

namespace {

using Json = nlohmann::json;

/// The host name without its domain. An IPv4 address becomes a name. Source: DataSource's
/// get_hostname().
std::string short_host_name(const std::string& name) {
  in_addr address{};
  if (inet_pton(AF_INET, name.c_str(), &address) != 1) return name.substr(0, name.find('.'));
  std::string result = "ip-" + name;
  std::ranges::replace(result, '.', '-');
  return result;
}

/// Source: DataSourceAzure's _get_subplatform().
std::string describe_seed(const std::string& seed) {
  if (seed.empty()) return "unknown (None)";
  if (seed.starts_with("/dev")) return "config-disk (" + seed + ")";
  return (lower(seed) == "imds" ? "imds (" : "seed-dir (") + seed + ")";
}

/// Azure China has an id of its own. cloud-init knows it by the name of the region. Azure
/// Government has the id of Azure. Source: CLOUD_ID_REGION_PREFIX_MAP of cloud-init's sources,
/// which cloud-id uses.
std::string find_cloud_id(const Json& region) {
  const auto* name = region.get_ptr<const std::string*>();
  return name != nullptr && name->starts_with("china") ? "azure-china" : "azure";
}

/// The words in parentheses after the first word: "bookworm" of "12 (bookworm)".
std::string codename_in(std::string_view version) {
  const auto space = version.find(' ');
  if (space == 0 || space == std::string_view::npos || !version.substr(space).starts_with(" ("))
    return {};
  const auto name = version.substr(space + 2);
  const auto end = name.find(')');
  return end == std::string_view::npos ? "" : std::string(name.substr(0, end));
}

/// The release by name, which means something else for some distributions. Source: util's
/// get_linux_distro().
std::string find_release(const OsRelease& os, const std::string& machine) {
  if (os.id.contains("sles") || os.id.contains("suse")) return machine;
  if (os.id == "alpine" || os.id == "photon" || os.id == "virtuozzo") return os.pretty_name;
  return os.version_codename.empty() ? codename_in(os.version) : os.version_codename;
}

/// The family of a distribution. Source: util's _get_variant().
std::string find_variant(const std::string& distro) {
  constexpr std::array<std::string_view, 22> kThemselves = {
      "almalinux",  "alpine",       "aosc",        "arch",     "azurelinux",      "centos",
      "cloudlinux", "debian",       "eurolinux",   "fedora",   "mariner",         "miraclelinux",
      "openeuler",  "openmandriva", "opencloudos", "photon",   "raspberry-pi-os", "rhel",
      "rocky",      "suse",         "tencentos",   "virtuozzo"};
  constexpr std::array<std::string_view, 7> kSuse = {
      "opensuse",  "opensuse-leap", "opensuse-microos", "opensuse-tumbleweed", "sle_hpc",
      "sle-micro", "sles"};
  auto id = lower(distro);
  if (std::ranges::find(kThemselves, id) != kThemselves.end()) return id;
  if (std::ranges::find(kSuse, id) != kSuse.end()) return "suse";
  if (id == "ubuntu" || id == "linuxmint" || id == "mint") return "ubuntu";
  return id == "redhat" ? "rhel" : "linux";
}

/// What IMDS says, without what may be a secret.
Json public_imds(Json imds) {
  if (!imds.is_object()) return Json::object();
  if (const auto compute = imds.find("compute"); compute != imds.end() && compute->is_object()) {
    compute->erase("userData");
    compute->erase("customData");
  }
  return imds;
}

Json compute_member(const Json& imds, std::string_view name) {
  const auto* compute = find_member(imds, "compute");
  const auto* value = compute != nullptr ? find_member(*compute, name) : nullptr;
  return value != nullptr ? *value : Json(nullptr);
}

Json make_meta_data(const InstanceFacts& facts, Json imds) {
  Json result = {{"imds", std::move(imds)}, {"instance-id", facts.instance_id}};
  if (!facts.host_name.empty()) result["local-hostname"] = facts.host_name;
  return result;
}

/// Without "python", and without uname's processor, of which only Python's platform module knows.
/// Source: util's system_info().
Json make_sys_info(const InstanceFacts& facts) {
  // cloud-init calls RHEL by its former name.
  const std::string distro = facts.os.id == "rhel" ? "redhat" : facts.os.id;
  Json result = {
      {"system", "Linux"},
      {"release", facts.kernel_release},
      {"uname", Json::array({"Linux", short_host_name(facts.host_name), facts.kernel_release,
                             facts.kernel_version, facts.machine})},
      {"dist", Json::array({distro, facts.os.version_id, find_release(facts.os, facts.machine)})},
      {"variant", find_variant(distro)}};
  if (!facts.system_platform.empty()) result["platform"] = facts.system_platform;
  return result;
}

/// Source: DataSource's _get_standardized_metadata(); of availability_zone and region
/// DataSourceAzure's properties of these names.
Json make_v1(const InstanceFacts& facts, const Json& imds, const Json& sys_info) {
  const auto zone = compute_member(imds, "platformFaultDomain");
  const auto region = compute_member(imds, "location");
  const auto host_name = short_host_name(facts.host_name);
  Json result = {{"_beta_keys", Json::array({"subplatform"})},
                 {"availability-zone", zone},
                 {"availability_zone", zone},
                 {"cloud-name", "azure"},
                 {"cloud_id", find_cloud_id(region)},
                 {"cloud_name", "azure"},
                 {"distro", sys_info["dist"][0]},
                 {"distro_release", sys_info["dist"][2]},
                 {"distro_version", sys_info["dist"][1]},
                 {"instance-id", facts.instance_id},
                 {"instance_id", facts.instance_id},
                 {"kernel_release", facts.kernel_release},
                 {"local-hostname", host_name},
                 {"local_hostname", host_name},
                 {"machine", facts.machine},
                 {"platform", "azure"},
                 {"public_ssh_keys", facts.public_ssh_keys},
                 {"region", region},
                 {"subplatform", describe_seed(facts.seed)},
                 {"variant", sys_info["variant"]}};
  if (!facts.system_platform.empty()) result["system_platform"] = facts.system_platform;
  return result;
}

/// Adds the second names. A map gets none: its copy would hold a copy of each map in it, and so on.
/// cloud-init's own maps have names without operators.
void add_aliases(Json& map) {
  Json aliases = Json::object();
  for (auto& [name, value] : map.items()) {
    if (value.is_object()) {
      add_aliases(value);
      continue;
    }
    if (auto alias = find_alias(name); alias != name && !map.contains(alias))
      aliases[std::move(alias)] = value;
  }
  map.update(aliases);
}

}  // namespace

std::string describe_system_platform(std::string_view kernel_release, std::string_view machine,
                                     std::string_view glibc_version) {
  return "Linux-" + std::string(kernel_release) + "-" + std::string(machine) + "-with-glibc" +
         std::string(glibc_version);
}

Json make_instance_variables(const InstanceFacts& facts) {
  const Json imds = public_imds(facts.imds);
  const Json sys_info = make_sys_info(facts);
  return complete_variables({{"ds", {{"meta_data", make_meta_data(facts, imds)}}},
                             {"sys_info", sys_info},
                             {"v1", make_v1(facts, imds, sys_info)}});
}

Json complete_variables(Json variables) {
  if (const auto* v1 = find_member(variables, "v1"); v1 != nullptr && v1->is_object()) {
    Json at_top = *v1;
    at_top.update(variables);
    variables = std::move(at_top);
  }
  add_aliases(variables);
  return variables;
}

bool is_left_out_variable(std::string_view path) {
  constexpr std::array<std::string_view, 19> kLeftOut = {"base64_encoded_keys",
                                                         "combined_cloud_config",
                                                         "ds._doc",
                                                         "ds.meta_data.imds.compute.customData",
                                                         "ds.meta_data.imds.compute.userData",
                                                         "ds.meta_data.random_seed",
                                                         "merged_cfg",
                                                         "merged_system_cfg",
                                                         "python_version",
                                                         "sensitive_keys",
                                                         "sys_info.python",
                                                         "userdata",
                                                         "userdata_raw",
                                                         "v1.python_version",
                                                         "vendor_data",
                                                         "vendordata",
                                                         "vendordata2",
                                                         "vendordata2_raw",
                                                         "vendordata_raw"};
  return std::ranges::find(kLeftOut, path) != kLeftOut.end();
}

std::string find_alias(std::string_view name) {
  constexpr std::array<std::string_view, 6> kPairs = {"//", "**", "==", "!=", ">=", "<="};
  constexpr std::string_view kOperators = "+-/*%~[](){}><=.:|,;";
  std::string alias;
  while (!name.empty()) {
    const bool pair = std::ranges::find(kPairs, name.substr(0, 2)) != kPairs.end();
    const bool is_operator = pair || kOperators.contains(name.front());
    alias += is_operator ? '_' : name.front();
    name.remove_prefix(pair ? 2 : 1);
  }
  return alias;
}

}  // namespace azl::provision::custom_data
