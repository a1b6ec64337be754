// Our drop-ins in /etc/ssh/sshd_config.d: their names, their text, and changing them.
//
// The portal's "Reset password" runs the VMAccess extension. It sets PasswordAuthentication in
// /etc/ssh/sshd_config, and in sshd_config.d/50-cloud-init.conf if that file exists. So a setting
// of ours in 50-cloud-init.conf follows it, and one in a drop-in with a name of our own overrules
// it.
#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/root.h"

namespace azl::provision {

inline constexpr std::string_view kSshdDropInDirectory = "/etc/ssh/sshd_config.d";

/// The names of our drop-ins. sshd reads drop-ins in the order of their names and uses the first
/// value of a keyword. The last two close a machine after a failure and sort before the first two.
/// The names with "+" sort before all names that begin with a digit.
inline constexpr std::array<std::string_view, 4> kSshdDropIns = {
    "00-azl-provision.conf", "+00-azl-provision.conf", "00-azl-provision-closed.conf",
    "+00-azl-provision-closed.conf"};
/// Index of the first closing drop-in in kSshdDropIns.
inline constexpr std::size_t kClosingDropIns = 2;

/// The drop-in that "Reset password" changes too. It is ours if it begins with kSshdDropInMark.
inline constexpr std::string_view kSharedSshdDropIn = "50-cloud-init.conf";
/// How the text of our drop-ins begins.
inline constexpr std::string_view kSshdDropInMark = "# Written by azl-provision: ";

/// Whether a file name is one of kSshdDropIns.
[[nodiscard]] bool is_sshd_drop_in(std::string_view name);
/// Returns the path of the drop-in of this name.
[[nodiscard]] std::string sshd_drop_in_path(std::string_view name);
/// Returns the text of the drop-in of this name, with `reason` in a comment.
[[nodiscard]] std::string sshd_drop_in_text(std::string_view name, bool password_authentication,
                                            std::string_view reason);
/// Returns the name of ours that sshd reads before all of `present`: one of the last two of
/// kSshdDropIns if `closing`, otherwise one of the first two. It is the "+" name if a name of
/// somebody else's sorts before the name without "+".
[[nodiscard]] std::string sshd_drop_in_name(const std::vector<std::string>& present, bool closing);

/// Changes our drop-ins, and restores them.
class SshdDropIns {
 public:
  /// `root` must outlive this object.
  explicit SshdDropIns(const Root& root) : root_(root) {}

  /// Reads our present drop-ins, for restore(). Call it first. Errors: kIo, kInvalidInput.
  [[nodiscard]] Result<void> read();
  /// Whether one of kSshdDropIns was there.
  [[nodiscard]] bool had_any() const;
  /// Whether, of kSshdDropIns, exactly `name` was there, with this text.
  [[nodiscard]] bool had_only(const std::string& name, std::string_view text) const;
  /// Whether kSharedSshdDropIn was missing or ours.
  [[nodiscard]] bool may_share() const { return may_share_; }

  /// Writes `text` to the drop-in `name` (mode 0600, owner root) and removes our other drop-ins. If
  /// `closing`, removes only closing ones and keeps the others, which it overrules. Returns whether
  /// anything changed. Errors: kIo, kDiskFull, kReadOnly.
  [[nodiscard]] Result<bool> replace(const std::string& name, std::string_view text,
                                     bool closing) const;
  /// Writes `text` to kSharedSshdDropIn. Call it only if may_share(). Errors: as replace().
  [[nodiscard]] Result<bool> share(std::string_view text) const;
  /// Removes all of kSshdDropIns. Returns whether there were any. Errors: as replace().
  [[nodiscard]] Result<bool> remove() const;
  /// Writes back what read() read. Errors: as replace().
  [[nodiscard]] Result<void> restore() const;

 private:
  const Root& root_;
  std::map<std::string, std::optional<std::string>> before_;
  std::optional<std::string> shared_;  ///< the text of kSharedSshdDropIn, if it is ours
  bool may_share_ = false;
};

}  // namespace azl::provision
