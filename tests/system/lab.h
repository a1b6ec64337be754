// A simulated VM on Azure: a root tree, provisioning media and the simulated platform, on which the
// real azl-provision runs.
//
//   Lab lab({{"vm", {{"name", "web-1"}}}});
//   const auto run = lab.run();
//   CHECK(run.status == 0);
//   CHECK(lab.read("etc/hostname") == "web-1\n");
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>
#include <sys/types.h>

#include "tests/system/program.h"
#include "tests/system/snapshot.h"
#include "tests/unit/temporary_tree.h"

namespace azl::test {

using nlohmann::literals::operator""_json;
using Json = nlohmann::json;

/// Decorates a suite whose tests need root. Without root they are skipped, with a message.
[[nodiscard]] doctest::skip needs_root();

/// Returns a valid Ed25519 public key in OpenSSH's format, a different one for each number.
[[nodiscard]] std::string public_key(unsigned number = 0);

/// Returns an IMDS instance document with only these members, for "imds": {"body": …} in a
/// scenario.
[[nodiscard]] Json instance(Json os_profile, const Strings& keys = {public_key()});

/// The options of a run.
struct RunOptions {
  std::string stage = {};       ///< empty: all stages
  bool media = true;            ///< pass the media, if the scenario has media
  std::string media_path = {};  ///< empty: media()
  std::string links = {};       ///< file for --links; empty: no --links
  bool imds = true;             ///< pass the URL of IMDS
  bool wireserver = true;       ///< pass the URL of the WireServer
  Strings environment = {};     ///< further variables, "NAME=value"
  Strings under = {};           ///< a program that runs azl-provision, with its arguments
};

class Lab {
 public:
  /// Makes the tree and the media of a scenario. The configuration has only ed25519 host keys.
  explicit Lab(Json scenario = Json::object());

  // The tree.
  [[nodiscard]] std::string root() const { return directory_.path("root"); }
  [[nodiscard]] std::string path(const std::string& name) const { return root() + "/" + name; }
  /// Returns the content of a file; empty if it does not exist.
  [[nodiscard]] std::string read(const std::string& name) const;
  [[nodiscard]] bool exists(const std::string& name) const;
  [[nodiscard]] Strings list(const std::string& name) const;
  Lab& write(const std::string& name, std::string_view content, mode_t mode = 0644);
  Lab& remove(const std::string& name);
  Lab& symlink(const std::string& target, const std::string& name);
  /// Makes a directory that is not empty at the path of a file, so that the file can't be written.
  Lab& obstruct(const std::string& name);
  /// Adds a drop-in to the configuration.
  Lab& configure(std::string_view text);
  /// Makes the state after a reboot: a new boot id and an empty /run.
  Lab& reboot();
  /// Turns the tree into another VM, with the platform and the media of another scenario.
  Lab& become(Json scenario);
  /// The directory of the media. Tests may change its content.
  [[nodiscard]] std::string media() const { return directory_.path("media"); }
  [[nodiscard]] Snapshot tree() const { return snapshot(root(), {"run"}); }

  // Runs. The first one starts the platform.
  Ended run(const RunOptions& options = {});
  std::unique_ptr<Program> start(const RunOptions& options = {});
  /// Runs any other command of azl-provision, with "--root TREE" appended.
  Ended command(Strings arguments, uid_t user = 0);
  /// Restarts the platform of the same VM. Members of `scenario` replace those of the old scenario.
  /// Time-outs for what is enabled now are long again.
  Lab& restart_platform(const Json& scenario);
  /// Lets the platform send what a fault "hold" holds, and hold nothing from now on.
  Lab& release();
  /// Returns the certificate "root" or "intermediate" of the authority that signs the attested
  /// document. A platform that is started again has another one.
  [[nodiscard]] std::string certificate(const std::string& name) const {
    return read_file(directory_.path("authority/" + name + ".pem"));
  }
  [[nodiscard]] std::string imds_url() const { return imds_url_; }
  [[nodiscard]] std::string wireserver_url() const { return wireserver_url_; }

  // Results.
  [[nodiscard]] Json report();
  [[nodiscard]] std::string report_text();
  [[nodiscard]] Json state() const;
  /// Returns the decoded KVP record PROVISIONING_REPORT. Throws unless the pool has
  /// whole records only, and exactly one with this key.
  [[nodiscard]] std::map<std::string, std::string> kvp() const;
  /// Returns the logged requests to a server, "imds" or "wireserver"; empty means both.
  [[nodiscard]] std::vector<Json> requests(std::string_view server = {}) const;
  /// Returns the record of a stage from the report.
  [[nodiscard]] Json stage(const std::string& name = "main");
  /// Returns "SEVERITY REASON" for each finding of a stage.
  [[nodiscard]] Strings findings(const std::string& stage_name = "main");
  /// Returns the outcome of a step; empty if the step did not run.
  [[nodiscard]] std::string outcome(const std::string& step, const std::string& name = "main");
  /// Returns the state of the last health report that the platform accepted; empty if there is
  /// none.
  [[nodiscard]] std::string told() const;
  [[nodiscard]] std::string told_description() const;

  /// Checks that a run failed with this reason only: the platform was told the cause, the report
  /// has cause and advice, password logins are off, and nothing marks the VM as provisioned.
  void check_failed(const Ended& run, const std::string& reason);
  /// Checks the same for a failure before any change to accounts: the accounts are those of the
  /// image, and the host keys are new.
  void check_refused(const Ended& run, const std::string& reason);

  /// Returns a field, counted from 0, of an entry in passwd, shadow or group; empty if there is no
  /// such entry.
  [[nodiscard]] std::string account_field(const std::string& database, const std::string& name,
                                          std::size_t field) const;
  /// Returns the names of all files that contain the text: in the tree, the platform's log and the
  /// output of all programs. Skips the scenario and the media.
  [[nodiscard]] Strings files_with(const std::string& text) const;

 private:
  void make_tree();
  void make_media();
  void start_platform();
  [[nodiscard]] Strings run_argv(const RunOptions& options) const;
  void write_scenario() const;

  TemporaryTree directory_;
  Json scenario_;
  std::string imds_url_;
  std::string wireserver_url_;
  std::unique_ptr<Program> platform_;
  int programs_ = 0;  ///< number of started programs, for the names of their output files
  int drop_ins_ = 0;
  Snapshot image_;  ///< the tree before the first run
};

}  // namespace azl::test
