#include "provision/engine/decide.h"

#include <string>
#include <utility>

#include "provision/apply/vm_state.h"
#include "provision/gather/tree.h"
#include "provision/plan/ageing.h"
#include "provision/plan/network.h"
#include "provision/tell/debug_log.h"

namespace azl::provision {
namespace {

/// Records all findings but the fatal one, which becomes the step's error.
void record_findings(const Plan& plan, Recorder& recorder) {
  const Error* fatal = plan.fatal();
  for (const auto& [severity, error] : plan.findings) {
    if (&error != fatal)
      recorder.record_finding(severity == Severity::kFatal ? Severity::kDegraded : severity, error);
  }
}

}  // namespace

StepResult decide(const Context& context, Facts& facts, Plan& plan, State& state,
                  Provisioning& progress, Recorder& recorder) {
  progress.decided = true;
  facts.today = days_of(context.machine.clock.wall());
  auto gathered = gather_tree(context.root(), context.config, facts);
  plan = gathered ? make_plan(facts, context.config)
                  : refused_plan(facts, context.config, std::move(gathered.error()));
  log_decision(facts, context.config, plan);
  recorder.record().course = to_string(plan.course);
  recorder.record().course_why = plan.course_why;
  record_findings(plan, recorder);
  const Error* fatal = plan.fatal();
  const bool begins = plan.course == Course::kProvision || plan.course == Course::kSpecialized;
  const bool refused_by_source = fatal != nullptr && (facts.ovf || facts.imds);
  if (begins || refused_by_source) {
    auto begun = record_beginning(context, facts, plan, state);
    if (!begun && fatal == nullptr) return std::unexpected(std::move(begun.error()));
    if (!begun) recorder.record_finding(Severity::kDegraded, begun.error());
  }
  if (fatal != nullptr) return std::unexpected(*fatal);
  return done(std::string(to_string(plan.course)) + ": " + plan.course_why);
}

void decide_network_anew(const Context& context, Facts& facts, Plan& plan, Recorder& recorder) {
  facts.has_networkd = has_networkd(context.root());
  decide_network(facts, context.config, plan);
  for (const auto& [severity, error] : plan.findings) recorder.record_finding(severity, error);
}

StepResult find_interruption(const Context& context, Facts& facts, Recorder& recorder) {
  // For the plan by which the machine is closed. It uses what could be read.
  if (auto gathered = gather_tree(context.root(), context.config, facts); !gathered)
    recorder.record_finding(Severity::kDegraded, gathered.error());
  StageRecord main;
  main.stage = Stage::kMain;
  main.boot_id = boot_id_of(context.root());
  main.vm_id = context.identity.vm_id;
  const auto dead = interrupted_record(context.root(), main);
  const bool known = dead && !dead->steps.empty();
  return fail(Reason::kInterrupted,
              "the main stage was killed" +
                  (known ? " in its step '" + dead->steps.back().name + "'" : std::string()));
}

}  // namespace azl::provision
