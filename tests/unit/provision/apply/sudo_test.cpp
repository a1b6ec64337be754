#include "provision/apply/sudo.h"

#include <string>

#include <doctest/doctest.h>

#include "tests/unit/provision/accounts/in_chroot.h"
#include "tests/unit/provision/bench.h"

using namespace azl;
using namespace azl::provision;
using namespace azl::test;

namespace {

constexpr const char* kOurs = "etc/sudoers.d/90-azl-provision";

/// A machine with the user ann, on which visudo accepts everything.
struct SudoBench : Bench {
  SudoBench() {
    play("");
    tree.write("etc/sudoers", "root ALL=(ALL) ALL\n@includedir /etc/sudoers.d\n");
  }
  /// Lets sudo answer. visudo succeeds.
  void play(std::string list) {
    processes = PlayedProcesses([list = std::move(list)](const Command& command) {
      ProcessOutput output;
      if (command.argv.front() == "sudo") output.out = list;
      return output;
    });
  }
  StepResult step(SudoRule rule = SudoRule::kNoPassword, const Root* on = nullptr) {
    const Config config;
    StageRecord record;
    Recorder recorder(record);
    const Machine machine{on != nullptr ? *on : root, clock, processes, http};
    const imds::Identity identity;
    const Context context{
        .machine = machine, .stage = Stage::kMain, .config = config, .identity = identity};
    PlannedUser user;
    user.name = "ann";
    user.sudo = rule;
    Provisioning progress;
    progress.password_works = password_works;
    progress.account =
        Account{.name = "ann", .uid = 1000, .gid = 1000, .home = "/home/ann", .shell = "/bin/sh"};
    Facts facts;
    auto result = allow_sudo(context, facts, user, progress, recorder);
    findings.clear();
    for (const auto& finding : record.findings) {
      findings.push_back(std::string(to_string(finding.severity)) + " " + finding.reason + " " +
                         finding.chain.back());
    }
    return result;
  }
  /// Runs the step with the tree as the live machine. Returns "WHY | FINDING".
  std::string step_live() {
    return in_chroot(tree.path(), [this] {
      const auto live = Root::open("/");
      const auto result = step(SudoRule::kNoPassword, &*live);
      const std::string why = result ? result->why : result.error().to_string();
      return why + " | " + (findings.empty() ? "" : findings.front());
    });
  }

  std::vector<std::string> findings;
  bool password_works = false;
};

}  // namespace

TEST_CASE("in a root tree sudo is not run, and later lines that name the user are listed") {
  AZL_NEEDS_ROOT();
  SudoBench bench;
  bench.tree.write("etc/sudoers.d/zz", "ann ALL=(ALL) /usr/bin/id\n");
  const auto result = bench.step();
  REQUIRE(result.has_value());
  CHECK(result->outcome == StepOutcome::kDone);
  CHECK(result->why ==
        "/etc/sudoers.d/90-azl-provision; sudo was not asked, because this is a root tree; later "
        "lines name the user: /etc/sudoers.d/zz:1 'ann ALL=(ALL) /usr/bin/id'");
  CHECK(bench.findings.empty());
  for (const auto& argv : bench.processes.commands) CHECK(argv.front() == "visudo");
}

TEST_CASE("in a root tree a line that overrules ours is a warning") {
  AZL_NEEDS_ROOT();
  SudoBench bench;
  bench.tree.write("etc/sudoers", "@includedir /etc/sudoers.d\n%wheel ALL=(ALL) ALL\n")
      .write("etc/group", "wheel:x:10:ann\n");
  REQUIRE(bench.step().has_value());
  CHECK(bench.findings ==
        std::vector<std::string>{
            "degraded sudoers the sudoers files do not let user 'ann' become root without a "
            "password: /etc/sudoers:2 '%wheel ALL=(ALL) ALL' overrules "
            "/etc/sudoers.d/90-azl-provision, because it stands after the line that includes "
            "/etc/sudoers.d"});
}

TEST_CASE("a rule that another agent left for the user is removed, and the report says so") {
  AZL_NEEDS_ROOT();
  SudoBench bench;
  bench.tree.write("etc/sudoers.d/waagent", "ann ALL=(ALL) ALL\n");
  const auto result = bench.step();
  REQUIRE(result.has_value());
  CHECK(result->why.starts_with(
      "/etc/sudoers.d/90-azl-provision; removed 'ann ALL=(ALL) ALL' of WALinuxAgent from "
      "/etc/sudoers.d/waagent; "));
  CHECK_FALSE(bench.tree.exists("etc/sudoers.d/waagent"));
  CHECK(bench.findings.empty());
}

TEST_CASE("Sudo=no removes our rule and those of other agents, and asks nobody") {
  AZL_NEEDS_ROOT();
  SudoBench bench;
  bench.tree.write(kOurs, "x").write("etc/sudoers.d/waagent", "ann ALL=(ALL) NOPASSWD: ALL\n");
  const auto result = bench.step(SudoRule::kNone);
  REQUIRE(result.has_value());
  CHECK(result->outcome == StepOutcome::kDone);
  CHECK_FALSE(bench.tree.exists(kOurs));
  CHECK_FALSE(bench.tree.exists("etc/sudoers.d/waagent"));
  CHECK(bench.processes.commands.empty());
}

TEST_CASE("sudo that asks a user without a password for one is noted") {
  AZL_NEEDS_ROOT();
  SudoBench bench;
  REQUIRE(bench.step(SudoRule::kPassword).has_value());
  CHECK(bench.findings ==
        std::vector<std::string>{"note sudoers [User] Sudo=password: sudo asks user 'ann' for a "
                                 "password, but the user has none"});
  bench.password_works = true;
  REQUIRE(bench.step(SudoRule::kPassword).has_value());
  CHECK(bench.findings.empty());
}

TEST_CASE("on a live machine sudo's answer decides") {
  AZL_NEEDS_ROOT();
  const std::string head = "User ann may run the following commands on vm:\n";
  SudoBench bench;
  bench.play(head + "    (ALL : ALL) NOPASSWD: ALL\n");
  CHECK(bench.step_live() == "/etc/sudoers.d/90-azl-provision; sudo obeys the rule | ");
  bench.play(head + "    (ALL : ALL) NOPASSWD: ALL\n    (ALL) ALL\n");
  CHECK(bench.step_live() ==
        "/etc/sudoers.d/90-azl-provision | degraded sudoers sudo does not let user 'ann' become "
        "root without a password: no line of the sudoers files explains that");
  bench.tree.write("etc/sudoers", "root ALL=(ALL) ALL\n");
  bench.play("User ann is not allowed to run sudo on vm.\n");
  CHECK(bench.step_live() ==
        "/etc/sudoers.d/90-azl-provision | degraded sudoers sudo does not let user 'ann' become "
        "root: /etc/sudoers has no line '@includedir /etc/sudoers.d', so sudo does not read "
        "/etc/sudoers.d/90-azl-provision");
}

TEST_CASE("sudo that cannot be asked is a warning") {
  AZL_NEEDS_ROOT();
  SudoBench bench;
  bench.processes = PlayedProcesses([](const Command& command) -> Result<ProcessOutput> {
    if (command.argv.front() == "visudo") return ProcessOutput();
    return fail(Reason::kTimeout, "sudo did not end in time and was killed");
  });
  CHECK(
      bench.step_live() ==
      "/etc/sudoers.d/90-azl-provision | degraded sudoers sudo did not end in time and was killed");
}
