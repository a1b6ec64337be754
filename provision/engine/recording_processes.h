// Runs programs, and notes each one in the record.
#pragma once

#include <memory>

#include "base/process.h"
#include "provision/record/record.h"

namespace azl::provision {

/// Notes a program, with its time, in the record of the step that waits for it.
class RecordingProcesses final : public Processes {
 public:
  /// Both outlive this.
  RecordingProcesses(Processes& processes, StageRecord& record)
      : processes_(processes), record_(record) {}
  [[nodiscard]] Result<std::unique_ptr<Child>> start(const Command& command) override;

 private:
  Processes& processes_;
  StageRecord& record_;
};

}  // namespace azl::provision
