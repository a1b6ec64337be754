// Asks sshd what it would do for the admin user of a VM. It reads a copy of the image's
// configuration, to which azl-provision's drop-ins are added: the image is not changed.
#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include <unistd.h>

#include "provision/accounts/host_key_files.h"
#include "provision/accounts/host_keys.h"
#include "provision/accounts/sshd.h"
#include "provision/accounts/sshd_files.h"
#include "provision/accounts/sshd_probe.h"
#include "provision/accounts/tool.h"
#include "provision/image/check/read_image.h"

namespace azl::provision {
namespace {

/// The types of host keys of which sshd finds one at least: it looks for any, unless its files name
/// some.
std::vector<std::string> wanted_host_keys(const std::vector<SshdSetting>& settings) {
  const bool named =
      std::ranges::find(settings, "hostkey", &SshdSetting::keyword) != settings.end();
  if (named) return {"ed25519", "ecdsa", "rsa"};
  return {"ed25519"};
}

/// Asks about the copy. An image has no host keys, and without any, sshd answers nothing.
Result<void> ask(const ImageSource& source, const Root& copy, ImageFacts& facts) {
  if (read_host_keys(copy).empty()) {
    HostKeyJob job(copy, source.processes, wanted_host_keys(facts.sshd.settings));
    OR_RETURN(job.install(source.deadline));
  }
  auto& sshd = facts.sshd;
  SshdProbe probe(copy, source.processes, source.deadline);
  const auto verdict = probe.check();
  if (verdict.kind == SshdVerdict::Kind::kUnknown) return fail(Reason::kSshd, verdict.why);
  if (verdict.kind == SshdVerdict::Kind::kRefused) {
    sshd.refused = verdict.why;
    return {};
  }
  const auto& user = facts.accounts.sample.name;
  sshd.answer = OR_RETURN(ask_sshd(copy, source.processes, user, source.deadline));
  for (const bool password : {true, false}) {
    const auto outcome = OR_RETURN(ensure_sshd(
        copy, source.processes,
        {.user = user, .password_authentication = password, .reason = "a check"}, source.deadline));
    if (outcome.judged && !outcome.effective && sshd.disobeys.empty()) sshd.disobeys = outcome.why;
  }
  return {};
}

Result<void> ask_about_copy(const ImageSource& source, ImageFacts& facts) {
  if (::geteuid() != 0) return fail(Reason::kSshd, "only root can ask it about an image");
  const auto staging = OR_RETURN(make_staging(source.root));
  OR_RETURN(staging.files().make_directory("/etc", {.mode = 0755}));
  {
    const auto etc = OR_RETURN(Root::open(staging.path() + "/etc"));
    OR_RETURN(SshdFiles::copy(source.root, etc), "copying its configuration");
  }
  const auto copy = OR_RETURN(Root::open(staging.path()));
  return ask(source, copy, facts);
}

}  // namespace

void read_sshd_facts(const ImageSource& source, ImageFacts& facts) {
  const auto& root = source.root;
  auto& sshd = facts.sshd;
  sshd.installed = root.exists("/usr/sbin/sshd") || root.exists("/usr/bin/sshd");
  if (!sshd.installed) return;
  const Presets presets(root);
  constexpr std::array<const char*, 4> kUnits = {"sshd.service", "ssh.service", "sshd.socket",
                                                 "ssh.socket"};
  sshd.enabled = std::ranges::any_of(kUnits, [&](const char* unit) {
    return will_be_enabled(root, presets, facts.state.is_first_boot(), unit);
  });
  sshd.settings = read_sshd_settings(root);
  if (const auto asked = ask_about_copy(source, facts); !asked)
    sshd.unasked = asked.error().to_string();
}

}  // namespace azl::provision
