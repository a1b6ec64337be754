// Makes SSH host keys for this VM while the network comes up.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/process.h"
#include "base/root.h"
#include "provision/accounts/host_key_files.h"

namespace azl::provision {

/// A type of host key that was asked for and could not be made or written.
struct MissingHostKey {
  std::string type;  ///< "rsa"
  Error error;
};

/// Makes new host keys. Starts early, so that the keys are ready when the network is. Puts them in
/// place only when install() is called. `root` and `processes` must outlive it.
class HostKeyJob {
 public:
  /// Starts making a key of each type ("ed25519", "rsa", "ecdsa"), by ssh-keygen into a private
  /// directory (make_staging()) or by the distribution's unit. install() returns any error.
  /// `adds`: install() adds the keys, by ssh-keygen, and leaves all others as they are.
  HostKeyJob(const Root& root, Processes& processes, std::vector<std::string> types,
             bool adds = false);
  HostKeyJob(HostKeyJob&&) noexcept;
  HostKeyJob& operator=(HostKeyJob&&) noexcept;
  ~HostKeyJob();  ///< kills running children and removes the staging directory

  /// Replaces the host keys and returns the new ones. Skips a type that cannot be made (ed25519 in
  /// FIPS mode) if at least one other type can; missing() has them.
  ///
  /// In the live system with a unit from find_host_key_unit(): removes the old keys and restarts
  /// the unit, or waits for it if there were no old keys and the constructor started it. This
  /// counts only if every type was made. Otherwise: makes the keys in the staging directory, writes
  /// them to /etc/ssh (mode 0600, .pub 0644, owner root, SELinux labels), then removes all other
  /// ssh_host_*_key{,.pub}. After an interruption, a new job replaces all keys.
  /// Errors: kHostKeys; kDiskFull, kReadOnly.
  [[nodiscard]] Result<std::vector<HostKey>> install(const Deadline& deadline);
  /// Returns why install() did not install a key, for each type that it skipped.
  [[nodiscard]] const std::vector<MissingHostKey>& missing() const;
  /// Returns what made the installed keys: "ssh-keygen" or the unit's name. Empty before install().
  [[nodiscard]] const std::string& made_by() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace azl::provision
