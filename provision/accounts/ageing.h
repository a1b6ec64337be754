// The ageing of a user's password and the expiry of its account: fields 3 to 8 of /etc/shadow.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/process.h"
#include "base/root.h"

namespace azl::provision {

/// [User] PasswordAgeing=
enum class AgeingPolicy { kAuto, kLift, kKeep };

/// Fields of shadow(5), in days; dates are days since 1970-01-01. nullopt: the field is empty, -1
/// or not a number. Each of these turns it off.
struct Ageing {
  std::optional<long> last_change = {};  ///< 0: the password must be changed at the next login
  std::optional<long> minimum = {};
  std::optional<long> maximum = {};
  std::optional<long> warning = {};
  std::optional<long> inactive = {};  ///< days after the maximum
  std::optional<long> expires = {};   ///< first day on which nobody can log in
  bool operator==(const Ageing&) const = default;
};

/// What chage is to change.
struct AgeingChange {
  std::optional<long> last_change = {};  ///< -1 empties the field
  bool no_maximum = false;
  bool no_inactivity = false;
  bool no_expiry = false;
  [[nodiscard]] bool any() const { return last_change || no_maximum || no_inactivity || no_expiry; }
  bool operator==(const AgeingChange&) const = default;
};

/// A line of /etc/shadow.
struct AccountAgeing {
  std::string user;
  Ageing ageing;
};

/// Parses /etc/shadow. Does not keep the password hashes.
[[nodiscard]] std::vector<AccountAgeing> parse_ageings(std::string_view shadow);
/// Reads /etc/shadow, which may be missing. Errors: kIo, kInvalidInput.
[[nodiscard]] Result<std::vector<AccountAgeing>> read_ageings(const Root& root);
/// Returns the ageing of the first line for a user, or null.
[[nodiscard]] const Ageing* find_ageing(const std::vector<AccountAgeing>& ageings,
                                        std::string_view user);

/// Returns the ageing after a change.
[[nodiscard]] Ageing with_change(Ageing ageing, const AgeingChange& change);
/// Runs chage; in a tree, with -R DIR. Errors: kPassword with chage's message; kDiskFull,
/// kReadOnly.
[[nodiscard]] Result<void> change_ageing(const Root& root, Processes& processes,
                                         const std::string& user, const AgeingChange& change,
                                         const Deadline& deadline);

}  // namespace azl::provision
