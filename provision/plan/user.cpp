#include "provision/plan/user.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "base/text.h"

namespace azl::provision {
namespace {

constexpr std::size_t kPasswordLimit = 72;  // bcrypt's, and cloud-init's for all hashes

void add_keys(const std::vector<std::pair<std::string, std::string>>& given, Plan& plan,
              PlannedUser& user) {
  std::set<std::string> known;
  std::size_t number = 0;
  for (const auto& [text, origin] : given) {
    if (++number > kSshKeysMost) {
      plan.find(Severity::kDegraded,
                Error(Reason::kSshKey, "the platform gave " + std::to_string(given.size()) +
                                           " SSH keys; only the first " +
                                           std::to_string(kSshKeysMost) + " are taken"));
      return;
    }
    const auto where = "SSH key " + std::to_string(number) + " of " + std::to_string(given.size()) +
                       " (" + origin + ")";
    auto key = parse_ssh_key(text);
    if (!key) {
      plan.find(Severity::kDegraded, std::move(key.error()).with_context(where + " is left out"));
    } else if (known.insert(key->base64).second) {
      user.keys.push_back({std::move(*key), origin});
    }
  }
}

/// IMDS wins over the media; the media's keys serve where IMDS has no usable one.
void decide_keys(const Facts& facts, Plan& plan, PlannedUser& user) {
  std::vector<std::pair<std::string, std::string>> given;
  if (const auto* imds = facts.instance()) {
    for (const auto& key : imds->public_keys) given.emplace_back(key.key_data, "IMDS publicKeys");
  }
  add_keys(given, plan, user);
  if (!user.keys.empty() || !facts.ovf) return;
  given.clear();
  std::size_t by_certificate = 0;
  for (const auto& key : facts.ovf->public_keys) {
    if (key.value.empty()) {
      ++by_certificate;
    } else {
      given.emplace_back(key.value, "PublicKey in ovf-env.xml");
    }
  }
  add_keys(given, plan, user);
  if (by_certificate > 0) {
    plan.find(Severity::kDegraded,
              Error(Reason::kSshKey,
                    std::to_string(by_certificate) +
                        " SSH key(s) in ovf-env.xml are given by a certificate's fingerprint only; "
                        "this version does not fetch certificates"));
  }
}

/// Returns whether a password was given that had to be refused.
bool decide_password(const Facts& facts, Plan& plan, PlannedUser& user) {
  const auto size = facts.ovf ? facts.ovf->password.size() : 0;
  user.password = PasswordChange::kLocked;
  if (size == 0) {
    user.password_why = "no password was given";
    return false;
  }
  if (size > kPasswordLimit) {
    user.password_why = "the password that was given is too long";
    plan.find(Severity::kDegraded,
              Error(Reason::kPasswordLength,
                    "the password in ovf-env.xml has " + std::to_string(size) + " bytes, at most " +
                        std::to_string(kPasswordLimit) + " are allowed; the account stays locked")
                  .with_detail(std::to_string(size)));
    return true;
  }
  user.password = PasswordChange::kSet;
  user.password_why = "a password is in ovf-env.xml";
  return false;
}

/// The shell of a new account.
std::string decide_shell(const Facts& facts, const Config& config, Plan& plan) {
  if (facts.has_shell(config.user.shell)) return config.user.shell;
  const std::string shell(kShellOfLastResort);
  plan.find(
      Severity::kDegraded,
      Error(Reason::kUser, "the login shell " + printable(config.user.shell) +
                               " ([User] Shell=) is not there; " + shell + " is used instead"));
  return shell;
}

/// Why nobody can log in as this account whatever keys it has; empty when somebody can.
std::string why_shut(const Facts& facts, const Account& account) {
  if (account.shell.empty()) return {};  // passwd(5): then it is /bin/sh
  if (!facts.has_shell(account.shell)) return printable(account.shell) + ", which is not there";
  if (account.shell.ends_with("/nologin") || account.shell.ends_with("/false"))
    return printable(account.shell) + ", which lets nobody in";
  return {};
}

/// What of the image's own account of that name stands against logging in as it.
void judge_account(const Facts& facts, Plan& plan, const std::string& name) {
  const Account* account = facts.accounts.find(name);
  const auto why = account == nullptr ? std::string() : why_shut(facts, *account);
  if (why.empty()) return;
  plan.find(
      Severity::kFatal,
      Error(Reason::kNoWayIn, "user '" + name + "' is there already, with the login shell " + why));
}

void require_way_in(bool password_refused, Plan& plan, const PlannedUser& user) {
  if (!user.keys.empty() || user.password == PasswordChange::kSet) return;
  if (password_refused) {
    auto& refusal = *std::ranges::find_if(plan.findings, [](const Finding& f) {
      return f.error.reason() == Reason::kPasswordLength;
    });
    refusal.severity = Severity::kFatal;  // its own reason tells more than "no way in"
    return;
  }
  const auto bad = std::ranges::find_if(
      plan.findings, [](const Finding& f) { return f.error.reason() == Reason::kSshKey; });
  auto error = Error(Reason::kNoWayIn,
                     "there is no usable SSH key and no password for user '" + user.name + "'");
  plan.find(Severity::kFatal,
            bad == plan.findings.end()
                ? std::move(error)
                : Error(Reason::kNoWayIn, bad->error.to_string()).with_context(error.cause()));
}

}  // namespace

Named named_user(const Facts& facts) {
  const auto* imds = facts.instance();
  if (imds != nullptr && !imds->admin_username.empty())
    return {imds->admin_username, "IMDS osProfile.adminUsername"};
  if (facts.ovf && !facts.ovf->user_name.empty())
    return {facts.ovf->user_name, "UserName in ovf-env.xml"};
  return {};
}

void decide_user(const Facts& facts, const Config& config, Plan& plan) {
  const auto name = named_user(facts);
  if (name.value.empty()) {
    plan.find(Severity::kFatal,
              Error(Reason::kUserName, "neither IMDS nor ovf-env.xml names a user"));
    return;
  }
  if (auto checked = check_admin(facts.accounts, name.value); !checked) {
    plan.find(Severity::kFatal,
              std::move(checked.error())
                  .with_context("could not create user '" + printable(name.value) + "' (from " +
                                name.why + ")"));
    return;
  }
  PlannedUser user;
  user.name = name.value;
  user.why = name.why;
  user.sudo = facts.has_sudo ? config.user.sudo : SudoRule::kNone;
  user.shell = decide_shell(facts, config, plan);
  judge_account(facts, plan, user.name);
  for (const auto& group : config.user.groups) {
    if (facts.accounts.has_group(group)) {
      user.groups.push_back(group);
    } else if (group == "wheel" && facts.accounts.has_group("sudo")) {
      user.groups.emplace_back("sudo");  // what Debian calls the group of its administrators
    } else {
      plan.find(Severity::kDegraded, Error(Reason::kGroup, "group '" + printable(group) +
                                                               "' does not exist here; user '" +
                                                               user.name + "' is not in it"));
    }
  }
  if (config.user.sudo != SudoRule::kNone && !facts.has_sudo) {
    plan.find(Severity::kDegraded,
              Error(Reason::kSudoers, "there is no /etc/sudoers.d, so user '" + user.name +
                                          "' cannot become root by sudo"));
  }
  decide_keys(facts, plan, user);
  const bool refused = decide_password(facts, plan, user);
  require_way_in(refused, plan, user);
  plan.user = std::move(user);
}

}  // namespace azl::provision
