// Writes the record of a stage while it runs.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "imds/retry.h"
#include "provision/record/record.h"

namespace azl::provision {

/// The way to the record for steps. They write it and never read it: what a later step must know is
/// kept in types of its own (Provisioning, PlatformTalk and others), so that no decision hangs on a
/// sentence.
class Recorder {
 public:
  /// `record` outlives this.
  explicit Recorder(StageRecord& record);

  /// Names the step to which findings belong from now on.
  void enter(std::string_view step) { step_ = step; }
  /// Records that something was not as wanted while the step itself went on. `device`: the disk
  /// that it is about.
  void record_finding(Severity severity, const Error& error, std::string_view device = {});
  /// Records for what the running step waits, and until when, for the report of a running stage.
  void record_wait(std::string what, const Deadline& deadline);
  /// Records that the wait is over.
  void record_end_of_wait();
  /// Records the last error of what the running step tries again.
  void record_try(std::string error);
  /// Has `observer` called when one of these is recorded.
  void set_observer(std::function<void()> observer) { observer_ = std::move(observer); }
  /// Records requests to the platform.
  void record_attempts(const imds::AttemptLog& attempts);
  /// Whether this stage has recorded a finding of severity degraded.
  [[nodiscard]] bool degraded() const { return degraded_; }
  /// Takes over what an interrupted run of the stage had recorded.
  void take_over(StageRecord earlier);

  /// The record, to be written only.
  [[nodiscard]] StageRecord& record() { return record_; }

 private:
  StageRecord& record_;
  std::string step_;
  std::function<void()> observer_;
  bool degraded_ = false;
};

}  // namespace azl::provision
