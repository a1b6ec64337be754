// SSH host keys of this VM's own, made while the network comes up.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/process.h"
#include "base/root.h"

namespace azl::provision {

/// A host key as it stands in /etc/ssh.
struct HostKey {
  std::string type;         ///< "ed25519", "rsa", "ecdsa"
  std::string fingerprint;  ///< "SHA256:…"
};

/// Which unit of the distribution makes host keys, if it has one: "sshd-keygen@.service" (Fedora,
/// Azure Linux; an instance for each type), "sshd-keygen.service" (SUSE), or empty, also for a
/// masked one and for one with ConditionFirstBoot= (Debian 13), which would start, make nothing,
/// and be no failure. Looked up in the tree's unit directories.
[[nodiscard]] std::string distribution_keygen_unit(const Root& root);

/// Making new host keys: begun early, so that it runs while the lease is awaited; put in place only
/// when the decision has fallen that they are due. `root` and `processes` must outlive it.
class HostKeyJob {
 public:
  /// Starts an ssh-keygen for each type ("ed25519", "rsa", "ecdsa"), into `staging` (below root,
  /// made 0700, emptied first). No error here: install() tells.
  HostKeyJob(const Root& root, Processes& processes, std::vector<std::string> types,
             std::string staging = "/run/azl-provision/host-keys");
  HostKeyJob(HostKeyJob&&) noexcept;
  HostKeyJob& operator=(HostKeyJob&&) noexcept;
  ~HostKeyJob();  ///< kills what still runs and removes the staging directory

  /// Replaces the host keys. Live, and where the distribution has its own generation: the old ones
  /// are removed, its units are restarted (they were started early where there were none), and only
  /// if they really made every key it is done; else keys are staged now, and the staged keys are
  /// put in place (0600, .pub 0644, root:root; with their labels), and then all other
  /// ssh_host_*_key{,.pub} are removed. A type that can't be made (ed25519 in FIPS mode) is left
  /// out as long as one could; compare the result. Interrupted at any point, a new job and
  /// install() end with keys of their own. Errors: kHostKeys; kDiskFull, kReadOnly.
  [[nodiscard]] Result<std::vector<HostKey>> install(const Deadline& deadline);
  /// Who made the installed keys: "ssh-keygen" or the unit's name; empty before install().
  [[nodiscard]] const std::string& made_by() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The keys that stand in /etc/ssh now (both files of each), with fingerprints from the .pub files.
[[nodiscard]] std::vector<HostKey> read_host_keys(const Root& root);

}  // namespace azl::provision
