// Boots that break: the first screen of the report names the cause and its cure, and the cure
// works.
#include <filesystem>
#include <functional>
#include <sstream>

#include <sched.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "tests/system/lab.h"

namespace azl::test {
namespace {

TEST_SUITE_BEGIN("broken boots" * needs_root());

namespace fs = std::filesystem;
using Change = std::function<void(Lab&)>;

void nothing(Lab& /*lab*/) {}

/// What a person sees at once on a serial console, in one line.
std::string first_screen(const std::string& report) {
  constexpr int kLines = 24;
  std::istringstream text(report);
  std::string screen;
  std::string line;
  for (int i = 0; i < kLines && std::getline(text, line); ++i) {
    std::istringstream words(line);
    for (std::string word; words >> word;) screen += (screen.empty() ? "" : " ") + word;
  }
  return screen;
}

/// Deploys the VM again, as another one from the same image.
Change deploy(const std::string& vm = "{}") {
  return [vm](Lab& lab) {
    auto scenario = Json{{"vm", Json::parse(vm)}};
    scenario["vm"]["vm_id"] = "0b9a4b1e-58a5-4d2b-8c45-1a2b3c4d5e6f";
    lab.become(std::move(scenario));
  };
}

Change remove_and_reboot(const std::string& name) {
  return [name](Lab& lab) { lab.remove(name).reboot(); };
}

void add_account(Lab& lab, const std::string& shell) {
  lab.write("etc/passwd",
            lab.read("etc/passwd") + "azureuser:x:1000:1000::/home/azureuser:" + shell + "\n")
      .write("etc/group", lab.read("etc/group") + "azureuser:x:1000:\n");
}

void own(Lab& lab, const std::string& name) {
  REQUIRE(chown(lab.path(name).c_str(), 1000, 1000) == 0);
}

Change shorten(const std::string& section) {
  return [section](Lab& lab) { lab.configure(section); };
}

struct Row {
  std::string what;
  std::string scenario;
  Change prepare;
  int status;
  Strings cause;  ///< parts of the first screen
  Strings cure;
  Change carry_out = nullptr;  ///< the cure; the next run is READY
};

// NOLINTNEXTLINE(readability-function-size): a table
std::vector<Row> rows() {
  const auto quick = shorten("[Imds]\nTimeout=500ms\nTimeoutWithMedia=500ms\n");
  return {
      {"a key that is none",
       R"({"vm": {"ssh_keys": ["ssh-rsa nonsense"]}})",
       nothing,
       1,
       {"FAILED", "no usable SSH key and no password"},
       {"ssh-keygen -l -f KEY.pub", "deploy again"},
       deploy()},
      {"neither a key nor a password",
       R"({"vm": {"ssh_keys": []}})",
       nothing,
       1,
       {"FAILED", "no usable SSH key and no password"},
       {"deploy again with a valid SSH public key"},
       deploy()},
      {"a password that is too long",
       Json{{"vm", {{"ssh_keys", Json::array()}, {"password", std::string(80, 'p')}}}}.dump(),
       nothing,
       1,
       {"FAILED", "has 80 bytes, but at most 72"},
       {"adminPassword of at most 72 characters"},
       deploy()},
      {"the user is root",
       R"({"vm": {"admin_username": "root"}})",
       nothing,
       1,
       {"FAILED", "'root' belongs to the superuser"},
       {"adminUsername other than 'root'"},
       deploy()},
      {"the user has the name of a system account",
       R"({"vm": {"admin_username": "sshd"}})",
       nothing,
       1,
       {"FAILED", "'sshd' belongs to a system account"},
       {"another adminUsername"},
       deploy()},
      {"no user is named",
       R"({"vm": {"admin_username": ""}})",
       nothing,
       1,
       {"FAILED", "names a user"},
       {"Deploy again with an adminUsername"},
       deploy()},
      {"the user name has a path",
       R"({"vm": {"admin_username": "../x"}})",
       nothing,
       1,
       {"FAILED", "'../x'"},
       {"contains only letters"},
       deploy()},
      {"the account of the image has no login shell",
       "{}",
       [](Lab& lab) { add_account(lab, "/sbin/nologin"); },
       1,
       {"FAILED", "login shell /sbin/nologin"},
       {"usermod --shell /bin/bash"},
       [](Lab& lab) {
         auto passwd = lab.read("etc/passwd");
         const auto at = passwd.find("/home/azureuser:/sbin/nologin");
         REQUIRE(at != std::string::npos);
         passwd.replace(at, std::string("/home/azureuser:/sbin/nologin").size(),
                        "/home/azureuser:/bin/bash");
         lab.write("etc/passwd", passwd).reboot();
       }},
      {"/home is a file",
       "{}",
       [](Lab& lab) { lab.remove("home").write("home", "a file\n"); },
       1,
       {"FAILED", "/home"},
       {"mv PATH PATH.old"},
       remove_and_reboot("home")},
      {"~/.ssh is a file",
       "{}",
       [](Lab& lab) {
         add_account(lab, "/bin/bash");
         lab.write("home/azureuser/.ssh", "no directory\n");
         own(lab, "home/azureuser");
         own(lab, "home/azureuser/.ssh");
       },
       1,
       {"FAILED", "~/.ssh is not a directory"},
       {"mv PATH PATH.old"},
       remove_and_reboot("home/azureuser/.ssh")},
      {"a directory in the place of a host key",
       "{}",
       [](Lab& lab) { lab.obstruct("etc/ssh/ssh_host_ed25519_key"); },
       1,
       {"FAILED", "ssh_host_ed25519_key"},
       {"ssh-keygen -A"},
       remove_and_reboot("etc/ssh/ssh_host_ed25519_key")},
      {"neither media nor IMDS",
       R"({"imds": {"enabled": false}, "ovf": {"enabled": false}})",
       quick,
       1,
       {"FAILED", "IMDS could not be read"},
       {"ip route get 169.254.169.254", "reboot"},
       [](Lab& lab) { lab.reboot().restart_platform(R"({"imds": {}})"_json); }},
      {"IMDS answers 500, and there is no media",
       R"({"imds": {"faults": [{"do": "status", "status": 500, "body": "a broken host"}]},
           "ovf": {"enabled": false}})",
       quick,
       1,
       {"FAILED", "IMDS answers 500", "a broken host"},
       {"Redeploy the VM"},
       [](Lab& lab) { lab.reboot().restart_platform(R"({"imds": {}})"_json); }},
      {"IMDS refuses the request, and there is no media",
       R"({"imds": {"faults": [{"do": "status", "status": 403, "body": "not by this process"}]},
           "ovf": {"enabled": false}})",
       quick,
       1,
       {"FAILED", "IMDS answers 403", "not by this process"},
       {"azure-proxy-agent"},
       [](Lab& lab) { lab.reboot().restart_platform(R"({"imds": {}})"_json); }},
      {"IMDS gives half of its answer, and there is no media",
       R"({"imds": {"body": {}}, "ovf": {"enabled": false}})",
       quick,
       1,
       {"FAILED", "no object 'compute'"},
       {"Reboot the VM"},
       [](Lab& lab) { lab.reboot().restart_platform(R"({"imds": {}})"_json); }},
      {"the media is damaged, and IMDS does not answer",
       R"({"imds": {"enabled": false}, "ovf": {"body": "no XML"}})",
       quick,
       1,
       {"FAILED", "the provisioning media could not be read"},
       {"ip route get 169.254.169.254"},
       [](Lab& lab) { lab.reboot().restart_platform(R"({"imds": {}})"_json); }},
      {"a pre-provisioned VM whose user's document is damaged",
       R"({"vm": {"pps_type": "Running"}, "pps": {"not_yet": 0, "body": "no XML"}})",
       nothing,
       1,
       {"FAILED", "the settings of the VM's user cannot be used"},
       {"delete the VM and deploy it again"},
       deploy()},
      {"no /etc/passwd",
       "{}",
       [](Lab& lab) { fs::rename(lab.path("etc/passwd"), lab.path("etc/passwd.old")); },
       1,
       {"FAILED", "/etc/passwd: No such file or directory"},
       {"check that the path named above exists"},
       [](Lab& lab) {
         fs::rename(lab.path("etc/passwd.old"), lab.path("etc/passwd"));
         lab.reboot();
       }},
      // Degraded: the VM is Ready, and the warning says how to repair it.
      {"no /etc/sudoers.d",
       "{}",
       [](Lab& lab) { lab.remove("etc/sudoers.d"); },
       2,
       {"READY WITH 1 WARNING", "/etc/sudoers.d does not exist"},
       {"Install sudo", "Run Command"}},
      {"sshd_config without Include",
       "{}",
       [](Lab& lab) {
         lab.write("etc/ssh/sshd_config", "UsePAM yes\nPasswordAuthentication yes\n");
       },
       2,
       {"READY WITH 1 WARNING", "still accepts passwords"},
       {"Include /etc/ssh/sshd_config.d/*.conf"}},
      {"a wrong line in sshd_config",
       "{}",
       [](Lab& lab) {
         lab.write("etc/ssh/sshd_config", lab.read("etc/ssh/sshd_config") + "NoSuchWord yes\n");
       },
       2,
       {"READY WITH 1 WARNING", "sshd -t refuses its configuration"},
       {"Run 'sshd -t'"}},
      {"the shell does not exist",
       "{}",
       shorten("[User]\nShell=/bin/nosuch\n"),
       2,
       {"READY WITH", "/bin/nosuch", "does not exist"},
       {"usermod --shell"}},
      {"IMDS answers 500, and the media is good",
       R"({"imds": {"faults": [{"do": "status", "status": 500}]}})",
       quick,
       2,
       {"READY WITH 1 WARNING", "IMDS answers 500"},
       {"came from the media", "curl"}},
      {"the WireServer answers 400",
       R"({"wireserver": {"faults": [{"do": "status", "status": 400,
           "body": "<Error><Message>The goal state is unknown</Message></Error>"}]}})",
       nothing,
       2,
       {"READY WITH", "400", "The goal state is unknown"},
       {"support request with that answer"}},
      {"the host name is invalid",
       R"({"vm": {"name": "bad_name"}})",
       nothing,
       2,
       {"READY WITH 1 WARNING", "'bad_name' is not a valid host name"},
       {"hostnamectl hostname NAME"}},
      {"a group does not exist",
       "{}",
       shorten("[User]\nGroups=wheel nosuch\n"),
       2,
       {"READY WITH 1 WARNING", "'nosuch' does not exist"},
       {"groupadd NAME"}},
      {"the stored state is damaged",
       "{}",
       [](Lab& lab) { lab.write("var/lib/azl-provision/state.json", "garbage"); },
       2,
       {"READY WITH", "state.json"},
       {"dmesg"}},
  };
}

void check_holds(const std::string& text, const Strings& parts) {
  for (const auto& part : parts) CHECK_MESSAGE(text.find(part) != std::string::npos, part);
}

TEST_CASE("the first screen of the report names the cause and a cure, and the cures work") {
  int cured = 0;
  for (const auto& row : rows()) {
    CAPTURE(row.what);
    Lab lab(Json::parse(row.scenario));
    row.prepare(lab);
    const auto run = lab.run();
    INFO(run);
    CHECK(run.status == row.status);
    const auto screen = first_screen(lab.report_text());
    INFO(screen);
    check_holds(screen, row.cause);
    check_holds(screen, row.cure);
    CHECK(lab.command({"status"}).status == row.status);
    if (!row.carry_out) continue;
    row.carry_out(lab);
    const auto again = lab.run();
    INFO(again);
    CHECK(again.status == 0);
    CHECK(lab.report_text().starts_with("READY: "));
    CHECK(lab.told() == "Ready");
    ++cured;
  }
  CHECK(cured >= 12);
}

TEST_CASE("a read-only /etc is named, and the boot after 'mount -o remount,rw' is READY") {
  Lab lab;
  const auto etc = lab.path("etc");
  const auto run = lab.run(
      {.under = {"/usr/bin/unshare", "--mount", "/bin/sh", "-c",
                 R"(mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@")", etc}});
  INFO(run);
  CHECK(run.status == 1);
  const auto screen = first_screen(lab.report_text());
  INFO(screen);
  check_holds(screen, {"FAILED: read-only file system, at step", "mount -o remount,rw"});
  lab.reboot();
  CHECK(lab.run().status == 0);
}

/// The tree of a lab on a small file system, in a mount namespace of this test.
class SmallDisk {
 public:
  explicit SmallDisk(Lab& lab) : root_(lab.root()) {
    REQUIRE(unshare(CLONE_NEWNS) == 0);
    REQUIRE(mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0);
    const auto copy = root_ + ".copy";
    fs::rename(root_, copy);
    fs::create_directory(root_);
    REQUIRE(mount("tmpfs", root_.c_str(), "tmpfs", 0, "size=4m,mode=755") == 0);
    const auto all = fs::copy_options::recursive | fs::copy_options::copy_symlinks;
    fs::copy(copy, root_, all);
    fs::remove_all(copy);
  }
  ~SmallDisk() { umount2(root_.c_str(), MNT_DETACH); }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  /// Leaves this much space.
  void fill(std::size_t kib) const {
    struct statvfs room{};
    REQUIRE(statvfs(root_.c_str(), &room) == 0);
    const auto free = room.f_bavail * room.f_frsize;
    REQUIRE(free > kib << 10);
    fs::remove(filler());
    std::string block(free - (kib << 10), 'x');
    FILE* file = fopen(filler().c_str(), "w");
    REQUIRE(file != nullptr);
    CHECK(fwrite(block.data(), 1, block.size(), file) == block.size());
    REQUIRE(fclose(file) == 0);
  }
  void clear() const { fs::remove(filler()); }

 private:
  [[nodiscard]] std::string filler() const { return root_ + "/filler"; }
  std::string root_;
};

TEST_CASE("a full disk gives FAILED: disk full, however little space is left") {
  for (const std::size_t kib : {0U, 4U, 12U, 20U, 40U, 64U}) {
    CAPTURE(kib);
    Lab lab;
    const SmallDisk disk(lab);
    disk.fill(kib);
    const auto run = lab.run();
    INFO(run);
    CHECK(run.status == 1);
    const auto screen = first_screen(lab.report_text());
    INFO(screen);
    check_holds(screen, {"FAILED: disk full", "Do: Free space"});
    const auto status = lab.command({"status"});
    CHECK(status.status == 1);
    disk.clear();
    lab.reboot();
    const auto again = lab.run();
    INFO(again);
    CHECK(again.status == 0);
    CHECK(lab.report_text().starts_with("READY: "));
  }
}

TEST_CASE(
    "host keys that a nearly full disk has no room for are named, and a later boot adds them") {
  bool seen = false;
  for (std::size_t kib = 64; kib <= 160 && !seen; kib += 4) {
    CAPTURE(kib);
    Lab lab;
    lab.configure("[Ssh]\nHostKeyTypes=ed25519 rsa ecdsa\n");
    const SmallDisk disk(lab);
    disk.fill(kib);
    const auto run = lab.run();
    if (run.status == 1) continue;  // there was even less room than that
    INFO(run);
    const auto missing = lab.state().at("missing_host_keys").get<Strings>();
    std::size_t present = 0;
    for (const std::string type : {"ed25519", "rsa", "ecdsa"})
      present += lab.exists("etc/ssh/ssh_host_" + type + "_key.pub") ? 1 : 0;
    CHECK(present + missing.size() == 3);
    if (missing.empty()) continue;
    seen = true;
    const auto before = lab.read("etc/ssh/ssh_host_ed25519_key");
    for (const auto& type : missing)
      CHECK(lab.report_text().find("has no host key of type " + type) != std::string::npos);
    disk.clear();
    lab.reboot();
    const auto again = lab.run();
    INFO(again);
    for (const std::string type : {"ed25519", "rsa", "ecdsa"})
      CHECK(lab.exists("etc/ssh/ssh_host_" + type + "_key.pub"));
    CHECK(lab.state().at("missing_host_keys").empty());
    if (!before.empty()) CHECK(lab.read("etc/ssh/ssh_host_ed25519_key") == before);
  }
  WARN_MESSAGE(seen, "no size left room for some of the keys only");
}

TEST_CASE("a disk that was taken from its VM tells what happened on its last boot") {
  Lab lab(R"({"vm": {"ssh_keys": []}})"_json);
  CHECK(lab.run().status == 1);
  for (const std::string name : {"sys", "proc", "run"}) lab.remove(name);
  const auto status = lab.command({"status"});
  INFO(status);
  CHECK(status.status == 1);
  CHECK(status.out.starts_with("provisioning failed on the last boot of this disk"));
  const auto report = lab.report_text();
  INFO(report);
  CHECK(report.starts_with("FAILED at step \"decide\""));
  CHECK(report.find("This boot had nothing to do") == std::string::npos);
  const auto run = lab.run();
  CHECK(run.status == 3);
  CHECK(run.err.find("cannot see the firmware of this disk's VM") != std::string::npos);
}

TEST_CASE("a disk without its VM and without records says that its firmware cannot be seen") {
  Lab lab;
  lab.remove("sys");
  const auto status = lab.command({"status"});
  CHECK(status.status == 3);
  CHECK(status.out.starts_with("cannot see the firmware of this disk's VM"));
}

TEST_CASE("the report of a running stage says what it waits for, until when, and the last error") {
  Lab lab(R"({"ovf": {"enabled": false},
              "imds": {"faults": [{"request": 1, "do": "status", "status": 503, "body": "busy"},
                                  {"do": "hold"}]}})"_json);
  const auto run = lab.start();
  std::string report;
  REQUIRE(wait_until([&] {
    report = lab.report_text();
    return report.find("503") != std::string::npos || run->ended();
  }));
  INFO(report);
  const auto screen = first_screen(report);
  check_holds(screen,
              {"IN PROGRESS: stage main, step \"imds\"", "Waits for: an answer from 127.0.0.1 port",
               "more", "Last error: GET http://127.0.0.1", "503 Service Unavailable: busy"});
  const auto status = lab.command({"status"});
  CHECK(status.status == 4);
  CHECK(status.out.find("waiting for an answer from 127.0.0.1") != std::string::npos);
  lab.release();
  CHECK(run->wait().status == 0);
  CHECK(lab.report().dump().find("\"waits_for\":\"an answer") == std::string::npos);
}

TEST_CASE("a mistake on the command line gets no advice about the machine") {
  Lab lab;
  for (const Strings& arguments :
       {Strings{"status", "--timeout=soon"}, Strings{"--report", "--boot=7"},
        Strings{"plan", "--ovf=/no/such/file"}, Strings{"plan", "--imds=/no/such/file"},
        Strings{"--report", "--output=/no/such/directory/x"}}) {
    const auto ended = lab.command(arguments);
    INFO(ended);
    CHECK(ended.status != 0);
    for (const std::string part : {"dmesg", "reboot", "edeploy", "modprobe"})
      CHECK_MESSAGE(ended.err.find(part) == std::string::npos, part);
  }
}

TEST_SUITE_END();

}  // namespace
}  // namespace azl::test
