// A VM on Azure in a directory: its root tree, its media, the platform that it talks to, and the
// real azl-provision run on it.
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

/// Decorates a suite whose tests need root: skipped without, with a message.
[[nodiscard]] doctest::skip needs_root();

/// A valid Ed25519 public key in OpenSSH's form, another one for each number.
[[nodiscard]] std::string public_key(unsigned number = 0);

/// IMDS's instance document with just these members, for scenarios' "imds": {"body": …}.
[[nodiscard]] Json instance(Json os_profile, const Strings& keys = {public_key()});

/// What a run is given beside the tree.
struct RunWish {
  std::string stage = {};  ///< empty: all
  bool media = true;       ///< where the scenario has media
  std::string media_path = {};
  std::string links = {};  ///< a file for --links
  bool imds = true;
  bool wireserver = true;
  Strings environment = {};
  Strings under = {};  ///< a program to run it under, with its arguments
};

class Lab {
 public:
  /// Makes the tree and the media of a scenario of azl-platform. Host keys are ed25519 only.
  explicit Lab(Json scenario = Json::object());

  // The tree.
  [[nodiscard]] std::string root() const { return directory_.path("root"); }
  [[nodiscard]] std::string path(const std::string& name) const { return root() + "/" + name; }
  /// The content of a file; empty where there is none.
  [[nodiscard]] std::string read(const std::string& name) const;
  [[nodiscard]] bool exists(const std::string& name) const;
  [[nodiscard]] Strings list(const std::string& name) const;
  Lab& write(const std::string& name, std::string_view content, mode_t mode = 0644);
  Lab& remove(const std::string& name);
  Lab& symlink(const std::string& target, const std::string& name);
  /// A directory with something in it, where a file should be written.
  Lab& obstruct(const std::string& name);
  /// Adds a drop-in to the configuration.
  Lab& configure(std::string_view text);
  /// As after a reboot: another boot id, an empty /run.
  Lab& reboot();
  /// The same tree as another VM, with the platform and the media of another scenario.
  Lab& become(Json scenario);
  /// Where the media is; it may be changed.
  [[nodiscard]] std::string media() const { return directory_.path("media"); }
  [[nodiscard]] Snapshot tree() const { return snapshot(root(), {"run"}); }

  // Runs. The platform is started by the first one.
  Ended run(const RunWish& wish = {});
  std::unique_ptr<Program> start(const RunWish& wish = {});
  /// Any other command of azl-provision, with "--root TREE" at its end.
  Ended command(Strings arguments, uid_t user = 0);
  /// A new platform with other behaviour for the same VM: members of `scenario` replace the first.
  /// Time-outs for what is enabled now are long again.
  Lab& restart_platform(const Json& scenario);
  /// Lets the platform send what a fault "hold" holds, and hold nothing from now on.
  Lab& release();
  [[nodiscard]] std::string imds_url() const { return imds_url_; }
  [[nodiscard]] std::string wireserver_url() const { return wireserver_url_; }

  // What it left.
  [[nodiscard]] Json report();
  [[nodiscard]] std::string report_text();
  [[nodiscard]] Json state() const;
  /// PROVISIONING_REPORT, decoded; throws where there is none or more than one.
  [[nodiscard]] std::map<std::string, std::string> kvp() const;
  /// Requests that the platform has answered: "imds" or "wireserver"; empty: both.
  [[nodiscard]] std::vector<Json> requests(std::string_view server = {}) const;
  /// The one record of a stage in the report.
  [[nodiscard]] Json stage(const std::string& name = "main");
  /// "SEVERITY REASON" of each finding of a stage.
  [[nodiscard]] Strings findings(const std::string& stage_name = "main");
  /// The outcome of a step of a stage; empty where it did not run.
  [[nodiscard]] std::string outcome(const std::string& step, const std::string& name = "main");
  /// The health that was reported last: its state, or empty; and the description of a NotReady.
  [[nodiscard]] std::string told() const;
  [[nodiscard]] std::string told_description() const;

  /// That a run ended in a failure with this reason and in no other: the platform knows the cause
  /// and what to do, sshd takes no passwords, and nothing says that the VM is provisioned.
  void check_failed(const Ended& run, const std::string& reason);
  /// The same of a failure that comes before anything is made: there are host keys of its own, and
  /// the accounts are those of the image.
  void check_refused(const Ended& run, const std::string& reason);

  /// The field of an entry of passwd, shadow or group; empty where there is none.
  [[nodiscard]] std::string account_field(const std::string& database, const std::string& name,
                                          std::size_t field) const;
  /// Names of all files of the lab that hold the text: the tree, the platform's log, all output.
  /// The scenario and the media are left out.
  [[nodiscard]] Strings files_with(const std::string& text) const;

 private:
  void make_tree();
  void make_media();
  void start_platform();
  [[nodiscard]] Strings run_argv(const RunWish& wish) const;
  void write_scenario() const;

  TemporaryTree directory_;
  Json scenario_;
  std::string imds_url_;
  std::string wireserver_url_;
  std::unique_ptr<Program> platform_;
  int programs_ = 0;  ///< started so far, for the names of their output
  int drop_ins_ = 0;
  Snapshot image_;  ///< the tree before the first run
};

}  // namespace azl::test
