// Decides what makes a machine or a tree this one VM, and has to go before it is captured as an
// image. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "provision/accounts/account.h"
#include "provision/record/words.h"
#include "provision/store/vm_state.h"
#include "provision/store/written_files.h"

namespace azl::provision {

enum class RemovalAction {
  kStop,           ///< stop a unit
  kRemove,         ///< a file or a link
  kRemoveTree,     ///< a directory with all that is in it
  kRemoveIfEmpty,  ///< a directory
  kEmpty,          ///< truncate a file
  kEdit,           ///< remove lines of this program
  kRemoveUser,
  kKeep
};
template <>
inline constexpr std::array<Spelling<RemovalAction>, 8> kSpellings<RemovalAction> = {
    {{RemovalAction::kStop, "stop"},
     {RemovalAction::kRemove, "remove"},
     {RemovalAction::kRemoveTree, "remove-tree"},
     {RemovalAction::kRemoveIfEmpty, "remove-if-empty"},
     {RemovalAction::kEmpty, "empty"},
     {RemovalAction::kEdit, "edit"},
     {RemovalAction::kRemoveUser, "remove-user"},
     {RemovalAction::kKeep, "keep"}}};

/// One thing that deprovision does or leaves.
struct Removal {
  std::string what;  ///< a path; the name of a user or of a unit
  RemovalAction action = RemovalAction::kRemove;
  std::string why;       ///< a sentence
  bool warning = false;  ///< of kKeep: something of this VM may stay in the image
  bool operator==(const Removal&) const = default;
};

struct DeprovisionOptions {
  bool user = false;      ///< the admin user, too
  bool logs = false;      ///< logs and the journal, too
  bool programs = false;  ///< forget which programs of the image ran once for its disk
};

/// When a known path is removed.
enum class KnownPart {
  kMachine,   ///< always
  kOurs,      ///< if its first line says that this program wrote it
  kPlain,     ///< if it is a regular file
  kSecret,    ///< if no encrypted credential needs it
  kTreeOnly,  ///< in a tree; on a live machine it is in memory
  kPrograms,  ///< by --programs
  kLogs,      ///< by --logs
  kState,     ///< always, after all others
};

/// A path that deprovision knows by its name. The last component is a pattern of fnmatch(3).
struct KnownPath {
  std::string_view pattern;
  KnownPart part;
  RemovalAction action;  ///< kRemove, also for directories; kEmpty
  std::string_view why;
};
/// The table, in the order in which the paths are removed.
[[nodiscard]] std::span<const KnownPath> known_paths();

/// How generated files of this program begin.
inline constexpr std::string_view kGeneratedMark = "# Written by azl-provision";

/// What is at a known path.
struct FoundPath {
  std::size_t rule = 0;  ///< index in known_paths()
  std::string path;
  bool directory = false;
  bool regular = false;
  bool ours = false;    ///< it begins with kGeneratedMark
  bool linked = false;  ///< a directory above it is a symbolic link
  bool set = true;      ///< of kEmpty: there is something to empty
};

/// What has become of an entry of written.json.
enum class WrittenNow { kGone, kSame, kChanged, kUnreadable };
struct WrittenFact {
  std::string path;
  WrittenEntry entry;
  WrittenNow now = WrittenNow::kGone;
};

/// The recorded admin user, as it is now.
struct DeprovisionUser {
  RecordedUser recorded;
  std::optional<Account> account = {};  ///< of this name in /etc/passwd
  bool half_made = false;               ///< an interrupted run was making it
  bool home_exists = false;
  bool home_is_directory = false;  ///< not a link
  uid_t home_uid = 0;
  std::string home_shared_with = {};         ///< another account whose home is there or below
  std::vector<std::string> spools = {};      ///< mail, cron and the like, which exist
  std::vector<std::string> keys_files = {};  ///< files with its SSH keys outside of the home
  std::vector<std::string> histories = {};   ///< files of its shells
};

struct DeprovisionFacts {
  std::vector<FoundPath> found = {};  ///< in the order of known_paths()
  std::vector<WrittenFact> written = {};
  std::optional<DeprovisionUser> user = {};
  std::string host_name = {};                   ///< what /etc/hostname has
  std::vector<std::string> vm_host_names = {};  ///< that this VM was given
  bool fstab_lines = false;                     ///< /etc/fstab has lines of this program
  bool hosts_line = false;                      ///< so has /etc/hosts
  std::string encrypted_credential = {};        ///< one that needs credential.secret; empty: none
  std::vector<std::string> agent_units = {};    ///< units of WALinuxAgent that run
  bool inside_agent = false;                    ///< WALinuxAgent started this program
};

/// Whether deprovision refuses to remove a path, even if the record of written files names it. True
/// for the accounts, the resolver's configuration, programs and packages, and for a path that is
/// not absolute, has "." or "..", or lies right below the root.
[[nodiscard]] bool is_never_removed(std::string_view path);

/// Returns what is done, in this order, and what is kept and should be known. The last two remove
/// state.json and written.json.
[[nodiscard]] std::vector<Removal> decide_deprovision(const DeprovisionFacts& facts,
                                                      const DeprovisionOptions& options);

}  // namespace azl::provision
