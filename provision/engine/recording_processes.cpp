#include "provision/engine/recording_processes.h"

#include <string>
#include <utility>

namespace azl::provision {
namespace {

class RecordedChild final : public Child {
 public:
  RecordedChild(std::unique_ptr<Child> child, std::string program, Recorder& recorder)
      : child_(std::move(child)), program_(std::move(program)), recorder_(recorder) {}

  Result<ProcessOutput> wait(const Deadline& deadline) override {
    recorder_.record_wait(program_, deadline);
    auto output = child_->wait(deadline);
    recorder_.record_end_of_wait();
    ToolRecord tool{.program = program_, .ok = output.has_value()};
    if (output) {
      tool.wall_us = output->wall.count();
      tool.cpu_us = output->cpu.count();
    }
    auto& steps = recorder_.record().steps;
    if (!steps.empty()) steps.back().tools.push_back(std::move(tool));
    return output;
  }

 private:
  std::unique_ptr<Child> child_;
  std::string program_;
  Recorder& recorder_;
};

}  // namespace

Result<std::unique_ptr<Child>> RecordingProcesses::start(const Command& command) {
  auto child = OR_RETURN(processes_.start(command));
  return std::make_unique<RecordedChild>(std::move(child), command.argv.front(), recorder_);
}

}  // namespace azl::provision
