// The program under the name cloud-init, and the files of cloud-init that it writes.
#include <filesystem>
#include <regex>

#include <sys/stat.h>
#include <unistd.h>

#include "tests/system/lab.h"

namespace azl::test {
namespace {

TEST_SUITE_BEGIN("cloud_init" * needs_root());

constexpr uid_t kNobody = 65534;
constexpr const char* kStatus = "run/cloud-init/status.json";
constexpr const char* kResult = "run/cloud-init/result.json";
constexpr const char* kFinished = "var/lib/cloud/instance/boot-finished";

/// A VM with the part installed. The link to the program is in the tree.
struct CloudInitLab : Lab {
  explicit CloudInitLab(Json scenario = Json::object()) : Lab(std::move(scenario)) {
    symlink(program_under_test(), "usr/bin/cloud-init");
    configure("[CustomData]\nCloudInitFiles=yes\n");
  }

  /// Runs a command of cloud-init.
  Ended cloud_init(Strings arguments, uid_t user = 0) {
    arguments.insert(arguments.begin(), path("usr/bin/cloud-init"));
    arguments.insert(arguments.end(), {"--root", root()});
    Program program(arguments, output_.path(), "cloud-init" + std::to_string(count_++),
                    {.environment = {}, .user = user});
    return program.wait();
  }
  /// Checks what status prints in each form, and its exit status.
  void check_status(const std::string& state, const std::string& extended, int exit_status,
                    uid_t user = 0) {
    const auto text = cloud_init({"status"}, user);
    INFO(text);
    CHECK(text.out == "status: " + state + "\n");
    CHECK(text.err.empty());
    CHECK(text.status == exit_status);
    const auto long_form = cloud_init({"status", "--long"}, user);
    INFO(long_form);
    CHECK(long_form.out.starts_with("status: " + state + "\nextended_status: " + extended +
                                    "\nboot_status_code: "));
    CHECK(long_form.status == exit_status);
    const auto json = cloud_init({"status", "--format", "json"}, user);
    CHECK(json.status == exit_status);
    CHECK(Json::parse(json.out).at("status") == state);
    CHECK(Json::parse(json.out).at("extended_status") == extended);
    const auto yaml = cloud_init({"status", "--format=yaml"}, user);
    CHECK(yaml.status == exit_status);
    CHECK(yaml.out.find("\nstatus: " + state + "\n...\n") != std::string::npos);
  }
  [[nodiscard]] Json v1(const char* file) const { return Json::parse(read(file)).at("v1"); }

 private:
  TemporaryTree output_;
  int count_ = 0;
};

Json with_document(const std::string& document) { return {{"vm", {{"custom_data", document}}}}; }

TEST_CASE("the version is found where programs look for it") {
  CloudInitLab lab;
  Program program({lab.path("usr/bin/cloud-init"), "--version"}, lab.path(""), "version", {});
  const auto version = program.wait();
  CHECK(version.status == 0);
  std::smatch match;
  REQUIRE(std::regex_search(version.out, match, std::regex(R"(\S+ (\d+\.\d+))")));
  CHECK(match[1] == "25.1");
}

TEST_CASE("a VM that has not been provisioned is not started, and nobody waits for nothing") {
  CloudInitLab lab;
  lab.check_status("not started", "not started", 0);
  CHECK(lab.cloud_init({"status", "--wait"}).out == "status: not started\n");
  CHECK(lab.cloud_init({"query", "--all"}).status == 1);
}

TEST_CASE("a provisioned VM is done, and the files say so") {
  CloudInitLab lab(with_document("#cloud-config\nwrite_files: [{path: /srv/x, content: y}]\n"));
  REQUIRE(lab.run().status == 0);
  lab.check_status("done", "done", 0);
  const auto waited = lab.cloud_init({"status", "--wait", "--long"});
  CHECK(waited.out.starts_with("status: done\n"));
  CHECK(waited.out.find("\ndetail: DataSourceAzure [seed=") != std::string::npos);
  CHECK(waited.out.ends_with("\nerrors: []\nrecoverable_errors: {}\n"));
  const auto json = Json::parse(lab.cloud_init({"status", "--format=json"}).out);
  CHECK(json.at("datasource") == "azure");
  CHECK(json.at("boot_status_code") == "enabled-by-generator");

  CHECK(lab.v1(kStatus).at("stage").is_null());
  CHECK(lab.v1(kResult).at("errors").empty());
  CHECK(std::regex_match(
      lab.read(kFinished),
      std::regex(R"(\d+\.\d\d - \w{3}, \d\d \w{3} \d{4} [\d:]{8} \+0000 - v\. 25\.1 .*\n)")));
  // It would say that cloud-init provisioned the VM.
  CHECK_FALSE(lab.exists("var/lib/cloud/data/instance-id"));
  CHECK(lab.run().status == 0);
  CHECK(lab.command({"status"}).status == 0);
}

TEST_CASE("without the key no file of cloud-init is written, and status works") {
  CloudInitLab lab;
  lab.configure("[CustomData]\nCloudInitFiles=no\n");
  REQUIRE(lab.run().status == 0);
  lab.check_status("done", "done", 0);
  for (const auto* path :
       {"run/cloud-init", "var/lib/cloud", "var/lib/azl-provision/instance-data.json"})
    CHECK_FALSE(lab.exists(path));
}

TEST_CASE("custom data stays on the disk only where the configuration says so") {
  const auto vm = [](const char* vm_id) {
    auto scenario = with_document(
        "#cloud-config\nruncmd: [uname]\nwrite_files: [{path: /srv/a, content: hunter2}]\n");
    scenario["vm"]["vm_id"] = vm_id;
    return scenario;
  };
  Lab lab(vm("6b53fe79-c00b-4abe-9387-43fae7086501"));
  const auto provision = [&](const std::string& keep) {
    lab.configure("[CustomData]\nKeep=" + keep + "\nKeepInOvfEnv=" + keep + "\n");
    lab.remove("srv/a");
    const auto run = lab.run();
    INFO(run);
    REQUIRE(run.status == 0);
    CHECK(lab.read("srv/a") == "hunter2");
  };
  const auto* document = "var/lib/cloud/instance/user-data.txt";
  const auto* script = "var/lib/cloud/instance/scripts/runcmd";
  const auto* ovf = "var/lib/waagent/ovf-env.xml";

  provision("no");
  CHECK_FALSE(lab.exists("var/lib/cloud"));
  CHECK(contains(lab.read(ovf), "CustomData>REDACTED</"));

  lab.become(vm("6b53fe79-c00b-4abe-9387-43fae7086502"));
  provision("yes");
  CHECK(contains(lab.read(document), "hunter2"));
  CHECK(contains(lab.read(script), "uname"));
  CHECK_FALSE(contains(lab.read(ovf), "CustomData>REDACTED</"));

  lab.become(vm("6b53fe79-c00b-4abe-9387-43fae7086503"));
  provision("no");
  CHECK_FALSE(lab.exists(document));
  CHECK_FALSE(lab.exists(script));
  CHECK(contains(lab.read(ovf), "CustomData>REDACTED</"));
}

TEST_CASE("it is running while stage main waits, and --wait ends with it") {
  CloudInitLab lab(R"({"imds": {"faults": [{"do": "hold"}]}})"_json);
  auto run = lab.start();
  REQUIRE(wait_until([&] { return lab.exists("run/azl-provision/main.json"); }));
  lab.check_status("running", "running", 0);
  CHECK(lab.v1(kStatus).at("stage") == "init");
  CHECK(contains(lab.cloud_init({"status", "--long"}).out, "\ndetail: Running in stage: init\n"));
  TemporaryTree output;
  Program waiting({lab.path("usr/bin/cloud-init"), "status", "--wait", "--root", lab.root()},
                  output.path(), "waiting", {});
  REQUIRE(wait_until([&] { return !read_file(output.path("waiting.out")).empty(); }));
  CHECK_FALSE(waiting.ended());
  lab.release();
  CHECK(run->wait().status == 0);
  const auto waited = waiting.wait();
  CHECK(waited.status == 0);
  CHECK(std::regex_match(waited.out, std::regex("\\.+\nstatus: done\n")));
}

TEST_CASE("it is running while custom data is due") {
  CloudInitLab lab(with_document("#cloud-config\nwrite_files: [{path: /srv/x, content: y}]\n"));
  for (const std::string stage : {"local", "main"}) REQUIRE(lab.run({.stage = stage}).status == 0);
  lab.check_status("running", "running", 0);
  CHECK_FALSE(lab.exists(kFinished));
  REQUIRE(lab.run({.stage = "custom-data-early"}).status == 0);
  lab.check_status("done", "done", 0);
  CHECK_FALSE(lab.exists(kResult));
  // What cloud-final.service runs.
  CHECK(lab.cloud_init({"finish"}).status == 0);
  CHECK(lab.exists(kResult));
  CHECK(lab.exists(kFinished));
}

TEST_CASE("a boot that ends and has not provisioned the VM is an error") {
  CloudInitLab lab;
  CHECK(lab.cloud_init({"finish"}).status == 0);
  const std::string why = "azl-provision has not provisioned this VM";
  CHECK(lab.v1(kResult).at("errors") == Strings{why});
  lab.check_status("error", "error - done", 1);
  const auto text = lab.cloud_init({"status", "--wait", "--long"}).out;
  CHECK(contains(text, "\ndetail: " + why + "\nerrors:\n\t- " + why + "\n"));
  if (!lab.command({"--version"}, kNobody).out.empty())
    lab.check_status("error", "error - done", 1, kNobody);
  // A run by hand mends it.
  REQUIRE(lab.run().status == 0);
  lab.check_status("done", "done", 0);
  CHECK(lab.v1(kResult).at("errors").empty());
}

TEST_CASE("custom data that was never carried out is an error") {
  CloudInitLab lab(with_document("#cloud-config\nwrite_files: [{path: /srv/x, content: y}]\n"));
  for (const std::string stage : {"local", "main"}) REQUIRE(lab.run({.stage = stage}).status == 0);
  CHECK(lab.cloud_init({"finish"}).status == 0);
  const std::string why = "custom data is due, and this stage has not run";
  CHECK(lab.v1(kStatus).at("modules-config").at("errors") == Strings{why});
  lab.check_status("error", "error - done", 1);
}

TEST_CASE("a stage that fails and leaves no record is an error") {
  CloudInitLab lab(with_document("#cloud-config\nwrite_files: [{path: /srv/x, content: y}]\n"));
  for (const std::string stage : {"local", "main"}) REQUIRE(lab.run({.stage = stage}).status == 0);
  lab.symlink("/etc/machine-id", "run/azl-provision/custom-data-early.lock");
  REQUIRE(lab.run({.stage = "custom-data-early"}).status == 1);
  const Strings failed = {"stage custom-data-early failed"};
  CHECK(lab.v1(kStatus).at("modules-config").at("errors") == failed);
  lab.check_status("error", "error - running", 1);
  CHECK(lab.cloud_init({"finish"}).status == 0);
  CHECK(lab.v1(kStatus).at("modules-config").at("errors") == failed);
  lab.check_status("error", "error - done", 1);
  // Once it can run, it does.
  lab.remove("run/azl-provision/custom-data-early.lock");
  REQUIRE(lab.run({.stage = "custom-data-early"}).status == 0);
  CHECK(lab.v1(kStatus).at("modules-config").at("errors").empty());
}

TEST_CASE("the output ends with cloud-init's last line, once a boot") {
  const std::string log = "var/log/azl-provision/custom-data.log";
  const std::regex line(
      "[^]*(^|\n)Cloud-init v\\. 25\\.1 [^\n]* finished at [^\n]* \\+0000\\. "
      "Datasource DataSourceAzure \\[seed=[^\n]+\\]\\.  Up [0-9]+\\.[0-9][0-9] "
      "seconds\n");
  CloudInitLab lab;
  REQUIRE(lab.run().status == 0);
  CHECK(std::regex_match(lab.read(log), line));
  CHECK(std::filesystem::status(lab.path(log)).permissions() == std::filesystem::perms(0640));
  const auto text = lab.read(log);
  REQUIRE(lab.run().status == 0);
  CHECK(lab.cloud_init({"finish"}).status == 0);
  CHECK(lab.read(log) == text);
  // Programs look for it at the start of a line.
  lab.remove(kResult).write(log, "a program's line without an end");
  CHECK(lab.cloud_init({"finish"}).status == 0);
  CHECK(lab.read(log).starts_with("a program's line without an end\nCloud-init v. 25.1 "));
}

TEST_CASE("an item that fails is an error, and a remark on the document a warning") {
  CloudInitLab failing(
      with_document("#cloud-config\nwrite_files: [{path: /etc/hostname/x, content: y}]\n"));
  REQUIRE(failing.run().status == 2);
  failing.check_status("error", "error - done", 1);
  REQUIRE(failing.v1(kResult).at("errors").size() == 1);
  CHECK(contains(failing.v1(kResult).at("errors").at(0).get<std::string>(), "write_files"));
  CHECK(contains(failing.cloud_init({"status", "--long"}).out, "\nerrors:\n\t- "));

  CloudInitLab warning(with_document("#cloud-config\nrun_cmd: [ls]\n"));
  REQUIRE(warning.run().status == 2);
  warning.check_status("done", "degraded done", 2);
  CHECK(warning.v1(kResult).at("errors").empty());
  CHECK(contains(warning.cloud_init({"status", "--long"}).out,
                 "\nrecoverable_errors:\nWARNING:\n\t- "));
}

TEST_CASE("a failed provisioning is an error") {
  CloudInitLab lab(R"({"vm": {"admin_username": "root"}})"_json);
  REQUIRE(lab.run().status == 1);
  lab.check_status("error", "error - done", 1);
  CHECK_FALSE(lab.exists("run/cloud-init/instance-data.json"));
}

TEST_CASE("a machine on which the agent does nothing is disabled") {
  CloudInitLab lab;
  const auto code = [&] {
    return Json::parse(lab.cloud_init({"status", "--format=json"}).out)
        .at("boot_status_code")
        .get<std::string>();
  };
  lab.write("etc/azl-provision/disabled", "");
  lab.check_status("disabled", "disabled", 0);
  CHECK(code() == "disabled-by-marker-file");
  CHECK(lab.cloud_init({"status", "--wait"}).out == "status: disabled\n");
  CHECK(lab.cloud_init({"finish"}).status == 0);
  CHECK_FALSE(lab.exists("run/cloud-init"));
  lab.remove("etc/azl-provision/disabled");
  lab.write("proc/cmdline", "ro azl-provision.provision=no\n");
  CHECK(code() == "disabled-by-kernel-command-line");
  lab.write("proc/cmdline", "ro\n").write("sys/class/dmi/id/chassis_asset_tag", "x\n");
  lab.check_status("disabled", "disabled", 0);
  CHECK(code() == "disabled-by-generator");
}

TEST_CASE("a later boot begins anew") {
  CloudInitLab lab(with_document("#cloud-config\nrun_cmd: [ls]\n"));
  REQUIRE(lab.run().status == 2);
  const auto first = lab.read(kFinished);
  lab.reboot();
  REQUIRE(lab.run({.stage = "main"}).status <= 2);
  CHECK_FALSE(lab.exists(kFinished));
  CHECK(lab.exists("run/cloud-init/instance-data.json"));
  // Run by hand, it does not begin the boot once more.
  REQUIRE(lab.run({.stage = "custom-data"}).status <= 2);
  CHECK(lab.read(kFinished) != first);
  REQUIRE(lab.run({.stage = "main"}).status <= 2);
  CHECK(lab.exists(kFinished));
  // The warning is of the boot before.
  lab.check_status("done", "done", 0);
}

TEST_CASE("other users see the same") {
  CloudInitLab lab(R"({"imds": {"faults": [{"do": "hold"}]},
                       "vm": {"custom_data": "#cloud-config\nrun_cmd: [ls]\n"}})"_json);
  if (lab.command({"--version"}, kNobody).out.empty()) {
    MESSAGE("skipped: other users can't run the program in the build directory");
    return;
  }
  auto run = lab.start();
  REQUIRE(wait_until([&] { return lab.exists("run/azl-provision/main.json"); }));
  lab.check_status("running", "running", 0, kNobody);
  lab.release();
  REQUIRE(run->wait().status == 2);
  lab.check_status("done", "degraded done", 2, kNobody);
  CHECK(lab.cloud_init({"query", "v1.cloud_name"}, kNobody).out == "azure\n");
  const auto refused = lab.cloud_init({"clean"}, kNobody);
  CHECK(refused.status == 1);
  CHECK(contains(refused.err, "only root"));
}

TEST_CASE("query prints variables as templates see them") {
  CloudInitLab lab(
      R"({"vm": {"name": "web-1", "custom_data": "#!/bin/sh\necho planted-secret\n"}})"_json);
  REQUIRE(lab.run().status == 0);
  struct Row {
    Strings arguments;
    std::string out;
    std::string err;  ///< a part of it
    int status;
  };
  const std::vector<Row> rows = {
      {{"query", "v1.local_hostname"}, "web-1\n", "", 0},
      {{"query", "local_hostname"}, "web-1\n", "", 0},
      {{"query", "ds.meta_data.local-hostname"}, "web-1\n", "", 0},
      {{"query", "vendordata"}, "\n", "", 0},
      {{"query", "--format", "{{ v1.cloud_name }}-{{ local_hostname | upper }}"},
       "azure-WEB-1\n",
       "",
       0},
      {{"query", "-f", "{{ nothing }}"}, "CI_MISSING_JINJA_VAR/nothing\n", "", 0},
      {{"query", "-f", "{% if x %}"}, "", "Failed to render templated data. ", 1},
      {{"query", "rubbish"}, "", "Undefined instance-data key 'rubbish'", 1},
      {{"query", "v1.rubbish"}, "", "instance-data 'v1' has no 'rubbish'", 1},
      {{"query", "-l", "v1.region"}, "", "is not a dict", 1},
      {{"query", "userdata"}, "", "does not keep userdata", 1},
      {{"query"}, "", "Expected one of the options", 1},
  };
  for (const auto& row : rows) {
    CAPTURE(row.arguments);
    const auto result = lab.cloud_init(row.arguments);
    CHECK(result.out == row.out);
    CHECK(contains(result.err, row.err));
    CHECK(result.status == row.status);
  }
  CHECK(contains(lab.cloud_init({"query", "-l"}).out, "\nlocal_hostname\n"));
  const auto all = lab.cloud_init({"query", "--all"});
  CHECK(Json::parse(all.out).at("v1").at("local_hostname") == "web-1");
  CHECK(Json::parse(lab.read("run/cloud-init/instance-data.json")).at("v1").at("platform") ==
        "azure");
  lab.write("srv/user-data", "#!/bin/sh\n");
  CHECK(lab.cloud_init({"query", "-u", lab.path("srv/user-data"), "userdata"}).out ==
        "#!/bin/sh\n\n");
  CHECK(lab.files_with("planted-secret") == Strings{});
}

TEST_CASE("after clean the next boot takes custom data anew, and only then") {
  CloudInitLab lab(with_document("#cloud-config\nwrite_files: [{path: /srv/x, content: y}]\n"));
  REQUIRE(lab.run().status == 0);
  const auto keys = lab.read("etc/ssh/ssh_host_ed25519_key.pub");
  lab.remove("srv/x").reboot();
  REQUIRE(lab.run().status == 0);
  CHECK_FALSE(lab.exists("srv/x"));

  lab.write("var/log/azl-provision/custom-data.log", "x");
  const auto cleaned = lab.cloud_init({"clean", "--logs", "--machine-id", "--seed"});
  INFO(cleaned);
  CHECK(cleaned.status == 0);
  CHECK(contains(cleaned.out, "the next boot provisions this VM anew"));
  CHECK(contains(cleaned.out, "locks the user's password"));
  CHECK(contains(cleaned.out, "\nremoved /var/lib/cloud/instance/boot-finished\n"));
  CHECK(contains(cleaned.err, "Nothing was done for --seed"));
  CHECK(lab.read("etc/machine-id") == "uninitialized\n");
  for (const auto* path : {kStatus, kResult, kFinished, "var/log/azl-provision/custom-data.log"})
    CHECK_FALSE(lab.exists(path));
  lab.check_status("not started", "not started", 0);

  lab.reboot();
  REQUIRE(lab.run().status == 0);
  CHECK(lab.read("srv/x") == "y");
  CHECK(lab.read("etc/ssh/ssh_host_ed25519_key.pub") == keys);
  CHECK(lab.cloud_init({"clean", "--reboot"}).status == 1);  // not in a tree
  lab.check_status("done", "done", 0);
}

TEST_CASE("clean does not lock anybody out") {
  CloudInitLab lab(R"({"vm": {"ssh_keys": [], "password": "Planted-secret-1"}})"_json);
  REQUIRE(lab.run().status <= 2);
  const auto refused = lab.cloud_init({"clean"});
  INFO(refused);
  CHECK(refused.status == 1);
  CHECK(refused.out.empty());
  CHECK(contains(refused.err, "has no SSH key that sshd accepts"));
  CHECK(lab.exists(kResult));
  CHECK(lab.cloud_init({"status"}).out == "status: done\n");

  // With a key that the user has put there since.
  const std::string home = "home/azureuser/.ssh";
  std::filesystem::create_directories(lab.path(home));
  lab.write(home + "/authorized_keys", public_key() + "\n", 0600);
  for (const auto& name : {home, home + "/authorized_keys"}) {
    struct stat owner{};
    REQUIRE(::stat(lab.path("home/azureuser").c_str(), &owner) == 0);
    REQUIRE(::chown(lab.path(name).c_str(), owner.st_uid, owner.st_gid) == 0);
  }
  const auto cleaned = lab.cloud_init({"clean"});
  INFO(cleaned);
  CHECK(cleaned.status == 0);
}

TEST_CASE("clean leaves a boot alone that is not over") {
  CloudInitLab lab(R"({"imds": {"faults": [{"do": "hold"}]}})"_json);
  auto run = lab.start();
  REQUIRE(wait_until([&] { return lab.exists("run/azl-provision/main.json"); }));
  const auto refused = lab.cloud_init({"clean"});
  CHECK(refused.status == 1);
  CHECK(contains(refused.err, "stage main is running"));
  lab.release();
  CHECK(run->wait().status == 0);
}

TEST_CASE("schema checks a file as validate does") {
  CloudInitLab lab;
  lab.write("srv/good", "#cloud-config\nruncmd: [ls]\n").write("srv/bad", "#cloud-config\nx: 1\n");
  const auto good = lab.cloud_init({"schema", "-c", lab.path("srv/good")});
  CHECK(good.out == "Valid schema " + lab.path("srv/good") + "\n");
  CHECK(good.status == 0);
  const auto bad = lab.cloud_init({"schema", "--config-file", lab.path("srv/bad")});
  CHECK(bad.out == "Invalid user-data " + lab.path("srv/bad") + "\n");
  CHECK(bad.err.ends_with("Error: Invalid schema: user-data\n\n"));
  CHECK(bad.status == 1);
  CHECK(lab.cloud_init({"schema", "-c", lab.path("srv/none")}).status == 1);
  CHECK(contains(lab.cloud_init({"schema", "--system"}).err, "does not keep custom data"));
  CHECK(lab.cloud_init({"schema"}).status == 1);
}

TEST_CASE("a wrong command line ends with 2, and a command that is not there with 1") {
  CloudInitLab lab;
  const std::pair<Strings, int> rows[] = {
      {{"rubbish"}, 2},          {{"status", "--rubbish"}, 2}, {{"status", "--format=xml"}, 2},
      {{"clean", "-c", "x"}, 2}, {{"init", "--local"}, 1},     {{"modules", "--mode=final"}, 1},
      {{"collect-logs"}, 1},
  };
  for (const auto& [arguments, status] : rows) {
    CAPTURE(arguments);
    const auto result = lab.cloud_init(arguments);
    INFO(result);
    CHECK(result.status == status);
    CHECK(result.out.empty());
    CHECK_FALSE(result.err.empty());
  }
}

TEST_SUITE_END();

}  // namespace
}  // namespace azl::test
