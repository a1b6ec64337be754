// Turning password logins off after a failure and restoring them afterwards, also if the main stage
// was killed or the state was lost.
#include "tests/system/lab.h"

namespace azl::test {
namespace {

TEST_SUITE_BEGIN("closing" * needs_root());

constexpr const char* kVmA = "a0a0a0a0-1111-4222-8333-444444444444";
constexpr const char* kClosed = "etc/ssh/sshd_config.d/00-azl-provision-closed.conf";
constexpr const char* kOurs = "etc/ssh/sshd_config.d/00-azl-provision.conf";
constexpr const char* kShared = "etc/ssh/sshd_config.d/50-cloud-init.conf";

/// A specialized VM, with or without IMDS.
Json restored(bool imds) {
  return {{"vm", {{"specialized", true}}}, {"imds", {{"enabled", imds}}}};
}
/// Makes the tree of a VM with another id, which allows password logins.
void lived_in(Lab& lab) {
  lab.configure("[Imds]\nTimeout=300ms\n")
      .write("var/lib/azl-provision/state.json",
             R"({"schema_version": 1, "vm_id": "a0a0a0a0-1111-4222-8333-444444444444",
                 "host_keys_made": true, "guest_agent": true,
                 "provisioned": {"at": "x", "by": "azl-provision", "boot_id": "x"}})")
      .write(kOurs, "PasswordAuthentication yes\n", 0600)
      .write("etc/ssh/ssh_host_ed25519_key", "A's\n", 0600);
}

TEST_CASE("an outage turns off the password logins of a restored machine for one boot only") {
  Lab lab(restored(false));
  lived_in(lab);
  CHECK(lab.run().status == 1);
  CHECK(lab.told() == "NotReady");
  CHECK(lab.read(kClosed).find("\nPasswordAuthentication no\n") != std::string::npos);
  CHECK(lab.read(kOurs) == "PasswordAuthentication yes\n");
  CHECK(lab.read("etc/ssh/ssh_host_ed25519_key") == "A's\n");

  lab.reboot().restart_platform(restored(true));
  const auto run = lab.run();
  INFO(run);
  CHECK(run.status == 0);
  CHECK(lab.stage().at("course") == "specialized");
  CHECK(lab.outcome("sshd") == "done");
  CHECK(lab.told() == "Ready");
  CHECK_FALSE(lab.exists(kClosed));
  CHECK(lab.read(kOurs) == "PasswordAuthentication yes\n");
  CHECK(lab.read("etc/ssh/ssh_host_ed25519_key") == "A's\n");
}

TEST_CASE("a failure keeps the host keys of a disk that another agent provisioned as another VM") {
  Lab lab(restored(false));
  lab.configure("[Imds]\nTimeout=300ms\n")
      .write("var/lib/cloud/data/instance-id", kVmA)
      .write("etc/ssh/ssh_host_ed25519_key", "A's\n", 0600);
  CHECK(lab.run().status == 1);
  CHECK(lab.read("etc/ssh/ssh_host_ed25519_key") == "A's\n");
}

TEST_CASE("adopting a VM restores its password logins and drops an undelivered NotReady") {
  Lab lab(R"({"imds": {"enabled": false}, "ovf": {"enabled": false},
              "wireserver": {"enabled": false}})"_json);
  lab.configure("[Imds]\nTimeout=300ms\n[Report]\nInlineTimeout=300ms\nLateTimeout=300ms\n");
  CHECK(lab.run().status == 1);
  CHECK(lab.exists(kClosed));
  CHECK(lab.state().at("untold").at("ready") == false);
  lab.reboot().restart_platform(R"({"wireserver": {"enabled": true}})"_json);
  lab.write("var/lib/cloud/data/instance-id", "6b53fe79-c00b-4abe-9387-43fae70865fb\n");
  const auto run = lab.run();
  INFO(run);
  CHECK(run.status == 0);
  CHECK(lab.stage().at("course") == "adopted");
  CHECK_FALSE(lab.exists(kClosed));
  CHECK(lab.told().empty());
  CHECK_FALSE(lab.state().contains("untold"));
}

TEST_CASE("a successful boot after a failure leaves only the regular sshd drop-in") {
  const auto vm = [](const char* user) {
    return Json{{"vm", {{"vm_id", kVmA}, {"admin_username", user}}}};
  };
  Lab lab(vm("root"));
  CHECK(lab.run().status == 1);
  CHECK(lab.exists(kClosed));
  CHECK_FALSE(lab.exists(kShared));
  lab.become(vm("ann"));
  const auto run = lab.run();
  INFO(run);
  CHECK(run.status == 0);
  CHECK_FALSE(lab.exists(kClosed));
  CHECK(lab.exists(kShared));
  CHECK_FALSE(lab.exists(kOurs));
}

struct Broken {
  std::string what;
  void (*prepare)(Lab&);
  const char* reason;
};

TEST_CASE("a failure before the decision turns password logins off and is told") {
  const std::vector<Broken> rows = {
      Broken{"accounts that can't be read",
             [](Lab& lab) { lab.remove("etc/group").obstruct("etc/group"); }, "io"},
      Broken{"no place for the lock", [](Lab& lab) { lab.write("run/azl-provision", "a file\n"); },
             "io"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    Lab lab;
    row.prepare(lab);
    lab.write("etc/ssh/ssh_host_rsa_key", "the image's\n", 0600);
    const auto run = lab.run();
    INFO(run);
    CHECK(run.status == 1);
    CHECK(lab.told() == "NotReady");
    CHECK(lab.kvp().at("result") == "error");
    CHECK(lab.read(kClosed).find("\nPasswordAuthentication no\n") != std::string::npos);
    CHECK(lab.stage().at("course") == "refused");
  }
}

/// Starts a main stage and kills it while it waits for IMDS.
void kill_main(Lab& lab) {
  const auto killed = lab.start({.stage = "main"});
  REQUIRE(wait_until([&] {
    return lab.read("run/azl-provision/main.json").find("\"imds\"") != std::string::npos ||
           killed->ended();
  }));
  CHECK_FALSE(killed->ended());
}

TEST_CASE("after a killed main stage, the close stage tells NotReady, and a later run provisions") {
  Lab lab(R"({"imds": {"faults": [{"do": "hold"}]}})"_json);
  lab.write("etc/ssh/ssh_host_rsa_key", "the image's\n", 0600);
  // The close stage does nothing before a main stage ran, after a success, and at a shutdown.
  CHECK(lab.run({.stage = "close"}).status == 0);
  kill_main(lab);
  for (const auto& stopped :
       {Strings{"SERVICE_RESULT=success"}, Strings{"SERVICE_RESULT=signal", "EXIT_STATUS=TERM"}}) {
    CHECK(lab.run({.stage = "close", .environment = stopped}).status == 0);
    CHECK_FALSE(lab.exists(kClosed));
  }
  CHECK(lab.told().empty());

  const auto close =
      lab.run({.stage = "close", .environment = {"SERVICE_RESULT=timeout", "EXIT_STATUS=TERM"}});
  INFO(close);
  CHECK(close.status == 1);
  CHECK(lab.told() == "NotReady");
  CHECK(lab.told_description().find("the main stage was killed in its step 'imds'") !=
        std::string::npos);
  CHECK(lab.kvp().at("reason").starts_with("provisioning was interrupted: "));
  // The host learns which step the killed stage was in.
  const auto pool = lab.read("var/lib/hyperv/.kvp_pool_1");
  CHECK(pool.find("|finish|azl-provision/main/media|") != std::string::npos);
  CHECK(pool.find(R"("result":"WARN","msg":"interrupted: the agent was killed)") !=
        std::string::npos);
  CHECK(lab.exists(kClosed));
  CHECK(lab.read("etc/ssh/ssh_host_ed25519_key").starts_with("-----BEGIN OPENSSH PRIVATE KEY"));
  CHECK_FALSE(lab.exists("etc/ssh/ssh_host_rsa_key"));
  CHECK(lab.command({"status"}).status == 1);
  CHECK(lab.report_text().find("the main stage was killed") != std::string::npos);
  // A second run of the close stage tells nothing.
  const auto requests = lab.requests().size();
  CHECK(lab.run({.stage = "close"}).status == 0);
  CHECK(lab.requests().size() == requests);

  const auto again = lab.release().run({.stage = "main"});
  INFO(again);
  CHECK(again.status == 0);
  CHECK(lab.told() == "Ready");
  CHECK_FALSE(lab.exists(kClosed));
  CHECK(lab.command({"status"}).status == 0);
  CHECK(lab.report_text().starts_with("READY"));
}

TEST_CASE("if the state file was lost, Ready is told again") {
  Lab lab(R"({"wireserver": {"enabled": false}})"_json);
  lab.configure("[Report]\nInlineTimeout=300ms\nLateTimeout=300ms\n");
  CHECK(lab.run().status == 2);
  lab.reboot()
      .write("var/lib/azl-provision/state.json", "")
      .restart_platform(R"({"wireserver": {"enabled": true}})"_json);
  const auto run = lab.run();
  INFO(run);
  CHECK(lab.stage().at("course") == "adopted");
  CHECK(lab.told() == "Ready");
}

TEST_CASE("a specialized VM whose run was killed before the state was saved is not adopted") {
  Lab lab(restored(true));
  lab.write("var/lib/cloud/data/instance-id", kVmA);
  {
    const auto killed =
        lab.start({.under = {"/usr/bin/strace", "-f", "-qq", "-o", "/dev/null", "-e",
                             "trace=syncfs", "-e", "inject=syncfs:signal=KILL:when=1"}});
    REQUIRE(wait_until([&] { return killed->ended(); }));
  }
  CHECK(lab.exists("var/lib/waagent/provisioned"));
  CHECK(lab.told().empty());
  const auto run = lab.run();
  INFO(run);
  CHECK(run.status == 0);
  CHECK(lab.stage().at("course") == "specialized");
  CHECK(lab.told() == "Ready");
}

TEST_CASE("an undelivered NotReady on another VM's disk is told later, and that VM's state stays") {
  Lab lab(R"({"imds": {"enabled": false}, "ovf": {"enabled": false},
              "wireserver": {"enabled": false}})"_json);
  lived_in(lab);
  lab.configure("[Report]\nInlineTimeout=300ms\nLateTimeout=300ms\n");
  CHECK(lab.run().status == 1);
  CHECK(lab.state().at("vm_id") == kVmA);
  CHECK(lab.exists("run/azl-provision/untold"));
  lab.restart_platform(R"({"wireserver": {"enabled": true}})"_json);
  const auto late = lab.run({.stage = "report"});
  INFO(late);
  CHECK(lab.told() == "NotReady");
  CHECK(lab.state().at("vm_id") == kVmA);
  CHECK_FALSE(lab.state().contains("untold"));
}

TEST_CASE("the guest agent does not start if the hand-over failed") {
  Lab lab;
  lab.obstruct("var/lib/waagent/provisioned");
  const auto run = lab.run();
  INFO(run);
  CHECK(run.status == 2);
  CHECK(lab.told() == "Ready");
  CHECK(lab.command({"status", "--guest-agent"}).status == 1);
}

TEST_CASE("an IMDS document full of nulls on a fresh image is a failure, not a specialized VM") {
  auto body = R"({"compute": {"osProfile": null, "publicKeys": null, "vmId": null},
                  "network": {"interface": null}, "extended": null})"_json;
  Lab lab(Json{{"imds", {{"body", body}}}, {"ovf", {{"enabled", false}}}});
  lab.check_refused(lab.run(), "user-name");
}

TEST_SUITE_END();

}  // namespace
}  // namespace azl::test
