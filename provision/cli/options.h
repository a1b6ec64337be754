// The command line as plain data.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "provision/cli/output_style.h"
#include "provision/engine/stage_run.h"
#include "provision/image/deprovision/deprovision.h"

namespace azl::provision {

/// Which command was given.
enum class Command {
  kHelp,
  kRun,
  kPlan,
  kDumpLinks,
  kDumpDisks,
  kRenderNetwork,
  kReport,
  kStatus,
  kConfig,
  kValidate,
  kCustomData,
  kDeprovision,
  kMigrate,
  kCheckImage,
  kKvp,
  kLinkRole,
  kTuneLink
};

/// Where `plan` and `render-network` take their facts from. If a file is given for IMDS or for the
/// media, neither source is asked. Links and disks are the machine's, unless a file is given for a
/// source or for them.
struct PlanOptions {
  std::string root = "/";
  std::string imds_file;
  std::string ovf_file;
  std::string links_file;
  std::string disks_file;
  std::string imds_url;  ///< empty: [Platform] ImdsUrl=, else the platform's
  std::string output;    ///< of render-network: a directory; empty: stdout
  std::optional<LogLevel> log_level = {};
  OutputOptions style = {};
  [[nodiscard]] bool has_source_file() const { return !imds_file.empty() || !ovf_file.empty(); }
};

struct ReportOptions {
  std::string root = "/";
  std::string format = "text";  ///< "text", "json", "html" or "otlp"
  std::string boot = "0";       ///< 0, -1, …, or a boot id
  std::string compare;          ///< the same, for another boot; empty: none
  std::string output;           ///< a file; empty or "-": stdout
  std::string system_times;     ///< a file with the times of systemd; empty: systemd is asked
  std::string bundle;           ///< the archive to write instead; empty: none
  bool force = false;           ///< the archive may replace a file
  bool list = false;
  bool send = false;     ///< post the trace in place of printing a report
  std::string endpoint;  ///< the collector; empty: [Report] OtlpEndpoint=
  OutputOptions style = {};
};

struct StatusOptions {
  std::string root = "/";
  bool wait = false;
  bool guest_agent = false;
  bool long_form = false;
  std::string format = "text";  ///< "text" or "json"
  OutputOptions style = {};
  std::string timeout = "5min";
};

struct ConfigOptions {
  std::string root = "/";
  bool check = false;     ///< print only what is wrong
  bool defaults = false;  ///< print the defaults
  OutputOptions style = {};
};

struct ValidateOptions {
  std::string file;             ///< "-": standard input
  std::string format = "text";  ///< "text", "json", "sarif" or "github"
  std::string variables;        ///< a file; empty: those of a sample VM
  OutputOptions style = {};
};

struct CustomDataOptions {
  std::string action;  ///< "list", "show", "rerun" or "log"
  std::string item;    ///< an id; empty: none is given
  std::string root = "/";
  std::string format = "text";  ///< "text" or "json"
  OutputOptions style = {};
};

struct DeprovisionCommand {
  DeprovisionOptions what = {};
  std::string root = "/";
  bool dry_run = false;
  bool force = false;           ///< do not ask
  std::string format = "text";  ///< "text" or "json"
  OutputOptions style = {};
};

struct MigrateOptions {
  std::string root = "/";
  bool dry_run = false;
  bool force = false;           ///< do not ask
  std::string format = "text";  ///< "text" or "json"
  OutputOptions style = {};
};

struct CheckImageOptions {
  std::string root = "/";
  std::string format = "text";            ///< "text", "json" or "sarif"
  std::vector<std::string> ignored = {};  ///< codes of checks
  std::string explain;                    ///< the code of a check; empty: the image is checked
  bool fix = false;
  bool list = false;
  OutputOptions style = {};
};

struct KvpOptions {
  std::string action;  ///< "dump"
  std::string file;    ///< a pool; empty: the guest's
  std::string root = "/";
  std::string format = "text";  ///< "text" or "json"
  OutputOptions style = {};
};

struct Options {
  Command command = Command::kHelp;
  RunOptions run = {};
  PlanOptions plan = {};
  ReportOptions report = {};
  StatusOptions status = {};
  ConfigOptions config = {};
  ValidateOptions validate = {};
  CustomDataOptions custom_data = {};
  DeprovisionCommand deprovision = {};
  MigrateOptions migrate = {};
  CheckImageOptions check_image = {};
  KvpOptions kvp = {};
  std::string link_name = {};  ///< of link-role
  int link_index = 0;          ///< of tune-link
  std::string help = {};       ///< the text of --help
};

/// Parses the command line. Prints help, the version, or what is wrong, and sets `exit_status`, if
/// the program is to end.
struct ParsedOptions {
  Options options = {};
  int exit_status = -1;  ///< -1: go on
};
[[nodiscard]] ParsedOptions parse_options(int argc, char** argv);

}  // namespace azl::provision
