#include "provision/image/deprovision/carry_out.h"

#include <array>
#include <cerrno>
#include <string>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "base/remove_tree.h"
#include "base/text.h"
#include "disk/fstab.h"
#include "provision/accounts/databases.h"
#include "provision/image/deprovision/edits.h"
#include "provision/store/vm_state.h"

namespace azl::provision {
namespace {

constexpr std::string_view kJournal = "/var/log/journal/";
constexpr std::string_view kAzureInit = "/var/lib/azure-init";

/// Removes what other agents, or this one for them, recorded of the VM: it would be adopted by it.
Result<void> forget_records(const Root& root) {
  for (const auto* path : {"/var/lib/waagent/provisioned", "/var/lib/cloud/data/instance-id"})
    OR_RETURN(root.remove(path));
  for (const auto& name : OR_RETURN(root.list(kAzureInit))) {
    if (name.ends_with(".provisioned"))
      OR_RETURN(root.remove(std::string(kAzureInit) + "/" + name));
  }
  return {};
}

class CarryOut {
 public:
  CarryOut(const Root& root, const Root& strict, Processes& processes, const Deadline& deadline)
      : root_(root), strict_(strict), processes_(processes), deadline_(deadline) {}

  Result<void> carry_out(const Removal& removal) {
    switch (removal.action) {
      case RemovalAction::kKeep:
        return {};
      case RemovalAction::kStop:
        OR_RETURN(processes_.run({.argv = {"systemctl", "stop", removal.what}}, deadline_));
        return {};
      case RemovalAction::kRemove:
        return remove(removal.what);
      case RemovalAction::kRemoveTree:
        if (removal.what.starts_with(kJournal)) close_journal();
        OR_RETURN(remove_tree(strict_, removal.what));
        return {};
      case RemovalAction::kRemoveIfEmpty:
        return remove_if_empty(removal.what);
      case RemovalAction::kEmpty:
        return empty(removal.what);
      case RemovalAction::kEdit:
        return edit(removal.what);
      case RemovalAction::kRemoveUser:
        return remove_user(removal.what);
    }
    return {};
  }

 private:
  /// The state is the last to go: until then, everything else must have reached the disk.
  [[nodiscard]] Result<void> remove(const std::string& path) const {
    if (path == kStateFile) OR_RETURN(root_.sync());
    OR_RETURN(strict_.remove(path));
    return {};
  }

  [[nodiscard]] Result<void> remove_if_empty(const std::string& path) const {
    auto removed = strict_.remove_directory(path);
    const int number = removed ? 0 : removed.error().errno_value().value_or(0);
    // Somebody else's files are in it, or a disk is mounted there.
    const bool stays = number == ENOTEMPTY || number == EEXIST || number == EBUSY;
    if (removed || stays || number == ENOENT) return {};
    return removed;
  }

  /// Truncates the file in place: programs have it open, and it keeps its owner and label.
  [[nodiscard]] Result<void> empty(const std::string& path) const {
    const std::string what = "emptying " + path;
    const auto fd = OR_RETURN(strict_.open_file(path, O_WRONLY), what);
    if (::ftruncate(fd.get(), 0) != 0 || ::fsync(fd.get()) != 0) return fail_errno(errno, what);
    return {};
  }

  [[nodiscard]] Result<void> edit(const std::string& path) const {
    const auto text = OR_RETURN(root_.read(path), "editing " + path);
    if (path == "/etc/fstab") {
      OR_RETURN(disk::write_fstab(root_, without_fstab_lines(text)));
      return {};
    }
    const auto info = OR_RETURN(root_.stat(path));
    FileAttributes attributes;
    if (info) attributes = {.mode = info->mode & 07777, .owner = info->uid, .group = info->gid};
    OR_RETURN(root_.write(path, without_hosts_line(text), attributes));
    return {};
  }

  /// The one who runs this by sudo is often that user, who is logged in.
  [[nodiscard]] Result<void> remove_user(const std::string& name) const {
    OR_RETURN(remove_stale_locks(root_));
    const AccountTools tools(root_, processes_, deadline_);
    std::vector<std::string> argv = {"userdel"};
    if (root_.live() && !OR_RETURN(shares_group(name))) argv.emplace_back("--force");
    argv.push_back(name);
    return tools.run(std::move(argv), Reason::kUser);
  }

  /// Whether userdel --force would take away the primary group of another account.
  [[nodiscard]] Result<bool> shares_group(const std::string& name) const {
    const auto facts = OR_RETURN(read_accounts(root_));
    const auto* account = facts.find(name);
    for (const auto& other : facts.accounts) {
      if (account != nullptr && other.name != name && other.gid == account->gid) return true;
    }
    return false;
  }

  /// Has journald write to memory until the next boot, so that it holds no file of the journal
  /// open. Without it the files go all the same.
  void close_journal() {
    if (!root_.live() || std::exchange(journal_closed_, true)) return;
    (void)processes_.run({.argv = {"journalctl", "--relinquish-var"}}, deadline_);
  }

  const Root& root_;
  const Root& strict_;
  Processes& processes_;
  const Deadline& deadline_;
  bool journal_closed_ = false;
};

}  // namespace

Result<void> forget_provisioning(const Root& root) {
  const std::string context = "forgetting that this VM is provisioned";
  OR_RETURN(forget_records(root), context);
  // Before the state: with a record of another agent and no state, a boot would adopt the VM.
  OR_RETURN(root.sync(), context);
  if (!root.exists(kStateFile)) return {};
  State forgotten;
  if (auto state = load_state(root)) {
    forgotten.user = std::move(state->user);
    forgotten.host_name = std::move(state->host_name);
  }
  OR_RETURN(save_state(root, forgotten), context);
  OR_RETURN(root.sync(), context);
  return {};
}

std::vector<RemovalEnd> carry_out_removals(const Root& root, Processes& processes,
                                           const Deadline& deadline,
                                           const std::vector<Removal>& removals) {
  std::vector<RemovalEnd> ends;
  const auto strict = root.without_links();
  if (!strict) {
    for (const auto& removal : removals) ends.push_back({removal, strict.error()});
    return ends;
  }
  CarryOut work(root, *strict, processes, deadline);
  bool failed = false;
  for (const auto& removal : removals) {
    // As long as something is left, the record of what there is to remove stays.
    const bool last = removal.what == kStateFile || removal.what == kWrittenFile;
    if (failed && last) {
      ends.push_back({.removal = {removal.what, RemovalAction::kKeep,
                                  "something is left; run this command again"}});
      continue;
    }
    auto done = work.carry_out(removal);
    failed = failed || !done;
    ends.push_back({.removal = removal});
    if (!done) ends.back().error = std::move(done.error());
  }
  (void)root.sync();  // the file systems are synced again when the machine shuts down
  return ends;
}

}  // namespace azl::provision
