#include "provision/apply/ssh_keys.h"

#include <utility>
#include <vector>

#include "provision/accounts/authorized_keys.h"

namespace azl::provision {

StepResult put_ssh_keys(const Context& context, const PlannedUser& user,
                        const Provisioning& progress, Recorder& recorder) {
  if (user.keys.empty()) return skipped("no usable SSH key was given");
  std::vector<SshKey> keys;
  for (const auto& planned : user.keys) keys.push_back(planned.key);
  auto changed = install_keys(context.root(), *progress.account, keys);
  if (!changed) {
    auto error = std::move(changed.error())
                     .with_context("could not install the SSH keys of '" + user.name + "'");
    if (!progress.password_works) return std::unexpected(std::move(error));
    recorder.record_finding(Severity::kDegraded, error);
    return skipped("it failed, and the password is the way in: " + error.to_string());
  }
  for (const auto& [key, why] : user.keys)
    recorder.record().user.keys.push_back({key.type, key.fingerprint, why});
  return done_if(*changed, std::to_string(keys.size()) + (keys.size() == 1 ? " key" : " keys") +
                               " in " + progress.account->home + "/.ssh/authorized_keys");
}

}  // namespace azl::provision
