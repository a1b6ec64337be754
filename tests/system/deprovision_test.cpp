// azl-provision deprovision: what is left of a VM in a tree that was provisioned, and what must
// stay.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#include "provision/store/written_files.h"
#include "tests/system/json_schema.h"
#include "tests/system/lab.h"

namespace azl::test {
namespace {

namespace fs = std::filesystem;

TEST_SUITE_BEGIN("deprovision" * needs_root());

/// Like a snapshot, without times.
Snapshot timeless(const Lab& lab) {
  auto tree = lab.tree();
  for (auto& [name, what] : tree) {
    // "MODE OWNER TIME CONTENT"
    const auto owner = what.find(' ');
    const auto time = what.find(' ', owner + 1);
    what.erase(time, what.find(' ', time + 1) - time);
  }
  return tree;
}

/// Another VM, with another user.
const Json kSecond =
    R"({"vm": {"vm_id": "b0b0b0b0-5555-4666-8777-888888888888", "computer_name": "web-2",
               "admin_username": "second"}})"_json;

std::string manifest(const std::string& path, std::string_view content) {
  return provision::to_json({{path, {.step = "x", .sha256 = provision::sha256_of(content)}}});
}

TEST_CASE("nothing of a VM is left in its tree, and another VM can be made of it") {
  Lab lab;
  lab.write("etc/machine-id", "", 0444)
      .write("root/.bash_history", "ls\n", 0600)
      .write("var/log/wtmp", "")
      .write("var/log/journal/.keep", "");
  lab.remove("root/.bash_history");
  const auto before = timeless(lab);
  REQUIRE(lab.run().status == 0);
  const auto old_key = lab.read("etc/ssh/ssh_host_ed25519_key.pub");
  REQUIRE(!old_key.empty());
  lab.write("etc/machine-id", "0123456789abcdef0123456789abcdef\n", 0444)
      .write("root/.bash_history", "secret\n", 0600)
      .write("home/azureuser/.bash_history", "secret\n", 0600)
      .write("var/spool/mail/azureuser", "secret\n", 0600)
      .write("var/log/wtmp", "login")
      .write("var/log/azl-provision/custom-data.log", "log")
      .write("var/log/journal/0123456789abcdef0123456789abcdef/system.journal", "log")
      .write("etc/ssh/.ssh_host_rsa_key.azl-new", "half", 0600);

  const auto ended = lab.command({"deprovision", "--user", "--logs", "--force"});
  INFO(ended);
  CHECK(ended.status == 0);
  CHECK(contains(ended.out, "The next boot provisions this image as a new VM."));
  // The image's own host name is not known any more. The tools of shadow-utils keep copies. The
  // test made the directory for mail.
  const Strings expected = {"gone etc/hostname", "new etc/.pwd.lock", "new etc/group-",
                            "new etc/gshadow-",  "new etc/passwd-",   "new etc/shadow-",
                            "new etc/subgid-",   "new etc/subuid-",   "new var/lib/azl-provision",
                            "new var/spool",     "new var/spool/mail"};
  for (const auto& difference : differences(before, timeless(lab)))
    CHECK_MESSAGE(std::ranges::find(expected, difference) != expected.end(), difference);
  CHECK(lab.account_field("passwd", "azureuser", 0).empty());
  CHECK(lab.files_with("secret").empty());
  CHECK(lab.read("etc/machine-id").empty());

  const auto again = lab.command({"deprovision", "--user", "--logs", "--force"});
  CHECK(again.status == 0);

  lab.become(kSecond);
  const auto second = lab.run();
  INFO(second);
  CHECK(second.status == 0);
  CHECK(lab.read("etc/hostname") == "web-2\n");
  CHECK(lab.account_field("passwd", "second", 0) == "second");
  CHECK(lab.read("etc/ssh/ssh_host_ed25519_key.pub") != old_key);
}

/// The codes of check-image that are about what an earlier VM left, sorted.
std::set<std::string> leftovers(Lab& lab) {
  std::set<std::string> codes;
  const auto found = Json::parse(lab.command({"check-image", "--format=json"}).out);
  for (const auto& finding : found.at("findings")) {
    const auto code = finding.at("code").get<std::string>();
    if (code.starts_with("stale-") || code.starts_with("user-with-")) codes.insert(code);
  }
  return codes;
}

TEST_CASE("check-image finds nothing of an earlier VM after deprovision") {
  Lab lab;
  lab.write("etc/machine-id", "", 0444);
  REQUIRE(lab.run().status == 0);
  lab.write("etc/machine-id", "0123456789abcdef0123456789abcdef\n", 0444)
      .write("var/lib/dbus/machine-id", "0123456789abcdef0123456789abcdef\n", 0444)
      .write("var/lib/cloud/instances/x/user-data.txt", "")
      .write("var/lib/cloud/data/instance-id", "x\n")
      .write("var/lib/azure-init/x.provisioned", "");
  CHECK(leftovers(lab) == std::set<std::string>{"stale-agent-state", "stale-host-keys",
                                                "stale-machine-id", "stale-state",
                                                "user-with-keys"});
  CHECK(lab.command({"deprovision", "--user", "--force"}).status == 0);
  CHECK(leftovers(lab) == std::set<std::string>{});
}

TEST_CASE("without --user the user stays with its keys, and without --logs the logs") {
  Lab lab;
  REQUIRE(lab.run().status == 0);
  lab.write("var/log/azl-provision/custom-data.log", "log")
      .write("home/azureuser/.bash_history", "secret\n", 0600);
  const auto ended = lab.command({"clean", "--force"});
  INFO(ended);
  CHECK(ended.status == 0);
  CHECK(contains(ended.out, "keep azureuser: "));
  CHECK(lab.account_field("passwd", "azureuser", 0) == "azureuser");
  CHECK(lab.exists("home/azureuser/.ssh/authorized_keys"));
  CHECK(!lab.exists("home/azureuser/.bash_history"));
  CHECK(lab.exists("var/log/azl-provision/custom-data.log"));
  CHECK(!lab.exists("etc/sudoers.d/90-azl-provision"));
  CHECK(!lab.exists("etc/ssh/ssh_host_ed25519_key"));
  // The same VM is provisioned anew, and finds its user.
  CHECK(lab.reboot().run().status == 0);
  CHECK(lab.exists("etc/ssh/ssh_host_ed25519_key"));
}

TEST_CASE("a dry run lists the same as a run, with reasons, and changes nothing") {
  Lab lab;
  REQUIRE(lab.run().status == 0);
  const auto before = lab.tree();
  const auto schema = Json::parse(read_file("docs/deprovision-schema.json"));
  const auto listed = lab.command({"deprovision", "--user", "--dry-run", "--format=json"});
  INFO(listed);
  CHECK(listed.status == 0);
  CHECK(differences(before, lab.tree()) == Strings{});
  const auto list = Json::parse(listed.out);
  CHECK(schema_errors(list, schema, schema) == Strings{});
  CHECK(list.at("dry_run") == true);
  const auto text = lab.command({"deprovision", "--user", "--dry-run"});
  CHECK(contains(text.out, "remove-user azureuser: "));
  CHECK(!contains(text.out, "FAILED"));

  const auto ended = lab.command({"deprovision", "--user", "--force", "--format=json"});
  CHECK(ended.status == 0);
  const auto done = Json::parse(ended.out);
  CHECK(schema_errors(done, schema, schema) == Strings{});
  CHECK(done.at("removals") == list.at("removals"));
}

TEST_CASE("a dry run works without root, and says what it could not read") {
  constexpr uid_t kNobody = 65534;
  Lab lab;
  if (lab.command({"--version"}, kNobody).out.empty()) {
    MESSAGE("skipped: other users can't run the program in the build directory");
    return;
  }
  REQUIRE(lab.run().status == 0);
  const auto listed = lab.command({"deprovision", "--dry-run"}, kNobody);
  INFO(listed);
  CHECK(listed.status == 0);
  CHECK(contains(listed.out, "ssh_host_ed25519_key: "));
  CHECK(contains(listed.err, "written.json"));
  const auto refused = lab.command({"deprovision", "--force"}, kNobody);
  CHECK(refused.status == 1);
  CHECK(contains(refused.err, "only root can deprovision"));
  CHECK(lab.exists("etc/ssh/ssh_host_ed25519_key"));
}

TEST_CASE("without a terminal nothing is removed unless --force is given") {
  Lab lab;
  REQUIRE(lab.run().status == 0);
  const auto before = lab.tree();
  const auto ended = lab.command({"deprovision"});
  CHECK(ended.status == 64);
  CHECK(contains(ended.err, "--force"));
  CHECK(differences(before, lab.tree()) == Strings{});
}

TEST_CASE("what custom data wrote is the user's, and stays") {
  Lab lab(R"({"vm": {"custom_data":
              "#cloud-config\nwrite_files:\n  - path: /etc/mine\n    content: hello\n"}})"_json);
  REQUIRE(lab.run().status == 0);
  REQUIRE(lab.read("etc/mine") == "hello");
  const auto written = lab.read("var/lib/azl-provision/written.json");
  CHECK(contains(written, "/etc/sudoers.d/90-azl-provision"));
  CHECK(!contains(written, "/etc/mine"));
  CHECK(mode_of(lab.path("var/lib/azl-provision/written.json")) == 0600);
  CHECK(lab.command({"deprovision", "--user", "--logs", "--force"}).status == 0);
  CHECK(lab.read("etc/mine") == "hello");
}

TEST_CASE("a later boot does not touch the record of what was written") {
  Lab lab;
  REQUIRE(lab.run().status == 0);
  const auto before = lab.tree().at("var/lib/azl-provision/written.json");
  CHECK(lab.reboot().run().status == 0);
  CHECK(lab.tree().at("var/lib/azl-provision/written.json") == before);
}

TEST_CASE("what was changed or is the image's stays, and the exit status says so") {
  Lab lab;
  lab.write("etc/group.local", "x");
  REQUIRE(lab.run().status == 0);
  lab.write("etc/sudoers.d/90-azl-provision",
            lab.read("etc/sudoers.d/90-azl-provision") + "# mine\n", 0440);
  lab.write("etc/hostname", "golden\n");
  const auto ended = lab.command({"deprovision", "--force"});
  INFO(ended);
  CHECK(ended.status == 2);
  CHECK(contains(ended.out, "KEEP /etc/sudoers.d/90-azl-provision: "));
  CHECK(contains(ended.out, "changed after it was written"));
  CHECK(lab.exists("etc/sudoers.d/90-azl-provision"));
  CHECK(lab.read("etc/hostname") == "golden\n");
}

TEST_CASE("a user of the image stays, and one whose uid is another") {
  SUBCASE("the image's") {
    Lab lab;
    lab.write("etc/passwd",
              lab.read("etc/passwd") + "azureuser:x:1000:1000::/home/azureuser:/bin/bash\n")
        .write("etc/group", lab.read("etc/group") + "azureuser:x:1000:\n");
    fs::create_directories(lab.path("home/azureuser"));
    REQUIRE(chown(lab.path("home/azureuser").c_str(), 1000, 1000) == 0);
    REQUIRE(lab.run().status == 0);
    CHECK(lab.state().at("user").at("made") == false);
    const auto ended = lab.command({"deprovision", "--user", "--force"});
    INFO(ended);
    CHECK(ended.status == 0);
    CHECK(contains(ended.out, "keep azureuser: the image had this user"));
    CHECK(lab.account_field("passwd", "azureuser", 0) == "azureuser");
    CHECK(!lab.exists("home/azureuser/.ssh/authorized_keys"));
  }
  SUBCASE("another one") {
    Lab lab;
    REQUIRE(lab.run().status == 0);
    CHECK(lab.state().at("user").at("made") == true);
    auto text = lab.read("etc/passwd");
    const std::string uid = ":x:" + lab.account_field("passwd", "azureuser", 2) + ":";
    text.replace(text.find("azureuser" + uid) + 9, uid.size(), ":x:4321:");
    lab.write("etc/passwd", text);
    const auto ended = lab.command({"deprovision", "--user", "--force"});
    INFO(ended);
    CHECK(ended.status == 2);
    CHECK(lab.account_field("passwd", "azureuser", 0) == "azureuser");
    CHECK(lab.exists("home/azureuser"));
  }
}

TEST_CASE("a user that a VM before this one made in the image goes, too") {
  Lab lab;
  REQUIRE(lab.run().status == 0);
  auto second = kSecond;
  second["vm"]["admin_username"] = "azureuser";
  REQUIRE(lab.become(second).run().status == 0);
  CHECK(lab.state().at("user").at("made") == true);
  CHECK(lab.command({"deprovision", "--user", "--force"}).status == 0);
  CHECK(lab.account_field("passwd", "azureuser", 0).empty());
}

TEST_CASE("the programs of the image do not run again, unless --programs is given") {
  Lab lab;
  REQUIRE(lab.run().status == 0);
  lab.write("var/lib/azl-provision/programs", "x", 0600).write("var/lib/cloud/sem/x", "");
  CHECK(lab.command({"deprovision", "--force"}).status == 0);
  CHECK(lab.exists("var/lib/azl-provision/programs"));
  CHECK(lab.exists("var/lib/cloud/sem/x"));
  CHECK(lab.command({"deprovision", "--force", "--programs"}).status == 0);
  CHECK(!lab.exists("var/lib/azl-provision/programs"));
  CHECK(!lab.exists("var/lib/cloud/sem"));
}

TEST_CASE("a planted written.json removes nothing outside of the tree, and no file of the system") {
  const TemporaryTree outside;
  fs::permissions(outside.path(), fs::perms(0755));
  std::ofstream(outside.path("precious")) << "precious";
  Lab lab;
  const auto relative = fs::path(outside.path("precious")).lexically_relative(lab.root()).string();
  lab.symlink(outside.path(), "etc/link").symlink(outside.path("precious"), "etc/precious");
  lab.write("etc/resolv.conf", "nameserver 168.63.129.16\n");
  for (const auto& [path, content] : std::vector<std::pair<std::string, std::string>>{
           {"/" + relative, "precious"},
           {"/etc/link/precious", "precious"},
           {"/etc/precious", "precious"},
           {"/etc/passwd", lab.read("etc/passwd")},
           {"/etc/../etc/passwd", lab.read("etc/passwd")},
           {"/etc/resolv.conf", lab.read("etc/resolv.conf")},
           {"/usr/lib/os-release", lab.read("usr/lib/os-release")}}) {
    CAPTURE(path);
    lab.write("var/lib/azl-provision/written.json", manifest(path, content), 0600);
    const auto before = timeless(lab);
    const auto ended = lab.command({"deprovision", "--user", "--logs", "--force"});
    INFO(ended);
    CHECK(ended.status != 1);
    for (const auto& difference : differences(before, timeless(lab)))
      CHECK(difference == "gone var/lib/azl-provision/written.json");
    CHECK(outside.read("precious") == "precious");
  }
}

TEST_CASE("links and a hostile state in a tree lead nowhere") {
  const TemporaryTree outside;
  fs::permissions(outside.path(), fs::perms(0755));
  for (const std::string name : {"ssh_host_rsa_key", "provisioned", "precious"})
    std::ofstream(outside.path(name)) << "precious";
  fs::create_directories(outside.path("home"));
  std::ofstream(outside.path("home/file")) << "precious";
  Lab lab;
  lab.remove("etc/ssh").symlink(outside.path(), "etc/ssh");
  lab.remove("var/lib/waagent").symlink(outside.path(), "var/lib/waagent");
  lab.remove("var/lib/cloud").symlink(outside.path(), "var/lib/cloud/instance");
  lab.remove("etc/machine-id").symlink(outside.path("precious"), "etc/machine-id");
  lab.remove("home/mallory").symlink(outside.path("home"), "home/mallory");
  lab.write("etc/passwd", lab.read("etc/passwd") + "mallory:x:1234:1234::/home/mallory:/bin/sh\n");
  lab.write("var/lib/azl-provision/state.json",
            R"({"schema_version": 1, "user": {"name": "mallory", "uid": 1234, "made": true}})");
  const auto ended = lab.command({"deprovision", "--user", "--logs", "--force"});
  INFO(ended);
  for (const std::string name : {"ssh_host_rsa_key", "provisioned", "precious", "home/file"})
    CHECK(outside.read(name) == "precious");
  CHECK(!lab.exists("var/lib/waagent"));
  CHECK(!lab.exists("var/lib/cloud/instance"));
  CHECK(contains(ended.out, "KEEP /home/mallory: "));
}

TEST_CASE("deprovision refuses while a stage runs, and says which one") {
  Lab lab(R"({"imds": {"faults": [{"do": "hold"}]}})"_json);
  const auto running = lab.start();
  REQUIRE(wait_until([&] { return !lab.requests("imds").empty(); }));
  const auto ended = lab.command({"deprovision", "--force"});
  INFO(ended);
  CHECK(ended.status == 1);
  CHECK(contains(ended.err, "stage main is running"));
  lab.release();
  CHECK(running->wait().status == 0);
  CHECK(lab.command({"deprovision", "--force"}).status == 0);
}

TEST_SUITE_END();

}  // namespace
}  // namespace azl::test
