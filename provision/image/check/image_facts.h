// What was found in an image, as plain data. check_image() judges it.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "provision/accounts/ageing.h"
#include "provision/accounts/sshd_config.h"
#include "provision/accounts/sshd_settings.h"
#include "provision/accounts/sudo_rules.h"
#include "provision/accounts/sudoers_files.h"
#include "provision/config/config.h"

namespace azl::provision {

/// A line of a file of the image.
struct FileLine {
  std::string path = {};
  int line = 0;  ///< from 1; 0: the whole file
  std::string text = {};
};

struct TextFile {
  std::string path;
  std::string text;
};

/// What the presets say about a unit: systemd.preset(5).
struct PresetFacts {
  bool enables = true;  ///< also if no line matches
  FileLine line = {};   ///< the first line that matches; path empty: none does
};

struct UnitFacts {
  std::string name = {};
  std::string file = {};       ///< empty: the image has no such unit
  std::string masked_by = {};  ///< the link to /dev/null, or the empty file; empty: not masked
  bool enabled = false;
  bool linked_in_usr = false;  ///< enabled by a link that no preset changes
  PresetFacts preset = {};
};

/// The agent itself, and others.
struct AgentFacts {
  std::string program = {};                  ///< path; empty: not installed
  std::vector<UnitFacts> units = {};         ///< of agent_units()
  std::vector<std::string> extensions = {};  ///< system extensions that contain it
  bool has_off_file = false;                 ///< /etc/azl-provision/disabled
  std::vector<std::string> config_warnings = {};
  std::string rival = {};                  ///< find_rival()
  std::optional<FileLine> waagent = {};    ///< the line of Provisioning.Agent; text: its value
  std::optional<std::string> verify = {};  ///< the output of systemd-analyze verify
};

/// A .network file as systemd-networkd sees it.
struct NetworkFileFacts {
  std::string name = {};
  bool masked = false;               ///< empty, or a link to /dev/null
  std::vector<TextFile> parts = {};  ///< the file, then its drop-ins
};
struct NetworkFacts {
  bool networkd = false;  ///< enabled
  std::string other_manager =
      {};  ///< one that brings DHCP of its own: "NetworkManager"; empty: none
  std::vector<NetworkFileFacts> files = {};  ///< in networkd's order
  bool has_link_rules = false;               ///< udev's rules that set AZL_LINK_DHCP
  std::string link_rules_masked_by = {};
};

struct KernelFacts {
  std::string version = {};  ///< a directory of /usr/lib/modules
  bool has_modules_dep = false;
  std::set<std::string> modules =
      {};  ///< with '_': those that modules.dep lists and whose file exists
  std::set<std::string> builtin = {};
};
struct InitrdFacts {
  std::string path = {};
  std::string version = {};            ///< of the kernel; empty: unknown
  std::set<std::string> modules = {};  ///< with '_'
  std::string unread = {};             ///< why its content is not known; empty: it was read
};
struct DriverFacts {
  std::vector<KernelFacts> kernels = {};
  std::vector<InitrdFacts> initrds = {};
  std::vector<FileLine> blocks = {};  ///< lines that block a module; text: its name, with '_'
  std::string root_type = {};         ///< the root file system's type by fstab; empty: unknown
};

/// Which serial port the machine has.
enum class ImageArchitecture { kUnknown, kX86, kArm };

/// A kernel command line of the image, from a boot loader's configuration.
struct KernelCommandLine {
  FileLine line = {};
  bool complete = true;  ///< false: it has variables whose values are not known
};
struct BootFacts {
  ImageArchitecture architecture = ImageArchitecture::kUnknown;
  std::vector<KernelCommandLine> command_lines = {};
  std::string fstab = {};
};

/// A program of the image, and what it is for.
enum class ProgramUse { kProvisioning, kDisks, kReport };
struct MissingProgram {
  std::string name = {};
  ProgramUse use = ProgramUse::kProvisioning;
};
struct ProgramFacts {
  std::vector<MissingProgram> missing = {};
  bool has_libcurl = true;
};

struct ImageUser {
  std::string name = {};
  bool has_password = false;
  bool has_empty_password = false;  ///< a login at the console needs none
  std::string keys_file = {};       ///< authorized_keys that is not empty; empty: there is none
};
struct AccountsFacts {
  std::vector<ImageUser> users = {};  ///< root, and those with a uid from UID_MIN to UID_MAX
  Ageing new_user = {};               ///< of a user whom useradd makes now
  long today = 0;                     ///< days since 1970-01-01
  bool shadow_read = true;
  bool has_sudo = false;      ///< there is a sudoers file
  SudoUser sample = {};       ///< an admin user as azl-provision makes one
  SudoersFiles sudoers = {};  ///< with the rule of azl-provision for that user, if it would be read
};

struct SshdFacts {
  bool installed = false;
  bool enabled = false;
  std::optional<SshdAnswer> answer = {};  ///< for the sample user
  std::vector<SshdSetting> settings = {};
  std::string refused = {};   ///< what sshd -t says; empty: it accepts its configuration
  std::string disobeys = {};  ///< why a drop-in has no effect; empty: it has
  std::string unasked = {};   ///< why sshd was not asked; empty: it was
};

struct StateFacts {
  bool own_machine = false;  ///< the live machine, provisioned as this VM: its state is not stale
  std::vector<std::string> own = {};           ///< files of ours
  std::vector<std::string> other_agents = {};  ///< files of other agents
  std::vector<std::string> host_keys = {};     ///< files in /etc/ssh
  /// The content of /etc/machine-id; nullopt: there is no such file.
  std::optional<std::string> machine_id = {};
  std::string dbus_machine_id = {};  ///< content of /var/lib/dbus/machine-id if it is a file

  /// Whether the image's own systemd takes a boot for the first one and applies presets.
  [[nodiscard]] bool is_first_boot() const {
    return !own_machine && (!machine_id || *machine_id == "uninitialized");
  }
};

struct SelinuxFacts {
  bool enforcing = false;  ///< with a policy, and not switched off by the kernel command line
  bool autorelabel = false;
  std::vector<std::string> unlabeled = {};
};

struct ImageFacts {
  std::string directory = "/";
  Config config = {};
  AgentFacts agent = {};
  NetworkFacts network = {};
  DriverFacts drivers = {};
  BootFacts boot = {};
  ProgramFacts programs = {};
  AccountsFacts accounts = {};
  SshdFacts sshd = {};
  StateFacts state = {};
  SelinuxFacts selinux = {};
  std::vector<FileLine> unchecked = {};  ///< what could not be read; text: why, a sentence
};

}  // namespace azl::provision
