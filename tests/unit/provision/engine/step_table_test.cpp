// The table of steps: its order, what a step's failure means, and when a step is due.
#include "provision/engine/step_table.h"

#include <algorithm>
#include <functional>
#include <set>
#include <string>
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

/// The place of a step within its stage's part of the table.
std::size_t place(Stage stage, const std::string& name) {
  const auto table = steps();
  const auto found = std::ranges::find_if(
      table, [&](const Step& step) { return step.stage == stage && step.name == name; });
  REQUIRE_MESSAGE(found != table.end(), name);
  return static_cast<std::size_t>(found - table.begin());
}

const Step& step(Stage stage, const std::string& name) { return steps()[place(stage, name)]; }

}  // namespace

TEST_CASE("a step's name is its own within a stage, and says something") {
  std::set<std::pair<Stage, std::string>> names;
  for (const auto& each : steps()) {
    CAPTURE(each.name);
    CHECK(names.emplace(each.stage, each.name).second);
    CHECK_FALSE(each.what.empty());
    CHECK(each.name.size() < 12);  // the width of the report's column
    CHECK((each.run != nullptr));
  }
}

TEST_CASE("the stages stand in the table in the boot's order") {
  CHECK(std::ranges::is_sorted(steps(), {}, &Step::stage));
}

TEST_CASE("the order that matters is kept") {
  const std::vector<std::pair<std::string, std::string>> before = {
      {"media", "lease"},   // with media the wait for the lease is shorter
      {"keygen", "lease"},  // keys are made while the lease is awaited
      {"lease", "imds"},         {"proxy-agent", "imds"},  // it must stand before the first request
      {"imds", "late-media"},    {"late-media", "decide"},
      {"decide", "hostname"},    {"user", "password"},
      {"hostname", "network"},  // networkd announces the name when it starts a link anew
      {"user", "ssh-keys"},      {"user", "sudo"},
      {"password", "sshd"},  // which locks it again where sshd can't be told
      {"host-keys", "sshd"},     {"machine-id", "remember"},
      {"hand-over", "remember"},  // other agents' files before this VM counts as done
      {"remember", "kvp"},        // Ready is never told of what a power cut would undo
      {"kvp", "health"},          // the host collects it then
      {"health", "eject"},
  };
  for (const auto& [one, other] : before) {
    CAPTURE(one);
    CAPTURE(other);
    CHECK(place(Stage::kMain, one) < place(Stage::kMain, other));
  }
  CHECK(place(Stage::kMain, "eject") + 1 == place(Stage::kReport, "lease"));  // main's last
  CHECK(place(Stage::kLocal, "media") < place(Stage::kLocal, "hostname"));
  CHECK(place(Stage::kReport, "lease") < place(Stage::kReport, "health"));
  CHECK(place(Stage::kReport, "health") < place(Stage::kReport, "guest-agent"));
}

TEST_CASE("a step's failure means what design.md's table says") {
  struct Row {
    Stage stage;
    std::string name;
    OnFailure meaning;
  };
  const std::vector<Row> rows = {
      {Stage::kLocal, "media", OnFailure::kPlanDecides},
      {Stage::kLocal, "hostname", OnFailure::kDegraded},
      {Stage::kLocal, "tuning", OnFailure::kNote},
      {Stage::kLocal, "network", OnFailure::kDegraded},
      {Stage::kMain, "media", OnFailure::kPlanDecides},  // a note with good IMDS, else fatal
      {Stage::kMain, "keygen", OnFailure::kNote},        // host-keys tells
      {Stage::kMain, "lease", OnFailure::kPlanDecides},
      {Stage::kMain, "proxy-agent", OnFailure::kPlanDecides},
      {Stage::kMain, "imds", OnFailure::kPlanDecides},  // degraded with good media, else fatal
      {Stage::kMain, "late-media", OnFailure::kPlanDecides},
      {Stage::kMain, "decide", OnFailure::kFatal},
      {Stage::kMain, "hostname", OnFailure::kDegraded},
      {Stage::kMain, "network", OnFailure::kDegraded},  // a secondary NIC
      {Stage::kMain, "machine-id", OnFailure::kDegraded},
      {Stage::kMain, "user", OnFailure::kFatal},
      {Stage::kMain, "password", OnFailure::kFatal},
      {Stage::kMain, "ssh-keys", OnFailure::kFatal},
      {Stage::kMain, "sudo", OnFailure::kDegraded},
      {Stage::kMain, "lock-root", OnFailure::kDegraded},
      {Stage::kMain, "host-keys", OnFailure::kFatal},
      {Stage::kMain, "sshd", OnFailure::kDegraded},
      {Stage::kMain, "hand-over", OnFailure::kDegraded},
      {Stage::kMain, "remember", OnFailure::kFatal},
      {Stage::kMain, "links", OnFailure::kNote},  // a VF not enslaved
      {Stage::kMain, "kvp", OnFailure::kNote},
      {Stage::kMain, "health", OnFailure::kDegraded},  // undelivered Ready
      {Stage::kMain, "new-links", OnFailure::kDegraded},
      {Stage::kMain, "left-over", OnFailure::kNote},  // the state has it all the same
      {Stage::kMain, "eject", OnFailure::kNote},
      {Stage::kReport, "lease", OnFailure::kNote},
      {Stage::kReport, "health", OnFailure::kDegraded},
      {Stage::kReport, "guest-agent", OnFailure::kNote},
      {Stage::kClose, "interrupted", OnFailure::kFatal},
      {Stage::kClose, "host-keys", OnFailure::kFatal},
      {Stage::kClose, "sshd", OnFailure::kDegraded},
      {Stage::kClose, "kvp", OnFailure::kNote},
      {Stage::kClose, "health", OnFailure::kDegraded},
      {Stage::kLink, "lease", OnFailure::kNote},
      {Stage::kLink, "imds", OnFailure::kNote},  // what is remembered counts on
      {Stage::kLink, "network", OnFailure::kDegraded},
      {Stage::kLink, "links", OnFailure::kNote},
      {Stage::kDisks, "disks", OnFailure::kDegraded},  // any disk
      {Stage::kDisks, "growth", OnFailure::kDegraded},
      {Stage::kDisks, "set-up", OnFailure::kDegraded},
  };
  CHECK(rows.size() == steps().size());
  for (const auto& row : rows) {
    CAPTURE(row.name);
    CHECK(step(row.stage, row.name).on_failure == row.meaning);
  }
}

TEST_CASE("what closes the machine and what tells runs after a failure too") {
  for (const auto stage : {Stage::kMain, Stage::kClose}) {
    CHECK(step(stage, "host-keys").needs == Needs::kClosing);
    CHECK(step(stage, "sshd").needs == Needs::kDecided);
  }
  for (const std::string name : {"kvp", "health"})
    CHECK(step(Stage::kMain, name).needs == Needs::kSomethingToTell);
  for (const std::string name :
       {"hostname", "machine-id", "user", "password", "ssh-keys", "sudo", "lock-root"})
    CHECK(step(Stage::kMain, name).needs == Needs::kProvision);
  for (const std::string name : {"hand-over", "remember", "eject"})
    CHECK(step(Stage::kMain, name).needs == Needs::kNoFailure);
}

TEST_CASE("what is due follows from the boot") {
  struct Row {
    std::string what;
    std::function<void(Boot&)> change;
    std::string due;  ///< n: new VM, s: sources, p: provision, c: closing, d: decided,
                      ///< f: no failure, t: tell, l: left over,
                      ///< w: network, m: network news
    Stage stage = Stage::kMain;
  };
  const auto decided = [](Course course) {
    return [course](Boot& boot) {
      boot.decided = true;
      boot.plan.course = course;
    };
  };
  const auto failed = [](Boot& boot) { boot.failure.emplace(Reason::kUser, "x"); };
  const auto state_of = [](const char* vm_id, bool untold) {
    return [vm_id, untold](Boot& boot) {
      boot.state.vm_id = vm_id;
      boot.state.provisioned.emplace();
      boot.facts.state = boot.state;
      if (untold) boot.state.untold.emplace();
    };
  };
  const std::vector<Row> rows = {
      {"a new VM", [](Boot&) {}, "ns"},
      {"a new VM, local stage", [](Boot&) {}, "ns", Stage::kLocal},
      {"the image carries another VM's state", state_of(kOtherVm, false), "ns"},
      {"begun, not provisioned",
       [](Boot& boot) {
         boot.state.vm_id = kVm;
         boot.state.begun = true;
         boot.facts.state = boot.state;
       },
       "ns"},
      {"decided: provision", decided(Course::kProvision), "nspcdftw"},
      {"decided: specialized", decided(Course::kSpecialized), "nsdftw"},
      {"decided: adopted", decided(Course::kAdopted), "nsdf"},
      {"decided: refused",
       [&](Boot& boot) {
         decided(Course::kRefused)(boot);
         failed(boot);
       },
       "cdt"},
      {"failed while provisioning",
       [&](Boot& boot) {
         decided(Course::kProvision)(boot);
         failed(boot);
       },
       "cdt"},
      {"failed while specialized",
       [&](Boot& boot) {
         decided(Course::kSpecialized)(boot);
         failed(boot);
       },
       "dt"},
      {"failed before the decision: the plan is to refuse",
       [](Boot& boot) { boot.fail_boot(Error(Reason::kLocked, "x"), "lock"); }, "cdt"},
      {"provisioned and remembered on this boot",
       [&](Boot& boot) {
         decided(Course::kProvision)(boot);
         boot.state.vm_id = kVm;
         boot.state.provisioned.emplace();
         boot.state.untold.emplace();
       },
       "nspcdftw"},
      {"a later boot", state_of(kVm, false), ""},
      {"a later boot, id in the other byte order", state_of(kVmSwapped, false), ""},
      {"a later boot with Ready not told", state_of(kVm, true), "l"},
      {"a later boot with another NIC",
       [&](Boot& boot) {
         state_of(kVm, false)(boot);
         boot.network_news.why = "x";
       },
       "m"},
      {"provisioned on this boot without a word of IMDS on its NICs",
       [&](Boot& boot) {
         decided(Course::kProvision)(boot);
         boot.network_news.why = "x";
       },
       "nspcdftwm"},
      {"the same, and failed later",
       [&](Boot& boot) {
         decided(Course::kProvision)(boot);
         boot.network_news.why = "x";
         failed(boot);
       },
       "cdt"},
      {"the report stage", state_of(kVm, true), "ftl", Stage::kReport},
      {"the report stage with nothing to tell", state_of(kVm, false), "f", Stage::kReport},
      {"the report stage after a failure that was not told",
       [](Boot& boot) {
         boot.state.vm_id = kVm;
         boot.state.untold = Untold{.ready = false, .description = "x"};
         boot.facts.state = boot.state;
       },
       "nst", Stage::kReport},
      {"the report stage of a VM that nobody provisioned", [](Boot&) {}, "ns", Stage::kReport},
      {"adopted, with something to tell",
       [&](Boot& boot) {
         decided(Course::kAdopted)(boot);
         boot.state.untold.emplace();
       },
       "nsdft"},
      {"run again after a kill, Ready remembered and not told",
       [&](Boot& boot) {
         state_of(kVm, true)(boot);
         boot.resumed = true;
       },
       "t"},
  };
  const std::vector<std::pair<char, Needs>> letters = {
      {'n', Needs::kNewVm},           {'s', Needs::kSources},  {'p', Needs::kProvision},
      {'c', Needs::kClosing},         {'d', Needs::kDecided},  {'f', Needs::kNoFailure},
      {'t', Needs::kSomethingToTell}, {'l', Needs::kLeftOver}, {'w', Needs::kNetwork},
      {'m', Needs::kNetworkNews}};
  Bench bench;
  for (const auto& row : rows) {
    CAPTURE(row.what);
    auto boot = bench.boot(row.stage);
    row.change(boot);
    std::string due;
    for (const auto& [letter, needs] : letters) {
      if (is_due(needs, boot)) due += letter;
    }
    CHECK(due == row.due);
  }
}

TEST_CASE("stages have their words") {
  for (const auto stage :
       {Stage::kLocal, Stage::kMain, Stage::kReport, Stage::kClose, Stage::kLink, Stage::kDisks})
    CHECK(parse_word<Stage>(to_string(stage)) == stage);
  CHECK(to_string(Stage::kLocal) == "local");
  CHECK(to_string(Stage::kMain) == "main");
  CHECK(to_string(Stage::kReport) == "report");
  CHECK(to_string(Stage::kClose) == "close");
  CHECK(to_string(Stage::kLink) == "link");
  CHECK(to_string(Stage::kDisks) == "disks");
  for (const std::string word : {"", "Main", "main ", "disk"}) CHECK_FALSE(parse_word<Stage>(word));
}
