// The variables that templates can use, with cloud-init's names and values for Azure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace azl::provision::custom_data {

/// os-release(5), each value unquoted; empty if the file has none.
struct OsRelease {
  std::string id = {};                ///< ID, for example "azurelinux"
  std::string version_id = {};        ///< VERSION_ID, for example "3.0"
  std::string version = {};           ///< VERSION
  std::string version_codename = {};  ///< VERSION_CODENAME
  std::string pretty_name = {};       ///< PRETTY_NAME
};

/// What is known of the VM. Nothing here is a secret, if IMDS's user data is not.
struct InstanceFacts {
  /// cloud-init's instance id: DMI's product_uuid in lower case. A VM of generation 1 has its VM id
  /// in another byte order (imds/identity.h, byte_swapped).
  std::string instance_id = {};
  /// As the platform names the VM, with the domain if it has one. If the platform gives none, the
  /// name that the system has.
  std::string host_name = {};
  /// What gave the provisioning data: a device such as "/dev/sr0", a folder, or "IMDS". Empty: not
  /// known.
  std::string seed = {};
  std::vector<std::string> public_ssh_keys = {};  ///< that the platform gives, in OpenSSH's format
  OsRelease os = {};
  std::string kernel_release = {};   ///< uname -r
  std::string kernel_version = {};   ///< uname -v
  std::string machine = {};          ///< uname -m
  std::string system_platform = {};  ///< "Linux-6.6.57-x86_64-with-glibc2.38"; empty: not known
  /// IMDS's answer for /metadata/instance, nested no deeper than kJsonDepth; null: none.
  nlohmann::json imds = nullptr;
};

/// What Python's platform.platform() calls a system.
[[nodiscard]] std::string describe_system_platform(std::string_view kernel_release,
                                                   std::string_view machine,
                                                   std::string_view glibc_version);

/// Returns an object with ds, sys_info, v1, and the members of v1 once more at the top. A name with
/// an operator of Jinja, such as "-", has a second one with "_" in its place, unless its value is a
/// map. What is not known is null, which Jinja writes as "None", as with cloud-init.
///
/// Absent, so undefined in templates: what may be secret (userdata, vendordata, the merged
/// configuration, random_seed, compute.userData and compute.customData of IMDS), and
/// python_version, as there is no Python. Source: cloud-init's DataSource, DataSourceAzure and
/// convert_jinja_instance_data.
[[nodiscard]] nlohmann::json make_instance_variables(const InstanceFacts& facts);

/// Adds to variables, such as those of cloud-init's instance-data.json, what cloud-init adds before
/// it renders: the members of v1 once more at the top, and the second names. What is there stays.
/// `variables` is an object, nested no deeper than kJsonDepth.
[[nodiscard]] nlohmann::json complete_variables(nlohmann::json variables);

/// Whether cloud-init has a variable of this path, which is absent here: "userdata",
/// "v1.python_version".
[[nodiscard]] bool is_left_out_variable(std::string_view path);

/// The name that cloud-init adds for one that contains operators of Jinja. The same name, if it
/// contains none.
[[nodiscard]] std::string find_alias(std::string_view name);

}  // namespace azl::provision::custom_data
