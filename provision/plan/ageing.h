// Decides what happens to the ageing of the admin user's password. Pure.
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "provision/accounts/ageing.h"
#include "provision/plan/finding.h"

namespace azl::provision {

/// Days since 1970-01-01 (UTC), as /etc/shadow counts them.
[[nodiscard]] long days_of(WallTime when);

/// The user whose ageing is decided.
struct AgeingSubject {
  std::string user;
  Ageing ageing = {};         ///< its line in /etc/shadow, after the password was set or locked
  bool has_password = false;  ///< it has a password that works
};

/// When and why nobody can log in any more.
struct Lockout {
  long day = 0;  ///< first day without a login, since 1970-01-01; 0: whatever the day
  std::string why;
};

/// Finds the first day on which PAM refuses this user. A user without a password cannot change it,
/// so a password that must be changed locks the user out, also with an SSH key. Returns nullopt if
/// there is no such day, or if it is 10,000 days or more after `today`, which is how shadow-utils
/// writes "never".
// Source: check_shadow_expiry() in modules/pam_unix/passverify.c of Linux-PAM. On
// PAM_NEW_AUTHTOK_REQD, sshd runs passwd in place of the shell, also for a login by key
// (do_pwchange() in session.c of OpenSSH), and sudo refuses the user. Older versions of Linux-PAM
// let one more day pass.
[[nodiscard]] std::optional<Lockout> find_lockout(const AgeingSubject& subject, long today);

struct PlannedAgeing {
  AgeingChange change;
  std::string why;    ///< what is changed or kept, and why
  Findings findings;  ///< fatal (kNoWayIn): locked out today; degraded: locked out later
};

/// Decides by [User] PasswordAgeing=.
/// auto: a user without a password gets no maximum and no inactivity. One with a password keeps
/// them, with last change today. A last change of 0 becomes today. The expiry stays.
/// lift: no maximum, no inactivity, no expiry; a last change of 0 becomes today.
/// keep: nothing changes.
/// What locks the user out after that is a finding. If it is fatal, nothing is changed.
[[nodiscard]] PlannedAgeing decide_ageing(const AgeingSubject& subject, AgeingPolicy policy,
                                          long today);

}  // namespace azl::provision
