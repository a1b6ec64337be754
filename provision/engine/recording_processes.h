// Runs programs, and notes each one in the record.
#pragma once

#include <memory>

#include "base/process.h"
#include "provision/step/recorder.h"

namespace azl::provision {

/// Notes a program, with its time, in the record of the step that waits for it, and while it is
/// waited for.
class RecordingProcesses final : public Processes {
 public:
  /// Both outlive this.
  RecordingProcesses(Processes& processes, Recorder& recorder)
      : processes_(processes), recorder_(recorder) {}
  [[nodiscard]] Result<std::unique_ptr<Child>> start(const Command& command) override;

 private:
  Processes& processes_;
  Recorder& recorder_;
};

}  // namespace azl::provision
