#include "provision/image/deprovision/deprovision.h"

#include <algorithm>
#include <ranges>
#include <set>
#include <utility>

#include "base/text.h"
#include "provision/accounts/home_owner.h"
#include "provision/accounts/user_name.h"

namespace azl::provision {
namespace {

using enum RemovalAction;

constexpr std::string_view kPrograms = "/var/lib/azl-provision/programs";

/// Deprovision removes nothing below these, and not the files themselves.
constexpr std::array<std::string_view, 34> kNever = {"/etc/resolv.conf",
                                                     "/etc/passwd",
                                                     "/etc/passwd-",
                                                     "/etc/shadow",
                                                     "/etc/shadow-",
                                                     "/etc/group",
                                                     "/etc/group-",
                                                     "/etc/gshadow",
                                                     "/etc/gshadow-",
                                                     "/etc/subuid",
                                                     "/etc/subgid",
                                                     "/etc/sudoers",
                                                     "/etc/fstab",
                                                     "/etc/hosts",
                                                     "/etc/machine-id",
                                                     "/etc/nsswitch.conf",
                                                     "/etc/login.defs",
                                                     "/etc/os-release",
                                                     "/etc/localtime",
                                                     "/etc/pam.d",
                                                     "/etc/selinux",
                                                     "/etc/ssh/sshd_config",
                                                     "/usr",
                                                     "/bin",
                                                     "/sbin",
                                                     "/lib",
                                                     "/lib64",
                                                     "/boot",
                                                     "/efi",
                                                     "/dev",
                                                     "/proc",
                                                     "/sys",
                                                     "/var/lib/rpm",
                                                     "/var/lib/dpkg"};

bool is_at_or_below(std::string_view path, std::string_view directory) {
  return path.starts_with(directory) &&
         (path.size() == directory.size() || path[directory.size()] == '/');
}

/// Absolute, without "." and "..", and not right below the root.
bool is_clean_path(std::string_view path) {
  const auto parts = split(path, '/');
  std::string again;
  for (const auto part : parts) {
    if (part == "." || part == "..") return false;
    again.append("/").append(part);
  }
  return parts.size() > 1 && again == path && path.find('\0') == std::string_view::npos;
}

/// The decision, part by part.
class Deprovision {
 public:
  Deprovision(const DeprovisionFacts& facts, const DeprovisionOptions& options)
      : facts_(facts), options_(options) {}

  std::vector<Removal> decide() && {
    add_agents();
    user_goes_ = options_.user && facts_.user && why_user_stays(*facts_.user).empty();
    add_known(KnownPart::kMachine, KnownPart::kTreeOnly);
    add_host_name();
    add_written();
    if (facts_.hosts_line)
      add("/etc/hosts", kEdit, "the line with the name of this VM goes, all others stay");
    if (facts_.fstab_lines)
      add("/etc/fstab", kEdit, "the lines for disks of this VM go, all others stay");
    if (facts_.user) add_user(*facts_.user);
    if (!facts_.user && options_.user)
      add("users", kKeep, "azl-provision has recorded no user here");
    add_known(KnownPart::kPrograms, KnownPart::kState);
    for (const auto file : {kStateFile, kWrittenFile}) {
      if (std::ranges::find(facts_.found, file, &FoundPath::path) != facts_.found.end())
        add(std::string(file), kRemove, "azl-provision's state of this VM; the last to go");
    }
    return std::move(list_);
  }

 private:
  void add(std::string what, RemovalAction action, std::string why, bool warning = false) {
    known_.insert(what);
    list_.push_back({std::move(what), action, std::move(why), warning});
  }
  void warn(std::string what, std::string why) {
    add(std::move(what), kKeep, std::move(why), true);
  }

  void add_agents() {
    for (const auto& unit : facts_.agent_units) {
      if (facts_.inside_agent)
        warn(unit, "it runs this program, so it is not stopped; it may write its state again");
      else
        add(unit, kStop, "it would write its state again");
    }
  }

  /// Adds what was found of the parts from `first` to `last`.
  void add_known(KnownPart first, KnownPart last) {
    for (const auto& found : facts_.found) {
      const auto& rule = known_paths()[found.rule];
      if (rule.part < first || rule.part > last || !is_wanted(rule.part, found)) continue;
      if (found.linked)
        warn(found.path, "a symbolic link leads to it; remove it yourself");
      else if (rule.part == KnownPart::kOurs && is_changed(found.path))
        warn(found.path, describe_changed());
      else if (rule.action == kEmpty)
        add(found.path, kEmpty, std::string(rule.why));
      else
        add(found.path, found.directory ? kRemoveTree : kRemove, std::string(rule.why));
    }
  }

  [[nodiscard]] bool is_wanted(KnownPart part, const FoundPath& found) {
    if (known_.contains(found.path) || !found.set) return false;
    switch (part) {
      case KnownPart::kOurs:
        return found.ours;
      case KnownPart::kPlain:
        return found.regular;
      case KnownPart::kSecret:
        if (facts_.encrypted_credential.empty()) return true;
        warn(found.path, facts_.encrypted_credential +
                             " can be decrypted only with it; each VM of the image has the same");
        return false;
      case KnownPart::kPrograms:
        return options_.programs;
      case KnownPart::kLogs:
        return options_.logs;
      case KnownPart::kState:
        return found.path != kPrograms && found.path != kStateFile && found.path != kWrittenFile;
      case KnownPart::kMachine:
      case KnownPart::kTreeOnly:
        break;
    }
    return true;
  }

  [[nodiscard]] bool is_changed(const std::string& path) const {
    const auto found = std::ranges::find(facts_.written, path, &WrittenFact::path);
    return found != facts_.written.end() && found->now == WrittenNow::kChanged;
  }
  [[nodiscard]] static std::string describe_changed() {
    return "azl-provision wrote it for this VM, and it was changed after it was written";
  }

  void add_host_name() {
    const auto& names = facts_.vm_host_names;
    if (facts_.host_name.empty() || std::ranges::find(names, facts_.host_name) == names.end())
      return;
    add("/etc/hostname", kRemove, "it names this VM");
  }

  /// Whether a path goes and stays with the user.
  [[nodiscard]] bool is_of_user(const std::string& path) const {
    if (!facts_.user || !facts_.user->account) return false;
    const auto& user = *facts_.user;
    const auto& home = user.account->home;
    return (!home.empty() && is_at_or_below(path, home)) ||
           std::ranges::find(user.keys_files, path) != user.keys_files.end();
  }

  [[nodiscard]] bool is_of_image() const { return facts_.user && !facts_.user->recorded.made; }

  void add_written() {
    std::vector<const WrittenFact*> directories;
    for (const auto& fact : facts_.written) {
      if (known_.contains(fact.path) || fact.now == WrittenNow::kGone) continue;
      // A user of the image keeps no key of this VM. Every other one goes or stays with its home.
      const bool has_only_our_files = options_.user && !user_goes_ && is_of_image();
      if (is_of_user(fact.path) && !has_only_our_files) continue;
      if (is_never_removed(fact.path)) {
        if (!fact.entry.had_existed) warn(fact.path, "it belongs to the system");
      } else if (fact.entry.is_directory()) {
        directories.push_back(&fact);
      } else {
        add_written_file(fact);
      }
    }
    // What is below a directory sorts after it.
    for (const auto* fact : directories | std::views::reverse)
      add(fact->path, kRemoveIfEmpty, "step '" + printable(fact->entry.step) + "' made it");
  }

  void add_written_file(const WrittenFact& fact) {
    const auto step = "step '" + printable(fact.entry.step) + "'";
    if (fact.entry.had_existed)
      warn(fact.path, "the image had it, and " + step + " changed it for this VM");
    else if (fact.now == WrittenNow::kSame)
      add(fact.path, kRemove, step + " wrote it for this VM");
    else if (fact.now == WrittenNow::kChanged)
      warn(fact.path, describe_changed());
    else
      warn(fact.path, step + " wrote it for this VM, and it cannot be read now");
  }

  /// Why the user is not removed; empty if it is.
  [[nodiscard]] static std::string why_user_stays(const DeprovisionUser& user) {
    if (!user.account) return "there is no such account any more";
    if (!user.recorded.made) return "the image had this user before azl-provision came to it";
    if (user.recorded.uid && *user.recorded.uid != user.account->uid)
      return "it has uid " + std::to_string(user.account->uid) +
             ", and azl-provision made one with uid " + std::to_string(*user.recorded.uid);
    if (!user.recorded.uid && !user.half_made)
      return "it is not known whether azl-provision made this account: no uid is recorded";
    if (user.account->uid == 0) return "it is root";
    if (!check_user_name(user.recorded.name)) return "its name is not a valid one";
    return {};
  }

  void add_user(const DeprovisionUser& user) {
    const auto& name = user.recorded.name;
    if (!user_goes_) {
      if (!user.account) return;
      add_histories(user);
      if (!options_.user)
        return add(name, kKeep,
                   "a user stays, with home, SSH keys and password; --user removes it");
      const bool mistaken = user.recorded.made;
      return add(name, kKeep, why_user_stays(user), mistaken);
    }
    add_home(user);
    for (const auto& path : user.keys_files) add_if_new(path, "SSH keys of user '" + name + "'");
    for (const auto& path : user.spools) add_if_new(path, "mail or jobs of user '" + name + "'");
    add(name, kRemoveUser,
        "azl-provision made this user (uid " + std::to_string(user.account->uid) + ") for this VM");
  }

  void add_if_new(const std::string& path, std::string why) {
    if (!known_.contains(path) && !is_never_removed(path)) add(path, kRemove, std::move(why));
  }
  void add_histories(const DeprovisionUser& user) {
    for (const auto& path : user.histories)
      add_if_new(path, "the history of a shell of user '" + user.recorded.name + "'");
  }

  /// Before the account: if this is interrupted, the account still says where the home is.
  void add_home(const DeprovisionUser& user) {
    if (!user.home_exists) return;
    const auto& home = user.account->home;
    const auto why = why_home_stays(user);
    if (why.empty())
      add(home, kRemoveTree, "the home of user '" + user.recorded.name + "'");
    else
      warn(home, "it is the home of user '" + user.recorded.name + "', but " + why);
  }

  [[nodiscard]] static std::string why_home_stays(const DeprovisionUser& user) {
    const auto& account = *user.account;
    if (!is_home_of(account) || is_never_removed(account.home))
      return "no directory of this path is removed";
    if (!user.home_is_directory) return "it is not a directory";
    if (user.home_uid != account.uid) return "it belongs to uid " + std::to_string(user.home_uid);
    if (!user.home_shared_with.empty())
      return "user '" + printable(user.home_shared_with) + "' lives there, too";
    return {};
  }

  const DeprovisionFacts& facts_;
  const DeprovisionOptions& options_;
  bool user_goes_ = false;
  std::vector<Removal> list_;
  std::set<std::string, std::less<>> known_;  ///< what is in the list
};

}  // namespace

bool is_never_removed(std::string_view path) {
  return !is_clean_path(path) ||
         std::ranges::any_of(kNever, [&](auto never) { return is_at_or_below(path, never); });
}

std::vector<Removal> decide_deprovision(const DeprovisionFacts& facts,
                                        const DeprovisionOptions& options) {
  return Deprovision(facts, options).decide();
}

}  // namespace azl::provision
