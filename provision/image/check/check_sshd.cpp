// Whether the admin user could log in over SSH.
#include <array>
#include <string>
#include <string_view>

#include "base/text.h"
#include "provision/image/check/check_image.h"
#include "provision/plan/login.h"

namespace azl::provision {
namespace {

/// Any key will do: an Ed25519 key is what sshd accepts by default.
constexpr std::string_view kSampleKey =
    "AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// The obstacles for an admin user with a key and without a password, as provisioning would find
/// them.
void check_login(const ImageFacts& facts, CheckFindings& findings) {
  const auto& sshd = facts.sshd;
  const auto& sample = facts.accounts.sample;
  const Account account = {.name = sample.name,
                           .uid = sample.uid,
                           .home = "/home/" + sample.name,
                           .shell = facts.config.user.shell};
  const std::array<PlannedKey, 1> keys = {{{.key = {.type = "ssh-ed25519",
                                                    .base64 = std::string(kSampleKey),
                                                    .comment = {},
                                                    .fingerprint = {}},
                                            .why = {}}}};
  Findings obstacles;
  judge_login({.answer = *sshd.answer,
               .settings = sshd.settings,
               .account = account,
               .groups = sample.groups,
               .keys = keys,
               .password = false,
               .locked = true,
               .required = facts.config.ssh.require_login,
               .knows_accounts = true},
              obstacles);
  for (const auto& obstacle : obstacles) {
    if (obstacle.severity == Severity::kNote) continue;
    const bool fatal = obstacle.severity == Severity::kFatal;
    findings.push_back({.check = fatal ? Check::kSshdLetsNobodyIn : Check::kSshdPolicy,
                        .detail = obstacle.error.to_string()});
  }
}

}  // namespace

void check_sshd(const ImageFacts& facts, CheckFindings& findings) {
  const auto& sshd = facts.sshd;
  if (!sshd.installed) return;  // a missing program
  if (!sshd.enabled)
    findings.push_back(
        {.check = Check::kSshdDisabled,
         .detail = "none of sshd.service, ssh.service, sshd.socket and ssh.socket is enabled"});
  if (!sshd.refused.empty()) {
    findings.push_back({.check = Check::kSshdBroken,
                        .path = std::string(kSshdConfig),
                        .detail = "sshd refuses its configuration: " + sshd.refused});
    return;
  }
  if (!sshd.unasked.empty())
    findings.push_back({.check = Check::kNotChecked,
                        .path = std::string(kSshdConfig),
                        .detail = "sshd was not asked what it does: " + sshd.unasked});
  if (!sshd.disobeys.empty() && facts.config.ssh.configure_sshd)
    findings.push_back({.check = Check::kSshdIgnoresSettings,
                        .path = std::string(kSshdConfig),
                        .detail = sshd.disobeys});
  if (sshd.answer) check_login(facts, findings);
}

}  // namespace azl::provision
