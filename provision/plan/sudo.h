// Judges whether the admin user can become root by sudo, and finds what is in the way. Pure.
#pragma once

#include <optional>
#include <string>

#include "base/error.h"
#include "provision/accounts/sudo_rules.h"
#include "provision/accounts/sudoers.h"
#include "provision/accounts/sudoers_files.h"

namespace azl::provision {

/// Whether this access is what the rule was to give, or more.
[[nodiscard]] bool is_enough(RootAccess access, SudoRule rule);

struct SudoVerdict {
  RootAccess access = RootAccess::kNone;  ///< what sudo, or the files, give the user
  std::optional<Error>
      problem;      ///< kSudoers: the user cannot become root as the rule says, and why
  std::string why;  ///< what is known otherwise, a sentence
};

/// Judges the rule after it was written. sudo's answer decides. Without one, as in a root tree,
/// the files decide as far as they can be read: the verdict says that sudo was not asked, and names
/// later lines for the user. A problem names the file and line at fault: no include of
/// /etc/sudoers.d, a file that sudo ignores, or a later line that overrules ours, because the last
/// match counts in sudo.
[[nodiscard]] SudoVerdict judge_sudo(const SudoUser& user, SudoRule rule, const SudoersFiles& files,
                                     const std::optional<SudoAnswer>& answer);

}  // namespace azl::provision
