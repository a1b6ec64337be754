// What a step returns.
#pragma once

#include <string>
#include <utility>

#include "base/error.h"
#include "provision/record/words.h"

namespace azl::provision {

/// How a step that did not fail ended.
struct StepEnd {
  StepOutcome outcome = StepOutcome::kDone;  ///< kDone, kUnchanged or kSkipped
  std::string why;                           ///< what was done and why, or why not: a sentence
};
/// An error is a failed step; the table of steps says what that means for the boot.
using StepResult = Result<StepEnd>;

[[nodiscard]] inline StepEnd done(std::string what) {
  return {StepOutcome::kDone, std::move(what)};
}
[[nodiscard]] inline StepEnd skipped(std::string why) {
  return {StepOutcome::kSkipped, std::move(why)};
}
/// Done, or unchanged if nothing had to be changed.
[[nodiscard]] inline StepEnd done_if(bool changed, std::string what) {
  return {changed ? StepOutcome::kDone : StepOutcome::kUnchanged, std::move(what)};
}

}  // namespace azl::provision
