#include "provision/engine/step_table.h"

#include <array>
#include <string>

#include "provision/apply/ageing.h"
#include "provision/apply/host_keys.h"
#include "provision/apply/host_name.h"
#include "provision/apply/link_tuning.h"
#include "provision/apply/login.h"
#include "provision/apply/machine_id.h"
#include "provision/apply/media.h"
#include "provision/apply/network_files.h"
#include "provision/apply/password.h"
#include "provision/apply/ssh_keys.h"
#include "provision/apply/sshd.h"
#include "provision/apply/sudo.h"
#include "provision/apply/updates.h"
#include "provision/apply/user.h"
#include "provision/apply/vm_state.h"
#include "provision/apply/waagent.h"
#include "provision/custom_data/run/phase.h"
#include "provision/custom_data/run/store_step.h"
#include "provision/disks/carry_out.h"
#include "provision/disks/look.h"
#include "provision/engine/custom_data_disks.h"
#include "provision/engine/decide.h"
#include "provision/engine/preprovisioned_steps.h"
#include "provision/engine/stage_lock.h"
#include "provision/engine/step_conditions.h"
#include "provision/gather/attested.h"
#include "provision/gather/certificates.h"
#include "provision/gather/imds.h"
#include "provision/gather/links.h"
#include "provision/gather/media.h"
#include "provision/tell/health.h"
#include "provision/tell/kvp.h"
#include "provision/tell/trace.h"

namespace azl::provision {
namespace {

using enum Stage;

// Each step gets from the run what it reads and writes. Those that need nothing else stand in the
// table itself.

StepResult look_for_media_of(StageRun& run) {
  return look_for_media(run.context, run.facts, run.media);
}
StepResult wait_for_lease_of(StageRun& run) {
  return wait_for_lease(run.context, run.facts, run.recorder);
}
StepResult look_at_links_of(StageRun& run) {
  return look_at_acceleration(run.context, run.facts, run.recorder);
}
StepResult put_host_keys_of(StageRun& run) {
  return put_host_keys(run.context, run.plan, run.host_keys, run.state, run.recorder);
}
StepResult configure_sshd_of(StageRun& run) {
  return configure_sshd(run.context, run.plan, run.progress, run.recorder);
}
StepResult write_kvp_of(StageRun& run) {
  return write_report_to_kvp(run.context, run.progress, run.record, run.recorder);
}
StepResult tell_health_of(StageRun& run) {
  const auto& report = run.config.report;
  const auto how_long = run.context.stage == kReport ? report.late_timeout : report.inline_timeout;
  return tell_health(run.context, run.facts, run.progress, how_long, run.state, run.recorder);
}
StepResult configure_network_of(StageRun& run) {
  return configure_network(run.context, run.facts, run.plan.network, run.recorder);
}
StepResult set_host_name_of(StageRun& run) {
  return set_host_name(run.context, run.facts.primary_link(), run.plan.hostname, run.progress,
                       run.recorder);
}
StepResult set_password_of(StageRun& run) {
  return set_password(run.context, run.facts, *run.plan.user, run.progress, run.recorder);
}
StepResult remember_of(StageRun& run) {
  // Before the state: after a power cut, a VM that is provisioned runs these steps no more.
  run.save_written();
  auto remembered = remember(run.context, run.facts, run.plan, run.progress,
                             run.recorder.degraded(), run.record.boot_id, run.state);
  if (remembered && run.facts.pool_marker) forget_pool(run);
  return remembered;
}
StepResult start_link_stage_of(StageRun& run) {
  return start_link_stage(
      run.context, run.network_news.any() ? run.network_news.why : "IMDS has not listed the NICs");
}
StepResult wait_for_link_lease_of(StageRun& run) {
  if (run.network_news.ask) return wait_for_lease(run.context, run.facts, run.recorder);
  OR_RETURN(read_links(run.context, run.facts, run.recorder));
  return skipped("IMDS need not be asked");
}
StepResult ask_for_links_of(StageRun& run) {
  if (!run.network_news.ask) return skipped("IMDS has listed all NICs");
  return ask_imds(run.context, run.facts, run.recorder);
}
StepResult configure_new_links_of(StageRun& run) {
  decide_network_anew(run.context, run.facts, run.plan, run.recorder);
  return configure_network_of(run);
}

StepResult store_custom_data_of(StageRun& run) {
  return custom_data::store_custom_data(run.context, run.facts, run.progress.host_name);
}
StepResult take_apart_of(StageRun& run) {
  return custom_data::take_apart(run.context, run.custom_data, run.recorder);
}
StepResult wait_for_early_of(StageRun& run) {
  return wait_for_stage(run.context, kCustomDataEarly);
}
bool always(const StageRun& /*run*/) { return true; }

// clang-format off
constexpr std::array kSteps = {
    // name               stage    due when                    its failure is           does, and what it is for
    Step{"media",         kLocal,  needs_sources,              OnFailure::kPlanDecides, look_for_media_of, "look for the provisioning media"},
    Step{"hostname",      kLocal,  needs_sources,              OnFailure::kDegraded,
         [](StageRun& run) { return set_early_host_name(run.context, run.facts, run.progress, run.recorder); }, "set the media's host name before DHCP asks"},
    Step{"tuning",        kLocal,  wants_tuned_links,          OnFailure::kNote,
         [](StageRun& run) { return tune_links(run.context, run.recorder); }, "tune the links as configured"},
    Step{"network",       kLocal,  has_network_news,           OnFailure::kDegraded,
         [](StageRun& run) { return write_remembered_files(run.context, run.recorder); }, "write the NICs' files from what is remembered"},

    Step{"media",         kMain,   needs_sources,              OnFailure::kPlanDecides, look_for_media_of, "read the provisioning media"},
    Step{"keygen",        kMain,   needs_sources,              OnFailure::kNote,
         [](StageRun& run) { return begin_host_keys(run.context, run.facts, run.host_keys); }, "start making SSH host keys"},
    Step{"lease",         kMain,   needs_sources,              OnFailure::kPlanDecides, wait_for_lease_of, "wait for the primary link's lease"},
    Step{"proxy-agent",   kMain,   needs_sources,              OnFailure::kPlanDecides,
         [](StageRun& run) { return wait_for_proxy_agent(run.context, run.facts); }, "wait for the metadata proxy agent"},
    Step{"imds",          kMain,   needs_sources,              OnFailure::kPlanDecides,
         [](StageRun& run) { return ask_imds(run.context, run.facts, run.recorder); }, "ask the metadata service"},
    Step{"late-media",    kMain,   needs_sources,              OnFailure::kPlanDecides,
         [](StageRun& run) { return wait_for_media(run.context, run.facts, run.media, run.recorder); }, "look for the media once more"},
    Step{"pool-ready",    kMain,   enters_pool,                OnFailure::kFatal,       enter_pool, "tell the platform that the VM is ready for its pool"},
    Step{"pool-wait",     kMain,   is_in_pool,                 OnFailure::kNote,        wait_in_pool, "wait until the platform takes the VM from its pool"},
    Step{"pool-lease",    kMain,   is_in_pool,                 OnFailure::kNote,        renew_lease_of_pool, "get a lease in the user's network"},
    Step{"pool-data",     kMain,   is_in_pool,                 OnFailure::kFatal,       fetch_user_document, "ask for what the user wants of the VM"},
    Step{"pool-imds",     kMain,   is_in_pool,                 OnFailure::kPlanDecides, ask_imds_of_user, "ask the metadata service about the user's VM"},
    Step{"certificate",   kMain,   wants_certificates,         OnFailure::kPlanDecides,
         [](StageRun& run) { return fetch_key_certificates(run.context, run.facts, run.recorder); }, "fetch the certificates of SSH keys"},
    Step{"decide",        kMain,   needs_provisioning,         OnFailure::kFatal,
         [](StageRun& run) { return decide(run.context, run.facts, run.plan, run.state, run.progress, run.recorder); }, "decide what to do"},
    Step{"hostname",      kMain,   is_provisioning,            OnFailure::kDegraded,    set_host_name_of, "set the host name"},
    Step{"network",       kMain,   is_configuring_network,     OnFailure::kDegraded,    configure_network_of, "write the NICs' files"},
    Step{"machine-id",    kMain,   is_provisioning,            OnFailure::kDegraded,
         [](StageRun& run) { return renew_machine_id(run.context, run.plan.machine_id, run.progress); }, "renew the machine id"},
    Step{"user",          kMain,   is_provisioning,            OnFailure::kFatal,
         [](StageRun& run) { return make_user(run.context, run.facts, *run.plan.user, run.progress, run.recorder); }, "make the user"},
    Step{"password",      kMain,   is_provisioning,            OnFailure::kFatal,       set_password_of, "set or lock the password"},
    Step{"ageing",        kMain,   is_provisioning,            OnFailure::kFatal,
         [](StageRun& run) { return set_ageing(run.context, *run.plan.user, run.recorder); }, "keep the password's ageing from locking the user out"},
    Step{"host-keys",     kMain,   is_provisioned_or_refused,  OnFailure::kFatal,       put_host_keys_of, "give the machine SSH host keys of its own"},
    Step{"login",         kMain,   is_provisioning,            OnFailure::kFatal,
         [](StageRun& run) { return ask_about_login(run.context, run.facts, run.plan, run.progress, run.recorder); }, "ask sshd how the user may log in"},
    Step{"ssh-keys",      kMain,   is_provisioning,            OnFailure::kFatal,
         [](StageRun& run) { return put_ssh_keys(run.context, *run.plan.user, run.progress, run.recorder); }, "install the user's SSH keys"},
    Step{"sudo",          kMain,   is_provisioning,            OnFailure::kDegraded,
         [](StageRun& run) { return allow_sudo(run.context, run.facts, *run.plan.user, run.progress, run.recorder); }, "let the user become root"},
    Step{"lock-root",     kMain,   is_provisioning,            OnFailure::kDegraded,
         [](StageRun& run) { return lock_root(run.context); }, "lock root's password"},
    Step{"more-keys",     kMain,   lacks_host_keys,            OnFailure::kDegraded,
         [](StageRun& run) { return add_missing_host_keys(run.context, run.state, run.recorder); }, "make the SSH host keys that are missing"},
    Step{"sshd",          kMain,   is_decided,                 OnFailure::kDegraded,    configure_sshd_of, "allow or forbid SSH logins by password"},
    Step{"custom-data",   kMain,   is_provisioning,            OnFailure::kDegraded,    store_custom_data_of, "store the custom data for its own stages"},
    Step{"updates",       kMain,   wants_updates,              OnFailure::kDegraded,
         [](StageRun& run) { return enable_updates(run.context, *run.plan.updates, run.recorder); }, "enable automatic updates"},
    Step{"hand-over",     kMain,   is_succeeding,              OnFailure::kDegraded,
         [](StageRun& run) { return hand_over(run.context, run.facts, run.media.text, run.plan, run.progress); }, "write what WALinuxAgent looks for"},
    Step{"remember",      kMain,   is_succeeding,              OnFailure::kFatal,       remember_of, "remember that this VM is provisioned"},
    Step{"kvp",           kMain,   has_outcome_to_tell,        OnFailure::kNote,        write_kvp_of, "write the report for the host"},
    Step{"health",        kMain,   has_outcome_to_tell,        OnFailure::kDegraded,    tell_health_of, "tell the platform"},
    Step{"attested",      kMain,   wants_attested,             OnFailure::kNote,
         [](StageRun& run) { return leave_attested(run.context); }, "leave Azure's signature to the service that checks it"},
    Step{"links",         kMain,   is_configuring_network,     OnFailure::kNote,        look_at_links_of, "look whether the NICs are accelerated"},
    Step{"new-links",     kMain,   has_nics_for_link_stage,    OnFailure::kDegraded,    start_link_stage_of, "start the service that configures new NICs"},
    Step{"left-over",     kMain,   has_untold_of_earlier_boot, OnFailure::kNote,
         [](StageRun& run) { return leave_to_report_stage(run.context, run.state, run.recorder); }, "start the service that tells the platform"},
    Step{"left-disks",    kMain,   has_left_disks,             OnFailure::kDegraded,
         [](StageRun& run) { return start_left_disks(run.context); }, "start the service of the disks that were left"},
    Step{"trace",         kMain,   wants_trace,                OnFailure::kNote,
         [](StageRun& run) { return start_trace(run.context); }, "start the service that sends the boot's trace"},
    Step{"eject",         kMain,   is_succeeding,              OnFailure::kNote,
         [](StageRun& run) { return eject_media(run.facts, run.media, run.state); }, "eject the provisioning media"},

    Step{"lease",         kReport, has_untold,                 OnFailure::kNote,        wait_for_lease_of, "wait for the primary link's lease"},
    Step{"health",        kReport, has_untold,                 OnFailure::kDegraded,    tell_health_of, "tell the platform, for longer"},
    Step{"guest-agent",   kReport, was_provisioned,            OnFailure::kNote,
         [](StageRun& run) { return start_guest_agent(run.context, run.state); }, "start the guest agent that waited for it"},
    Step{"attested",      kReport, has_left_attested,          OnFailure::kNote,
         [](StageRun& run) { return check_attested(run.context, run.state, run.recorder); }, "check which VM Azure attests that this is"},

    Step{"interrupted",   kClose,  needs_provisioning,         OnFailure::kFatal,
         [](StageRun& run) { return find_interruption(run.context, run.facts, run.recorder); }, "find where the main stage was killed"},
    Step{"host-keys",     kClose,  is_provisioned_or_refused,  OnFailure::kFatal,       put_host_keys_of, "give the machine SSH host keys of its own"},
    Step{"sshd",          kClose,  is_decided,                 OnFailure::kDegraded,    configure_sshd_of, "forbid SSH logins by password"},
    Step{"kvp",           kClose,  has_outcome_to_tell,        OnFailure::kNote,        write_kvp_of, "write the report for the host"},
    Step{"health",        kClose,  has_outcome_to_tell,        OnFailure::kDegraded,    tell_health_of, "tell the platform"},
    Step{"trace",         kClose,  wants_trace,                OnFailure::kNote,
         [](StageRun& run) { return start_trace(run.context); }, "start the service that sends the boot's trace"},

    Step{"lease",         kLink,   has_network_news,           OnFailure::kNote,        wait_for_link_lease_of, "wait for the primary link's lease"},
    Step{"imds",          kLink,   has_network_news,           OnFailure::kNote,        ask_for_links_of, "ask the metadata service about new NICs"},
    Step{"network",       kLink,   has_network_news,           OnFailure::kDegraded,    configure_new_links_of, "write the NICs' files"},
    Step{"links",         kLink,   has_network_news,           OnFailure::kNote,        look_at_links_of, "look whether the NICs are accelerated"},

    Step{"disks",         kDisks,  wants_disks,                OnFailure::kDegraded,
         [](StageRun& run) { return describe_disks(run.context, run.disks, run.recorder); }, "see which disks there are and what is on them"},
    Step{"growth",        kDisks,  wants_disks,                OnFailure::kDegraded,
         [](StageRun& run) { return grow_os_disk(run.context, run.disks, run.recorder); }, "grow the OS disk's partition and file system"},
    Step{"set-up",        kDisks,  wants_disks,                OnFailure::kDegraded,
         [](StageRun& run) { return set_up_disks(run.context, run.disks, run.recorder); }, "format, mount and swap as decided"},

    Step{"read",          kCustomDataEarly, always,            OnFailure::kDegraded,    take_apart_of, "read the custom data"},
    Step{"lease",         kCustomDataEarly, has_items,         OnFailure::kNote,        wait_for_lease_of, "wait for the primary link's lease"},

    Step{"early",         kCustomData,      always,            OnFailure::kNote,        wait_for_early_of, "wait until the early stage has ended"},
    Step{"read",          kCustomData,      always,            OnFailure::kDegraded,    take_apart_of, "read what is due"},
    Step{"lease",         kCustomData,      has_items_or_programs, OnFailure::kNote,     wait_for_lease_of, "wait for the primary link's lease"},
};
// clang-format on

}  // namespace

std::span<const Step> steps() { return kSteps; }

}  // namespace azl::provision
