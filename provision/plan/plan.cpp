#include "provision/plan/plan.h"

#include <algorithm>
#include <cstddef>

#include "base/text.h"
#include "provision/plan/custom_data.h"
#include "provision/plan/host_keys.h"
#include "provision/plan/machine_id.h"
#include "provision/plan/network.h"
#include "provision/plan/sources.h"
#include "provision/plan/waagent.h"

namespace azl::provision {
namespace {

void list_links(const Facts& facts, const Config& config, Plan& plan) {
  const auto& links = facts.network.links;
  const auto& drivers = config.network.synthetic_drivers;
  const auto roles = net::roles(links, drivers);
  for (std::size_t i = 0; i < links.size(); ++i) {
    plan.links.push_back({net::to_string(links[i].mac), links[i].name, roles[i],
                          net::describe_role(links, i, drivers)});
    if (facts.primary && facts.primary->link == links[i].index)
      plan.primary_mac = net::to_string(links[i].mac);
  }
}

/// Starts a plan with what every course has.
Plan begin_plan(const Facts& facts, const Config& config) {
  Plan plan;
  plan.vm_id = facts.identity.vm_id;
  plan.from_ovf = facts.ovf.has_value();
  if (facts.imds) plan.imds_version = facts.imds->api_version;
  for (const auto& [text, about_login] : config.warnings)
    plan.add_finding(about_login ? Severity::kDegraded : Severity::kNote,
                     Error(Reason::kConfig, text));
  for (const auto& file : config.unread) plan.add_finding(Severity::kDegraded, file);
  list_links(facts, config, plan);
  return plan;
}

void set_course(Plan& plan, PlannedCourse course) {
  plan.course = course.value;
  plan.course_why = std::move(course.why);
}

/// Keeps host keys and machine id, for the reason of the course.
void keep_identity(Plan& plan) {
  plan.host_keys = {false, plan.course_why};
  plan.machine_id = {false, plan.course_why};
}

/// Turns password logins off, and replaces host keys that other VMs may have.
void close_machine(const Facts& facts, const Config& config, Plan& plan) {
  plan.sshd = decide_closed_sshd(facts, config);
  plan.host_keys = decide_host_keys(facts, config, facts.ovf || facts.imds);
}

/// Without a VM id it is not known whether this VM was provisioned before. If no VM was, the
/// machine is closed.
Plan refuse_without_vm_id(Plan plan, const Facts& facts, const Config& config) {
  plan.add_finding(
      Severity::kFatal,
      Error(Reason::kNoVmId, "the firmware gives no VM id (/sys/class/dmi/id/product_uuid)"));
  set_course(plan, {Course::kRefused, "without a VM id nothing can be recorded or reported"});
  keep_identity(plan);
  plan.guest_agent = {false, plan.course_why};
  if (facts.state.vm_id.empty()) close_machine(facts, config, plan);
  return plan;
}

/// This agent provisioned this VM: only the network is decided anew.
Plan plan_done(Plan plan, const Facts& facts, const Config& config) {
  keep_identity(plan);
  plan.guest_agent = {facts.state.guest_agent, "as decided when this VM was provisioned"};
  decide_network(facts, config, plan);
  return plan;
}

/// Another agent provisioned this VM: nothing is decided anew.
Plan plan_adopted(Plan plan) {
  keep_identity(plan);
  plan.guest_agent = {true, "the agent that provisioned this VM wrote its own files"};
  return plan;
}

Plan plan_specialized(Plan plan, const Facts& facts, const Config& config) {
  keep_identity(plan);
  decide_network(facts, config, plan);
  return plan;
}

/// Keeps only what closes the machine. docs/architecture.md, rule 12.
Plan refuse(Plan plan, const Facts& facts, const Config& config) {
  set_course(plan, decide_course_by_sources(facts, plan.fatal()));
  plan.hostname.reset();
  plan.user.reset();
  plan.machine_id = {false, plan.course_why};
  close_machine(facts, config, plan);
  return plan;
}

}  // namespace

const Error* Plan::fatal() const {
  const auto first = std::ranges::find(findings, Severity::kFatal, &Finding::severity);
  return first == findings.end() ? nullptr : &first->error;
}

Plan make_plan(const Facts& facts, const Config& config) {
  Plan plan = begin_plan(facts, config);
  if (plan.vm_id.empty()) return refuse_without_vm_id(std::move(plan), facts, config);

  if (auto course = decide_course_by_records(facts)) {
    set_course(plan, std::move(*course));
    return plan.course == Course::kDone ? plan_done(std::move(plan), facts, config)
                                        : plan_adopted(std::move(plan));
  }

  judge_sources(facts, plan.findings);
  judge_disagreement(facts, plan.findings);
  plan.guest_agent = decide_waagent(facts);
  set_course(plan, decide_course_by_sources(facts, plan.fatal()));
  if (plan.course == Course::kSpecialized) return plan_specialized(std::move(plan), facts, config);

  if (plan.course == Course::kProvision) plan.user = decide_user(facts, config, plan.findings);
  plan.hostname = decide_host_name(facts, plan.findings);
  plan.custom_data = decide_custom_data(facts, plan.findings);
  if (plan.fatal() != nullptr) return refuse(std::move(plan), facts, config);

  plan.sshd = decide_sshd(facts, config, *plan.user, plan.findings);
  decide_network(facts, config, plan);
  plan.host_keys = decide_host_keys(facts, config, true);
  plan.machine_id = decide_machine_id(facts);
  plan.updates = decide_updates(config.updates, facts.updates, plan.findings);
  return plan;
}

Plan pool_plan(const Facts& facts, const Config& config, const PoolPlan& pool) {
  Plan plan = begin_plan(facts, config);
  set_course(plan, {Course::kPool, pool.why + "; what its user wants is not known yet (PPS " +
                                       printable(pool.type) + ")"});
  keep_identity(plan);
  plan.guest_agent = {false, plan.course_why};
  return plan;
}

Plan refused_plan(const Facts& facts, const Config& config, Error why) {
  Plan plan = begin_plan(facts, config);
  plan.add_finding(Severity::kFatal, std::move(why));
  return refuse(std::move(plan), facts, config);
}

}  // namespace azl::provision
