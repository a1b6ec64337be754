// Accounts of the image that open a VM, and defaults that close one.
#include <optional>
#include <string>

#include "base/text.h"
#include "provision/image/check/check_image.h"
#include "provision/plan/ageing.h"
#include "provision/plan/sudo.h"

namespace azl::provision {
namespace {

void check_users(const AccountsFacts& accounts, CheckFindings& findings) {
  for (const auto& user : accounts.users) {
    if (user.has_password || user.has_empty_password)
      findings.push_back(
          {.check = Check::kUserWithPassword,
           .path = "/etc/shadow",
           .detail =
               printable(user.name) +
               (user.has_password ? " has a password"
                                  : " needs no password: a login at the console asks for none"),
           .name = printable(user.name)});
    if (!user.keys_file.empty())
      findings.push_back({.check = Check::kUserWithKeys,
                          .path = user.keys_file,
                          .detail = printable(user.name) + " has authorized keys",
                          .name = printable(user.name)});
  }
}

/// A user who is made today, as provisioning would leave it.
std::optional<std::string> find_ageing_problem(const ImageFacts& facts, bool has_password) {
  const AgeingSubject subject = {
      .user = "a new user", .ageing = facts.accounts.new_user, .has_password = has_password};
  const auto planned =
      decide_ageing(subject, facts.config.user.password_ageing, facts.accounts.today);
  for (const auto& finding : planned.findings) {
    if (finding.severity != Severity::kNote) return finding.error.to_string();
  }
  return std::nullopt;
}

void check_ageing(const ImageFacts& facts, CheckFindings& findings) {
  const auto& new_user = facts.accounts.new_user;
  std::string detail;
  for (const bool has_password : {false, true}) {
    const auto problem = find_ageing_problem(facts, has_password);
    if (problem && detail.empty())
      detail =
          std::string("on a VM with") + (has_password ? "" : "out") + " a password, " + *problem;
  }
  // The one who does not log in for that long cannot change the password any more.
  constexpr long kNever = 9999;
  const bool lifted = facts.config.user.password_ageing == AgeingPolicy::kLift;
  if (detail.empty() && !lifted && new_user.maximum && *new_user.maximum < kNever &&
      new_user.inactive)
    detail = "on a VM with a password, a user who has not changed it for " +
             std::to_string(*new_user.maximum + *new_user.inactive) +
             " days cannot log in any more";
  if (detail.empty()) return;
  findings.push_back({.check = Check::kAgeingLocksOut,
                      .path = new_user.expires ? "/etc/default/useradd" : "/etc/login.defs",
                      .detail = detail});
}

/// The last line that takes away what azl-provision's rule gives.
const SudoersLine* find_overruling(const ImageFacts& facts) {
  const auto& lines = facts.accounts.sudoers.lines;
  const auto effects = find_effects(lines, facts.accounts.sample);
  const SudoersLine* overruling = nullptr;
  bool ours_seen = false;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].file == kSudoersFile) ours_seen = true;
    if (!effects[i].access) continue;
    const bool less = !is_enough(*effects[i].access, facts.config.user.sudo);
    overruling = ours_seen && less ? &lines[i] : nullptr;
  }
  return overruling;
}

void check_sudo(const ImageFacts& facts, CheckFindings& findings) {
  const auto& accounts = facts.accounts;
  if (!accounts.has_sudo || facts.config.user.sudo == SudoRule::kNone) return;
  const auto verdict =
      judge_sudo(accounts.sample, facts.config.user.sudo, accounts.sudoers, std::nullopt);
  if (!verdict.problem) return;
  const auto* line = find_overruling(facts);
  findings.push_back({.check = line ? Check::kSudoersOverruled : Check::kSudoersWithoutIncludedir,
                      .path = line ? line->file : "/etc/sudoers",
                      .line = line ? line->number : 0,
                      .detail = verdict.problem->to_string()});
}

}  // namespace

void check_accounts(const ImageFacts& facts, CheckFindings& findings) {
  if (!facts.state.own_machine) check_users(facts.accounts, findings);
  if (!facts.accounts.shadow_read)
    findings.push_back({.check = Check::kNotChecked,
                        .path = "/etc/shadow",
                        .detail = "only root can see whether accounts have passwords"});
  check_ageing(facts, findings);
  check_sudo(facts, findings);
}

}  // namespace azl::provision
