// The admin's account on a disk that was used before, and on an image-based system.
#include <filesystem>

#include <unistd.h>

#include "tests/system/lab.h"

namespace azl::test {
namespace {

TEST_SUITE_BEGIN("accounts" * needs_root());

constexpr const char* kNsswitch = "passwd: files altfiles systemd\ngroup: files altfiles systemd\n";

/// Adds a home of azureuser's that belongs to `uid`, with somebody else's key.
void leave_home(Lab& lab, uid_t uid) {
  lab.write("home/azureuser/.ssh/authorized_keys", "# theirs\n", 0600)
      .write("home/azureuser/.bashrc", "# theirs\n")
      .write("home/azureuser/notes", "mine\n");
  REQUIRE(lchown(lab.path("home/azureuser").c_str(), uid, uid) == 0);
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(lab.path("home/azureuser")))
    REQUIRE(lchown(entry.path().c_str(), uid, uid) == 0);
}

/// Removes a group's line from /etc/group and /etc/gshadow, and adds it to /usr/lib/group.
void move_group(Lab& lab, const std::string& name) {
  const auto line = name + ":x:" + lab.account_field("group", name, 2) + ":\n";
  for (const std::string file : {"etc/group", "etc/gshadow"}) {
    auto text = "\n" + lab.read(file);
    const auto at = text.find("\n" + name + ":");
    REQUIRE(at != std::string::npos);
    text.erase(at + 1, text.find('\n', at + 1) - at);
    lab.write(file, text.substr(1), file == "etc/group" ? 0644 : 0600);
  }
  lab.write("etc/nsswitch.conf", kNsswitch).write("usr/lib/group", line);
}

TEST_CASE("a home left on a re-provisioned disk is taken over, and its keys do not work") {
  for (const uid_t uid : {1001U, 1000U, 0U}) {
    CAPTURE(uid);
    Lab lab;
    leave_home(lab, uid);
    const auto run = lab.run();
    INFO(run);
    CHECK(run.status == 2);
    CHECK(lab.told() == "Ready");
    CHECK(lab.findings() == Strings{"degraded user"});
    CHECK(lab.report_text().find(".ssh/authorized_keys.before-azl-provision") != std::string::npos);
    CHECK(lab.read("home/azureuser/.ssh/authorized_keys").starts_with("ssh-ed25519 "));
    CHECK(lab.read("home/azureuser/.ssh/authorized_keys").find("theirs") == std::string::npos);
    CHECK(lab.read("home/azureuser/.ssh/authorized_keys.before-azl-provision") == "# theirs\n");
    CHECK(lab.read("home/azureuser/.bashrc") == lab.read("etc/skel/.bashrc"));
    CHECK(lab.read("home/azureuser/notes") == "mine\n");
    for (const std::string name : {"", "/notes", "/.ssh", "/.ssh/authorized_keys", "/.bashrc"})
      CHECK(owner_of(lab.path("home/azureuser" + name)) == 1000);
  }
}

TEST_CASE("a home of another live account is refused, and the account is named") {
  Lab lab;
  lab.write("etc/passwd", lab.read("etc/passwd") + "ann:x:1001:1001::/home/ann:/bin/bash\n");
  leave_home(lab, 1001);
  const auto run = lab.run();
  lab.check_failed(run, "user");
  CHECK(lab.told_description().find("belongs to uid 1001 (account 'ann' in /etc/passwd)") !=
        std::string::npos);
  CHECK(owner_of(lab.path("home/azureuser/.ssh/authorized_keys")) == 1001);
}

TEST_CASE("on an image-based system the user joins groups of /usr/lib/group") {
  Lab lab;
  move_group(lab, "wheel");
  const auto gid = lab.read("usr/lib/group");
  const auto run = lab.run();
  INFO(run);
  CHECK(run.status == 0);
  CHECK(lab.account_field("group", "wheel", 3) == "azureuser");
  CHECK(gid == "wheel:x:" + lab.account_field("group", "wheel", 2) + ":\n");
  CHECK((run.out + run.err).find("copied group wheel from /usr/lib/group to /etc/group") !=
        std::string::npos);
}

TEST_CASE("an account that stands only outside /etc/passwd is refused, and its file is named") {
  Lab lab;
  lab.write("etc/nsswitch.conf", kNsswitch)
      .write("usr/lib/userdb/azureuser.user", R"({"userName": "azureuser", "uid": 1500})");
  const auto run = lab.run();
  lab.check_refused(run, "user");
  CHECK(lab.told_description().find("/usr/lib/userdb/azureuser.user") != std::string::npos);
}

}  // namespace
}  // namespace azl::test
