// The order of the steps, what the failure of a step means, and when a step is due.
#include "provision/engine/step_table.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "provision/engine/step_conditions.h"

using namespace azl::provision;

namespace {

/// The index of a step in the whole table.
std::size_t place(Stage stage, const std::string& name) {
  const auto table = steps();
  const auto found = std::ranges::find_if(
      table, [&](const Step& step) { return step.stage == stage && step.name == name; });
  REQUIRE_MESSAGE(found != table.end(), name);
  return static_cast<std::size_t>(found - table.begin());
}

const Step& step(Stage stage, const std::string& name) { return steps()[place(stage, name)]; }

}  // namespace

TEST_CASE("a step's name is unique within its stage, and short enough for the report") {
  std::set<std::pair<Stage, std::string>> names;
  for (const auto& each : steps()) {
    CAPTURE(each.name);
    CHECK(names.emplace(each.stage, each.name).second);
    CHECK_FALSE(each.what.empty());
    CHECK(each.name.size() < 12);  // the width of the report's column
    CHECK((each.run != nullptr));
  }
}

TEST_CASE("the table lists the stages in boot order") {
  CHECK(std::ranges::is_sorted(steps(), {}, &Step::stage));
}

TEST_CASE("steps that depend on each other are in the required order") {
  const std::vector<std::pair<std::string, std::string>> before = {
      {"media", "lease"},   // with media, the lease is awaited for less time
      {"keygen", "lease"},  // keys are made during the wait for the lease
      {"lease", "imds"},           {"proxy-agent", "imds"},  // required before the first request
      {"imds", "late-media"},      {"late-media", "decide"},
      {"decide", "hostname"},      {"user", "password"},
      {"hostname", "network"},  // networkd sends the name when it reconfigures a link
      {"user", "ssh-keys"},        {"user", "sudo"},
      {"password", "ageing"},  // chpasswd sets the last change
      {"password", "sshd"},    // step sshd locks the password if sshd cannot be made to refuse it
      {"user", "login"},           {"host-keys", "login"},  // sshd -T needs host keys and the user
      {"password", "login"},       {"login", "ssh-keys"},   // sshd says where the keys go
      {"host-keys", "sshd"},       {"machine-id", "remember"},
      {"hand-over", "remember"},    // other agents' files are written before the VM counts as done
      {"updates", "remember"},      // a VM that counts as done is not given them again
      {"custom-data", "remember"},  // the host may take the media away once it is told Ready
      {"remember", "kvp"},  // Ready is reported only when the state would survive a power cut
      {"kvp", "health"},    // the host collects KVP after the health report
      {"health", "eject"},
  };
  for (const auto& [one, other] : before) {
    CAPTURE(one);
    CAPTURE(other);
    CHECK(place(Stage::kMain, one) < place(Stage::kMain, other));
  }
  CHECK(place(Stage::kMain, "eject") + 1 == place(Stage::kReport, "lease"));  // main's last step
  CHECK(place(Stage::kLocal, "media") < place(Stage::kLocal, "hostname"));
  CHECK(place(Stage::kReport, "lease") < place(Stage::kReport, "health"));
  CHECK(place(Stage::kReport, "health") < place(Stage::kReport, "guest-agent"));
  CHECK(place(Stage::kReport, "guest-agent") < place(Stage::kReport, "attested"));
}

TEST_CASE("the failure of a step means what docs/architecture.md says") {
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
      {Stage::kMain, "keygen", OnFailure::kNote},        // step host-keys reports the failure
      {Stage::kMain, "lease", OnFailure::kPlanDecides},
      {Stage::kMain, "proxy-agent", OnFailure::kPlanDecides},
      {Stage::kMain, "imds", OnFailure::kPlanDecides},  // degraded with good media, else fatal
      {Stage::kMain, "late-media", OnFailure::kPlanDecides},
      {Stage::kMain, "pool-ready", OnFailure::kFatal},
      {Stage::kMain, "pool-wait", OnFailure::kNote},  // the document shows whether the VM was moved
      {Stage::kMain, "pool-lease", OnFailure::kNote},  // likewise
      {Stage::kMain, "pool-data", OnFailure::kFatal},
      {Stage::kMain, "pool-imds", OnFailure::kPlanDecides},
      {Stage::kMain, "certificate", OnFailure::kPlanDecides},  // fatal only without another way in
      {Stage::kMain, "decide", OnFailure::kFatal},
      {Stage::kMain, "hostname", OnFailure::kDegraded},
      {Stage::kMain, "network", OnFailure::kDegraded},  // affects secondary NICs only
      {Stage::kMain, "machine-id", OnFailure::kDegraded},
      {Stage::kMain, "user", OnFailure::kFatal},
      {Stage::kMain, "password", OnFailure::kFatal},
      {Stage::kMain, "login", OnFailure::kFatal},
      {Stage::kMain, "ageing", OnFailure::kFatal},  // the user is locked out
      {Stage::kMain, "ssh-keys", OnFailure::kFatal},
      {Stage::kMain, "sudo", OnFailure::kDegraded},
      {Stage::kMain, "lock-root", OnFailure::kDegraded},
      {Stage::kMain, "host-keys", OnFailure::kFatal},
      {Stage::kMain, "more-keys", OnFailure::kDegraded},
      {Stage::kMain, "sshd", OnFailure::kDegraded},
      {Stage::kMain, "custom-data", OnFailure::kDegraded},
      {Stage::kMain, "updates", OnFailure::kDegraded},
      {Stage::kMain, "hand-over", OnFailure::kDegraded},
      {Stage::kMain, "remember", OnFailure::kFatal},
      {Stage::kMain, "links", OnFailure::kNote},  // e.g. a VF that is not enslaved
      {Stage::kMain, "kvp", OnFailure::kNote},
      {Stage::kMain, "health", OnFailure::kDegraded},  // Ready was not delivered
      {Stage::kMain, "attested", OnFailure::kNote},
      {Stage::kMain, "new-links", OnFailure::kDegraded},
      {Stage::kMain, "left-over", OnFailure::kNote},  // the state holds it anyway
      {Stage::kMain, "left-disks", OnFailure::kDegraded},
      {Stage::kMain, "trace", OnFailure::kNote},
      {Stage::kMain, "eject", OnFailure::kNote},
      {Stage::kReport, "lease", OnFailure::kNote},
      {Stage::kReport, "health", OnFailure::kDegraded},
      {Stage::kReport, "guest-agent", OnFailure::kNote},
      {Stage::kReport, "attested", OnFailure::kNote},  // nothing is decided by it
      {Stage::kClose, "interrupted", OnFailure::kFatal},
      {Stage::kClose, "host-keys", OnFailure::kFatal},
      {Stage::kClose, "sshd", OnFailure::kDegraded},
      {Stage::kClose, "kvp", OnFailure::kNote},
      {Stage::kClose, "health", OnFailure::kDegraded},
      {Stage::kClose, "trace", OnFailure::kNote},
      {Stage::kLink, "lease", OnFailure::kNote},
      {Stage::kLink, "imds", OnFailure::kNote},  // the remembered answer stays in use
      {Stage::kLink, "network", OnFailure::kDegraded},
      {Stage::kLink, "links", OnFailure::kNote},
      {Stage::kDisks, "disks", OnFailure::kDegraded},  // whichever disk fails
      {Stage::kDisks, "growth", OnFailure::kDegraded},
      {Stage::kDisks, "set-up", OnFailure::kDegraded},
      {Stage::kCustomDataEarly, "read", OnFailure::kDegraded},
      {Stage::kCustomDataEarly, "lease", OnFailure::kNote},  // a program may not need the network
      {Stage::kCustomData, "early", OnFailure::kNote},
      {Stage::kCustomData, "read", OnFailure::kDegraded},
      {Stage::kCustomData, "lease", OnFailure::kNote},
  };
  CHECK(rows.size() == steps().size());
  for (const auto& row : rows) {
    CAPTURE(row.name);
    CHECK(step(row.stage, row.name).on_failure == row.meaning);
  }
}

TEST_CASE(
    "the steps that close the machine and the steps that report are due after a failure too") {
  for (const auto stage : {Stage::kMain, Stage::kClose}) {
    CHECK((step(stage, "host-keys").is_due == is_provisioned_or_refused));
    CHECK((step(stage, "sshd").is_due == is_decided));
    for (const std::string name : {"kvp", "health"})
      CHECK((step(stage, name).is_due == has_outcome_to_tell));
  }
  for (const std::string name : {"hostname", "machine-id", "user", "password", "ageing", "login",
                                 "ssh-keys", "sudo", "lock-root"})
    CHECK((step(Stage::kMain, name).is_due == is_provisioning));
  for (const std::string name : {"hand-over", "remember", "eject"})
    CHECK((step(Stage::kMain, name).is_due == is_succeeding));
}
