// Asks sshd how the admin user may log in.
#pragma once

#include "provision/gather/facts.h"
#include "provision/plan/plan.h"
#include "provision/step/context.h"
#include "provision/step/provisioning.h"
#include "provision/step/recorder.h"
#include "provision/step/result.h"

namespace azl::provision {

/// Asks sshd, keeps its answer for the later steps, and records what keeps the user out. An error
/// if nobody could log in: judge_login(). Skipped if sshd is missing or cannot be asked.
[[nodiscard]] StepResult ask_about_login(const Context& context, const Facts& facts,
                                         const Plan& plan, Provisioning& progress,
                                         Recorder& recorder);

}  // namespace azl::provision
