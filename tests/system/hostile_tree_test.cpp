// A root tree is somebody else's: what its files say or are must not act on this machine.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "tests/system/lab.h"

namespace azl::test {
namespace {

TEST_SUITE_BEGIN("hostile tree" * needs_root());

using namespace std::chrono_literals;

/// Replaces a file of the tree by a FIFO, on which a program that opens it waits.
void make_fifo(Lab& lab, const std::string& name) {
  lab.remove(name);
  std::filesystem::create_directories(std::filesystem::path(lab.path(name)).parent_path());
  REQUIRE(mkfifo(lab.path(name).c_str(), 0644) == 0);
}

std::string nested(std::size_t levels) {
  return std::string(levels, '[') + std::string(levels, ']');
}

TEST_CASE("a tree's configuration with WireServerUrl=, ImdsUrl= and MediaPath= gets no request") {
  Lab lab;
  lab.restart_platform(Json::object());  // it has URLs now
  lab.configure("[Platform]\nImdsUrl=" + lab.imds_url() +
                "\nWireServerUrl=" + lab.wireserver_url() + "\nMediaPath=" + lab.media() + "\n");
  const auto run = lab.run({.media = false, .imds = false, .wireserver = false});
  INFO(run);
  CHECK(run.status == 1);  // no source is left
  CHECK(lab.requests().empty());
  CHECK(lab.account_field("passwd", "azureuser", 0).empty());
  CHECK(std::ranges::count(lab.findings(), "note config") == 3);
  CHECK(contains(lab.stage().at("findings").dump(),
                 "conf:3: [Platform] WireServerUrl= is ignored in a root tree"));

  const auto plan = Json::parse(lab.command({"plan"}).out);
  CHECK(plan.at("source").at("imds").is_null());
  CHECK(plan.at("source").at("ovf") == false);
  CHECK(lab.requests().empty());
}

TEST_CASE("the lease in a tree names no WireServer") {
  Lab lab;
  lab.restart_platform(Json::object());
  const TemporaryTree beside;
  std::ofstream(beside.path("links.json")) << R"([
    {"index": 2, "name": "eth0", "mac": "00:0d:3a:00:00:0a", "driver": "hv_netvsc",
     "routes_to_imds": true}])";
  lab.write("run/systemd/netif/leases/2", "ADDRESS=127.0.0.4\nOPTION_245=7f000001\n");
  const auto run = lab.run({.links = beside.path("links.json"), .wireserver = false});
  INFO(run);
  CHECK(lab.requests("wireserver").empty());
  CHECK(lab.outcome("health") == "skipped");
}

TEST_CASE("a FIFO in place of a file ends in an error or is replaced, and nothing waits for it") {
  struct Row {
    std::string file;
    bool fails;  ///< the run fails, because it cannot do without the file
  };
  const std::string contexts = "etc/selinux/targeted/contexts/files/file_contexts";
  const std::vector<Row> rows = {
      {"run/azl-provision/main.lock", true},
      {"etc/.pwd.lock", true},
      {"etc/passwd", true},
      {"etc/shadow", true},
      {"etc/group", true},
      {"etc/login.defs", true},
      {"etc/default/useradd", true},
      {"etc/passwd.lock", false},
      {contexts, true},
      {"run/azl-provision/main.json", false},
      {"etc/azl-provision/azl-provision.conf", false},
      {"etc/ssh/sshd_config", false},
      {"etc/ssh/sshd_config.d/10-x.conf", false},
      {"etc/ssh/ssh_host_ed25519_key", false},
      {"etc/hostname", false},
      {"etc/machine-id", false},
      {"etc/sudoers.d/90-azl-provision", false},
      {"etc/skel/.bashrc", false},
      {"proc/cmdline", false},
      {"sys/class/dmi/id/product_uuid", true},
      {"var/lib/hyperv/.kvp_pool_1", false},
      {"var/lib/waagent/ovf-env.xml", false},
      {"var/lib/azl-provision/state.json", false},
      {"var/lib/azl-provision/network.json", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.file);
    Lab lab;
    if (row.file == contexts)
      lab.write("etc/selinux/config", "SELINUX=enforcing\nSELINUXTYPE=targeted\n");
    make_fifo(lab, row.file);
    const auto run = lab.run({.stage = "main"});
    INFO(run);
    CHECK(run.took < 30s);
    CHECK((run.status == 1) == row.fails);
    CHECK(lab.command({"status"}).took < 10s);
    CHECK(lab.command({"report"}).took < 10s);
    CHECK(lab.command({"plan"}).took < 10s);
  }
}

TEST_CASE("JSON of 500,000 levels ends in an error, wherever it is") {
  Lab lab;
  CHECK(lab.run().status == 0);
  const auto deep = nested(500'000);
  const auto boot = lab.list("var/lib/azl-provision/boots").at(0);
  lab.write("deep.json", deep);
  for (const auto& file : {"run/azl-provision/main.json", "var/lib/azl-provision/state.json",
                           "var/lib/azl-provision/network.json"}) {
    lab.write(file, deep);
  }
  lab.write("var/lib/azl-provision/boots/" + boot + "/main.json", deep);
  for (const Strings& command : {Strings{"status"}, Strings{"report"},
                                 Strings{"report", "--format=json"}, Strings{"report", "--list"},
                                 Strings{"plan"}, Strings{"plan", "--disks", lab.path("deep.json")},
                                 Strings{"plan", "--links", lab.path("deep.json")},
                                 Strings{"plan", "--imds", lab.path("deep.json")}}) {
    CAPTURE(command);
    const auto ended = lab.command(command);  // fails if the program is killed
    CHECK(ended.took < 30s);
  }
  CHECK(contains(lab.command({"report"}).out, "nested deeper than 64 levels"));
  CHECK(contains(lab.command({"plan", "--disks", lab.path("deep.json")}).err,
                 "nested deeper than 64 levels"));
  CHECK(lab.run().status != 0);
}

TEST_CASE("a record with a million values is not read") {
  Lab lab;
  CHECK(lab.run().status == 0);
  const auto boot = lab.list("var/lib/azl-provision/boots").at(0);
  std::string steps = "{}";
  for (int i = 0; i < 1'000'000; ++i) steps += ",{}";
  lab.write("var/lib/azl-provision/boots/" + boot + "/main.json",
            R"({"schema_version": 1, "stage": "main", "boot_id": ")" + boot + R"(", "steps": [)" +
                steps + "]}");
  CHECK(contains(lab.command({"report"}).out, "it has too many values"));
}

TEST_CASE("control and bidi characters that a tree plants reach no terminal") {
  Lab lab;
  CHECK(lab.run().status == 0);
  // ESC, CSI as a C1 control, right-to-left override and mark: they are what is tested.
  // NOLINTBEGIN(misc-misleading-bidirectional)
  const std::string evil = "a\x1b[2J\xc2\x9b\xe2\x80\xae\xe2\x80\x8f";
  auto state = lab.state();
  state["provisioned"]["by"] = evil;
  lab.write("var/lib/azl-provision/state.json", state.dump());
  const auto boot = lab.list("var/lib/azl-provision/boots").at(0);
  const auto record = "var/lib/azl-provision/boots/" + boot + "/main.json";
  auto main = Json::parse(lab.read(record));
  main["hostname"] = evil;
  main["steps"][0]["why"] = evil;
  lab.write(record, main.dump());
  for (const Strings& command : {Strings{"status"}, Strings{"report"}, Strings{"report", "--list"},
                                 Strings{"report", "--format=json"}, Strings{"plan"}}) {
    CAPTURE(command);
    const auto ended = lab.command(command);
    for (const auto* part : {"\x1b", "\xc2\x9b", "\xe2\x80\xae", "\xe2\x80\x8f"})
      CHECK_FALSE(contains(ended.out + ended.err, part));
  }
  // NOLINTEND(misc-misleading-bidirectional)
  CHECK(contains(lab.command({"status"}).out, "by a\\x1b[2J\\xc2\\x9b"));
  const auto report = Json::parse(lab.command({"report", "--format=json"}).out);
  CHECK(report.at("state").at("provisioned").at("by") == evil);
}

TEST_CASE("no device of a tree is opened, and the program cannot be dumped") {
  if (!std::filesystem::exists("/usr/bin/strace")) {
    MESSAGE("skipped: there is no strace");
    return;
  }
  Lab lab;
  const Strings devices = {"sr0", "sda", "loop0"};
  for (const auto& name : devices) {
    REQUIRE(mknod(lab.path("dev/" + name).c_str(), S_IFBLK | 0600, makedev(240, 0)) == 0);
    lab.write("sys/class/block/" + name + "/size", "2048\n");
    lab.write("sys/block/" + name + "/size", "2048\n");
  }
  lab.configure("[Platform]\nMediaPath=/dev/loop0\n[Disk]\nResourceDisk=yes\nGrowRoot=yes\n");
  const auto log = lab.path("../strace.log");
  const auto run =
      lab.run({.under = {"/usr/bin/strace", "-f", "-qq", "-o", log, "-e",
                         "trace=open,openat,openat2,mount,open_tree,prctl", "-s", "200"}});
  INFO(run);
  CHECK(run.status != 1);
  const auto calls = read_file(log);
  for (const auto& name : devices) CHECK_FALSE(contains(calls, "dev/" + name));
  CHECK(contains(calls, "PR_SET_DUMPABLE, SUID_DUMP_DISABLE"));
}

TEST_CASE("a secret that ovf-env.xml has in other places does not stay") {
  constexpr const char* kPlanted = "Planted-Secret-4711";
  const auto body = [&](const std::string& planted) {
    return R"(<Environment xmlns="http://schemas.dmtf.org/ovf/environment/1")"
           R"( xmlns:wa="http://schemas.microsoft.com/windowsazure">)" +
           planted +
           "<wa:ProvisioningSection><wa:Version>1.0</wa:Version>"
           "<wa:LinuxProvisioningConfigurationSet><wa:HostName>web</wa:HostName>"
           "<wa:UserName>azureuser</wa:UserName>" +
           planted +
           "</wa:LinuxProvisioningConfigurationSet></wa:ProvisioningSection></Environment>";
  };
  for (const std::string& planted :
       {std::string("<!-- ") + kPlanted + " -->",
        std::string("<Unknown>") + kPlanted + "</Unknown>", std::string("<?x ") + kPlanted + "?>",
        std::string("<Unknown a='") + kPlanted + "'/>"}) {
    CAPTURE(planted);
    Lab lab(Json{{"ovf", {{"body", body(planted)}}}});
    const auto run = lab.run();
    INFO(run);
    CHECK(run.status != 1);
    CHECK(contains(lab.read("var/lib/waagent/ovf-env.xml"), "<wa:HostName>web</wa:HostName>"));
    CHECK(lab.files_with(kPlanted) == Strings{});
  }
}

TEST_SUITE_END();

}  // namespace
}  // namespace azl::test
