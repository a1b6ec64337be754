// One thing that custom data asks for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <sys/types.h>

#include "base/secret.h"
#include "disk/disk_wish.h"
#include "provision/custom_data/parse/remark.h"

namespace azl::provision::custom_data {

/// When an item is carried out. docs/cloud-config.md, "When what runs".
enum class ItemPhase : std::uint8_t {
  kEarly,  ///< the network is up, and nobody can log in yet
  kFinal,  ///< the system is up
};
/// "early" or "final".
[[nodiscard]] std::string_view to_string(ItemPhase phase);

/// How often an item is carried out.
enum class ItemRepeat : std::uint8_t {
  kOnce,      ///< once for a VM id
  kEachBoot,  ///< on each boot
};
/// "once" or "each-boot".
[[nodiscard]] std::string_view to_string(ItemRepeat repeat);

/// Writes one file.
struct WriteFile {
  std::string path;  ///< absolute, without "." and ".." and NUL
  Secret content = {};
  bool append = false;
  std::string user = "root";   ///< never empty
  std::string group = "root";  ///< never empty
  mode_t mode = 0644;          ///< at most 07777
};

/// Runs a program of the document.
struct RunScript {
  std::string name;  ///< a file name
  Secret text = {};  ///< starts with "#!"
};

/// Package managers that have the same names for packages.
enum class PackageFamily : std::uint8_t {
  kAny,
  kDnf,  ///< dnf5, dnf and tdnf
  kApt,
};

/// A package to install.
struct PackageName {
  std::string name;                            ///< package_name.h: is_package_word()
  std::string version = {};                    ///< the same; empty: the newest
  PackageFamily family = PackageFamily::kAny;  ///< other package managers skip it

  bool operator==(const PackageName&) const = default;
};

/// Installs and upgrades packages.
struct InstallPackages {
  std::vector<PackageName> names = {};
  bool update = false;   ///< the lists of what the repositories have
  bool upgrade = false;  ///< all packages
  bool reboot_if_required = false;
  /// Nothing is done where the system lacks package managers of the family.
  PackageFamily family = PackageFamily::kAny;
};

/// Makes a group if it is missing, and adds users to it.
struct MakeGroup {
  std::string name;
  std::vector<std::string> members = {};
};

/// Makes a user, or changes one that exists. Text that is empty was not given.
struct MakeUser {
  std::string name = {};  ///< empty: the user that Azure names
  std::string gecos = {};
  std::string homedir = {};  ///< absolute
  std::string shell = {};    ///< absolute
  std::string primary_group = {};
  std::vector<std::string> groups = {};
  std::string expiredate = {};  ///< "2030-12-31"
  std::string inactive = {};    ///< days
  std::optional<std::uint32_t> uid = {};
  bool create_groups = true;
  bool no_create_home = false;
  bool no_user_group = false;
  bool no_log_init = false;
  bool system = false;
  /// nullopt: not given, so that the password of others than Azure's user is locked.
  std::optional<bool> lock_passwd = {};
  Secret passwd = {};                  ///< a hash, for a new user only
  Secret hashed_passwd = {};           ///< a hash
  Secret plain_text_passwd = {};       ///< a password
  std::vector<std::string> sudo = {};  ///< rules without the user's name
  bool no_sudo = false;                ///< the document says that there are no rules
  std::vector<std::string> keys = {};  ///< lines that parse_ssh_key() accepts
};

/// Adds SSH keys to those of the user that Azure names.
struct AddSshKeys {
  std::vector<std::string> keys;  ///< lines that parse_ssh_key() accepts
};

/// Gives root the SSH keys of the user that Azure names.
struct AllowRootLogin {};

/// Turns logins by password over SSH on or off.
struct SetPasswordLogins {
  bool allowed = false;
};

/// What the text of a SetPassword is.
enum class PasswordKind : std::uint8_t {
  kText,    ///< a password
  kHash,    ///< a hash
  kRandom,  ///< nothing: a password is made and printed on the console
};

/// Sets the password of a user who exists.
struct SetPassword {
  std::string user = {};  ///< empty: the user that Azure names
  PasswordKind kind = PasswordKind::kText;
  Secret password = {};
  bool expire = true;  ///< has to be changed at the next login
};

/// Sets the host name.
struct SetHostName {
  std::string name;  ///< base/host_name.h: valid_host_name()
};

/// Writes the host name to /etc/hosts.
struct WriteHosts {
  bool whole = false;     ///< the whole file; else one line of it
  std::string name = {};  ///< the first label; empty: the name that the system has
  std::string fqdn = {};  ///< empty: no other than `name`
};

/// Sets the time zone of the system.
struct SetTimeZone {
  std::string zone;  ///< "Europe/Vienna"
};

/// Sets the locale of the system.
struct SetLocale {
  std::string name;  ///< "en_US.UTF-8"
};

/// Writes a file of /etc/yum.repos.d, unless it exists.
struct AddRepository {
  std::string id;    ///< letters, digits and "-_.:"; the name of the file, too
  Secret text = {};  ///< of the file
};

/// Adds a source of packages to those of apt, with the key that its lists are signed with.
struct AddAptSource {
  /// In /etc/apt/sources.list.d: letters, digits and "-_.", ends in ".list" or ".sources". Empty:
  /// only the key is written.
  std::string file = {};
  Secret text = {};  ///< lines with the variable kAptRelease, apt_source_text.h
  bool append = true;
  std::string key_file = {};  ///< absolute, below /etc/apt; empty: none
  std::string key = {};       ///< OpenPGP packets
};

/// Writes a file of /etc/apt/apt.conf.d.
struct AddAptConfiguration {
  std::string file = {};  ///< its name
  Secret text = {};       ///< an address of a proxy may have a password
};

/// Adds certificates to those of the authorities that the system trusts.
struct TrustCertificates {
  std::vector<std::string> certificates = {};  ///< PEM
  bool remove_defaults = false;                ///< the system's own are not trusted any more
};

/// Programs that set the clock.
enum class TimeClient : std::uint8_t {
  kAuto,  ///< the one that the system has
  kChrony,
  kTimesyncd,
};

/// Sets from which servers the clock is set. Names and addresses have letters, digits and ".-_:",
/// networks also "/".
struct SetTimeServers {
  TimeClient client = TimeClient::kAuto;
  std::vector<std::string> servers = {};
  std::vector<std::string> pools = {};
  std::vector<std::string> peers = {};
  std::vector<std::string> allow = {};  ///< networks that may ask this system for the time
};

/// Has stage disks set up disks: partition table, file system, and where it is mounted.
struct SetUpDisks {
  std::vector<disk::DiskWish> disks = {};  ///< one for each disk
};

/// Adds a line to /etc/fstab, and mounts or activates it.
struct AddMount {
  std::string what;         ///< "/dev/disk/by-label/x", "server:/share", "tmpfs"
  std::string mount_point;  ///< absolute, or "none" for swap
  std::string type = "auto";
  Secret options = {};  ///< comma-separated; those of a share may have a password
  std::string dump = "0";
  std::string pass = "2";
};

/// Makes a swap file and activates it on each boot.
struct MakeSwapFile {
  std::string path;            ///< absolute
  std::uint64_t size = 0;      ///< bytes; 0: by the size of the memory
  std::uint64_t max_size = 0;  ///< bytes, if `size` is 0; 0: no bound
};

/// Prints a message for people: on the console and in the log of custom data.
struct PrintMessage {
  Secret text = {};  ///< with variables, final_message.h
};

/// What shutdown(8) does.
enum class PowerMode : std::uint8_t { kReboot, kPoweroff, kHalt };
/// "reboot", "poweroff" or "halt".
[[nodiscard]] std::string_view to_string(PowerMode mode);

/// Reboots or stops the machine when everything has run.
struct ChangePower {
  PowerMode mode = PowerMode::kReboot;
  std::uint32_t minutes = 0;  ///< from then on; 0: at once
  std::string message = {};   ///< for those who are logged in; without NUL
  Secret condition = {};      ///< a script that has to succeed; empty: none
};

using Action = std::variant<WriteFile, RunScript, InstallPackages, MakeGroup, MakeUser, AddSshKeys,
                            AllowRootLogin, SetPasswordLogins, SetPassword, PrintMessage,
                            ChangePower, SetHostName, WriteHosts, SetTimeZone, SetLocale,
                            AddRepository, AddAptSource, AddAptConfiguration, TrustCertificates,
                            SetTimeServers, SetUpDisks, AddMount, MakeSwapFile>;

struct Item {
  /// Unique among the items of a document: the module and, if it can have several, a number or a
  /// name, for example "write_files/2", "runcmd", "scripts/part-001". item_order.h has the modules.
  std::string id = {};
  Place place = {};
  ItemPhase phase = ItemPhase::kFinal;
  ItemRepeat repeat = ItemRepeat::kOnce;
  /// For people: "write /etc/app.conf (12 bytes, 0644, root:root)". Contains no value but paths and
  /// names of owners.
  std::string what = {};
  Action action = {};
};

}  // namespace azl::provision::custom_data
