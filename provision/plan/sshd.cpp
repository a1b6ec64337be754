#include "provision/plan/sshd.h"

#include "provision/plan/certificates.h"

namespace azl::provision {
namespace {

bool is_configured(const Facts& facts, const Config& config) {
  return config.ssh.configure_sshd && facts.has_sshd;
}

PlannedSshd decide_password_logins(const Facts& facts, const PlannedUser& user) {
  const auto* imds = facts.instance();
  if (imds != nullptr && imds->disable_password_authentication) {
    return {!*imds->disable_password_authentication,
            "IMDS osProfile.disablePasswordAuthentication"};
  }
  if (facts.ovf && facts.ovf->disable_ssh_password_authentication) {
    return {!*facts.ovf->disable_ssh_password_authentication,
            "DisableSshPasswordAuthentication in ovf-env.xml"};
  }
  const bool set = user.password == PasswordChange::kSet;
  return {set, set ? "a password was given" : "no password was given"};
}

/// If sshd does not accept the password, it works at the serial console only.
void judge_way_in(const PlannedUser& user, const PlannedSshd& sshd, Findings& findings) {
  const bool by_ssh = !user.keys.empty() || sshd.password_authentication;
  if (by_ssh || user.password != PasswordChange::kSet) return;
  findings.push_back(
      {Severity::kDegraded, Error(Cause::kSerialConsoleOnly,
                                  "user '" + user.name +
                                      "' has no usable SSH key, and password logins over SSH are "
                                      "off: the password works at the serial console only")});
}

}  // namespace

std::optional<PlannedSshd> decide_sshd(const Facts& facts, const Config& config,
                                       const PlannedUser& user, Findings& findings) {
  if (!is_configured(facts, config)) return std::nullopt;
  auto sshd = decide_password_logins(facts, user);
  if (!awaits_certificates(facts)) judge_way_in(user, sshd, findings);
  return sshd;
}

std::optional<PlannedSshd> decide_closed_sshd(const Facts& facts, const Config& config) {
  if (!is_configured(facts, config)) return std::nullopt;
  return PlannedSshd{false, "provisioning failed, so password logins stay off"};
}

}  // namespace azl::provision
