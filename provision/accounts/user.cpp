#include "provision/accounts/user.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>

#include <crypt.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/text.h"
#include "provision/accounts/tool.h"

namespace azl::provision {

namespace {

constexpr std::size_t kDatabaseLimit = 16 << 20;
constexpr std::string_view kSudoersDirectory = "/etc/sudoers.d";
/// No '.' in it: sudo leaves such files out.
constexpr std::string_view kSudoersFile = "/etc/sudoers.d/90-azl-provision";
constexpr std::array<std::string_view, 6> kDatabases = {"passwd",  "shadow", "group",
                                                        "gshadow", "subuid", "subgid"};
constexpr mode_t kWritableByOthers = S_IWGRP | S_IWOTH;

/// Whether /etc has no room for a tool's work: for lack of it they fail in many words, and have
/// taken back by then some of what they had written.
bool is_full(const Root& root) {
  constexpr std::uint64_t kBytes = 256 << 10;
  constexpr std::uint64_t kFiles = 32;
  const auto fd = root.open_file("/etc", O_RDONLY | O_DIRECTORY);
  struct statvfs room{};
  if (!fd || fstatvfs(fd->get(), &room) != 0) return false;
  const bool counts_files = room.f_files != 0;  // btrfs and its kind do not
  return room.f_bfree * room.f_frsize < kBytes || (counts_files && room.f_ffree < kFiles);
}

/// The tools that change accounts, let at one tree.
class AccountTools {
 public:
  AccountTools(const Root& root, Processes& processes, const Deadline& deadline)
      : root_(root), processes_(processes), deadline_(deadline) {}

  /// Runs one, with its chroot option in a tree. Never --prefix: that follows absolute links of the
  /// tree into the running system.
  Result<void> run(std::vector<std::string> argv, Reason reason, Secret input = {}) const {
    const std::string name = argv.front();
    if (!root_.live()) {
      auto directory = tree_path(root_, "/");
      if (!directory) return fail(std::move(directory.error()));
      argv.insert(argv.begin() + 1, {"-R", *directory});
    }
    auto done = processes_.run({.argv = std::move(argv), .input = std::move(input)}, deadline_);
    if (!done && done.error().reason() == Reason::kToolFailed && is_full(root_)) {
      return fail(Error(Reason::kDiskFull, "no space left on the file system of /etc (" +
                                               done.error().to_string() + ")"),
                  "running " + name);
    }
    if (!done) return fail_tool(reason, std::move(done.error()), "running " + name);
    return {};
  }

 private:
  const Root& root_;
  Processes& processes_;
  const Deadline& deadline_;
};

/// Labels what the tools have written in a tree; in the live system they do it themselves.
Result<void> relabel_databases(const Root& root) {
  if (root.live()) return {};
  for (const auto database : kDatabases) {
    const std::string name(database);
    for (const std::string& path : {"/etc/" + name, "/etc/" + name + "-"}) {
      if (!root.exists(path)) continue;
      if (auto labelled = root.relabel(path); !labelled) return labelled;
    }
  }
  return {};
}

/// An open file description lock on what lckpwdf(3) locks, if nobody else has it now.
UniqueFd try_lock_databases(const Root& root) {
  auto fd = root.open_file("/etc/.pwd.lock", O_WRONLY | O_CREAT | O_NOFOLLOW, 0600);
  if (!fd) return {};
  struct flock lock{};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  if (fcntl(fd->get(), F_OFD_SETLK, &lock) != 0) return {};
  return std::move(*fd);
}

/// What shadow-utils makes for a moment beside a database: its lock, the candidate for that
/// ("passwd.1234"), the next version ("passwd+").
bool is_passing(std::string_view name) {
  const auto end = name.find_first_of(".+");
  if (end == std::string_view::npos ||
      std::ranges::find(kDatabases, name.substr(0, end)) == kDatabases.end()) {
    return false;
  }
  const std::string_view rest = name.substr(end);
  return rest == "+" || rest == ".lock" ||
         (rest.size() > 1 && rest.front() == '.' &&
          rest.find_first_not_of("0123456789", 1) == std::string_view::npos);
}

/// Removes what a power failure has left beside the databases, its locks above all. shadow-utils
/// takes one for stale when the process in it is gone; but after a reboot that number may be
/// another process's, and a file whose content never reached the disk names none ("existing lock
/// file without a PID"): then no tool ever works again. Each of them holds lckpwdf's lock, which
/// ends with its process, as long as it has lock files. So whoever gets that lock knows that the
/// files are nobody's.
Result<void> remove_stale_locks(const Root& root) {
  auto present = root.list("/etc");
  if (!present) return fail(std::move(present.error()));
  std::erase_if(*present, [](const std::string& name) { return !is_passing(name); });
  if (present->empty()) return {};
  const UniqueFd lock = try_lock_databases(root);
  if (!lock) return {};  // somebody changes accounts just now: the tools wait for that
  for (const std::string& name : *present) {
    if (auto removed = root.remove("/etc/" + name); !removed) {
      return fail(std::move(removed.error()));
    }
  }
  return {};
}

/// useradd refuses a colon, and a line break would be a line of its own.
std::string clean_comment(std::string text) {
  std::replace_if(
      text.begin(), text.end(),
      [](char c) { return c == ':' || static_cast<unsigned char>(c) < 0x20U || c == 0x7f; }, ' ');
  return text;
}

Result<void> create(const AccountTools& tools, const AccountFacts& facts, const UserWish& wish) {
  // The home is ours to make (ensure_home): useradd's is half made when it is interrupted.
  std::vector<std::string> argv = {"useradd",  "--no-create-home", "--shell",
                                   wish.shell, "--comment",        clean_comment(wish.comment)};
  // useradd makes a group of the user's name, and fails where there is one already.
  if (facts.has_group(wish.name)) argv.insert(argv.end(), {"--gid", wish.name});
  // shadow-utils knows [a-z_][a-z0-9_-]*; Fedora and Debian are more generous, each differently.
  const bool plain = std::all_of(wish.name.begin(), wish.name.end(),
                                 [](char c) { return c != '.' && (c < 'A' || c > 'Z'); });
  if (!plain) argv.emplace_back("--badname");
  if (!wish.groups.empty()) argv.insert(argv.end(), {"--groups", join(wish.groups, ",")});
  argv.push_back(wish.name);
  return tools.run(std::move(argv), Reason::kUser);
}

/// The name of the account that is being made; the file is there from before useradd until the
/// account is whole. useradd writes six databases one after the other: what an interrupted one left
/// is not completed but made anew.
constexpr std::string_view kMakingUser = "/var/lib/azl-provision/making-user";

Result<bool> was_interrupted(const Root& root, const std::string& user) {
  auto text = root.read_if_exists(kMakingUser);
  if (!text) return fail(std::move(text.error()));
  return *text && trim(**text) == user;
}

Result<void> begin_making(const Root& root, const std::string& user) {
  if (auto made = root.make_directory("/var/lib/azl-provision"); !made)
    return fail(std::move(made.error()));
  if (auto marked = root.write(kMakingUser, user + "\n", {.mode = 0600}); !marked)
    return fail(std::move(marked.error()));
  return {};
}

/// After a useradd that failed before it wrote anything, as it does without room or on a read-only
/// /etc.
void forget_unmade(const Root& root, const std::string& user) {
  const auto facts = read_accounts(root);
  if (facts && facts->find(user) == nullptr)
    (void)root.remove(kMakingUser);  // one that stays costs a userdel at most
}

/// The password field of a user: of shadow, or of passwd where that says so itself. Empty when
/// there is no entry.
Result<std::optional<Secret>> password_field(const Root& root, std::string_view user) {
  for (const std::string_view path : {"/etc/shadow", "/etc/passwd"}) {
    auto content = root.read_if_exists(path, kDatabaseLimit);
    if (!content) return fail(std::move(content.error()), "reading the password of a user");
    const Secret text(std::move(*content).value_or(""));
    for (const std::string_view line : split(text.reveal(), '\n')) {
      const auto name_end = line.find(':');
      if (name_end == std::string_view::npos || line.substr(0, name_end) != user) continue;
      const std::string_view rest = line.substr(name_end + 1);
      const std::string_view field = rest.substr(0, rest.find(':'));
      if (path == "/etc/passwd" && field == "x") continue;  // it is in shadow, or should be
      return Secret(std::string(field));
    }
  }
  return std::nullopt;
}

/// The wished groups that the account is not in.
Result<std::vector<std::string>> missing_groups(const std::vector<Group>& groups,
                                                const Account& account, const UserWish& wish) {
  std::vector<std::string> missing;
  for (const std::string& name : wish.groups) {
    const auto group = std::find_if(groups.begin(), groups.end(),
                                    [&name](const Group& each) { return each.name == name; });
    if (group == groups.end()) return fail(Reason::kUser, "there is no group '" + name + "'");
    const auto& members = group->members;
    const bool in = group->gid == account.gid ||
                    std::find(members.begin(), members.end(), account.name) != members.end();
    if (!in) missing.push_back(name);
  }
  return missing;
}

/// Makes the account's own group, if no group has its gid, and that group's entry in gshadow.
Result<void> complete_group(const Root& root, const AccountTools& tools, const Account& account,
                            const std::vector<Group>& groups) {
  const auto found = std::find_if(groups.begin(), groups.end(), [&account](const Group& each) {
    return each.gid == account.gid || each.name == account.name;
  });
  if (found == groups.end()) {
    return tools.run({"groupadd", "--gid", std::to_string(account.gid), account.name},
                     Reason::kUser);
  }
  auto content = root.read_if_exists("/etc/gshadow", kDatabaseLimit);
  if (!content) return fail(std::move(content.error()), "reading the shadowed groups");
  if (!*content || found->name != account.name) return {};
  const Secret gshadow(std::move(**content));
  const auto lines = split(gshadow.reveal(), '\n');
  const bool present = std::any_of(lines.begin(), lines.end(), [&account](std::string_view line) {
    return line.starts_with(account.name + ":");
  });
  if (present) return {};
  return tools.run({"groupmod", "--password", "!", account.name}, Reason::kUser);
}

/// Adds what an adopted account lacks. useradd writes passwd, shadow, group, gshadow in this order,
/// so one that was interrupted leaves an account without the later ones. (Last of all it writes
/// subuid and subgid: those are for containers without root, and stay as they are.)
Result<void> complete(const Root& root, const AccountTools& tools, const Account& account,
                      const UserWish& wish) {
  const auto text = root.read_if_exists("/etc/group", kDatabaseLimit);
  if (!text) return fail(Error(text.error()), "reading the groups");
  const std::vector<Group> groups = parse_groups(text->value_or(""));
  if (auto done = complete_group(root, tools, account, groups); !done) return done;

  const auto missing = missing_groups(groups, account, wish);
  if (!missing) return fail(Error(missing.error()));
  if (!missing->empty()) {
    auto added = tools.run({"usermod", "--append", "--groups", join(*missing, ","), account.name},
                           Reason::kUser);
    if (!added) return added;
  }
  auto field = password_field(root, account.name);
  if (!field) return fail(std::move(field.error()));
  if (*field || !root.exists("/etc/shadow")) return {};
  return tools.run({"chpasswd", "-e"}, Reason::kUser, Secret(account.name + ":!\n"));
}

/// Copies what is missing of /etc/skel: directories and regular files, no links, nothing that the
/// user could not read anyway (this runs as the user). Depth and number are bounded, since a tree's
/// skeleton is not ours.
class Skeleton {
 public:
  Skeleton(const Root& from, const Root& to) : from_(from), to_(to) {}

  Result<void> copy(const std::string& directory = "", int depth = 0) {
    const auto names = from_.list(directory.empty() ? "/" : directory);
    if (!names) return {};  // a directory that the user may not read
    for (const std::string& name : *names) {
      if (++count_ > kMost) return {};
      std::string path = directory;
      path.append("/").append(name);
      if (auto copied = copy_one(path, depth); !copied) return copied;
    }
    return {};
  }

 private:
  Result<void> copy_one(const std::string& path, int depth) {
    if (from_.link_target(path) || to_.link_target(path)) return {};
    const auto info = from_.stat(path);
    if (!info || !*info) return {};
    const mode_t mode = (*info)->mode & 0777 & ~kWritableByOthers;
    if ((*info)->is_directory()) {
      if (depth == kDeepest) return {};
      auto made = to_.make_directory(path, {.mode = mode | S_IRWXU});
      if (!made) return fail(std::move(made.error()));
      return copy(path, depth + 1);
    }
    if (!(*info)->is_regular() || to_.exists(path)) return {};
    const auto content = from_.read(path);
    if (!content) return {};  // unreadable or huge: not worth a machine without its user
    auto written = to_.write(path, *content, {.mode = mode});
    if (!written) return fail(std::move(written.error()));
    return {};
  }

  static constexpr int kDeepest = 8;
  static constexpr int kMost = 1000;
  const Root& from_;
  const Root& to_;
  int count_ = 0;
};

Result<void> copy_skeleton(const Root& root, const Account& account) {
  const auto from = root.open_home("/etc/skel");
  if (!from) return {};  // there is none
  const auto to = root.open_home(account.home);
  if (!to) return fail(Error(to.error()));
  const FileSystemIdentity identity(account.uid, account.gid);
  return Skeleton(*from, *to).copy();
}

/// /home/bob, /srv/people/bob, but not /bob, and nothing with "..".
bool is_home_of(const Account& account) {
  const auto parts = split(account.home, '/');
  return account.home.starts_with('/') && parts.size() >= 2 && parts.back() == account.name &&
         std::find(parts.begin(), parts.end(), "..") == parts.end();
}

/// Gives a home that root owns to the user: the directory itself, not what is in it.
Result<void> hand_over(const Root& root, const Account& account) {
  const auto fd = root.open_file(account.home, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (!fd) return fail(Error(fd.error()));
  struct stat status{};
  if (fstat(fd->get(), &status) != 0) return fail_errno(errno, "looking at the home");
  if (status.st_uid != 0) return fail(Reason::kUser, "the home has just changed its owner");
  const mode_t mode = (status.st_mode & 0777 & ~kWritableByOthers) | S_IRWXU;
  if (fchmod(fd->get(), mode) != 0) return fail_errno(errno, "setting the mode of the home");
  // The owner last: a power failure before it leaves a home that is found again as root's.
  if (fchown(fd->get(), account.uid, account.gid) != 0) {
    return fail_errno(errno, "giving the home to the user");
  }
  return {};
}

/// Makes sure that there is a home of the user's own. `created`: the account is new.
Result<void> ensure_home(const Root& root, const Account& account, bool created) {
  const std::string shown = "the home '" + printable(account.home) + "'";
  const auto info = root.stat(account.home);
  if (!info) return fail(Error(info.error()), "looking at " + shown);
  bool fresh = created;
  if (!*info) {
    if (!is_home_of(account)) return fail(Reason::kUser, shown + " does not exist");
    const FileAttributes attributes{.mode = 0700, .owner = account.uid, .group = account.gid};
    auto made = root.make_directory(account.home, attributes);
    if (!made) return fail(std::move(made.error()), "making " + shown);
    fresh = true;
  } else if (!(*info)->is_directory()) {
    return fail(Reason::kUser, shown + " is not a directory");
  } else if ((*info)->uid == 0 && account.uid != 0 && is_home_of(account)) {
    // useradd makes the home before it writes passwd, and leaves one that it finds as it is: so an
    // interrupted run, and an image that brings files for the home, both end up with root's.
    if (auto given = hand_over(root, account); !given) {
      return fail(std::move(given.error()), "taking over " + shown);
    }
    fresh = true;
  } else if ((*info)->uid != account.uid) {
    return fail(Reason::kUser, shown + " belongs to uid " + std::to_string((*info)->uid));
  } else {
    const auto names = root.list(account.home);
    fresh = fresh || (names && names->empty());
  }
  if (fresh) {
    if (auto copied = copy_skeleton(root, account); !copied) {
      return fail(std::move(copied.error()), "copying /etc/skel to " + shown);
    }
  }
  // Also of an old home: a run that ended before this point may have made it.
  return root.live() ? Result<void>() : root.relabel(account.home);
}

/// A secret's text for C: NUL-terminated, being a whole std::string.
const char* c_text(const Secret& secret) {
  return secret.reveal().data();  // NOLINT(bugprone-suspicious-stringview-data-usage)
}

/// crypt(3)'s working memory, which holds the password and its hash; wiped when it goes.
class Crypt {
 public:
  Crypt() : data_(std::make_unique<crypt_data>()) {}
  ~Crypt() { explicit_bzero(data_.get(), sizeof *data_); }
  Crypt(const Crypt&) = delete;
  Crypt& operator=(const Crypt&) = delete;

  /// The hash of a password by a setting (or by another hash); empty when crypt refuses.
  Secret hash(const Secret& password, const char* setting) {
    const char* result = crypt_rn(c_text(password), setting, data_.get(), sizeof *data_);
    return result == nullptr ? Secret() : Secret(result);
  }

 private:
  std::unique_ptr<crypt_data> data_;
};

Result<Secret> new_hash(const Secret& password, PasswordHash hash) {
  const char* prefix = hash == PasswordHash::kSha512 ? "$6$" : "$y$";
  std::array<char, CRYPT_GENSALT_OUTPUT_SIZE> setting{};
  // The salt's random bytes are the kernel's.
  if (crypt_gensalt_rn(prefix, 0, nullptr, 0, setting.data(), setting.size()) == nullptr) {
    return fail_errno(errno, "making a salt for the password", Reason::kPassword);
  }
  Secret hashed = Crypt().hash(password, setting.data());
  if (hashed.empty()) return fail(Reason::kPassword, "crypt(3) can't hash this password");
  return hashed;
}

bool is_locked(std::string_view field) { return field.starts_with('!') || field.starts_with('*'); }

Result<bool> set_password(const AccountTools& tools, const std::string& user,
                          const std::optional<Secret>& present, const Secret& password,
                          PasswordHash hash) {
  if (password.empty()) return fail(Reason::kPassword, "the password is empty");
  if (password.reveal().find('\0') != std::string_view::npos) {
    return fail(Reason::kPassword, "the password has a NUL in it");
  }
  if (password.size() >= CRYPT_MAX_PASSPHRASE_SIZE) {
    return fail(Reason::kPassword, "the password has more than 511 bytes");
  }
  if (present && !present->empty() && !is_locked(present->reveal())) {
    const Secret same = Crypt().hash(password, c_text(*present));
    if (same.reveal() == present->reveal()) return false;
  }
  const auto hashed = new_hash(password, hash);
  if (!hashed) return fail(Error(hashed.error()));
  std::string line;
  line.reserve(user.size() + hashed->size() + 2);  // it must not leave copies behind as it grows
  line.append(user).append(":").append(hashed->reveal()).append("\n");
  auto done = tools.run({"chpasswd", "-e"}, Reason::kPassword, Secret(std::move(line)));
  if (!done) return fail(std::move(done.error()));
  return true;
}

Result<bool> lock_password(const AccountTools& tools, const std::string& user,
                           const std::optional<Secret>& present) {
  if (present && is_locked(present->reveal())) return false;
  auto done = present ? tools.run({"usermod", "--lock", user}, Reason::kPassword)
                      : tools.run({"chpasswd", "-e"}, Reason::kPassword, Secret(user + ":!\n"));
  if (!done) return fail(std::move(done.error()));
  return true;
}

/// Whether sudoers reads this name at the start of a line as that of a user: sudoers(5); the words
/// of its lexer that `visudo -c` of 1.9.13 takes for something else.
bool is_plain_in_sudoers(std::string_view name) {
  constexpr std::array<std::string_view, 10> kWords = {
      "Defaults",  "User_Alias", "Runas_Alias", "Host_Alias", "Cmnd_Alias",
      "Cmd_Alias", "sudoedit",   "list",        "include",    "includedir"};
  if (std::find(kWords.begin(), kWords.end(), name) != kWords.end()) return false;
  const auto is_one_of = [](std::string_view others) {
    return [others](char c) {
      return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             others.find(c) != std::string_view::npos;
    };
  };
  const bool alias = std::all_of(name.begin(), name.end(), is_one_of("_"));
  return !alias &&
         std::all_of(name.begin(), name.end(), is_one_of("_.-abcdefghijklmnopqrstuvwxyz"));
}

}  // namespace

Result<Account> ensure_user(const Root& root, Processes& processes, const UserWish& wish,
                            const Deadline& deadline) {
  const std::string context = "making the user '" + printable(wish.name) + "'";
  auto facts = read_accounts(root);
  if (!facts) return fail(std::move(facts.error()), context);
  if (auto may = check_admin(*facts, wish.name); !may) return fail(std::move(may.error()), context);
  if (auto freed = remove_stale_locks(root); !freed) {
    return fail(std::move(freed.error()), context);
  }

  const AccountTools tools(root, processes, deadline);
  const auto interrupted = was_interrupted(root, wish.name);
  if (!interrupted) return fail(Error(interrupted.error()), context);
  if (*interrupted && facts->find(wish.name) != nullptr) {
    // Its home stays: ensure_home completes it.
    if (auto gone = tools.run({"userdel", wish.name}, Reason::kUser); !gone)
      return fail(std::move(gone.error()), context);
    facts = read_accounts(root);
    if (!facts) return fail(std::move(facts.error()), context);
  }
  const Account* found = facts->find(wish.name);
  const bool created = found == nullptr;
  auto made = created ? begin_making(root, wish.name) : complete(root, tools, *found, wish);
  if (made && created) made = create(tools, *facts, wish);
  if (!made) {
    forget_unmade(root, wish.name);
    return fail(Error(made.error()), context);
  }

  // The tool's word is not enough: what stands there now decides whose home we write to.
  facts = read_accounts(root);
  if (!facts) return fail(std::move(facts.error()), context);
  if (auto may = check_admin(*facts, wish.name); !may) return fail(std::move(may.error()), context);
  found = facts->find(wish.name);
  if (found == nullptr) {
    return fail(Error(Reason::kUser, "/etc/passwd has no such account after useradd"), context);
  }
  if (auto homed = ensure_home(root, *found, created); !homed) {
    // Whatever the system call said, what failed is the user; but for a full or read-only disk,
    // which has its own advice.
    auto error = std::move(homed.error());
    if (error.reason() == Reason::kIo) error = Error(Reason::kUser, error.to_string());
    return fail(std::move(error), context);
  }
  if (auto labelled = relabel_databases(root); !labelled) {
    return fail(std::move(labelled.error()), context);
  }
  if (auto whole = root.remove(kMakingUser); !whole) return fail(std::move(whole.error()), context);
  return *found;
}

Result<bool> ensure_password(const Root& root, Processes& processes, const std::string& user,
                             PasswordChange change, const Secret& password, PasswordHash hash,
                             const Deadline& deadline) {
  if (change == PasswordChange::kUnchanged) return false;
  const bool set = change == PasswordChange::kSet;
  const std::string context =
      (set ? "setting the password of '" : "locking the password of '") + printable(user) + "'";
  const auto present = password_field(root, user);
  if (!present) return fail_tool(Reason::kPassword, Error(present.error()), context);
  if (auto freed = remove_stale_locks(root); !freed) {
    return fail_tool(Reason::kPassword, std::move(freed.error()), context);
  }
  const AccountTools tools(root, processes, deadline);
  const auto done = set ? set_password(tools, user, *present, password, hash)
                        : lock_password(tools, user, *present);
  if (!done) return fail(Error(done.error()), context);
  if (auto labelled = relabel_databases(root); !labelled) {
    return fail_tool(Reason::kPassword, std::move(labelled.error()), context);
  }
  return *done;
}

std::string sudoers_text(const Account& account, SudoRule rule) {
  if (rule == SudoRule::kNone) return "";
  const std::string who =
      is_plain_in_sudoers(account.name) ? account.name : "#" + std::to_string(account.uid);
  return "# Written by azl-provision for the user '" + printable(account.name) + "'.\n" + who +
         " ALL=(ALL:ALL) " + (rule == SudoRule::kNoPassword ? "NOPASSWD: " : "") + "ALL\n";
}

Result<bool> ensure_sudoers(const Root& root, Processes& processes, const Account& account,
                            SudoRule rule, const Deadline& deadline) {
  const std::string context = "writing " + std::string(kSudoersFile);
  if (rule == SudoRule::kNone) {
    auto removed = root.remove(kSudoersFile);
    if (!removed) return fail_tool(Reason::kSudoers, std::move(removed.error()), context);
    return *removed;
  }
  const auto directory = root.stat(kSudoersDirectory);
  if (!directory) return fail_tool(Reason::kSudoers, Error(directory.error()), context);
  if (!*directory || !(*directory)->is_directory()) {
    return fail(Error(Reason::kSudoers, "there is no directory /etc/sudoers.d; is sudo installed?"),
                context);
  }
  const std::string text = sudoers_text(account, rule);
  const auto present = root.read_if_exists(kSudoersFile);
  if (!present || present->value_or("") != text) {
    auto checked = processes.run(
        {.argv = {"visudo", "-c", "-f", "-"}, .input = Secret(std::string(text))}, deadline);
    if (!checked && checked.error().reason() == Reason::kToolMissing) {
      return fail(std::move(checked.error()), context);
    }
    if (!checked) return fail_tool(Reason::kSudoers, std::move(checked.error()), context);
  }
  auto written = root.write(kSudoersFile, text, {.mode = 0440, .owner = 0, .group = 0});
  if (!written) return fail_tool(Reason::kSudoers, std::move(written.error()), context);
  return *written;
}

Result<bool> password_usable(const Root& root, std::string_view user) {
  const auto field = password_field(root, user);
  if (!field) return fail(Error(field.error()));
  if (!*field || (*field)->empty() || is_locked((*field)->reveal())) return false;
  const int judged = crypt_checksalt(c_text(**field));
  return judged != CRYPT_SALT_INVALID && judged != CRYPT_SALT_METHOD_DISABLED;
}

}  // namespace azl::provision
