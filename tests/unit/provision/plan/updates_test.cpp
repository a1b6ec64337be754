#include "provision/plan/updates.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace azl;
using namespace azl::provision;

namespace {

using enum AutomaticUpdates;
using enum UpdateReboot;
using enum UpdateProgram;

UpdatesConfig config(AutomaticUpdates automatic, UpdateReboot reboot = kNever,
                     std::string schedule = "") {
  return {.automatic = automatic, .reboot = reboot, .schedule = std::move(schedule)};
}

PlannedUpdates decide(const UpdatesConfig& config, const UpdateFacts& facts) {
  Findings findings;
  const auto planned = decide_updates(config, facts, findings);
  CHECK(findings.empty());
  REQUIRE(planned);
  return *planned;
}

}  // namespace

TEST_CASE("nothing is planned unless it is asked for") {
  for (const auto program : {kNone, kDnf5Automatic, kDnfAutomatic, kUnattendedUpgrades}) {
    Findings findings;
    CHECK_FALSE(decide_updates(config(kNo), {.program = program, .dnf_config = ""}, findings));
    CHECK(findings.empty());
  }
}

TEST_CASE("an image without a program for updates is a finding that names the programs") {
  Findings findings;
  CHECK_FALSE(decide_updates(config(kSecurity), {}, findings));
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].severity == Severity::kDegraded);
  CHECK(findings[0].error.reason() == Reason::kUpdates);
  CHECK(findings[0].error.to_string().contains("dnf5-automatic.timer"));
}

TEST_CASE("each program gets its timer, and says what it will do") {
  struct Row {
    UpdateProgram program;
    UpdatesConfig config;
    std::string timer;
    std::vector<std::string> enabled;
    std::string why;
  };
  const std::vector<Row> rows = {
      {kDnf5Automatic,
       config(kSecurity),
       "dnf5-automatic.timer",
       {"dnf5-automatic.timer"},
       "dnf5-automatic installs security updates at the distribution's time, with a delay of up to "
       "an hour, and never reboots"},
      {kDnfAutomatic,
       config(kAll, kWhenNeeded, "Sun 03:00"),
       "dnf-automatic.timer",
       {"dnf-automatic.timer"},
       "dnf-automatic installs all updates at 'Sun 03:00', with a delay of up to an hour, and "
       "reboots when they need it"},
      {kUnattendedUpgrades,
       config(kSecurity, kWhenNeeded),
       "apt-daily-upgrade.timer",
       {"apt-daily.timer", "apt-daily-upgrade.timer"},
       "unattended-upgrades installs security updates at the distribution's time, with a delay of "
       "up to an hour, and reboots when they need it"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.timer);
    const auto planned = decide(row.config, {.program = row.program, .dnf_config = ""});
    CHECK(planned.timer == row.timer);
    CHECK(planned.enabled == row.enabled);
    CHECK(planned.why == row.why);
    CHECK(planned.schedule == row.config.schedule);
  }
}

TEST_CASE("the settings of dnf are set, and every other line stays") {
  struct Row {
    std::string before;
    UpdatesConfig config;
    std::string after;
  };
  const std::string mark = "# azl-provision wrote this for [Updates] in azl-provision.conf.\n";
  const std::string security =
      "[commands]\nupgrade_type = security\ndownload_updates = yes\napply_updates = yes\n"
      "reboot = never\n";
  const std::string all =
      "[commands]\nupgrade_type = default\ndownload_updates = yes\napply_updates = yes\n"
      "reboot = when-needed\n";
  const std::vector<Row> rows = {
      {"", config(kSecurity), mark + security},
      {"", config(kAll, kWhenNeeded), mark + all},
      {"[commands]\n# What kind\nupgrade_type = default\nrandom_sleep = 0\napply_updates=no\n\n"
       "[email]\nemail_to = root\nreboot = mine\n",
       config(kSecurity),
       security + "# What kind\nrandom_sleep = 0\n\n[email]\nemail_to = root\nreboot = mine\n"},
      {"[emitters]\nemit_via = motd\n", config(kSecurity),
       "[emitters]\nemit_via = motd\n" + security},
      {"[commands]\nreboot = never\n[base]\n[commands]\nreboot = when-changed\nx = 1\n",
       config(kSecurity), security + "[base]\n[commands]\nx = 1\n"},
      {"[commands]", config(kSecurity), security},
      {security, config(kSecurity), security},
  };
  for (const auto& row : rows) {
    CAPTURE(row.before);
    const auto planned = decide(row.config, {.program = kDnfAutomatic, .dnf_config = row.before});
    CHECK(planned.settings.path == "/etc/dnf/automatic.conf");
    CHECK(planned.settings.content == row.after);
  }
}

TEST_CASE("the settings of apt replace the distribution's list of origins") {
  const auto security = decide(config(kSecurity), {kUnattendedUpgrades, ""});
  CHECK(security.settings.path == "/etc/apt/apt.conf.d/90-azl-provision-updates");
  CHECK(security.settings.content.contains("#clear Unattended-Upgrade::Origins-Pattern;\n"));
  CHECK(security.settings.content.contains("codename=${distro_codename}-security\";"));
  CHECK_FALSE(security.settings.content.contains("origin=*"));
  CHECK(security.settings.content.contains("Automatic-Reboot \"false\";"));
  const auto all = decide(config(kAll, kWhenNeeded), {kUnattendedUpgrades, ""});
  CHECK(all.settings.content.contains("\"origin=*\";"));
  CHECK(all.settings.content.contains("Automatic-Reboot \"true\";"));
}

TEST_CASE("the timer has a delay of its own on each VM, and a schedule if there is one") {
  const auto plain = timer_drop_in("x.timer", "");
  CHECK(plain.path == "/etc/systemd/system/x.timer.d/50-azl-provision.conf");
  CHECK(plain.content.ends_with("[Timer]\nRandomizedDelaySec=1h\nFixedRandomDelay=yes\n"));
  const auto timed = timer_drop_in("x.timer", "Sun 03:00");
  CHECK(
      timed.content.ends_with("[Timer]\nOnCalendar=\nOnCalendar=Sun 03:00\n"
                              "RandomizedDelaySec=1h\nFixedRandomDelay=yes\n"));
}
