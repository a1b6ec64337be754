// Our drop-ins in /etc/ssh/sshd_config.d: their names, their text, and changing them.
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

/// Whether a file name is one of kSshdDropIns.
[[nodiscard]] bool is_sshd_drop_in(std::string_view name);
/// Returns the path of the drop-in of this name.
[[nodiscard]] std::string sshd_drop_in_path(std::string_view name);
/// Returns the text of our drop-in, with `reason` in a comment.
[[nodiscard]] std::string sshd_drop_in_text(bool password_authentication, std::string_view reason);
/// Returns the name of ours that sshd reads before all of `present`: one of the last two of
/// kSshdDropIns if `closing`, otherwise one of the first two. It is the "+" name if a name of
/// somebody else's sorts before the name without "+".
[[nodiscard]] std::string sshd_drop_in_name(const std::vector<std::string>& present, bool closing);

/// Changes our drop-ins, and restores them.
class SshdDropIns {
 public:
  /// `root` must outlive this object.
  explicit SshdDropIns(const Root& root) : root_(root) {}

  /// Reads our present drop-ins, for restore(). Errors: kIo, kInvalidInput.
  [[nodiscard]] Result<void> read();
  /// Writes `text` to the drop-in `name` (mode 0600, owner root) and removes our other drop-ins. If
  /// `closing`, removes only closing ones and keeps the others, which it overrules. Returns whether
  /// anything changed. Errors: kIo, kDiskFull, kReadOnly.
  [[nodiscard]] Result<bool> replace(const std::string& name, std::string_view text,
                                     bool closing) const;
  /// Writes back what read() read. Errors: as replace().
  [[nodiscard]] Result<void> restore() const;

 private:
  const Root& root_;
  std::map<std::string, std::optional<std::string>> before_;
};

}  // namespace azl::provision
