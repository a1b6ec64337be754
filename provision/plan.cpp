#include "provision/plan.h"

#include <algorithm>
#include <cctype>
#include <set>
#include <utility>

#include "base/text.h"

namespace azl::provision {
namespace {

constexpr std::size_t kHostNameLimit = 64;  // HOST_NAME_MAX of Linux
constexpr std::size_t kLabelLimit = 63;     // RFC 1035
constexpr std::size_t kPasswordLimit = 72;  // bcrypt's, and cloud-init's for all hashes

const imds::Instance* instance_of(const Facts& facts) {
  return facts.imds ? &facts.imds->instance : nullptr;
}

void find(Plan& plan, Severity severity, Error error) {
  plan.findings.push_back({severity, std::move(error)});
}

bool same_as_recorded(const Facts& facts) {
  return !facts.state.vm_id.empty() && imds::same_vm(facts.state.vm_id, facts.identity.vm_id);
}

std::string preprovisioned_type(const Facts& facts) {
  const auto counts = [](const std::string& type) { return !type.empty() && type != "None"; };
  if (facts.ovf && counts(facts.ovf->preprovisioned_type)) return facts.ovf->preprovisioned_type;
  const auto* imds = instance_of(facts);
  return imds != nullptr && counts(imds->pps_type) ? imds->pps_type : std::string();
}

struct Named {
  std::string value;
  std::string why;
};

/// IMDS wins over the media.
Named user_name(const Facts& facts) {
  const auto* imds = instance_of(facts);
  if (imds != nullptr && !imds->admin_username.empty())
    return {imds->admin_username, "IMDS osProfile.adminUsername"};
  if (facts.ovf && !facts.ovf->user_name.empty())
    return {facts.ovf->user_name, "UserName in ovf-env.xml"};
  return {};
}

Named host_name(const Facts& facts) {
  const auto* imds = instance_of(facts);
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
    find(plan, Severity::kFatal,
         std::move(error).with_context(media + ", and IMDS gave nothing either"));
    return;
  }
  if (facts.imds_error && !facts.imds) {
    find(plan, Severity::kDegraded,
         Error(*facts.imds_error).with_context("IMDS gave nothing, provisioning from media alone"));
  }
  if (facts.ovf_error) {
    find(plan, Severity::kNote,
         Error(*facts.ovf_error).with_context("provisioning from IMDS alone"));
  }
  const auto* imds = instance_of(facts);
  if (imds == nullptr) return;
  for (const auto& warning : imds->warnings)
    find(plan, Severity::kNote, Error(Reason::kImdsInvalidKey, "IMDS: " + warning));
  if (!imds->vm_id.empty() && !imds::same_vm(imds->vm_id, facts.identity.vm_id)) {
    find(plan, Severity::kNote,
         Error(Reason::kNoVmId, "IMDS names the VM " + imds->vm_id + ", its firmware " +
                                    facts.identity.vm_id + "; the firmware's counts"));
  }
}

void add_keys(const std::vector<std::pair<std::string, std::string>>& given, Plan& plan,
              PlannedUser& user) {
  std::set<std::string> known;
  std::size_t number = 0;
  for (const auto& [text, origin] : given) {
    if (++number > kSshKeysMost) {
      find(plan, Severity::kDegraded,
           Error(Reason::kSshKey, "the platform gave " + std::to_string(given.size()) +
                                      " SSH keys; only the first " + std::to_string(kSshKeysMost) +
                                      " are taken"));
      return;
    }
    const auto where = "SSH key " + std::to_string(number) + " of " + std::to_string(given.size()) +
                       " (" + origin + ")";
    auto key = parse_ssh_key(text);
    if (!key) {
      find(plan, Severity::kDegraded, std::move(key.error()).with_context(where + " is left out"));
    } else if (known.insert(key->base64).second) {
      user.keys.push_back({std::move(*key), origin});
    }
  }
}

/// IMDS wins over the media; the media's keys serve where IMDS has no usable one.
void decide_keys(const Facts& facts, Plan& plan, PlannedUser& user) {
  std::vector<std::pair<std::string, std::string>> given;
  if (const auto* imds = instance_of(facts)) {
    for (const auto& key : imds->public_keys) given.emplace_back(key.key_data, "IMDS publicKeys");
  }
  add_keys(given, plan, user);
  if (!user.keys.empty() || !facts.ovf) return;
  given.clear();
  std::size_t by_certificate = 0;
  for (const auto& key : facts.ovf->public_keys) {
    if (key.value.empty()) {
      ++by_certificate;
    } else {
      given.emplace_back(key.value, "PublicKey in ovf-env.xml");
    }
  }
  add_keys(given, plan, user);
  if (by_certificate > 0) {
    find(plan, Severity::kDegraded,
         Error(Reason::kSshKey,
               std::to_string(by_certificate) +
                   " SSH key(s) in ovf-env.xml are given by a certificate's fingerprint only; "
                   "this version does not fetch certificates"));
  }
}

/// Returns whether a password was given that had to be refused.
bool decide_password(const Facts& facts, Plan& plan, PlannedUser& user) {
  const auto size = facts.ovf ? facts.ovf->password.size() : 0;
  user.password = PasswordChange::kLocked;
  if (size == 0) {
    user.password_why = "no password was given";
    return false;
  }
  if (size > kPasswordLimit) {
    user.password_why = "the password that was given is too long";
    find(plan, Severity::kDegraded,
         Error(Reason::kPasswordLength, "the password in ovf-env.xml has " + std::to_string(size) +
                                            " bytes, at most " + std::to_string(kPasswordLimit) +
                                            " are allowed; the account stays locked")
             .with_detail(std::to_string(size)));
    return true;
  }
  user.password = PasswordChange::kSet;
  user.password_why = "a password is in ovf-env.xml";
  return false;
}

void require_way_in(bool password_refused, Plan& plan, const PlannedUser& user) {
  if (!user.keys.empty() || user.password == PasswordChange::kSet) return;
  if (password_refused) {
    auto& refusal = *std::ranges::find_if(plan.findings, [](const Finding& f) {
      return f.error.reason() == Reason::kPasswordLength;
    });
    refusal.severity = Severity::kFatal;  // its own reason tells more than "no way in"
    return;
  }
  const auto bad = std::ranges::find_if(
      plan.findings, [](const Finding& f) { return f.error.reason() == Reason::kSshKey; });
  auto error = Error(Reason::kNoWayIn,
                     "there is no usable SSH key and no password for user '" + user.name + "'");
  find(plan, Severity::kFatal,
       bad == plan.findings.end()
           ? std::move(error)
           : Error(Reason::kNoWayIn, bad->error.to_string()).with_context(error.cause()));
}

void decide_user(const Facts& facts, const Config& config, Plan& plan) {
  const auto name = user_name(facts);
  if (name.value.empty()) {
    find(plan, Severity::kFatal,
         Error(Reason::kUserName, "neither IMDS nor ovf-env.xml names a user"));
    return;
  }
  if (auto checked = check_admin(facts.accounts, name.value); !checked) {
    find(plan, Severity::kFatal,
         std::move(checked.error())
             .with_context("could not create user '" + printable(name.value) + "' (from " +
                           name.why + ")"));
    return;
  }
  PlannedUser user;
  user.name = name.value;
  user.why = name.why;
  user.sudo = facts.has_sudo ? config.sudo : SudoRule::kNone;
  for (const auto& group : config.groups) {
    if (facts.accounts.has_group(group)) {
      user.groups.push_back(group);
    } else {
      find(plan, Severity::kDegraded,
           Error(Reason::kGroup, "group '" + printable(group) + "' does not exist here; user '" +
                                     user.name + "' is not in it"));
    }
  }
  if (config.sudo != SudoRule::kNone && !facts.has_sudo) {
    find(plan, Severity::kDegraded,
         Error(Reason::kSudoers, "there is no /etc/sudoers.d, so user '" + user.name +
                                     "' cannot become root by sudo"));
  }
  decide_keys(facts, plan, user);
  const bool refused = decide_password(facts, plan, user);
  require_way_in(refused, plan, user);
  plan.user = std::move(user);
}

void decide_sshd(const Facts& facts, const Config& config, Plan& plan) {
  if (!config.configure_sshd || !facts.has_sshd) return;
  if (plan.fatal() != nullptr) {
    plan.sshd = {false, "provisioning failed: no logins by password until somebody has looked"};
    return;
  }
  const auto* imds = instance_of(facts);
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
  const auto name = host_name(facts);
  if (name.value.empty()) return;
  auto valid = valid_host_name(name.value);
  if (!valid) {
    find(plan, Severity::kDegraded,
         std::move(valid.error())
             .with_context("the host name was kept as it was (" + name.why + " is unusable)"));
    return;
  }
  if (*valid != name.value) {
    find(plan, Severity::kNote,
         Error(Reason::kHostName, "the host name from " + name.why + " was cut to '" + *valid +
                                      "' (" + std::to_string(kHostNameLimit) +
                                      " characters at most)"));
  }
  plan.hostname = {std::move(*valid), name.why};
}

/// After a failure too: sshd shall not start with keys that other VMs of this image have. Only
/// where there is no source at all and this tree was another VM's do they stay, for it may be a
/// restored machine.
Choice decide_host_keys(const Facts& facts, const Config& config) {
  if (!facts.has_sshd) return {false, "there is no sshd here"};
  if (!config.replace_host_keys) return {false, "[Ssh] HostKeys=keep"};
  if (same_as_recorded(facts) && facts.state.host_keys_made)
    return {false, "they were made for this VM already"};
  if (!facts.ovf && !facts.imds && !facts.state.vm_id.empty() && !same_as_recorded(facts)) {
    return {false, "nothing says that this is a new machine and not a restored one"};
  }
  return {true, "the VM id is new"};
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
  const auto* imds = instance_of(facts);
  plan.custom_data_size = facts.ovf ? facts.ovf->custom_data.size() : 0;
  if (plan.custom_data_size > 0) {
    find(plan, Severity::kDegraded,
         Error(Reason::kCustomData,
               std::to_string(plan.custom_data_size) +
                   " bytes of custom data were given; this version does not run custom data"));
  } else if (imds != nullptr && imds->has_custom_data.value_or(false)) {
    find(plan, Severity::kDegraded,
         Error(Reason::kCustomDataMissing,
               "IMDS says hasCustomData=true, but no media brought any"));
  } else if (imds != nullptr && imds->has_user_data) {
    find(plan, Severity::kDegraded,
         Error(Reason::kCustomData, "IMDS holds userData; this version does not run it"));
  }
}

/// Where nothing is decided anew, this is why.
void leave_as_is(Plan& plan, bool guest_agent, const std::string& agent_why) {
  plan.host_keys = {false, plan.course_why};
  plan.machine_id = {false, plan.course_why};
  plan.guest_agent = {guest_agent, agent_why};
}

void describe_network(const Facts& facts, Plan& plan) {
  const auto& links = facts.network.links;
  const auto roles = net::roles(links);
  for (std::size_t i = 0; i < links.size(); ++i) {
    plan.links.push_back(
        {net::to_string(links[i].mac), links[i].name, roles[i], net::role_reason(links, i)});
    if (facts.primary && facts.primary->link == links[i].index)
      plan.primary_mac = net::to_string(links[i].mac);
  }
}

}  // namespace

std::string_view to_string(Severity severity) {
  switch (severity) {
    case Severity::kNote:
      return "note";
    case Severity::kDegraded:
      return "degraded";
    case Severity::kFatal:
      return "fatal";
  }
  return "fatal";
}

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

Plan make_plan(const Facts& facts, const Config& config) {
  Plan plan;
  plan.vm_id = facts.identity.vm_id;
  plan.from_ovf = facts.ovf.has_value();
  if (facts.imds) plan.imds_version = facts.imds->api_version;
  for (const auto& warning : config.warnings)
    find(plan, Severity::kNote, Error(Reason::kConfig, warning));
  describe_network(facts, plan);
  if (plan.vm_id.empty()) {
    find(plan, Severity::kFatal,
         Error(Reason::kNoVmId, "the firmware gives no VM id (/sys/class/dmi/id/product_uuid)"));
    plan.course_why = "without a VM id nothing can be remembered or reported";
    leave_as_is(plan, false, plan.course_why);
    if (facts.state.vm_id.empty()) {  // no machine that was provisioned before: keep it closed
      decide_sshd(facts, config, plan);
      plan.host_keys = decide_host_keys(facts, config);
    }
    return plan;
  }
  if (same_as_recorded(facts) && facts.state.provisioned) {
    plan.course = Course::kDone;
    plan.course_why = "this VM was provisioned at " + facts.state.provisioned->at + " by " +
                      facts.state.provisioned->by;
    leave_as_is(plan, facts.state.guest_agent, "as it was decided then");
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
    find(plan, Severity::kFatal,
         Error(*facts.proxy_agent_error)
             .with_context("ovf-env.xml asks for the metadata proxy agent"));
  } else {
    judge_sources(facts, plan);
  }
  if (const auto type = preprovisioned_type(facts); !type.empty()) {
    find(plan, Severity::kFatal,
         Error(Reason::kPreprovisioned, "this is a pre-provisioned VM (type " + printable(type) +
                                            "), which this version does not serve"));
  }
  plan.guest_agent = facts.ovf && facts.ovf->provision_guest_agent == false
                         ? Choice{false, "ProvisionGuestAgent=false in ovf-env.xml"}
                         : Choice{true, "the platform does not forbid it"};
  const bool specialized = !facts.ovf && !facts.ovf_error && facts.imds &&
                           user_name(facts).value.empty() && !facts.imds->instance.user_unreadable;
  if (plan.fatal() == nullptr && specialized) {
    plan.course = Course::kSpecialized;
    plan.course_why =
        "a new VM id, no media, and IMDS names no user: a specialized image or a restored disk";
    leave_as_is(plan, plan.guest_agent.yes, plan.guest_agent.why);
    return plan;
  }
  if (plan.fatal() == nullptr) decide_user(facts, config, plan);
  decide_host_name(facts, plan);
  decide_sshd(facts, config, plan);
  judge_custom_data(facts, plan);
  plan.host_keys = decide_host_keys(facts, config);
  plan.machine_id = decide_machine_id(facts);
  if (plan.fatal() != nullptr) {
    plan.course = Course::kRefused;
    plan.course_why =
        "nothing is changed but what keeps the machine closed: " + plan.fatal()->to_string();
    plan.hostname.reset();
    plan.user.reset();
    return plan;
  }
  plan.course = Course::kProvision;
  plan.course_why = facts.state.vm_id.empty() ? "no VM was provisioned here before"
                    : same_as_recorded(facts)
                        ? "provisioning of this VM was begun and not finished"
                        : "the VM id is new; the last one was " + facts.state.vm_id;
  return plan;
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
