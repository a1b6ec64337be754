#include "provision/apply/ssh_keys.h"

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/count.h"
#include "base/text.h"
#include "provision/accounts/authorized_keys.h"
#include "provision/accounts/keys_file.h"

namespace azl::provision {
namespace {

/// The files in which sshd looks for the user's keys, or the usual one.
std::vector<KeysFile> choose_files(const std::optional<SshdAnswer>& sshd, const Account& account) {
  std::vector<KeysFile> files;
  if (sshd) files = find_keys_files(*sshd, account);
  if (files.empty()) files.push_back(usual_keys_file(account));
  return files;
}

}  // namespace

Result<InstalledKeys> install_in_first(const Root& root, const Account& account,
                                       const std::optional<SshdAnswer>& sshd,
                                       std::span<const SshKey> keys, Recorder& recorder) {
  const auto files = choose_files(sshd, account);
  for (std::size_t i = 0; true; ++i) {
    auto changed = install_keys(root, account, keys, files[i]);
    if (changed) return InstalledKeys{.file = files[i].path, .changed = *changed};
    if (i + 1 == files.size()) return std::unexpected(std::move(changed.error()));
    recorder.record_finding(Severity::kDegraded, changed.error());
  }
}

StepResult put_ssh_keys(const Context& context, const PlannedUser& user,
                        const Provisioning& progress, Recorder& recorder) {
  if (user.keys.empty()) return skipped("no usable SSH key was given");
  std::vector<SshKey> keys;
  for (const auto& planned : user.keys) keys.push_back(planned.key);
  auto installed =
      install_in_first(context.root(), *progress.account, progress.sshd, keys, recorder);
  if (!installed) {
    auto error = std::move(installed.error())
                     .with_cause(Cause::kHomeUnusable)
                     .with_context("could not install the SSH keys of '" + user.name + "'");
    if (!progress.password_works) return std::unexpected(std::move(error));
    recorder.record_finding(Severity::kDegraded, error);
    return skipped("it failed, and the password is the way in: " + error.to_string());
  }
  for (const auto& [key, why] : user.keys)
    recorder.record().user.keys.push_back({key.type, key.fingerprint, why});
  const auto& [file, changed] = *installed;
  return done_if(changed, describe_count(keys.size(), "key") + " in " + printable(file, 200));
}

}  // namespace azl::provision
