// Which way a first boot takes. Pure.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "base/error.h"
#include "provision/gather/facts.h"
#include "provision/record/words.h"

namespace azl::provision {

/// The ways through a first boot.
enum class Course {
  kProvision,    ///< an ordinary first boot
  kSpecialized,  ///< a new VM id on a used disk: user, keys, machine id and host name stay
  kAdopted,      ///< another agent provisioned this VM: that is recorded, and nothing else changes
  kDone,         ///< this agent provisioned this VM before
  kPool,         ///< a pre-provisioned VM waits for its user: only in the output of 'plan'
  kRefused,      ///< a fatal finding: only sshd's password logins and the host keys change
};
template <>
inline constexpr std::array<Spelling<Course>, 6> kSpellings<Course> = {
    {{Course::kProvision, "provision"},
     {Course::kSpecialized, "specialized"},
     {Course::kAdopted, "adopted"},
     {Course::kDone, "done"},
     {Course::kPool, "pool"},
     {Course::kRefused, "refused"}}};

/// A course and its reason.
struct PlannedCourse {
  Course value = Course::kRefused;
  std::string why;
};

/// Decides by the records on the disk, before the sources: kDone or kAdopted. Returns nullopt if
/// neither applies.
[[nodiscard]] std::optional<PlannedCourse> decide_course_by_records(const Facts& facts);
/// Decides by what media and IMDS gave: kRefused if `fatal` is not null, else kSpecialized or
/// kProvision.
[[nodiscard]] PlannedCourse decide_course_by_sources(const Facts& facts, const Error* fatal);

}  // namespace azl::provision
