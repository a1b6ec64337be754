#include "provision/plan/plan.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "base/text.h"
#include "provision/plan/network.h"
#include "provision/plan/user.h"

namespace azl::provision {
namespace {

constexpr std::size_t kHostNameLimit = 64;  // HOST_NAME_MAX of Linux
constexpr std::size_t kLabelLimit = 63;     // RFC 1035

bool same_as_recorded(const Facts& facts) {
  return !facts.state.vm_id.empty() && imds::same_vm(facts.state.vm_id, facts.identity.vm_id);
}

std::string preprovisioned_type(const Facts& facts) {
  const auto counts = [](const std::string& type) { return !type.empty() && type != "None"; };
  if (facts.ovf && counts(facts.ovf->preprovisioned_type)) return facts.ovf->preprovisioned_type;
  const auto* imds = facts.instance();
  return imds != nullptr && counts(imds->pps_type) ? imds->pps_type : std::string();
}

Named named_host(const Facts& facts) {
  const auto* imds = facts.instance();
  if (imds != nullptr && !imds->computer_name.empty())
    return {imds->computer_name, "IMDS osProfile.computerName"};
  if (facts.ovf && !facts.ovf->host_name.empty())
    return {facts.ovf->host_name, "HostName in ovf-env.xml"};
  return {};
}

/// Fatal when there is nothing to provision from; else what is missing is told.
void judge_sources(const Facts& facts, Plan& plan) {
  if (!facts.ovf && !facts.imds) {
    auto error =
        facts.imds_error ? *facts.imds_error : Error(Reason::kImdsConnect, "IMDS was not asked");
    const auto media = facts.ovf_error ? "the provisioning media gave nothing (" +
                                             facts.ovf_error->to_string() + ")"
                                       : std::string("there is no provisioning media");
    plan.find(Severity::kFatal,
              std::move(error).with_context(media + ", and IMDS gave nothing either"));
    return;
  }
  if (facts.imds_error && !facts.imds) {
    plan.find(
        Severity::kDegraded,
        Error(*facts.imds_error).with_context("IMDS gave nothing, provisioning from media alone"));
  }
  if (facts.ovf_error) {
    plan.find(Severity::kNote,
              Error(*facts.ovf_error).with_context("provisioning from IMDS alone"));
  }
  const auto* imds = facts.instance();
  if (imds == nullptr) return;
  for (const auto& warning : imds->warnings)
    plan.find(Severity::kNote, Error(Reason::kImdsInvalidKey, "IMDS: " + warning));
  if (!imds->vm_id.empty() && !imds::same_vm(imds->vm_id, facts.identity.vm_id)) {
    plan.find(Severity::kNote,
              Error(Reason::kNoVmId, "IMDS names the VM " + imds->vm_id + ", its firmware " +
                                         facts.identity.vm_id + "; the firmware's counts"));
  }
}

/// A password that sshd does not take is a way in at the serial console only.
void judge_way_in(Plan& plan) {
  const bool by_ssh = !plan.user->keys.empty() || plan.sshd->password_authentication;
  if (by_ssh || plan.user->password != PasswordChange::kSet) return;
  plan.find(
      Severity::kDegraded,
      Error(Reason::kNoWayIn, "user '" + plan.user->name +
                                  "' has no usable SSH key, and logins by password are "
                                  "forbidden: the password serves at the serial console only"));
}

void decide_sshd(const Facts& facts, const Config& config, Plan& plan) {
  if (!config.ssh.configure_sshd || !facts.has_sshd) return;
  if (plan.fatal() != nullptr) {
    plan.sshd = {false, "provisioning failed: no logins by password until somebody has looked"};
    return;
  }
  const auto* imds = facts.instance();
  if (imds != nullptr && imds->disable_password_authentication) {
    plan.sshd = {!*imds->disable_password_authentication,
                 "IMDS osProfile.disablePasswordAuthentication"};
  } else if (facts.ovf && facts.ovf->disable_ssh_password_authentication) {
    plan.sshd = {!*facts.ovf->disable_ssh_password_authentication,
                 "DisableSshPasswordAuthentication in ovf-env.xml"};
  } else {
    const bool set = plan.user && plan.user->password == PasswordChange::kSet;
    plan.sshd = {set, set ? "a password was given" : "no password was given"};
  }
}

void decide_host_name(const Facts& facts, Plan& plan) {
  const auto name = named_host(facts);
  if (name.value.empty()) return;
  auto valid = valid_host_name(name.value);
  if (!valid) {
    plan.find(Severity::kDegraded,
              std::move(valid.error())
                  .with_context("the host name stays '" + printable(facts.hostname) + "' (" +
                                name.why + " is unusable)"));
    return;
  }
  if (*valid != name.value) {
    plan.find(Severity::kNote,
              Error(Reason::kHostName, "the host name from " + name.why + " was cut to '" + *valid +
                                           "' (" + std::to_string(kHostNameLimit) +
                                           " characters at most)"));
  }
  plan.hostname = {std::move(*valid), name.why};
}

Choice decide_machine_id(const Facts& facts) {
  if (facts.machine_id.empty()) return {false, "the image has none, systemd makes it"};
  const auto renew = [](const std::string& of) {
    return Choice{true,
                  "the image carries that of " + of + "; the new one counts from the next boot on"};
  };
  if (same_as_recorded(facts) && facts.state.stale_machine_id == facts.machine_id)
    return renew("another VM");
  if (facts.state.vm_id.empty() || same_as_recorded(facts))
    return {false, "no record says that it is another VM's"};
  if (facts.state.machine_id != facts.machine_id)
    return {false, "it is not the one recorded for VM " + facts.state.vm_id};
  return renew("VM " + facts.state.vm_id);
}

void judge_custom_data(const Facts& facts, Plan& plan) {
  const auto* imds = facts.instance();
  plan.custom_data_size = facts.ovf ? facts.ovf->custom_data.size() : 0;
  if (plan.custom_data_size > 0) {
    plan.find(Severity::kDegraded,
              Error(Reason::kCustomData,
                    std::to_string(plan.custom_data_size) +
                        " bytes of custom data were given; this version does not run custom data"));
  } else if (imds != nullptr && imds->has_custom_data.value_or(false)) {
    plan.find(Severity::kDegraded, Error(Reason::kCustomDataMissing,
                                         "IMDS says hasCustomData=true, but no media brought any"));
  } else if (imds != nullptr && imds->has_user_data) {
    plan.find(Severity::kDegraded,
              Error(Reason::kCustomData, "IMDS holds userData; this version does not run it"));
  }
}

/// Where nothing is decided anew, this is why.
void leave_as_is(Plan& plan, bool guest_agent, const std::string& agent_why) {
  plan.host_keys = {false, plan.course_why};
  plan.machine_id = {false, plan.course_why};
  plan.guest_agent = {guest_agent, agent_why};
}

void describe_network(const Facts& facts, const Config& config, Plan& plan) {
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

/// What every plan has.
Plan begin_plan(const Facts& facts, const Config& config) {
  Plan plan;
  plan.vm_id = facts.identity.vm_id;
  plan.from_ovf = facts.ovf.has_value();
  if (facts.imds) plan.imds_version = facts.imds->api_version;
  for (const auto& warning : config.warnings)
    plan.find(Severity::kNote, Error(Reason::kConfig, warning));
  for (const auto& file : config.unread) plan.find(Severity::kDegraded, file);
  describe_network(facts, config, plan);
  return plan;
}

/// A new VM id without anybody to be made, on a disk that is somebody's. design.md, rule 11. Media
/// that can't be read, or something in the user's place that can't, may have named one.
bool is_specialized(const Facts& facts) {
  const auto* imds = facts.instance();
  return !facts.ovf && !facts.ovf_error && imds != nullptr && !imds->user_unreadable &&
         named_user(facts).value.empty() && is_lived_in(facts);
}

/// Only what keeps the machine closed is left of a plan with a fatal finding. design.md, rule 12.
Plan refuse(Plan plan, const Facts& facts, const Config& config) {
  plan.course = Course::kRefused;
  plan.course_why =
      "from here on only what keeps the machine closed is changed: " + plan.fatal()->to_string();
  plan.hostname.reset();
  plan.user.reset();
  decide_sshd(facts, config, plan);
  plan.host_keys = host_keys_due(facts, config, facts.ovf || facts.imds);
  plan.machine_id = {false, plan.course_why};
  return plan;
}

}  // namespace

std::string_view to_string(Course course) {
  switch (course) {
    case Course::kProvision:
      return "provision";
    case Course::kSpecialized:
      return "specialized";
    case Course::kAdopted:
      return "adopted";
    case Course::kDone:
      return "done";
    case Course::kRefused:
      return "refused";
  }
  return "refused";
}

const Error* Plan::fatal() const {
  const auto first = std::ranges::find_if(
      findings, [](const Finding& f) { return f.severity == Severity::kFatal; });
  return first == findings.end() ? nullptr : &first->error;
}

Choice host_keys_due(const Facts& facts, const Config& config, bool any_source) {
  if (!facts.has_sshd) return {false, "there is no sshd here"};
  if (!config.ssh.replace_host_keys) return {false, "[Ssh] HostKeys=keep"};
  if (same_as_recorded(facts) && facts.state.host_keys_made)
    return {false, "they were made for this VM already"};
  // After a failure too: sshd shall not start with keys that other VMs of this image have. But
  // where nobody says what this VM is, the disk of another may be a restored machine.
  if (!any_source && was_another_vm(facts) && !same_as_recorded(facts))
    return {false, "nothing says that this is a new machine and not a restored one"};
  return {true, "the VM id is new"};
}

Plan make_plan(const Facts& facts, const Config& config) {
  Plan plan = begin_plan(facts, config);
  if (plan.vm_id.empty()) {
    plan.find(
        Severity::kFatal,
        Error(Reason::kNoVmId, "the firmware gives no VM id (/sys/class/dmi/id/product_uuid)"));
    plan.course_why = "without a VM id nothing can be remembered or reported";
    leave_as_is(plan, false, plan.course_why);
    if (facts.state.vm_id.empty()) {  // no machine that was provisioned before: keep it closed
      decide_sshd(facts, config, plan);
      plan.host_keys = host_keys_due(facts, config, facts.ovf || facts.imds);
    }
    return plan;
  }
  if (same_as_recorded(facts) && facts.state.provisioned) {
    plan.course = Course::kDone;
    plan.course_why = "this VM was provisioned at " + facts.state.provisioned->at + " by " +
                      facts.state.provisioned->by;
    leave_as_is(plan, facts.state.guest_agent, "as it was decided then");
    decide_network(facts, config, plan);
    return plan;
  }
  if (is_other_agents(facts)) {
    plan.course = Course::kAdopted;
    plan.course_why = facts.provisioned_by->name +
                      " provisioned this VM: " + facts.provisioned_by->record + " names it";
    leave_as_is(plan, true, "the agent that provisioned this VM has left its own files");
    return plan;
  }

  if (facts.proxy_agent_error) {
    plan.find(Severity::kFatal, Error(*facts.proxy_agent_error)
                                    .with_context("ovf-env.xml asks for the metadata proxy agent"));
  } else {
    judge_sources(facts, plan);
  }
  if (const auto type = preprovisioned_type(facts); !type.empty()) {
    plan.find(Severity::kFatal, Error(Reason::kPreprovisioned,
                                      "this is a pre-provisioned VM (type " + printable(type) +
                                          "), which this version does not serve"));
  }
  plan.guest_agent = facts.ovf && facts.ovf->provision_guest_agent == false
                         ? Choice{false, "ProvisionGuestAgent=false in ovf-env.xml"}
                         : Choice{true, "the platform does not forbid it"};
  if (plan.fatal() == nullptr && is_specialized(facts)) {
    plan.course = Course::kSpecialized;
    plan.course_why =
        "a new VM id, no media, and IMDS names no user: a specialized image or a restored disk";
    leave_as_is(plan, plan.guest_agent.yes, plan.guest_agent.why);
    decide_network(facts, config, plan);
    return plan;
  }
  if (plan.fatal() == nullptr) decide_user(facts, config, plan);
  decide_host_name(facts, plan);
  judge_custom_data(facts, plan);
  if (plan.fatal() != nullptr) return refuse(std::move(plan), facts, config);
  decide_sshd(facts, config, plan);
  if (plan.sshd) judge_way_in(plan);
  decide_network(facts, config, plan);
  plan.host_keys = host_keys_due(facts, config, true);
  plan.machine_id = decide_machine_id(facts);
  plan.course = Course::kProvision;
  plan.course_why = facts.state.vm_id.empty() ? "no VM was provisioned here before"
                    : same_as_recorded(facts)
                        ? "provisioning of this VM was begun and not finished"
                        : "the VM id is new; the last one was " + facts.state.vm_id;
  return plan;
}

Plan refused_plan(const Facts& facts, const Config& config, Error why) {
  Plan plan = begin_plan(facts, config);
  plan.find(Severity::kFatal, std::move(why));
  return refuse(std::move(plan), facts, config);
}

Result<std::string> valid_host_name(std::string_view given) {
  const auto refuse = [&](const std::string& why) {
    return fail(Reason::kHostName, "'" + printable(given) + "' is not a valid host name: " + why);
  };
  if (given.size() > 4096) return refuse("it has " + std::to_string(given.size()) + " characters");
  const auto labels = split(given, '.');
  if (labels.empty()) return refuse("it has no letters or digits");
  if (given.starts_with('.') || given.ends_with('.') || given.find("..") != std::string_view::npos)
    return refuse("it has an empty label");
  std::string name;
  for (const auto label : labels) {
    const auto good = [](unsigned char c) {
      return c < 0x80 && (std::isalnum(c) != 0 || c == '-');
    };
    if (!std::ranges::all_of(label, good))
      return refuse("only letters, digits, hyphens and dots are allowed");
    if (label.starts_with('-') || label.ends_with('-'))
      return refuse("a label begins or ends with a hyphen");
    if (label.size() > kLabelLimit)
      return refuse("a label has more than " + std::to_string(kLabelLimit) + " characters");
  }
  for (const auto label : labels) {
    const auto longer = name.size() + (name.empty() ? 0 : 1) + label.size();
    if (longer > kHostNameLimit) break;
    name += (name.empty() ? "" : ".") + std::string(label);
  }
  return name;
}

std::optional<PlannedHostName> early_host_name(const Facts& facts) {
  if (!facts.ovf || facts.ovf->host_name.empty() || !preprovisioned_type(facts).empty())
    return std::nullopt;
  auto valid = valid_host_name(facts.ovf->host_name);
  if (!valid) return std::nullopt;  // make_plan tells; IMDS may still bring a good one
  return PlannedHostName{std::move(*valid), "HostName in ovf-env.xml"};
}

}  // namespace azl::provision
