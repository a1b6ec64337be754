// The command line of `cloud-init`: the program under that name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace azl::provision {

enum class CloudInitCommand { kStatus, kQuery, kClean, kSchema, kFinish, kNotHere };

struct CloudInitOptions {
  CloudInitCommand command = CloudInitCommand::kStatus;
  std::string root = "/";
  // status
  std::string format = "tabular";  ///< "tabular", "json" or "yaml"
  bool long_form = false;
  bool wait = false;
  // query
  bool all = false;
  bool list_keys = false;
  std::string name;           ///< "v1.local_hostname"; empty: all
  std::string text;           ///< of --format; empty: none
  std::string instance_data;  ///< a file; empty: that of this boot
  std::string user_data;      ///< a file; empty: none is given
  std::string vendor_data;    ///< the same
  // clean
  bool logs = false;
  bool reboot = false;
  bool seed = false;
  bool machine_id = false;
  std::vector<std::string> configs;
  // schema
  std::string config_file;
  bool system = false;
  bool annotate = false;
  /// kNotHere: the command of cloud-init that azl-provision does not have.
  std::string missing;
};

/// Whether a program that was started under this name is to be `cloud-init`.
[[nodiscard]] bool is_cloud_init(std::string_view program);

struct ParsedCloudInitOptions {
  CloudInitOptions options = {};
  int exit_status = -1;  ///< -1: go on
};
/// Parses the command line. Prints help, the version, or what is wrong, and sets `exit_status`, if
/// the program is to end: 0, or 2 for a wrong command line, as cloud-init.
[[nodiscard]] ParsedCloudInitOptions parse_cloud_init_options(int argc, char** argv);

}  // namespace azl::provision
