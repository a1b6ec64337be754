#include "provision/custom_data/run/account_items.h"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "base/text.h"
#include "provision/accounts/password.h"
#include "provision/accounts/sudoers_files.h"
#include "tests/unit/provision/accounts/bob.h"
#include "tests/unit/provision/bench.h"

namespace azl::provision::custom_data {
namespace {

using azl::test::AccountTree;
using azl::test::RecordingProcesses;
using provision::test::line_of;
using provision::test::password_field_of;
using Words = std::vector<std::string>;

constexpr const char* kAzureUser = "bob";
constexpr const char* kKey =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILNwrZ3EVoRNEHLnslvwe7r+gvvgODvn5IpD0A6PxMSh key1";
constexpr const char* kHash = "$6$salt$hash";

/// A tree in which Azure's user exists, and the real tools that work on it.
struct Machine {
  AccountTree tree;
  Root root = tree.root();
  RecordingProcesses processes;
  SystemClock clock;
  azl::test::FakeClock http_clock;
  azl::test::ScriptedHttp http{http_clock, {}};
  Config config;
  imds::Identity identity;
  StageRecord record;
  Recorder recorder{record};
  Words printed;
  bool can_print = true;
  bool azure_password = false;

  Machine() {
    provision::test::make_user(tree);
    config.user.password_hash = PasswordHash::kSha512;
  }

  template <class Action>
  Result<std::string> carry_out(Result<std::string> (*function)(const AccountRun&, const Action&),
                                const Action& action) {
    return with_run([&](const AccountRun& run) { return function(run, action); });
  }
  Result<std::string> with_run(const std::function<Result<std::string>(const AccountRun&)>& body) {
    const Context context{.machine = {root, clock, processes, http},
                          .stage = Stage::kCustomDataEarly,
                          .config = config,
                          .identity = identity};
    return body({.context = context,
                 .azure_user = kAzureUser,
                 .azure_password = azure_password,
                 .recorder = recorder,
                 .print = [this](const std::string& line) -> Result<void> {
                   if (!can_print) return fail(Reason::kIo, "the line was not taken in time");
                   printed.push_back(line);
                   return {};
                 }});
  }
  /// Makes a user, and fails the test if it cannot be made.
  std::string make(const MakeUser& user) {
    auto made = carry_out(&make_user, user);
    if (!made) FAIL(made.error().to_string());
    return std::move(*made);
  }
  [[nodiscard]] std::string field(const std::string& file, const std::string& name,
                                  std::size_t index) const {
    std::string text = line_of(tree, "etc/" + file, name);
    for (; index > 0; --index) text.erase(0, text.find(':') + 1);
    return text.substr(0, text.find(':'));
  }
  [[nodiscard]] std::string keys_of(const std::string& user) const {
    return tree.read("home/" + user + "/.ssh/authorized_keys");
  }
  [[nodiscard]] std::string sudoers_of(const std::string& user) const {
    const auto file = "etc/sudoers.d/91-azl-provision-uid" + field("passwd", user, 2);
    return tree.exists(file) ? tree.read(file) : std::string();
  }
};

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// Whether one of the findings has this in its text.
bool found(const Machine& machine, std::string_view part) {
  return std::ranges::any_of(machine.record.findings, [part](const FindingRecord& finding) {
    return contains(join(finding.chain, ": "), part);
  });
}

TEST_CASE("a user is made with its groups, home, sudo rule and keys, and with a locked password") {
  AZL_NEEDS_ROOT();
  Machine machine;
  const auto said = machine.make({.name = "ann",
                                  .gecos = "Ann: A.",
                                  .shell = "/bin/bash",
                                  .groups = {"wheel", "docker"},
                                  .plain_text_passwd = Secret("Correct-Horse-9"),
                                  .sudo = {"ALL=(ALL) NOPASSWD:ALL"},
                                  .keys = {kKey}});
  CHECK(contains(said, "made 'ann'"));
  CHECK(contains(said, "made the groups docker"));
  CHECK(machine.field("passwd", "ann", 4) == "Ann  A.");
  CHECK(machine.field("passwd", "ann", 5) == "/home/ann");
  CHECK(machine.field("passwd", "ann", 6) == "/bin/bash");
  CHECK(machine.field("group", "wheel", 3) == "bob,ann");
  CHECK(machine.field("group", "docker", 3) == "ann");
  CHECK(password_field_of(machine.tree, "ann").starts_with("!$6$"));
  CHECK(contains(machine.keys_of("ann"), kKey));
  CHECK(machine.tree.read("home/ann/.bashrc") == "# bashrc\n");
  CHECK(machine.sudoers_of("ann") ==
        "# Written by azl-provision for the user 'ann'.\nann ALL=(ALL) NOPASSWD:ALL\n");
  CHECK(machine.tree.mode("etc/sudoers.d/91-azl-provision-uid" +
                          machine.field("passwd", "ann", 2)) == 0440);
  CHECK(azl::test::findings_of(machine.record) == Words{});
  // The password is in no argument of a program.
  for (const auto& argv : machine.processes.commands)
    CHECK_FALSE(contains(join(argv, " "), "Correct-Horse"));
  CHECK_NOTHROW(azl::test::output_of({"pwck", "-q", "-r", "-R", machine.tree.path()}));
}

TEST_CASE("useradd gets what the document says about the account") {
  AZL_NEEDS_ROOT();
  Machine machine;
  machine.make({.name = "ann",
                .homedir = "/srv/data",
                .shell = "/bin/bash",
                .primary_group = "staff",
                .expiredate = "2030-12-31",
                .inactive = "5",
                .uid = 2000});
  CHECK(machine.field("passwd", "ann", 2) == "2000");
  CHECK(machine.field("passwd", "ann", 3) == machine.field("group", "staff", 2));
  CHECK(machine.field("passwd", "ann", 5) == "/srv/data");
  CHECK(machine.tree.status("srv/data").st_uid == 2000);
  CHECK(machine.tree.read("srv/data/.bashrc") == "# bashrc\n");
  CHECK(machine.field("shadow", "ann", 6) == "5");
  CHECK(machine.field("shadow", "ann", 7) == "22279");

  machine.make({.name = "svc", .shell = "/sbin/nologin", .system = true});
  CHECK(std::stoi(machine.field("passwd", "svc", 2)) < 1000);
  CHECK_FALSE(machine.tree.exists("home/svc"));
  machine.make({.name = "nohome", .no_create_home = true});
  CHECK_FALSE(machine.tree.exists("home/nohome"));
  machine.make({.name = "nogroup", .no_user_group = true});
  CHECK(machine.field("group", "nogroup", 0).empty());
}

TEST_CASE("passwords are locked unless lock_passwd is false, and only if there is one") {
  AZL_NEEDS_ROOT();
  // cloud-init's create_user() in distros/__init__.py.
  Machine machine;
  machine.make({.name = "a"});
  CHECK(password_field_of(machine.tree, "a").starts_with("!"));
  machine.make({.name = "b", .lock_passwd = false});
  CHECK(password_field_of(machine.tree, "b").starts_with("!"));
  machine.make({.name = "c", .lock_passwd = false, .passwd = Secret(kHash)});
  CHECK(password_field_of(machine.tree, "c") == kHash);
  machine.make({.name = "d", .passwd = Secret(kHash)});
  CHECK(password_field_of(machine.tree, "d") == "!" + std::string(kHash));
  machine.make({.name = "e", .lock_passwd = false, .hashed_passwd = Secret(kHash)});
  CHECK(password_field_of(machine.tree, "e") == kHash);
  machine.make({.name = "f", .lock_passwd = false, .plain_text_passwd = Secret("x")});
  CHECK(password_usable(machine.root, "f").value());
}

TEST_CASE("of a user who exists, only keys, sudo rules and passwords are changed") {
  AZL_NEEDS_ROOT();
  // cloud-init's create_user(): add_user() does nothing for a user who exists.
  Machine machine;
  machine.make({.name = "ann", .shell = "/bin/bash"});
  const auto before = line_of(machine.tree, "etc/passwd", "ann");
  const auto said = machine.make({.name = "ann",
                                  .gecos = "x",
                                  .homedir = "/srv/x",
                                  .shell = "/bin/sh",
                                  .groups = {"wheel", "docker"},
                                  .lock_passwd = false,
                                  .hashed_passwd = Secret(kHash),
                                  .sudo = {"ALL=(ALL) ALL"},
                                  .keys = {kKey}});
  CHECK(contains(said, "'ann' existed"));
  CHECK(line_of(machine.tree, "etc/passwd", "ann") == before);
  CHECK(machine.field("group", "docker", 0).empty());
  CHECK(machine.field("group", "wheel", 3) == "bob");
  CHECK(password_field_of(machine.tree, "ann") == kHash);
  CHECK(contains(machine.sudoers_of("ann"), "ann ALL=(ALL) ALL\n"));
  CHECK(contains(machine.keys_of("ann"), kKey));
  // It is locked by default, and unlocked only if that is asked for.
  machine.make({.name = "ann"});
  CHECK(password_field_of(machine.tree, "ann") == "!" + std::string(kHash));
  machine.make({.name = "ann", .lock_passwd = false});
  CHECK(password_field_of(machine.tree, "ann") == kHash);
  const auto refused =
      machine.carry_out(&make_user, MakeUser{.name = "ann", .passwd = Secret("$6$other$hash")});
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().reason() == Reason::kCustomData);
  CHECK(password_field_of(machine.tree, "ann") == "!" + std::string(kHash));
}

TEST_CASE("Azure's user gets further groups, and keeps its password unless the document names it") {
  AZL_NEEDS_ROOT();
  Machine machine;
  const auto locked = password_field_of(machine.tree, "bob");
  for (const char* name : {"", kAzureUser}) {
    CAPTURE(name);
    machine.make({.name = name, .groups = {"docker"}, .keys = {kKey}});
    CHECK(machine.field("group", "docker", 3) == "bob");
    CHECK(machine.field("group", "wheel", 3) == "bob");
    CHECK(password_field_of(machine.tree, "bob") == locked);
    CHECK(contains(machine.keys_of("bob"), kKey));
  }
  machine.make(
      {.gecos = "Bob", .shell = "/sbin/nologin", .lock_passwd = false, .passwd = Secret(kHash)});
  CHECK(machine.field("passwd", "bob", 4) == "Bob");
  CHECK(machine.field("passwd", "bob", 6) == "/sbin/nologin");
  CHECK(password_field_of(machine.tree, "bob") == kHash);
  machine.make({.groups = {"docker"}});
  CHECK(password_field_of(machine.tree, "bob") == kHash);
  machine.make({.lock_passwd = true});
  CHECK(password_field_of(machine.tree, "bob") == "!" + std::string(kHash));
  // A shell that does not exist would lock the user out.
  CHECK_FALSE(machine.carry_out(&make_user, MakeUser{.shell = "/bin/zsh"}).has_value());
  CHECK(machine.field("passwd", "bob", 6) == "/sbin/nologin");
}

TEST_CASE("a sudo rule that sudo refuses is told and not written, and the others are") {
  AZL_NEEDS_ROOT();
  Machine machine;
  const auto made = machine.carry_out(
      &make_user,
      MakeUser{.name = "ann", .sudo = {"ALL=(ALL) hunter2:(", "ALL=(ALL) ALL"}, .keys = {kKey}});
  REQUIRE_FALSE(made.has_value());
  CHECK(contains(made.error().to_string(), "sudo refuses rule 1 of 'ann'"));
  CHECK_FALSE(contains(made.error().to_string(), "hunter2"));
  CHECK(machine.sudoers_of("ann") ==
        "# Written by azl-provision for the user 'ann'.\nann ALL=(ALL) ALL\n");
  CHECK(contains(machine.keys_of("ann"), kKey));
}

TEST_CASE("a user who cannot be made is an error, and an account of another is not touched") {
  AZL_NEEDS_ROOT();
  Machine machine;
  const auto before = machine.tree.read("etc/passwd");
  for (const auto* name : {"a b", "-x", "a:b"}) {
    CAPTURE(name);
    const auto made = machine.carry_out(&make_user, MakeUser{.name = name});
    REQUIRE_FALSE(made.has_value());
    CHECK(made.error().reason() == Reason::kCustomData);
  }
  CHECK_FALSE(machine.carry_out(&make_user, MakeUser{.name = "ann", .uid = 0}).has_value());
  CHECK(machine.tree.read("etc/passwd") == before);
}

constexpr const char* kMaking = "var/lib/azl-provision/making-user";

TEST_CASE("a home that exists and is not named after its user is kept, and the user is whole") {
  AZL_NEEDS_ROOT();
  Machine machine;
  machine.tree.write("opt/app/config", "x");
  const auto said = machine.make({.name = "ann",
                                  .homedir = "/opt/app",
                                  .lock_passwd = false,
                                  .passwd = Secret(kHash),
                                  .sudo = {"ALL=(ALL) ALL"}});
  CHECK(contains(said, "made 'ann'"));
  CHECK(machine.field("passwd", "ann", 5) == "/opt/app");
  CHECK(machine.tree.status("opt/app").st_uid == 0);
  CHECK(machine.tree.status("opt/app/config").st_uid == 0);
  CHECK_FALSE(machine.tree.exists("opt/app/.bashrc"));
  CHECK(password_field_of(machine.tree, "ann") == kHash);
  CHECK_FALSE(machine.sudoers_of("ann").empty());
  CHECK(found(machine, "/opt/app, existed and belongs to uid 0"));
  CHECK_FALSE(machine.tree.exists(kMaking));
}

TEST_CASE("a home that cannot be used costs only itself, and the user is not half-made for ever") {
  AZL_NEEDS_ROOT();
  Machine machine;
  machine.tree.mkdir("home/ann");
  machine.tree.chown_to("home/ann", 1000, 1000);  // bob's
  const auto made = machine.carry_out(
      &make_user,
      MakeUser{
          .name = "ann", .lock_passwd = false, .passwd = Secret(kHash), .sudo = {"ALL=(ALL) ALL"}});
  REQUIRE_FALSE(made.has_value());
  CHECK(contains(made.error().to_string(), "belongs to uid 1000 (account 'bob'"));
  CHECK(password_field_of(machine.tree, "ann") == kHash);
  CHECK_FALSE(machine.sudoers_of("ann").empty());
  CHECK_FALSE(machine.tree.exists(kMaking));
  // A later wish does not remove the account.
  machine.processes.commands.clear();
  machine.make({.name = "ann", .lock_passwd = false});
  CHECK(machine.processes.count("userdel") == 0);
}

TEST_CASE("a user with 'passwd' who was interrupted is finished by the next run") {
  AZL_NEEDS_ROOT();
  for (const bool locked : {false, true}) {
    CAPTURE(locked);
    Machine machine;
    const MakeUser ann{.name = "ann", .lock_passwd = locked, .passwd = Secret(kHash)};
    const auto wanted = (locked ? "!" : "") + std::string(kHash);
    // After useradd and before the password.
    UserWish wish{.name = "ann", .comment = {}, .shell = {}, .groups = {}};
    wish.account.any_uid = wish.account.goes_on = true;
    REQUIRE(ensure_user(machine.root, machine.processes, wish, azl::test::patience()).has_value());
    CHECK(machine.tree.exists(kMaking));
    CHECK(contains(machine.make({.name = "ann", .lock_passwd = locked, .passwd = Secret(kHash)}),
                   "made 'ann'"));
    CHECK(password_field_of(machine.tree, "ann") == wanted);
    CHECK_FALSE(machine.tree.exists(kMaking));
    // After all of it.
    CHECK(machine.carry_out(&make_user, ann).has_value());
    CHECK(password_field_of(machine.tree, "ann") == wanted);
  }
}

TEST_CASE("a password that is to be locked is never live in between") {
  AZL_NEEDS_ROOT();
  Machine machine;
  for (const std::string name : {"ann", "ann", ""}) {  // new, existing, Azure's
    CAPTURE(name);
    machine.processes.inputs.clear();
    machine.make({.name = name, .plain_text_passwd = Secret("x")});
    machine.make({.name = name, .hashed_passwd = Secret(kHash)});
    const auto user = name.empty() ? std::string(kAzureUser) : name;
    CHECK(password_field_of(machine.tree, user) == "!" + std::string(kHash));
    int given = 0;
    for (const auto& input : machine.processes.inputs) {
      CHECK_FALSE(input.starts_with(user + ":$"));
      given += input.starts_with(user + ":!$6$") ? 1 : 0;
    }
    CHECK(given == 2);
  }
}

TEST_CASE("the lock of Azure's user depends on what was before custom data, also the second time") {
  AZL_NEEDS_ROOT();
  for (const bool had_one : {false, true}) {
    CAPTURE(had_one);
    Machine machine;
    machine.azure_password = had_one;
    for (int run = 0; run < 2; ++run) {
      machine.make({.hashed_passwd = Secret(kHash)});
      CHECK(password_usable(machine.root, "bob").value() == had_one);
    }
    // A run that was interrupted between a password and its lock.
    SystemProcesses processes;
    REQUIRE(set_password_hash(machine.root, processes, "bob", Secret(kHash), azl::test::patience())
                .has_value());
    machine.make({.hashed_passwd = Secret(kHash)});
    CHECK(password_usable(machine.root, "bob").value() == had_one);
  }
}

TEST_CASE("keys and rules that change nothing of a user who exists are told") {
  AZL_NEEDS_ROOT();
  Machine machine;
  machine.make({.name = kAzureUser, .gecos = "x", .groups = {"docker"}, .no_sudo = true});
  CHECK(found(machine, "'bob' is the user that Azure names, who keeps the sudo rule"));
  CHECK(machine.record.findings.size() == 1);
  machine.make({.name = kAzureUser, .homedir = "/x", .uid = 2000});
  CHECK(found(machine, "'bob' existed, so that these keys are not used: homedir, uid"));
  machine.make({.name = "ann"});
  CHECK(machine.record.findings.size() == 2);
  machine.make({.name = "ann", .shell = "/bin/bash", .groups = {"wheel"}});
  CHECK(found(machine, "'ann' existed, so that these keys are not used: groups, shell"));
}

TEST_CASE("a group that cannot be used costs only itself") {
  AZL_NEEDS_ROOT();
  for (const std::string name : {"ann", ""}) {
    CAPTURE(name);
    Machine machine;
    // groupadd refuses a name with a colon.
    const auto made = machine.carry_out(
        &make_user,
        MakeUser{
            .name = name, .gecos = "New", .shell = "/sbin/nologin", .groups = {"a:b", "docker"}});
    REQUIRE_FALSE(made.has_value());
    CHECK(contains(made.error().to_string(), "making the group 'a:b'"));
    const auto user = name.empty() ? std::string(kAzureUser) : name;
    CHECK(machine.field("group", "docker", 3) == user);
    CHECK(machine.field("passwd", user, 4) == "New");
    CHECK(machine.field("passwd", user, 6) == "/sbin/nologin");
  }
  Machine machine;
  const auto made = machine.carry_out(
      &make_user,
      MakeUser{
          .name = "ann", .primary_group = "none", .groups = {"no", "adm"}, .create_groups = false});
  REQUIRE_FALSE(made.has_value());
  CHECK(contains(made.error().to_string(), "'ann' is not in the group 'no', which does not exist"));
  CHECK(found(machine, "'ann' is not in the group 'none'"));
  CHECK(contains(machine.field("group", "adm", 3), "ann"));
}

TEST_CASE("what became of a home that was root's is told") {
  AZL_NEEDS_ROOT();
  Machine machine;
  machine.tree.write("home/ann/.ssh/authorized_keys", "x");
  const auto said = machine.make({.name = "ann"});
  CHECK(contains(said, "the home '/home/ann' belonged to root, and now belongs to 'ann'"));
  CHECK(found(machine, ".ssh/authorized_keys.before-azl-provision"));
}

TEST_CASE("a name or a uid that another source has is not given once more") {
  AZL_NEEDS_ROOT();
  Machine machine;
  machine.tree.write("etc/nsswitch.conf", "passwd: files altfiles\ngroup: files altfiles\n");
  machine.tree.write("usr/lib/passwd", "svc:x:400:400::/:/sbin/nologin\n");
  machine.tree.write("usr/lib/group", "");
  const auto before = machine.tree.read("etc/passwd");
  const auto name = machine.carry_out(&make_user, MakeUser{.name = "svc"});
  REQUIRE_FALSE(name.has_value());
  CHECK(contains(name.error().to_string(), "the account 'svc' is in /usr/lib/passwd"));
  const auto uid = machine.carry_out(&make_user, MakeUser{.name = "ann", .uid = 400});
  REQUIRE_FALSE(uid.has_value());
  CHECK(
      contains(uid.error().to_string(), "uid 400 is that of the account 'svc' in /usr/lib/passwd"));
  CHECK(machine.tree.read("etc/passwd") == before);
  CHECK_FALSE(machine.tree.exists(kMaking));
}

TEST_CASE("a random password that is not printed is not set, and one that is not set is told") {
  AZL_NEEDS_ROOT();
  Machine machine;
  const auto before = password_field_of(machine.tree, "bob");
  machine.can_print = false;
  const SetPassword random{.user = "bob", .kind = PasswordKind::kRandom};
  const auto unprinted = machine.carry_out(&set_password, random);
  REQUIRE_FALSE(unprinted.has_value());
  CHECK(contains(unprinted.error().to_string(), "printing a random password, which is not set"));
  CHECK(password_field_of(machine.tree, "bob") == before);
  machine.can_print = true;
  std::filesystem::remove(machine.tree.path("etc/shadow"));
  machine.tree.mkdir("etc/shadow");
  const auto unset = machine.carry_out(&set_password, random);
  REQUIRE_FALSE(unset.has_value());
  CHECK(machine.printed.size() == 1);
  CHECK(contains(unset.error().to_string(),
                 "the password that was printed on the console is not set"));
  CHECK(unset.error().reason() == Reason::kCustomData);
}

TEST_CASE("groups are made, and get the members who exist") {
  AZL_NEEDS_ROOT();
  Machine machine;
  CHECK(machine.carry_out(&make_group, MakeGroup{.name = "docker"}).has_value());
  CHECK(machine.field("group", "docker", 0) == "docker");
  CHECK(machine.carry_out(&make_group, MakeGroup{.name = "docker", .members = {"bob"}}).value() ==
        "there is a group 'docker', and added bob");
  CHECK(machine.field("group", "docker", 3) == "bob");
  const auto half =
      machine.carry_out(&make_group, MakeGroup{.name = "x", .members = {"bob", "eve"}});
  REQUIRE_FALSE(half.has_value());
  CHECK(contains(half.error().to_string(), "eve"));
  CHECK(machine.field("group", "x", 3) == "bob");
}

TEST_CASE("passwords are set as text, as a hash or at random, and expire") {
  AZL_NEEDS_ROOT();
  Machine machine;
  CHECK(machine
            .carry_out(&set_password, SetPassword{.user = "bob",
                                                  .kind = PasswordKind::kText,
                                                  .password = Secret("Correct-Horse-9"),
                                                  .expire = false})
            .has_value());
  CHECK(password_usable(machine.root, "bob").value());
  CHECK(machine.field("shadow", "bob", 2) != "0");
  CHECK(machine
            .carry_out(&set_password,
                       SetPassword{.kind = PasswordKind::kHash, .password = Secret(kHash)})
            .has_value());
  CHECK(password_field_of(machine.tree, "bob") == kHash);
  CHECK(machine.field("shadow", "bob", 2) == "0");
  CHECK(machine.printed.empty());
  CHECK(machine.carry_out(&set_password, SetPassword{.user = "bob", .kind = PasswordKind::kRandom})
            .has_value());
  REQUIRE(machine.printed.size() == 1);
  const auto made = machine.printed[0].substr(machine.printed[0].rfind(' ') + 1);
  CHECK(made.size() == 20);
  SystemProcesses processes;
  // The printed password is the one that was set.
  CHECK_FALSE(ensure_password(machine.root, processes, "bob", PasswordChange::kSet, Secret(made),
                              PasswordHash::kSha512, azl::test::patience())
                  .value());
  CHECK_FALSE(machine.carry_out(&set_password, SetPassword{.user = "eve", .password = Secret("x")})
                  .has_value());
}

TEST_CASE("keys at the top level go to Azure's user, and to root if root is enabled") {
  AZL_NEEDS_ROOT();
  Machine machine;
  CHECK(machine.carry_out(&allow_root_login, AllowRootLogin{}).value() == "'bob' has no SSH keys");
  CHECK(machine.carry_out(&add_ssh_keys, AddSshKeys{.keys = {kKey}}).has_value());
  CHECK(contains(machine.keys_of("bob"), kKey));
  CHECK_FALSE(machine.tree.exists("root/.ssh/authorized_keys"));
  CHECK(machine.carry_out(&allow_root_login, AllowRootLogin{}).has_value());
  CHECK(contains(machine.tree.read("root/.ssh/authorized_keys"), kKey));
}

TEST_CASE("logins by password follow ssh_pwauth, unless the configuration forbids that") {
  AZL_NEEDS_ROOT();
  Machine machine;
  machine.config.ssh.configure_sshd = false;
  CHECK_FALSE(
      machine.carry_out(&set_password_logins, SetPasswordLogins{.allowed = true}).has_value());
  machine.config.ssh.configure_sshd = true;
  CHECK(machine.carry_out(&set_password_logins, SetPasswordLogins{.allowed = false}).has_value());
  std::string drop_ins;
  const auto names = machine.root.list("/etc/ssh/sshd_config.d").value();
  for (const auto& name : names) drop_ins += machine.tree.read("etc/ssh/sshd_config.d/" + name);
  CHECK(contains(drop_ins, "PasswordAuthentication no"));
}

}  // namespace
}  // namespace azl::provision::custom_data
