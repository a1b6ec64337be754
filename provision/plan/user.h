// The part of make_plan that decides about the user: name, groups, shell, keys, password. Pure.
#pragma once

#include <string>

#include "provision/config/config.h"
#include "provision/gather/facts.h"
#include "provision/plan/plan.h"

namespace azl::provision {

/// Something that a source names, and which source that is. Both empty: none names it.
struct Named {
  std::string value;
  std::string why;
};
/// The user's name; IMDS wins over the media.
[[nodiscard]] Named named_user(const Facts& facts);

/// Decides on plan.user. What stands against it is a finding; without a user that somebody can log
/// in as, a fatal one.
void decide_user(const Facts& facts, const Config& config, Plan& plan);

}  // namespace azl::provision
