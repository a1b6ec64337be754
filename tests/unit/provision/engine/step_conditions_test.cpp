#include "provision/engine/step_conditions.h"

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/provision/bench.h"

using namespace azl::provision;
using azl::Error;
using azl::Reason;
using azl::test::Bench;
using azl::test::kOtherVm;
using azl::test::kVm;
using azl::test::kVmSwapped;

namespace {

using Change = std::function<void(StageRun&)>;

void fail(StageRun& run) { run.progress.failure.emplace(Reason::kUser, "x"); }

Change decided(Course course) {
  return [course](StageRun& run) {
    run.progress.decided = true;
    run.plan.course = course;
  };
}

/// The state after the step `remember`.
void remember(StageRun& run) {
  run.state.vm_id = kVm;
  run.state.provisioned.emplace();
  run.state.untold.emplace();
}

/// The state that an earlier boot left.
Change provisioned_before(const char* vm_id, bool untold) {
  return [=](StageRun& run) {
    run.state.vm_id = vm_id;
    run.state.provisioned.emplace();
    run.facts.state = run.state;
    if (untold) run.state.untold.emplace();
  };
}

Change both(const Change& one, const Change& other) {
  return [=](StageRun& run) {
    one(run);
    other(run);
  };
}

using Condition = bool (*)(const StageRun&);
const std::vector<std::pair<char, Condition>> kLetters = {{'n', needs_provisioning},
                                                          {'e', enters_pool},
                                                          {'i', is_in_pool},
                                                          {'s', needs_sources},
                                                          {'r', wants_certificates},
                                                          {'p', is_provisioning},
                                                          {'c', is_provisioned_or_refused},
                                                          {'d', is_decided},
                                                          {'f', is_succeeding},
                                                          {'b', was_provisioned},
                                                          {'w', is_configuring_network},
                                                          {'t', has_outcome_to_tell},
                                                          {'u', has_untold},
                                                          {'l', has_untold_of_earlier_boot},
                                                          {'m', has_network_news},
                                                          {'k', has_nics_for_link_stage},
                                                          {'h', lacks_host_keys}};

}  // namespace

TEST_CASE("the conditions of the steps follow from the stage, the state and the plan") {
  struct Row {
    std::string what;
    Change change;
    std::string due;  ///< the letters of kLetters, in their order
    Stage stage = Stage::kMain;
    bool resumed = false;
  };
  const auto provision = decided(Course::kProvision);
  const auto with_news = [](StageRun& run) { run.network_news.why = "x"; };
  const auto several_nics = [](StageRun& run) {
    run.facts.imds_error.emplace(Reason::kImdsConnect, "refused");
    run.plan.network.nics = 2;
  };
  const auto key_by_certificate = [](StageRun& run) {
    run.facts.ovf.emplace().public_keys = {
        {"00112233445566778899AABBCCDDEEFF00112233", "/home/ann/.ssh/authorized_keys", ""}};
  };
  const std::vector<Row> rows = {
      {"a new VM", [](StageRun&) {}, "ns"},
      {"a new VM whose key is named by a certificate", key_by_certificate, "nsr"},
      {"a later boot of such a VM", both(provisioned_before(kVm, false), key_by_certificate), "b"},
      {"such a VM that another agent provisioned",
       [&](StageRun& run) {
         key_by_certificate(run);
         run.facts.provisioned_by = OtherAgent{"cloud-init", "x"};
       },
       "n"},
      {"such a VM whose metadata proxy agent is not ready",
       [&](StageRun& run) {
         key_by_certificate(run);
         run.facts.proxy_agent_error.emplace(Reason::kProxyAgent, "x");
       },
       "ns"},
      {"a VM in a pool",
       [](StageRun& run) {
         run.facts.pool_marker.emplace().vm_id = kVm;
         run.facts.pool_marker->type = "Running";
       },
       "nes"},
      {"a VM in a pool, once that is decided", [](StageRun& run) { run.pool.plan.emplace(); },
       "nis"},
      {"a VM in a pool, after a failure",
       [](StageRun& run) {
         run.pool.plan.emplace();
         fail(run);
       },
       "t"},
      {"a new VM, local stage", [](StageRun&) {}, "ns", Stage::kLocal},
      {"the image carries another VM's state", provisioned_before(kOtherVm, false), "ns"},
      {"provisioning began but did not finish",
       [](StageRun& run) {
         run.state.vm_id = kVm;
         run.state.begun = true;
         run.facts.state = run.state;
       },
       "ns"},
      {"another agent provisioned it",
       [](StageRun& run) { run.facts.provisioned_by = OtherAgent{"cloud-init", "x"}; }, "n"},
      {"decided: provision", provision, "nspcdfw"},
      {"decided: specialized", decided(Course::kSpecialized), "nsdfw"},
      {"decided: adopted", decided(Course::kAdopted), "nsdf"},
      {"decided: refused", both(decided(Course::kRefused), fail), "cdt"},
      {"failed while provisioning", both(provision, fail), "cdt"},
      {"failed while specialized", both(decided(Course::kSpecialized), fail), "dt"},
      {"failed before the decision, so the course is refused",
       [](StageRun& run) { run.fail(Error(Reason::kLocked, "x")); }, "cdt"},
      {"provisioned and remembered on this boot", both(provision, remember), "nspcdfwtu"},
      {"a later boot", provisioned_before(kVm, false), "b"},
      {"a later boot, VM id in the other byte order", provisioned_before(kVmSwapped, false), "b"},
      {"a later boot of a VM whose host keys are not all made",
       both(provisioned_before(kVm, false),
            [](StageRun& run) { run.state.missing_host_keys = {"rsa"}; }),
       "bh"},
      {"a later boot with Ready not yet reported", provisioned_before(kVm, true), "bul"},
      {"a later boot with another NIC", both(provisioned_before(kVm, false), with_news), "bmk"},
      {"provisioned with several NICs, and IMDS did not answer", both(provision, several_nics),
       "nspcdfwk"},
      {"provisioned with several NICs, and IMDS did not list them",
       both(provision,
            [](StageRun& run) {
              run.facts.imds.emplace();
              run.facts.imds->instance.lost = {{"network", "IMDS network is missing"}};
              run.plan.network.nics = 2;
            }),
       "nspcdfwk"},
      {"several NICs, and IMDS did not answer, without networkd",
       both(both(provision, several_nics), [](StageRun& run) { run.facts.has_networkd = false; }),
       "nspcdfw"},
      {"the same with one NIC",
       both(both(provision, several_nics), [](StageRun& run) { run.plan.network.nics = 1; }),
       "nspcdfw"},
      {"the same, and failed later", both(both(provision, several_nics), fail), "cdt"},
      {"the report stage", provisioned_before(kVm, true), "bul", Stage::kReport},
      {"the report stage with nothing to report", provisioned_before(kVm, false), "b",
       Stage::kReport},
      {"the report stage after a failure that was not reported",
       [](StageRun& run) {
         run.state.vm_id = kVm;
         run.state.untold = Untold{.ready = false, .description = "x"};
         run.facts.state = run.state;
       },
       "nsu", Stage::kReport},
      {"adopted, with an outcome to report",
       both(decided(Course::kAdopted), [](StageRun& run) { run.state.untold.emplace(); }),
       "nsdftu"},
      {"run again after a kill, Ready remembered but not reported", provisioned_before(kVm, true),
       "btu", Stage::kMain, true},
  };
  Bench bench;
  for (const auto& row : rows) {
    CAPTURE(row.what);
    const auto run = bench.run(row.stage, {}, row.resumed);
    row.change(*run);
    std::string due;
    for (const auto& [letter, condition] : kLetters) {
      if (condition(*run)) due += letter;
    }
    CHECK(due == row.due);
  }
}

TEST_CASE("a stage has nothing to do if an earlier run finished its work") {
  struct Row {
    std::string what;
    Situation situation;
    Work work;
  };
  using enum Stage;
  const std::vector<Row> rows = {
      {"local, new VM", {.stage = kLocal}, Work::kSteps},
      {"local, provisioned", {.stage = kLocal, .provisioned = true}, Work::kNothing},
      {"local, provisioned, a file is missing",
       {.stage = kLocal, .provisioned = true, .network_news = true},
       Work::kSteps},
      {"local, provisioned, links are to be tuned",
       {.stage = kLocal, .provisioned = true, .tunes_links = true},
       Work::kSteps},
      {"local, the state cannot be read",
       {.stage = kLocal, .state_readable = false, .provisioned = true},
       Work::kSteps},
      {"main, new VM", {.stage = kMain}, Work::kSteps},
      {"main, provisioned", {.stage = kMain, .provisioned = true}, Work::kNothing},
      {"main, provisioned, host keys are missing",
       {.stage = kMain, .provisioned = true, .lacks_host_keys = true},
       Work::kSteps},
      {"main, provisioned, outcome not reported",
       {.stage = kMain, .provisioned = true, .untold = true},
       Work::kSteps},
      {"main, provisioned, a NIC was added",
       {.stage = kMain, .provisioned = true, .network_news = true},
       Work::kSteps},
      {"main, killed after it was provisioned",
       {.stage = kMain, .provisioned = true, .left = true},
       Work::kEndRecord},
      {"main, killed before it was provisioned", {.stage = kMain, .left = true}, Work::kSteps},
      {"report, nothing to report", {.stage = kReport}, Work::kNothing},
      {"report, outcome not reported", {.stage = kReport, .untold = true}, Work::kSteps},
      {"report, nothing to report, but the attested document is due",
       {.stage = kReport, .attested_due = true},
       Work::kSteps},
      {"report, killed after it reported", {.stage = kReport, .left = true}, Work::kEndRecord},
      {"close", {.stage = kClose, .provisioned = true}, Work::kSteps},
      {"link, network unchanged", {.stage = kLink}, Work::kNothing},
      {"link, network changed", {.stage = kLink, .network_news = true}, Work::kSteps},
      {"disks, first boot, nothing to do", {.stage = kDisks}, Work::kSteps},
      {"disks, later boot, nothing to do", {.stage = kDisks, .provisioned = true}, Work::kNothing},
      {"disks, later boot, a disk to set up",
       {.stage = kDisks, .provisioned = true, .disks_idle = false},
       Work::kSteps},
      {"disks, second run, all recorded", {.stage = kDisks, .disks_told = true}, Work::kNothing},
      {"disks, second run, another disk",
       {.stage = kDisks, .provisioned = true, .disks_told = true, .disks_known = false},
       Work::kSteps},
      {"disks, killed, nothing left to do",
       {.stage = kDisks, .provisioned = true, .left = true},
       Work::kSteps},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    CHECK(choose_work(row.situation) == row.work);
  }
}
