#include "provision/image/deprovision/gather.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <fnmatch.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/text.h"
#include "disk/fstab.h"
#include "provision/accounts/keys_file.h"
#include "provision/accounts/sshd_config.h"
#include "provision/accounts/sshd_settings.h"
#include "provision/accounts/user.h"
#include "provision/gather/other_agents.h"
#include "provision/image/deprovision/edits.h"

namespace azl::provision {
namespace {

constexpr std::size_t kFileLimit = 16 << 20;
constexpr std::array<std::string_view, 5> kHistories = {".bash_history", ".zsh_history",
                                                        ".sh_history", ".ash_history",
                                                        ".local/share/fish/fish_history"};
/// With the user's name behind them.
constexpr std::array<std::string_view, 5> kSpools = {
    "/var/spool/mail/", "/var/mail/", "/var/spool/cron/", "/var/spool/cron/crontabs/",
    "/var/lib/systemd/linger/"};

bool is_absent(const Error& error) {
  const int number = error.errno_value().value_or(0);
  return number == ENOENT || number == ENOTDIR;
}

/// A path's first line, as far as it is needed.
bool begins_with_mark(const Root& strict, const std::string& path) {
  const auto fd = strict.open_file(path, O_RDONLY);
  std::array<char, kGeneratedMark.size()> begin{};
  return fd &&
         ::pread(fd->get(), begin.data(), begin.size(), 0) == static_cast<ssize_t>(begin.size()) &&
         std::string_view(begin.data(), begin.size()) == kGeneratedMark;
}

/// Whether a file has something to empty. systemd.exec(5) and machine-id(5): "uninitialized" is
/// somebody's choice.
bool has_content(const Root& strict, const std::string& path, std::int64_t size) {
  if (size == 0) return false;
  if (path != "/etc/machine-id") return true;
  const auto text = strict.read(path);
  return !text || trim(*text) != "uninitialized";
}

/// Reads everything but the accounts through roots that follow no link: a link may lead to what is
/// not this program's.
class Gathering {
 public:
  Gathering(const Root& root, const Root& strict) : root_(root), strict_(strict) {}

  GatheredDeprovision gather(Processes& processes, const Deadline& deadline) && {
    read_known();
    read_written();
    read_names();
    facts_.fstab_lines = has_fstab_lines(text_of("/etc/fstab"));
    facts_.hosts_line = has_hosts_line(text_of("/etc/hosts"));
    for (const auto* directory : {"/etc/credstore.encrypted", "/usr/lib/credstore.encrypted"}) {
      const auto names = root_.list(directory);
      if (names && !names->empty() && facts_.encrypted_credential.empty())
        facts_.encrypted_credential = std::string(directory) + "/" + names->front();
    }
    if (root_.live()) read_agents(processes, deadline);
    return std::move(gathered_);
  }

 private:
  void note(const Error& error) { gathered_.unread.push_back(error.to_string()); }

  [[nodiscard]] std::string text_of(const std::string& path) {
    const auto text = root_.read_if_exists(path, kFileLimit);
    if (!text) note(text.error());
    return text ? text->value_or("") : std::string();
  }

  /// What is at a path, a link itself included; nullopt: nothing. Errors: kIo.
  [[nodiscard]] Result<std::optional<struct stat>> examine(const std::string& path) const {
    const auto fd = strict_.open_file(path, O_PATH | O_NOFOLLOW);
    if (!fd && is_absent(fd.error())) return std::nullopt;
    if (!fd) return fail(Error(fd.error()));
    struct stat status{};
    if (::fstat(fd->get(), &status) != 0) return fail_errno(errno, "examining " + path);
    return status;
  }
  /// The same where it does not matter why nothing can be seen.
  [[nodiscard]] std::optional<struct stat> look(const std::string& path) const {
    return examine(path).value_or(std::nullopt);
  }

  // Known paths.

  void read_known() {
    for (std::size_t rule = 0; rule < known_paths().size(); ++rule) {
      const auto pattern = known_paths()[rule].pattern;
      if (known_paths()[rule].part == KnownPart::kTreeOnly && root_.live()) continue;
      const auto directory = std::string(pattern.substr(0, pattern.rfind('/')));
      const std::string name(pattern.substr(directory.size() + 1));
      auto names = strict_.list(directory);
      const bool linked = !names && names.error().errno_value() == ELOOP;
      if (linked) names = root_.list(directory);
      if (!names) note(names.error());
      for (const auto& each : names ? *names : std::vector<std::string>()) {
        if (::fnmatch(name.c_str(), each.c_str(), 0) == 0)
          add_found(rule, directory + "/" + each, linked);
      }
    }
  }

  void add_found(std::size_t rule, std::string path, bool linked) {
    FoundPath found{.rule = rule, .path = std::move(path), .linked = linked};
    const auto status = look(found.path);
    if (status) {
      found.directory = S_ISDIR(status->st_mode);
      found.regular = S_ISREG(status->st_mode);
      const auto& known = known_paths()[rule];
      found.ours = known.part == KnownPart::kOurs && begins_with_mark(strict_, found.path);
      if (known.action == RemovalAction::kEmpty)
        found.set = found.regular && has_content(strict_, found.path, status->st_size);
    }
    facts_.found.push_back(std::move(found));
  }

  // What the steps wrote.

  void read_written() {
    auto files = load_written_files(root_);
    if (!files) return note(files.error());
    for (auto& [path, entry] : *files) {
      WrittenFact fact{.path = path, .entry = std::move(entry)};
      if (!is_never_removed(path))
        fact.now = look_at_written(path, fact.entry);
      else if (look(path))
        fact.now = WrittenNow::kSame;
      facts_.written.push_back(std::move(fact));
    }
  }

  [[nodiscard]] WrittenNow look_at_written(const std::string& path, const WrittenEntry& entry) {
    const auto found = examine(path);
    if (!found) return WrittenNow::kUnreadable;
    const auto& status = *found;
    if (!status) return WrittenNow::kGone;
    if (entry.is_directory())
      return S_ISDIR(status->st_mode) ? WrittenNow::kSame : WrittenNow::kGone;
    if (!S_ISREG(status->st_mode)) return WrittenNow::kChanged;
    const auto text = strict_.read(path, kFileLimit);
    if (!text && is_absent(text.error())) return WrittenNow::kGone;
    if (!text) return WrittenNow::kUnreadable;
    return sha256_of(*text) == entry.sha256 ? WrittenNow::kSame : WrittenNow::kChanged;
  }

  // The VM's names and user.

  void read_names() {
    facts_.host_name = std::string(trim(text_of("/etc/hostname")));
    const auto published = root_.read_if_exists("/var/lib/waagent/published_hostname");
    if (published && *published) add_name(std::string(trim(**published)));
    const auto state = load_state(root_);
    if (!state) return note(state.error());
    add_name(state->host_name);
    if (state->user) read_user(*state->user);
  }

  void add_name(std::string name) {
    if (!name.empty()) facts_.vm_host_names.push_back(std::move(name));
  }

  void read_user(const RecordedUser& recorded) {
    DeprovisionUser user{.recorded = recorded};
    const auto accounts = read_accounts(root_);
    if (!accounts) return note(accounts.error());
    const auto* account = accounts->find(recorded.name);
    if (account != nullptr) {
      user.account = *account;
      user.half_made = is_half_made(root_, recorded.name).value_or(false);
      read_home(*accounts, user);
      read_files_of(user);
    }
    facts_.user = std::move(user);
  }

  void read_home(const AccountFacts& accounts, DeprovisionUser& user) const {
    const auto& home = user.account->home;
    if (const auto status = look(home)) {
      user.home_exists = true;
      user.home_is_directory = S_ISDIR(status->st_mode);
      user.home_uid = status->st_uid;
    } else {
      user.home_exists = root_.exists(home);  // behind a link
    }
    for (const auto& other : accounts.accounts) {
      const bool lives_there = other.home == home || other.home.starts_with(home + "/");
      if (other.name != user.account->name && lives_there) user.home_shared_with = other.name;
    }
  }

  void read_files_of(DeprovisionUser& user) {
    const auto& account = *user.account;
    for (const auto spool : kSpools) {
      auto path = std::string(spool) + account.name;
      const auto status = look(path);
      if (status && !S_ISDIR(status->st_mode)) user.spools.push_back(std::move(path));
    }
    for (const auto name : kHistories) {
      auto path = account.home + "/" + std::string(name);
      if (look(path)) user.histories.push_back(std::move(path));
    }
    SshdAnswer every;
    for (const SshdSetting& setting : read_sshd_settings(root_)) {
      if (setting.keyword == "authorizedkeysfile")
        every.authorized_keys_files.insert(every.authorized_keys_files.end(),
                                           setting.arguments.begin(), setting.arguments.end());
    }
    for (const KeysFile& file : find_keys_files(every, account)) {
      const auto status = look(file.path);
      if (file.below_home.empty() && status && S_ISREG(status->st_mode))
        user.keys_files.push_back(file.path);
    }
  }

  // WALinuxAgent.

  void read_agents(Processes& processes, const Deadline& deadline) {
    const auto cgroup = root_.read_if_exists("/proc/self/cgroup");
    for (const auto unit : kWaagentUnits) {
      const std::string name(unit);
      if (!processes.run({.argv = {"systemctl", "is-active", "--quiet", name}}, deadline)) continue;
      facts_.agent_units.push_back(name);
      if (cgroup && *cgroup && (*cgroup)->find("/" + name) != std::string::npos)
        facts_.inside_agent = true;
    }
  }

  const Root& root_;
  const Root& strict_;
  GatheredDeprovision gathered_;
  DeprovisionFacts& facts_ = gathered_.facts;
};

}  // namespace

GatheredDeprovision gather_deprovision(const Root& root, Processes& processes,
                                       const Deadline& deadline) {
  const auto strict = root.without_links();
  if (!strict) return {.facts = {}, .unread = {strict.error().to_string()}};
  return Gathering(root, *strict).gather(processes, deadline);
}

std::string find_running_system(const Root& root) {
  if (root.live()) return {};
  const auto sys = root.open_file("/sys", O_PATH | O_DIRECTORY);
  struct statfs status{};
  if (!sys || ::fstatfs(sys->get(), &status) != 0 || status.f_type != SYSFS_MAGIC) return {};
  return root.directory() +
         " is the tree of a running system: its /sys is mounted; unmount it, or run this command "
         "in "
         "that system";
}

}  // namespace azl::provision
