#include "provision/engine/recording_processes.h"

#include <string>
#include <utility>

namespace azl::provision {
namespace {

class RecordedChild final : public Child {
 public:
  RecordedChild(std::unique_ptr<Child> child, std::string program, StageRecord& record)
      : child_(std::move(child)), program_(std::move(program)), record_(record) {}

  Result<ProcessOutput> wait(const Deadline& deadline) override {
    auto output = child_->wait(deadline);
    ToolRecord tool{.program = program_, .ok = output.has_value()};
    if (output) {
      tool.wall_us = output->wall.count();
      tool.cpu_us = output->cpu.count();
    }
    if (!record_.steps.empty()) record_.steps.back().tools.push_back(std::move(tool));
    return output;
  }

 private:
  std::unique_ptr<Child> child_;
  std::string program_;
  StageRecord& record_;
};

}  // namespace

Result<std::unique_ptr<Child>> RecordingProcesses::start(const Command& command) {
  auto child = OR_RETURN(processes_.start(command));
  return std::make_unique<RecordedChild>(std::move(child), command.argv.front(), record_);
}

}  // namespace azl::provision
