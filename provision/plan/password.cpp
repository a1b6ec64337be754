#include "provision/plan/password.h"

#include <cstddef>

#include "base/text.h"

namespace azl::provision {
namespace {

constexpr std::size_t kPasswordLimit = 72;  // of bcrypt; cloud-init applies it to all hashes

}  // namespace

PlannedPassword decide_password(const Facts& facts, const std::string& user, Findings& findings) {
  const auto size = facts.ovf ? facts.ovf->password.size() : 0;
  if (size == 0) return {PasswordChange::kLocked, "no password was given"};
  // IMDS must not be able to give the media's password to another account.
  if (facts.ovf->user_name != user) {
    const auto owner = facts.ovf->user_name.empty()
                           ? std::string("that document names no user")
                           : "it is that of user '" + printable(facts.ovf->user_name) + "'";
    findings.push_back({Severity::kDegraded, Error(Cause::kPasswordOfOtherUser,
                                                   "the password in ovf-env.xml was not set for '" +
                                                       user + "': " + owner)});
    return {PasswordChange::kLocked, "the password in ovf-env.xml is not this user's"};
  }
  if (size > kPasswordLimit) {
    findings.push_back(
        {Severity::kDegraded,
         Error(Reason::kPasswordLength,
               "the password in ovf-env.xml has " + std::to_string(size) + " bytes, but at most " +
                   std::to_string(kPasswordLimit) + " are allowed; the account stays locked")
             .with_detail(std::to_string(size))});
    return {PasswordChange::kLocked, "the given password is too long"};
  }
  return {PasswordChange::kSet, "ovf-env.xml has a password"};
}

}  // namespace azl::provision
