// make_user(): the steps by which a user of custom data is made or changed.
#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "provision/accounts/account.h"
#include "provision/accounts/databases.h"
#include "provision/accounts/groups.h"
#include "provision/accounts/password.h"
#include "provision/accounts/sudoers.h"
#include "provision/accounts/user.h"
#include "provision/apply/tool_time.h"
#include "provision/apply/user.h"
#include "provision/custom_data/plan/user_reader.h"
#include "provision/custom_data/run/account_items.h"
#include "provision/custom_data/run/user_keys.h"

namespace azl::provision::custom_data {
namespace {

/// Whether a login shell is a file that can be executed.
bool can_run(const Root& root, const std::string& shell) {
  const auto info = root.stat(shell);
  return info && *info && (*info)->is_regular() && ((*info)->mode & 0111U) != 0;
}

UserWish make_wish(const MakeUser& user) {
  return {.name = user.name,
          .comment = user.gecos,
          .shell = user.shell,
          .groups = user.groups,
          .account = {.uid = user.uid,
                      .primary_group = user.primary_group,
                      .home = user.homedir,
                      .expires = user.expiredate,
                      .inactive = user.inactive,
                      .own_group = !user.no_user_group,
                      .make_home = !user.no_create_home && !user.system,
                      .system = user.system,
                      .log_init = !user.no_log_init,
                      .any_uid = true,
                      .goes_on = true}};
}

/// Makes or changes one user.
class UserMaker {
 public:
  UserMaker(const AccountRun& run, const MakeUser& user, std::string name)
      : run_(run),
        user_(user),
        name_(std::move(name)),
        is_azure_user_(name_ == run.azure_user),
        root_(run.context.root()),
        processes_(run.context.machine.processes) {}

  Result<std::string> make();

 private:
  /// Sets account_ if there is one at the end.
  [[nodiscard]] Result<void> make_account();
  void make_new();
  void change_azure_user();
  void add_azure_user_to_groups();
  void change_field(const AccountChange& change);
  /// Makes missing groups, if the document wants that. Returns those of these that exist.
  [[nodiscard]] std::vector<std::string> ensure_existing(const std::vector<std::string>& names);
  void set_password();
  [[nodiscard]] bool is_lock_wanted() const;
  [[nodiscard]] Secret find_hash();
  void tell_password();
  void write_sudo_rules();
  void install_keys();
  void remark_shell();
  void remark_home(const ClaimedHome& home);
  void remark_unused_keys();
  void note(std::string text) {
    run_.recorder.record_finding(Severity::kNote, Error(Reason::kCustomData, std::move(text)));
  }

  [[nodiscard]] Deadline deadline() const { return run_.context.within(kToolTime); }
  /// Keeps the first failure; the others become findings.
  void keep(const Error& error);
  template <class T>
  bool check(const Result<T>& result) {
    if (!result) keep(result.error());
    return result.has_value();
  }

  const AccountRun& run_;
  const MakeUser& user_;
  std::string name_;
  bool is_azure_user_;
  const Root& root_;
  Processes& processes_;

  bool existed_ = false;
  std::optional<Account> account_;
  std::optional<Error> failure_;
  std::vector<std::string> done_;
};

void UserMaker::keep(const Error& error) {
  auto failure = as_custom_data_error(error);
  if (!failure_) {
    failure_ = std::move(failure);
  } else {
    run_.recorder.record_finding(Severity::kDegraded, failure);
  }
}

std::vector<std::string> UserMaker::ensure_existing(const std::vector<std::string>& names) {
  if (user_.create_groups && !names.empty()) {
    const auto groups = ensure_groups(root_, processes_, names, deadline());
    if (check(groups)) {
      for (const auto& failure : groups->failures) keep(failure);
      if (!groups->made.empty())
        done_.push_back("made the groups " + printable(join(groups->made, ", "), 400));
    }
  }
  const auto facts = read_accounts(root_);
  if (!check(facts)) return {};
  auto existing = names;
  std::erase_if(existing, [&](const std::string& name) { return !facts->has_group(name); });
  for (const auto& name : names) {
    if (!user_.create_groups && !facts->has_group(name))
      keep(Error(Reason::kCustomData, "'" + name_ + "' is not in the group '" + printable(name) +
                                          "', which does not exist"));
  }
  return existing;
}

void UserMaker::make_new() {
  auto wish = make_wish(user_);
  wish.groups = ensure_existing(user_.groups);
  if (!user_.primary_group.empty() && ensure_existing({user_.primary_group}).empty())
    wish.account.primary_group.clear();
  auto made = ensure_user(root_, processes_, wish, deadline());
  if (!check(made)) {
    // Perhaps only its home cannot be used. Its other parts are not kept from being made.
    const auto facts = read_accounts(root_);
    const auto* present = facts ? facts->find(name_) : nullptr;
    if (present != nullptr) account_ = *present;
    return;
  }
  account_ = std::move(made->account);
  done_.insert(done_.begin(),
               "made '" + name_ + "', uid " + std::to_string(account_->uid) +
                   (wish.groups.empty() ? ", in no further groups"
                                        : ", in " + printable(join(wish.groups, ", "), 400)) +
                   printable(describe_copied(made->copied), 400, Quotes::kKept) +
                   describe_home(*account_, made->home));
  remark_home(made->home);
  remark_shell();
}

void UserMaker::remark_home(const ClaimedHome& home) {
  record_home(*account_, home, run_.recorder);
  if (home.of_other)
    note("the home of '" + name_ + "', " + printable(account_->home) + ", existed and " + home.why +
         ", as it stays");
}

void UserMaker::add_azure_user_to_groups() {
  const auto groups = ensure_existing(user_.groups);
  if (groups.empty()) return;
  if (check(ensure_user(root_, processes_,
                        {.name = name_, .comment = {}, .shell = {}, .groups = groups}, deadline())))
    done_.push_back("added to " + printable(join(groups, ", "), 400));
}

void UserMaker::change_field(const AccountChange& change) {
  check(change_account(root_, processes_, name_, change, deadline()));
}

void UserMaker::change_azure_user() {
  add_azure_user_to_groups();
  change_field({.comment = user_.gecos});
  if (user_.shell.empty()) return;
  if (can_run(root_, user_.shell)) return change_field({.shell = user_.shell});
  keep(Error(Reason::kCustomData, "the login shell stays " + printable(account_->shell) +
                                      ", because " + printable(user_.shell) +
                                      " is not an executable file"));
}

/// sshd refuses a user whose shell does not exist. A package of the document may bring it later.
void UserMaker::remark_shell() {
  if (user_.shell.empty() || can_run(root_, user_.shell)) return;
  note("'" + name_ + "' cannot log in until there is " + printable(user_.shell));
}

/// What the plan could not know: that the user exists, or is the one that Azure names.
void UserMaker::remark_unused_keys() {
  if (user_.name.empty()) return;
  const auto keys = list_unused_keys(user_, is_azure_user_);
  if (!keys.empty())
    note("'" + name_ + "' existed, so that these keys are not used: " +
         join(std::vector<std::string>(keys.begin(), keys.end()), ", "));
  if (is_azure_user_ && user_.no_sudo)
    run_.recorder.record_finding(
        Severity::kDegraded,
        Error(Reason::kCustomData,
              "'" + name_ +
                  "' is the user that Azure names, who keeps the sudo rule that [User] "
                  "Sudo= of azl-provision.conf(5) gives; 'sudo' takes nothing away"));
}

Result<void> UserMaker::make_account() {
  const auto facts = OR_RETURN(read_accounts(root_));
  const auto* present = facts.find(name_);
  const bool half_made = OR_RETURN(is_half_made(root_, name_));
  existed_ = present != nullptr && !half_made;
  if (is_azure_user_) {
    if (present == nullptr)
      return fail(Reason::kCustomData, "Azure's user '" + name_ + "' does not exist");
    account_ = *present;
    change_azure_user();
    remark_unused_keys();
  } else if (existed_) {
    account_ = *present;
    done_.push_back("'" + name_ + "' existed, and keeps its groups, shell and home");
    remark_unused_keys();
  } else {
    make_new();
  }
  return {};
}

/// Azure's user has a password if the VM was made with one; else cloud-init locks it.
bool UserMaker::is_lock_wanted() const {
  const bool given =
      !user_.passwd.empty() || !user_.hashed_passwd.empty() || !user_.plain_text_passwd.empty();
  return user_.lock_passwd.value_or(!is_azure_user_ || (given && !run_.azure_password));
}

/// The hash that is the user's at the end. Empty: none is given. The order of cloud-init: useradd
/// gets `passwd`, and chpasswd then the others.
Secret UserMaker::find_hash() {
  if (!user_.hashed_passwd.empty()) return user_.hashed_passwd.clone();
  if (!user_.plain_text_passwd.empty()) {
    auto hash = hash_password(user_.plain_text_passwd, run_.context.config.user.password_hash);
    return check(hash) ? std::move(*hash) : Secret();
  }
  if (user_.passwd.empty() || !existed_ || is_azure_user_) return user_.passwd.clone();
  // A run that was interrupted after it made the user has set it.
  const auto field = password_field(root_, name_);
  if (!check(field)) return {};
  auto present = *field ? (*field)->reveal() : std::string_view();
  if (present != user_.passwd.reveal() && present.starts_with('!')) present.remove_prefix(1);
  if (present != user_.passwd.reveal())
    keep(Error(Reason::kCustomData,
               "'passwd' is ignored for a user who exists; use 'hashed_passwd'"));
  return {};
}

/// Sets the password, locked if it is to be: it is never live in between.
void UserMaker::set_password() {
  const bool lock = is_lock_wanted();
  const auto hash = find_hash();
  if (!hash.empty()) {
    const bool is_locked = hash.reveal().front() == '!' || hash.reveal().front() == '*';
    std::string field;
    field.reserve(hash.size() + 1);  // growing would leave copies in memory
    field.append(lock && !is_locked ? "!" : "").append(hash.reveal());
    check(set_password_hash(root_, processes_, name_, Secret(std::move(field)), deadline()));
  }
  if (lock) {
    if (check(ensure_password(root_, processes_, name_, PasswordChange::kLocked, Secret(),
                              run_.context.config.user.password_hash, deadline())))
      done_.emplace_back("its password is locked");
    return;
  }
  if (user_.lock_passwd.has_value()) check(unlock_password(root_, processes_, name_, deadline()));
  tell_password();
}

void UserMaker::tell_password() {
  const auto usable = password_usable(root_, name_);
  if (!check(usable)) return;
  if (*usable) {
    done_.emplace_back("it can log in by password");
  } else if (user_.lock_passwd.has_value()) {
    done_.emplace_back("its password stays locked, because it has none");
  }
}

/// Writes the rules that sudo accepts.
void UserMaker::write_sudo_rules() {
  std::vector<std::string> rules;
  for (std::size_t i = 0; i < user_.sudo.size(); ++i) {
    const auto accepted = does_sudo_accept(
        processes_, sudoers_text(*account_, std::vector{user_.sudo[i]}), deadline());
    if (!check(accepted)) return;
    if (*accepted) {
      rules.push_back(user_.sudo[i]);
    } else {
      keep(Error(Reason::kCustomData, "sudo refuses rule " + std::to_string(i + 1) + " of '" +
                                          name_ + "', which is not written"));
    }
  }
  if (rules.empty()) return;
  const auto file = sudoers_file_of(*account_);
  if (check(write_sudoers(root_, file, sudoers_text(*account_, rules))))
    done_.push_back("sudo by " + file);
}

void UserMaker::install_keys() {
  if (user_.keys.empty()) return;
  auto installed = install_user_keys(run_, *account_, parse_keys(user_.keys));
  if (check(installed)) done_.push_back(std::move(*installed));
}

Result<std::string> UserMaker::make() {
  check(make_account());
  if (account_) set_password();
  // The item does not begin again, whatever failed.
  if (!is_azure_user_) check(end_making(root_, name_));
  if (account_) {
    write_sudo_rules();
    install_keys();
  }
  if (failure_) return std::unexpected(std::move(*failure_));
  return join(done_, "; ");
}

}  // namespace

Result<std::string> make_user(const AccountRun& run, const MakeUser& user) {
  const auto& name = user.name.empty() ? run.azure_user : user.name;
  if (name.empty()) return fail(Reason::kCustomData, "Azure names no user for this VM");
  return UserMaker(run, user, name).make();
}

}  // namespace azl::provision::custom_data
