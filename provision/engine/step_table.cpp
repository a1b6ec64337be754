#include "provision/engine/step_table.h"

#include <algorithm>
#include <array>
#include <exception>

#include "provision/apply/host_name.h"
#include "provision/apply/network_files.h"
#include "provision/apply/user.h"
#include "provision/apply/waagent.h"
#include "provision/disks/look.h"
#include "provision/gather/gather.h"
#include "provision/tell/tell.h"

namespace azl::provision {
namespace {

using enum Stage;

// clang-format off
constexpr std::array kSteps = {
    // name               stage    due when                 its failure is           does
    Step{"media",         kLocal,  Needs::kSources,         OnFailure::kPlanDecides, look_for_media,      "look for the provisioning media"},
    Step{"hostname",      kLocal,  Needs::kSources,         OnFailure::kDegraded,    set_early_host_name, "set the media's host name before DHCP asks"},
    Step{"tuning",        kLocal,  Needs::kTuning,          OnFailure::kNote,        tune_links,          "tune the links as the configuration asks"},
    Step{"network",       kLocal,  Needs::kNetworkNews,     OnFailure::kDegraded,    write_remembered_files, "write the NICs' files as they are remembered"},

    Step{"media",         kMain,   Needs::kSources,         OnFailure::kPlanDecides, look_for_media,      "read the provisioning media"},
    Step{"keygen",        kMain,   Needs::kSources,         OnFailure::kNote,        begin_host_keys,     "begin to make SSH host keys"},
    Step{"lease",         kMain,   Needs::kSources,         OnFailure::kPlanDecides, wait_for_lease,      "wait for the primary link's lease"},
    Step{"proxy-agent",   kMain,   Needs::kSources,         OnFailure::kPlanDecides, wait_for_proxy_agent, "wait for the metadata proxy agent"},
    Step{"imds",          kMain,   Needs::kSources,         OnFailure::kPlanDecides, ask_imds,            "ask the metadata service"},
    Step{"late-media",    kMain,   Needs::kSources,         OnFailure::kPlanDecides, wait_for_media,      "look for the media once more where it must come"},
    Step{"decide",        kMain,   Needs::kNewVm,           OnFailure::kFatal,       decide,              "decide what to do"},
    Step{"hostname",      kMain,   Needs::kProvision,       OnFailure::kDegraded,    set_host_name,       "set the host name"},
    Step{"network",       kMain,   Needs::kNetwork,         OnFailure::kDegraded,    configure_network,   "write the NICs' files"},
    Step{"machine-id",    kMain,   Needs::kProvision,       OnFailure::kDegraded,    renew_machine_id,    "renew the machine id"},
    Step{"user",          kMain,   Needs::kProvision,       OnFailure::kFatal,       make_user,           "make the user"},
    Step{"password",      kMain,   Needs::kProvision,       OnFailure::kFatal,       set_password,        "set or lock the password"},
    Step{"ssh-keys",      kMain,   Needs::kProvision,       OnFailure::kFatal,       put_ssh_keys,        "put the user's SSH keys in place"},
    Step{"sudo",          kMain,   Needs::kProvision,       OnFailure::kDegraded,    allow_sudo,          "let the user become root"},
    Step{"lock-root",     kMain,   Needs::kProvision,       OnFailure::kDegraded,    lock_root,           "lock root's password"},
    Step{"host-keys",     kMain,   Needs::kClosing,         OnFailure::kFatal,       put_host_keys,       "give the machine SSH host keys of its own"},
    Step{"sshd",          kMain,   Needs::kDecided,         OnFailure::kDegraded,    configure_sshd,      "allow or forbid SSH logins by password"},
    Step{"hand-over",     kMain,   Needs::kNoFailure,       OnFailure::kDegraded,    hand_over,           "leave what other agents look for"},
    Step{"remember",      kMain,   Needs::kNoFailure,       OnFailure::kFatal,       remember,            "remember that this VM is provisioned"},
    Step{"kvp",           kMain,   Needs::kSomethingToTell, OnFailure::kNote,        write_report_to_kvp, "leave the report for the host"},
    Step{"health",        kMain,   Needs::kSomethingToTell, OnFailure::kDegraded,    tell_health,         "tell the platform"},
    Step{"links",         kMain,   Needs::kNetwork,         OnFailure::kNote,        look_at_acceleration, "look whether the NICs are accelerated"},
    Step{"new-links",     kMain,   Needs::kNetworkNews,     OnFailure::kDegraded,    leave_to_link_stage, "leave NICs that came or went to another service"},
    Step{"left-over",     kMain,   Needs::kLeftOver,        OnFailure::kNote,        leave_to_report,     "leave to another service what is still to be told"},
    Step{"eject",         kMain,   Needs::kNoFailure,       OnFailure::kNote,        eject_media,         "eject the provisioning media"},

    Step{"lease",         kReport, Needs::kSomethingToTell, OnFailure::kNote,        wait_for_lease,      "wait for the primary link's lease"},
    Step{"health",        kReport, Needs::kSomethingToTell, OnFailure::kDegraded,    tell_health_late,    "go on telling the platform"},
    Step{"guest-agent",   kReport, Needs::kNoFailure,       OnFailure::kNote,        start_guest_agent,   "start the guest agent that waited for it"},

    Step{"interrupted",   kClose,  Needs::kNewVm,           OnFailure::kFatal,       note_interruption,   "see where the main stage was killed"},
    Step{"host-keys",     kClose,  Needs::kClosing,         OnFailure::kFatal,       put_host_keys,       "give the machine SSH host keys of its own"},
    Step{"sshd",          kClose,  Needs::kDecided,         OnFailure::kDegraded,    configure_sshd,      "forbid SSH logins by password"},
    Step{"kvp",           kClose,  Needs::kSomethingToTell, OnFailure::kNote,        write_report_to_kvp, "leave the report for the host"},
    Step{"health",        kClose,  Needs::kSomethingToTell, OnFailure::kDegraded,    tell_health,         "tell the platform"},

    Step{"lease",         kLink,   Needs::kNetworkNews,     OnFailure::kNote,        wait_for_link_lease, "wait for the primary link's lease"},
    Step{"imds",          kLink,   Needs::kNetworkNews,     OnFailure::kNote,        ask_for_links,       "ask the metadata service of new NICs"},
    Step{"network",       kLink,   Needs::kNetworkNews,     OnFailure::kDegraded,    configure_network,   "write the NICs' files"},
    Step{"links",         kLink,   Needs::kNetworkNews,     OnFailure::kNote,        look_at_acceleration, "look whether the NICs are accelerated"},

    Step{"disks",         kDisks,  Needs::kDisks,           OnFailure::kDegraded,    tell_disks,          "see which disks there are, and what is on them"},
    Step{"growth",        kDisks,  Needs::kDisks,           OnFailure::kDegraded,    grow_os_disk,        "grow the OS disk's partition and file system"},
    Step{"set-up",        kDisks,  Needs::kDisks,           OnFailure::kDegraded,    set_up_disks,        "format, mount and swap as decided"},
};
// clang-format on

std::int64_t micros(Duration duration) { return duration.count(); }

std::string_view outcome_word(Said::Outcome outcome) {
  switch (outcome) {
    case Said::kDone:
      return "done";
    case Said::kUnchanged:
      return "unchanged";
    case Said::kSkipped:
      return "skipped";
  }
  return "done";
}

/// Notes every program that a step runs, with its time.
class RecordedChild final : public Child {
 public:
  RecordedChild(std::unique_ptr<Child> child, std::string program, StageRecord& record)
      : child_(std::move(child)), program_(std::move(program)), record_(record) {}
  Result<ProcessOutput> wait(const Deadline& deadline) override {
    auto output = child_->wait(deadline);
    ToolRecord tool{.program = program_, .ok = output.has_value()};
    if (output) {
      tool.wall_us = micros(output->wall);
      tool.cpu_us = micros(output->cpu);
    }
    if (!record_.steps.empty()) record_.steps.back().tools.push_back(std::move(tool));
    return output;
  }

 private:
  std::unique_ptr<Child> child_;
  std::string program_;
  StageRecord& record_;
};

void fail_step(const Step& step, Error error, StepRecord& record, Boot& boot) {
  record.outcome = "failed";
  record.why = error.to_string();
  switch (step.on_failure) {
    case OnFailure::kPlanDecides:
      return;  // the plan's findings tell what it means
    case OnFailure::kNote:
      return boot.find(Severity::kNote, error, step.name);
    case OnFailure::kDegraded:
      return boot.find(Severity::kDegraded, error, step.name);
    case OnFailure::kFatal:
      break;
  }
  boot.fail_boot(std::move(error), step.name);
}

/// A library that throws where it says that it does not must not cost the rest of the boot.
Result<Said> run_guarded(const Step& step, Boot& boot) {
  try {
    return step.run(boot);
  } catch (const std::exception& exception) {
    return fail(Reason::kUnexpected, std::string("an exception: ") + exception.what());
  }
}

}  // namespace

void Boot::find(Severity severity, const Error& error, std::string_view step,
                std::string_view device) {
  record.findings.push_back(to_finding(error, to_string(severity), step, device));
}

void Boot::fail_boot(Error error, std::string_view step) {
  if (failure) return find(Severity::kDegraded, error, step);  // one failure is told
  find(Severity::kFatal, error, step);
  if (plan.course_why.empty()) {  // it came before the decision
    plan = refused_plan(facts, config, error);
    record.course = to_string(plan.course);
    record.course_why = plan.course_why;
    decided = true;
  }
  failure = std::move(error);
}

std::span<const Step> steps() { return kSteps; }

bool is_due(Needs needs, const Boot& boot) {
  const bool new_vm = !boot.done_before();
  const bool wants_sources = new_vm && !boot.failure && !is_other_agents(boot.facts);
  const auto course = boot.plan.course;
  switch (needs) {
    case Needs::kNewVm:
      return new_vm && !boot.failure;
    case Needs::kSources:
      return wants_sources;
    case Needs::kProvision:
      return new_vm && boot.decided && course == Course::kProvision && !boot.failure;
    case Needs::kClosing:
      return new_vm && boot.decided && (course == Course::kProvision || course == Course::kRefused);
    case Needs::kDecided:
      return new_vm && boot.decided;
    case Needs::kNoFailure:
      return !boot.failure && (new_vm ? boot.decided : boot.stage == kReport);
    case Needs::kSomethingToTell:
      if (boot.stage == kReport || course == Course::kAdopted || (!new_vm && boot.resumed))
        return boot.state.untold.has_value();
      return new_vm && (boot.failure || boot.decided);
    case Needs::kNetwork:
      return new_vm && boot.decided && !boot.failure &&
             (course == Course::kProvision || course == Course::kSpecialized);
    case Needs::kNetworkNews:
      return !boot.failure && !boot.network_news.why.empty();
    case Needs::kDisks:
      return boot.config.disk.any();
    case Needs::kTuning:
      return boot.config.network.tuning.any();
    case Needs::kLeftOver:
      return !new_vm && !boot.resumed && boot.state.untold.has_value();
  }
  return false;
}

RecordingProcesses::RecordingProcesses(Processes& processes, StageRecord& record)
    : processes_(processes), record_(record) {}

Result<std::unique_ptr<Child>> RecordingProcesses::start(const Command& command) {
  auto child = processes_.start(command);
  if (!child) return child;
  return std::make_unique<RecordedChild>(std::move(*child), command.argv.front(), record_);
}

Duration end_of(const StageRecord& record) {
  if (record.steps.empty()) return {};
  return Duration(record.steps.back().start_us + record.steps.back().took_us);
}

void run_steps(Boot& boot, Progress& progress) {
  const auto began = boot.machine.clock.now() - end_of(boot.record);
  boot.tools = std::make_unique<RecordingProcesses>(boot.machine.processes, boot.record);
  for (const auto& step : kSteps) {
    if (step.stage != boot.stage || !is_due(step.needs, boot)) continue;
    const auto start = boot.machine.clock.now();
    boot.record.steps.push_back({.name = std::string(step.name),
                                 .what = std::string(step.what),
                                 .outcome = "running",
                                 .why = {},
                                 .start_us = micros(start - began),
                                 .took_us = 0,
                                 .tools = {}});
    const auto index = boot.record.steps.size() - 1;
    progress.begin(boot.record.steps[index]);
    auto said = run_guarded(step, boot);
    auto& record = boot.record.steps[index];
    record.took_us = micros(boot.machine.clock.now() - start);
    if (said) {
      record.outcome = outcome_word(said->outcome);
      record.why = std::move(said->why);
    } else {
      fail_step(step, std::move(said.error()), record, boot);
    }
    progress.end(record);
  }
}

}  // namespace azl::provision
