#include "provision/plan/user.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "provision/accounts/account.h"
#include "provision/plan/ageing.h"
#include "provision/plan/certificates.h"
#include "provision/plan/password.h"

namespace azl::provision {
namespace {

/// Decides the shell of a new account.
std::string decide_shell(const Facts& facts, const Config& config, Findings& findings) {
  if (facts.can_run_shell(config.user.shell)) return config.user.shell;
  const std::string shell(kShellOfLastResort);
  findings.push_back(
      {Severity::kDegraded,
       Error(Cause::kNoShell, "the login shell " + printable(config.user.shell) +
                                  " ([User] Shell=) " +
                                  (facts.has_shell(config.user.shell) ? "is not an executable file"
                                                                      : "does not exist") +
                                  "; using " + shell)});
  return shell;
}

std::vector<std::string> decide_groups(const Facts& facts, const Config& config,
                                       const std::string& user, Findings& findings) {
  std::vector<std::string> groups;
  for (const auto& group : config.user.groups) {
    if (facts.accounts.has_group(group)) {
      groups.push_back(group);
    } else if (group == "wheel" && facts.accounts.has_group("sudo")) {
      groups.emplace_back("sudo");  // Debian's name for the administrators' group
    } else {
      findings.push_back(
          {Severity::kDegraded,
           Error(Reason::kGroup, "group '" + printable(group) + "' does not exist, so user '" +
                                     user + "' is not in it")});
    }
  }
  return groups;
}

SudoRule decide_sudo(const Facts& facts, const Config& config, const std::string& user,
                     Findings& findings) {
  if (facts.has_sudo) return config.user.sudo;
  if (config.user.sudo != SudoRule::kNone) {
    findings.push_back({Severity::kDegraded, Error(Cause::kNoSudoersDirectory,
                                                   "/etc/sudoers.d does not exist, so user '" +
                                                       user + "' cannot use sudo")});
  }
  return SudoRule::kNone;
}

/// Says why nobody can log in with this account's shell. Empty if somebody can.
std::string describe_closed_shell(const Facts& facts, const Account& account) {
  if (account.shell.empty()) return {};  // means /bin/sh: passwd(5)
  if (!facts.has_shell(account.shell)) return printable(account.shell) + " does not exist";
  if (!facts.can_run_shell(account.shell))
    return printable(account.shell) + " is not an executable file";
  if (account.shell.ends_with("/nologin") || account.shell.ends_with("/false"))
    return printable(account.shell) + " does not allow logins";
  return {};
}

/// Adds a fatal finding if the image has an account of this name that nobody can log in as.
void judge_existing_account(const Facts& facts, const std::string& name, Findings& findings) {
  const Account* account = facts.accounts.find(name);
  const auto why = account == nullptr ? std::string() : describe_closed_shell(facts, *account);
  if (why.empty()) return;
  findings.push_back(
      {Severity::kFatal, Error(Cause::kClosedAccount,
                               "user '" + name + "' exists already, but its login shell " + why)});
}

/// Adds a fatal finding if the image has an account of this name that is locked out today, and
/// [User] PasswordAgeing= leaves it so. Step ageing reports what locks out later.
void judge_existing_ageing(const Facts& facts, const Config& config, const PlannedUser& user,
                           Findings& findings) {
  const Ageing* ageing = find_ageing(facts.ageings, user.name);
  if (ageing == nullptr || facts.accounts.find(user.name) == nullptr || facts.today == 0) return;
  AgeingSubject subject{
      .user = user.name, .ageing = *ageing, .has_password = user.password == PasswordChange::kSet};
  if (subject.has_password) subject.ageing.last_change = facts.today;  // by chpasswd
  auto planned = decide_ageing(subject, config.user.password_ageing, facts.today);
  for (auto& finding : planned.findings) {
    if (finding.severity == Severity::kFatal) findings.push_back(std::move(finding));
  }
}

void judge_nologin(const Facts& facts, Findings& findings) {
  if (!facts.has_nologin) return;
  findings.push_back(
      {Severity::kDegraded,
       Error(Reason::kNoWayIn,
             "/etc/nologin exists, so only root can log in until the file is removed")});
}

Findings::iterator find_by_reason(Findings& findings, Reason reason, Severity severity) {
  return std::ranges::find_if(findings, [=](const Finding& f) {
    return f.error.reason() == reason && f.severity == severity;
  });
}

/// Whether the advice of a finding about certificates is that for a VM that nobody can log in to.
bool is_about_certificates(const Error& error) {
  switch (error.known_cause().value_or(Cause::kBadKeysOnly)) {
    case Cause::kCertificateNotFetched:
    case Cause::kCertificateMissing:
    case Cause::kCertificateKeyKind:
    case Cause::kCertificateAnswer:
    case Cause::kCertificateAlgorithm:
    case Cause::kCertificateFips:
      return true;
    default:
      return false;
  }
}

/// Makes it fatal if the user has neither a key nor a password.
void require_way_in(const PlannedUser& user, Findings& findings) {
  if (!user.keys.empty() || user.password == PasswordChange::kSet) return;
  if (const auto refused = find_by_reason(findings, Reason::kPasswordLength, Severity::kDegraded);
      refused != findings.end()) {
    refused->severity = Severity::kFatal;  // more specific than kNoWayIn
    return;
  }
  const std::string message = "user '" + user.name + "' has no usable SSH key and no password";
  auto cause = find_by_reason(findings, Reason::kSshKey, Severity::kDegraded);
  if (cause != findings.end() && is_about_certificates(cause->error)) {
    *cause = {Severity::kFatal, std::move(cause->error).with_context(message)};
    return;
  }
  if (cause == findings.end())
    cause = find_by_reason(findings, Reason::kPassword, Severity::kDegraded);
  findings.push_back(
      {Severity::kFatal,
       cause == findings.end() ? Error(Reason::kNoWayIn, message)
       : cause->error.reason() == Reason::kSshKey
           ? Error(Cause::kBadKeysOnly, cause->error.to_string()).with_context(message)
           : Error(Reason::kNoWayIn, cause->error.to_string()).with_context(message)});
}

}  // namespace

Named find_user_name(const Facts& facts) {
  const auto* imds = facts.instance();
  if (imds != nullptr && !imds->admin_username.empty())
    return {imds->admin_username, "IMDS osProfile.adminUsername"};
  if (facts.ovf && !facts.ovf->user_name.empty())
    return {facts.ovf->user_name, "UserName in ovf-env.xml"};
  return {};
}

std::optional<PlannedUser> decide_user(const Facts& facts, const Config& config,
                                       Findings& findings) {
  const auto name = find_user_name(facts);
  if (name.value.empty()) {
    findings.push_back(
        {Severity::kFatal, Error(Cause::kNoUserName, "neither IMDS nor ovf-env.xml names a user")});
    return std::nullopt;
  }
  if (auto checked = check_admin(facts.accounts, name.value); !checked) {
    findings.push_back(
        {Severity::kFatal, std::move(checked.error())
                               .with_context("could not create user '" + printable(name.value) +
                                             "' (from " + name.why + ")")});
    return std::nullopt;
  }
  PlannedUser user;
  user.name = name.value;
  user.why = name.why;
  user.shell = decide_shell(facts, config, findings);
  judge_existing_account(facts, user.name, findings);
  user.groups = decide_groups(facts, config, user.name, findings);
  user.sudo = decide_sudo(facts, config, user.name, findings);
  user.keys = decide_ssh_keys(facts, findings);
  const auto password = decide_password(facts, user.name, findings);
  user.password = password.change;
  user.password_why = password.why;
  user.certificates = decide_certificates(facts);
  if (!awaits_certificates(facts)) require_way_in(user, findings);
  judge_existing_ageing(facts, config, user, findings);
  judge_nologin(facts, findings);
  return user;
}

}  // namespace azl::provision
