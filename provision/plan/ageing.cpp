#include "provision/plan/ageing.h"

#include <utility>

#include "base/text.h"

namespace azl::provision {
namespace {

constexpr long kNever = 10'000;  // days

/// "2026-03-01".
std::string date_of(long day) {
  return iso8601(WallTime(std::chrono::days(day))).substr(0, std::string_view("2026-03-01").size());
}

/// Today for chage. 0 would demand a new password, so a clock that is not set empties the field.
long last_change_on(long today) { return today > 0 ? today : -1; }

/// Whether the maximum matters to a user without a password.
bool has_effective_maximum(const Ageing& ageing, long today) {
  if (!ageing.maximum) return false;
  const long from = ageing.last_change.value_or(0) > 0 ? *ageing.last_change : today;
  return from + *ageing.maximum < today + kNever;
}

void drop_maximum(const Ageing& ageing, AgeingChange& change) {
  change.no_maximum = true;
  change.no_inactivity = ageing.inactive.has_value();
}

AgeingChange change_by_auto(const AgeingSubject& subject, long today) {
  const Ageing& ageing = subject.ageing;
  AgeingChange change;
  if (!subject.has_password && has_effective_maximum(ageing, today)) drop_maximum(ageing, change);
  const bool stale = subject.has_password ? ageing.last_change != today : ageing.last_change == 0;
  if (stale) change.last_change = last_change_on(today);
  return change;
}

AgeingChange change_by_lift(const AgeingSubject& subject, long today) {
  const Ageing& ageing = subject.ageing;
  AgeingChange change;
  if (has_effective_maximum(ageing, today)) drop_maximum(ageing, change);
  change.no_expiry = ageing.expires.has_value();
  if (ageing.last_change == 0) change.last_change = last_change_on(today);
  return change;
}

AgeingChange choose_change(const AgeingSubject& subject, AgeingPolicy policy, long today) {
  switch (policy) {
    case AgeingPolicy::kAuto:
      return change_by_auto(subject, today);
    case AgeingPolicy::kLift:
      return change_by_lift(subject, today);
    case AgeingPolicy::kKeep:
      break;
  }
  return {};
}

std::string describe_change(const AgeingChange& change, bool has_password) {
  std::vector<std::string> parts;
  if (change.no_maximum) parts.emplace_back("no maximum age");
  if (change.no_inactivity) parts.emplace_back("no inactivity");
  if (change.no_expiry) parts.emplace_back("no expiry");
  if (change.last_change) {
    parts.push_back(*change.last_change < 0 ? "no last change"
                                            : "last change " + date_of(*change.last_change));
  }
  return join(parts, ", ") + (has_password ? "" : " (the password is locked)");
}

/// What an administrator can set to get rid of a lockout.
std::string describe_cure(AgeingPolicy policy) {
  return policy == AgeingPolicy::kLift ? "" : "; [User] PasswordAgeing=lift removes that";
}

}  // namespace

long days_of(WallTime when) {
  return static_cast<long>(std::chrono::floor<std::chrono::days>(when).time_since_epoch().count());
}

std::optional<Lockout> find_lockout(const AgeingSubject& subject, long today) {
  const Ageing& ageing = subject.ageing;
  std::optional<Lockout> first;
  const auto consider = [&](long day, std::string why) {
    if (day < today + kNever && (!first || day < first->day)) first = Lockout{day, std::move(why)};
  };
  if (ageing.expires) {
    consider(*ageing.expires, std::string("the account ") +
                                  (*ageing.expires <= today ? "expired" : "expires") + " on " +
                                  date_of(*ageing.expires));
  }
  if (subject.has_password || !ageing.last_change) return first;
  if (*ageing.last_change == 0) {
    consider(0, "its password must be changed at the next login, but is locked");
  } else if (ageing.maximum) {
    const long day = *ageing.last_change + *ageing.maximum + 1;  // pam_unix(8) allows the last day
    consider(day, std::string("its password is locked, and ") + (day <= today ? "had to" : "must") +
                      " be changed before " + date_of(day) + " (maximum age of " +
                      std::to_string(*ageing.maximum) + " days)");
  }
  return first;
}

PlannedAgeing decide_ageing(const AgeingSubject& subject, AgeingPolicy policy, long today) {
  PlannedAgeing planned;
  planned.change = choose_change(subject, policy, today);
  AgeingSubject after = subject;
  after.ageing = with_change(subject.ageing, planned.change);
  const std::string who = "user '" + printable(subject.user) + "'";
  if (const auto lockout = find_lockout(after, today)) {
    const bool now = lockout->day <= today;
    planned.findings.push_back(
        {now ? Severity::kFatal : Severity::kDegraded,
         Error(Cause::kAccountLocksOut, who + (now ? " cannot log in: " : " will be locked out: ") +
                                            lockout->why + " (/etc/shadow)" +
                                            describe_cure(policy))});
    if (now) planned.change = {};
  }
  planned.why = planned.change.any() ? describe_change(planned.change, subject.has_password)
                : policy == AgeingPolicy::kKeep ? "kept as configured"
                                                : "nothing locks " + who + " out";
  return planned;
}

}  // namespace azl::provision
