#include "provision/custom_data/plan/users.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "provision/custom_data/plan/user_reader.h"
#include "tests/unit/provision/custom_data/plan/planned.h"

namespace azl::provision::custom_data {
namespace {

using test::items_of;
using test::Lines;
using test::plan_of;
using test::remarks_of;

constexpr const char* kKey =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILNwrZ3EVoRNEHLnslvwe7r+gvvgODvn5IpD0A6PxMSh key1";
constexpr const char* kKey2 =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILNwrZ3EVoRNEHLnslvwe7r+gvvgODvn5IpD0A6PxMSi key2";

std::string users(std::string_view list) {
  return "#cloud-config\nusers:\n- default\n" + std::string(list);
}

/// The only user that a document plans.
MakeUser user_of(const std::string& document) {
  auto plan = plan_of(document);
  REQUIRE(plan.items.size() == 1);
  return std::move(std::get<MakeUser>(plan.items[0].action));
}

TEST_CASE("users are listed as text, as a list, or as a map") {
  // https://docs.cloud-init.io/en/latest/reference/modules.html#users-and-groups and
  // cloud-init's ug_util.py.
  const std::pair<std::string_view, Lines> rows[] = {
      {"users: ann,bob , default", {"users/ann early once", "users/bob early once"}},
      {"users: [default, ann, bob]", {"users/ann early once", "users/bob early once"}},
      {"users: [default, 'ann, bob']", {"users/ann early once", "users/bob early once"}},
      {"users: [default, [ann, bob]]", {"users/ann early once", "users/bob early once"}},
      {"users: [default, {name: ann}]", {"users/ann early once"}},
      {"users: {default: true, ann: {gecos: x}, bob: yes, eve: no}",
       {"users/ann early once", "users/bob early once"}},
      {"users: [default]", {}},
      {"users: [default, default]", {}},
      {"users: [{name: default, groups: x}]", {"users/default early once"}},
      {"users: [default, {name: default, groups: x}]", {"users/default early once"}},
      {"users: [{name: default, groups: x}, default]", {"users/default early once"}},
      {"user: {groups: x}", {"user early once"}},
      {"user: {groups: x}\nusers: [ann]", {"user early once", "users/ann early once"}},
      {"system_info: {default_user: {groups: x}}", {"system_info early once"}},
  };
  for (const auto& [keys, items] : rows) {
    CAPTURE(keys);
    const auto plan = plan_of("#cloud-config\n" + std::string(keys) + "\n");
    CHECK(items_of(plan) == items);
    CHECK(remarks_of(plan) == Lines{});
  }
}

TEST_CASE("accounts are made after files, groups first, and passwords last") {
  CHECK(items_of("#cloud-config\npassword: x\nssh_pwauth: true\ndisable_root: false\n"
                 "ssh_authorized_keys: [" +
                 std::string(kKey) +
                 "]\nusers: [default, ann]\nuser: {groups: x}\n"
                 "system_info: {default_user: {shell: /bin/sh}}\ngroups: [b, a]\n"
                 "write_files: [{path: /a}]\nruncmd: [x]\n") ==
        Lines{"write_files/1 early once", "groups/b early once", "groups/a early once",
              "system_info early once", "user early once", "users/ann early once",
              "ssh_authorized_keys early once", "disable_root early once", "ssh_pwauth early once",
              "password early once", "runcmd final once"});
}

TEST_CASE("a user has what the document says, and hyphens count as underscores") {
  const auto user = user_of(
      users("- name: ann\n  gecos: Ann A.\n  homedir: /srv/ann\n  shell: /bin/zsh\n"
            "  primary-group: staff\n  groups: docker, wheel\n  expiredate: 2030-12-31\n"
            "  inactive: '5'\n  uid: 2000\n  no-user-group: true\n  no_log_init: true\n"
            "  lock-passwd: false\n  hashed-passwd: $6$salt$hash\n"
            "  sudo: ['ALL=(ALL) NOPASSWD:ALL', ALL=/bin/ls]\n  ssh-authorized-keys:\n    - " +
            std::string(kKey) + "\n"));
  CHECK(user.name == "ann");
  CHECK(user.gecos == "Ann A.");
  CHECK(user.homedir == "/srv/ann");
  CHECK(user.shell == "/bin/zsh");
  CHECK(user.primary_group == "staff");
  CHECK(user.groups == Lines{"docker", "wheel"});
  CHECK(user.expiredate == "2030-12-31");
  CHECK(user.inactive == "5");
  CHECK(user.uid == 2000U);
  CHECK(user.no_user_group);
  CHECK(user.no_log_init);
  CHECK(user.lock_passwd == false);
  CHECK(user.hashed_passwd.reveal() == "$6$salt$hash");
  CHECK(user.sudo == Lines{"ALL=(ALL) NOPASSWD:ALL", "ALL=/bin/ls"});
  CHECK(user.keys == Lines{kKey});
  CHECK(user.create_groups);
  CHECK_FALSE(user.system);
  CHECK_FALSE(user.no_create_home);

  const auto plain = user_of(users("- ann\n"));
  CHECK_FALSE(plain.lock_passwd.has_value());
  CHECK(plain.sudo.empty());
  CHECK(user_of(users("- {name: ann, system: true, uid: '300'}\n")).system);
}

TEST_CASE("groups, sudo and keys have several forms") {
  const std::pair<std::string_view, Lines> groups[] = {
      {"a,b", {"a", "b"}},
      {"'a, b'", {"a", "b"}},
      {"[a, b, a]", {"a", "b"}},
      {"{a: , b: x}", {"a", "b"}},
      {"", {}},
      {"[]", {}},
  };
  for (const auto& [value, names] : groups) {
    CAPTURE(value);
    CHECK(user_of(users("- name: ann\n  groups: " + std::string(value) + "\n")).groups == names);
  }
  const std::pair<std::string_view, Lines> sudo[] = {
      {"ALL=(ALL) ALL", {"ALL=(ALL) ALL"}},
      {"[ALL=(ALL) ALL, x]", {"ALL=(ALL) ALL", "x"}},
      {"false", {}},
      {"~", {}},
      {"", {}},
      {"'False'", {}},
      {"[]", {}},
  };
  for (const auto& [value, rules] : sudo) {
    CAPTURE(value);
    const auto document = users("- name: ann\n  sudo: " + std::string(value) + "\n");
    CHECK(user_of(document).sudo == rules);
    CHECK(remarks_of(document) == Lines{});
  }
  const std::string one = kKey;
  const std::string two = kKey2;
  const std::pair<std::string, Lines> keys[] = {
      {" " + one, {one}},
      {"\n    - " + one + "\n    - " + two, {one, two}},
      {"\n    - " + one + "\n    - " + one, {one}},
      {"\n    a: " + one + "\n    b: " + two, {one, two}},
      {" |\n    " + one + "\n    # mine\n    " + two, {one, two}},
      {" ", {}},
  };
  for (const auto& [value, lines] : keys) {
    CAPTURE(value);
    const auto document = users("- name: ann\n  ssh_authorized_keys:" + value + "\n");
    CHECK(user_of(document).keys == lines);
    CHECK(remarks_of(document) == Lines{});
  }
}

TEST_CASE("a bad user costs only itself") {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"- {name: a:b}\n", "e 4:3 user"},
      {"- {name: -x}\n", "e 4:3 user"},
      {"- {name: \"a\\nb\"}\n", "e 4:3 user"},
      {"- a b\n", "e 4:3 user"},
      {"- 1\n", "e 4:3 user"},
      {"- true\n", "e 4:3 user"},
      {"- {name: abcdefghijklmnopqrstuvwxyzabcdefgh}\n", "e 4:3 user"},
      {"- {name: ann, uid: 0}\n", "e 4:20 user"},
      {"- {name: ann, uid: x}\n", "e 4:20 user"},
      {"- {name: ann, uid: -1}\n", "e 4:20 user"},
      {"- {name: ann, uid: 7.5}\n", "e 4:20 user"},
      {"- {name: ann, uid: true}\n", "e 4:20 user"},
      {"- {name: ann, uid: '0x10'}\n", "e 4:20 user"},
      {"- {name: , groups: x}\n", "e 4:4 user"},
      {"- {name: '', groups: x}\n", "e 4:10 user"},
      {"- {name: [ann]}\n", "e 4:10 user"},
      {"- {name: {ann: }}\n", "e 4:10 user"},
      {"- {name: yes}\n", "e 4:10 user"},
      {"- {name: 7}\n", "e 4:10 user"},
      {"- {name: ann, uid: 4294967295}\n", "e 4:20 user"},
      {"- {name: ann, snapuser: x}\n", "e 4:25 user"},
      {"- {name: ann, system: true, ssh_authorized_keys: [x]}\n", "e 4:50 user"},
      {"- {name: ann, no_create_home: true, ssh_import_id: [x]}\n", "e 4:52 user"},
      {"- good\n", "e 5:3 user"},
  };
  for (const auto& [item, remark] : rows) {
    CAPTURE(item);
    const auto plan = plan_of(users(std::string(item) + "- good\n"));
    CHECK(items_of(plan) == Lines{"users/good early once"});
    CHECK(remarks_of(plan) == Lines{std::string(remark)});
    CHECK(plan.remarks.at(0).text.find("so that it is not made") != std::string::npos);
  }
}

TEST_CASE("a part of a user that cannot be used is left out with a remark") {
  const std::pair<std::string_view, Lines> rows[] = {
      {"ssh_authorized_keys: [ssh-rsa AAAA]", {"e 4:37 ssh-key"}},
      {"ssh_authorized_keys: [7]", {"e 4:37 ssh-key"}},
      {"groups: [[x]]", {"w 4:24 user"}},
      {"groups: 'a:b'", {"w 4:23 user"}},
      {"shell: zsh", {"w 4:22 user"}},
      {"homedir: /a/../b", {"w 4:24 user"}},
      {"homedir: '/a:b'", {"w 4:24 user"}},
      {"expiredate: soon", {"w 4:27 user"}},
      {"inactive: x", {"w 4:25 user"}},
      {"inactive: -2", {"w 4:25 user"}},
      {"inactive: 1000000", {"w 4:25 user"}},
      {R"(passwd: "$6$a$b\n", lock_passwd: true)", {"w 4:23 user"}},
      {R"(plain_text_passwd: "a\nb", lock_passwd: true)", {"w 4:34 user"}},
      {R"(plain_text_passwd: "a\0b", lock_passwd: true)", {"w 4:34 user"}},
      {R"(sudo: "a\x01b")", {"w 4:21 user"}},
      {"primary_group: -x", {"w 4:30 user"}},
      {"sudo: true", {"w 4:21 user"}},
      {R"(sudo: "a\nb")", {"w 4:21 user"}},
      {"system: maybe", {"w 4:23 user"}},
      {"passwd: hunter2, lock_passwd: false", {"n 4:3 user", "w 4:23 user"}},
      {"hashed_passwd: [x]", {"w 4:30 user"}},
      {"plain_text_passwd: 7, lock_passwd: false", {"w 4:34 user"}},
      {"plain_text_passwd: '', lock_passwd: true", {"w 4:34 user"}},
      {"doas: [x]", {"w 4:21 user"}},
      {"ssh_import_id: [x]", {"w 4:30 user"}},
      {"ssh_redirect_user: true", {"w 4:34 user"}},
      {"ssh_redirect_user: false", {}},
      {"selinux_user: x", {"w 4:29 user"}},
      {"group: x", {"w 4:15 unknown-key"}},
      // lock_passwd defaults to true, also for a password that the document gives.
      {"plain_text_passwd: x", {"w 4:3 user"}},
      {"plain_text_passwd: x, lock_passwd: true", {}},
      {"lock_passwd: false", {"n 4:3 user"}},
  };
  for (const auto& [keys, remarks] : rows) {
    CAPTURE(keys);
    const auto plan = plan_of(users("- {name: ann, " + std::string(keys) + "}\n"));
    CHECK(items_of(plan) == Lines{"users/ann early once"});
    CHECK(remarks_of(plan) == remarks);
  }
}

TEST_CASE("the default user is the one that Azure names") {
  const std::pair<std::string_view, Lines> rows[] = {
      {"users: [ann]", {"n 2:1 default-user"}},
      {"users: []", {"n 2:1 default-user"}},
      {"users:", {"n 2:1 default-user"}},
      {"user: bob", {"w 2:1 user"}},
      {"user: [bob]", {"w 2:1 user"}},
      {"user: {name: bob}", {"w 2:14 user"}},
      {"system_info: {default_user: {name: bob}}", {"w 2:36 user"}},
      {"system_info: {distro: x}", {"w 2:15 ignored-key"}},
      {"system_info: x", {"w 2:1 user"}},
      {"users: [default, {name: root}]", {"w 2:18 user"}},
      {"users: [default, root]", {"w 2:18 user"}},
      {"users: default,root", {"w 2:8 user"}},
      {"users: {default: true, root: true}", {"w 2:24 user"}},
      {"users: {default: true, root: {lock_passwd: true}}", {"w 2:30 user"}},
      {"users: [{groups: x}]", {"n 2:9 user"}},
      {"users: [{name: default, groups: x}, {name: default}]", {"e 2:37 user"}},
      {"users: {default: true, bob: {name: alice}}", {"w 2:36 user"}},
      {"users: {default: true, bob: {name: bob}}", {}},
      // What is for new accounts only.
      {"user: {gecos: x, groups: x, shell: /bin/sh, create_groups: false}", {}},
      {"user: {uid: 2000}", {"w 2:13 user"}},
      {"user: {homedir: /x}", {"w 2:17 user"}},
      {"user: {primary_group: x}", {"w 2:23 user"}},
      {"user: {expiredate: 2030-12-31}", {"w 2:20 user"}},
      {"user: {inactive: 5}", {"w 2:18 user"}},
      {"user: {no_create_home: true}", {"w 2:24 user"}},
      {"user: {no_user_group: true}", {"w 2:23 user"}},
      {"user: {no_log_init: true}", {"w 2:21 user"}},
      {"user: {system: true, ssh_authorized_keys: }", {"w 2:16 user"}},
      {"user: {create_groups: false}", {"w 2:23 user"}},
      // Azure's user keeps the rule of [User] Sudo=.
      {"user: {sudo: false}", {"w 2:14 user"}},
      {"user: {sudo: }", {"w 2:8 user"}},
      {"user: {sudo: []}", {"w 2:14 user"}},
      {"user: {sudo: none}", {"w 2:14 user"}},
      {"user: {sudo: ALL=(ALL) ALL}", {}},
  };
  for (const auto& [keys, remarks] : rows) {
    CAPTURE(keys);
    CHECK(remarks_of("#cloud-config\n" + std::string(keys) + "\n") == remarks);
  }
  const auto user = user_of("#cloud-config\nsystem_info: {default_user: {groups: [docker]}}\n");
  CHECK(user.name.empty());
  CHECK(user.groups == Lines{"docker"});
}

TEST_CASE("numbers of a user are those that YAML makes of them") {
  const std::pair<std::string_view, std::uint32_t> uids[] = {
      {"2000", 2000},  {"01750", 1000},   {"0x3e8", 1000},
      {"1_000", 1000}, {"'01750'", 1750}, {"4294967294", 4294967294},
  };
  for (const auto& [value, uid] : uids) {
    CAPTURE(value);
    CHECK(user_of(users("- {name: ann, uid: " + std::string(value) + "}\n")).uid == uid);
  }
  const std::pair<std::string_view, std::string_view> days[] = {
      {"5", "5"}, {"'5'", "5"}, {"010", "8"}, {"-1", "-1"}, {"'-1'", "-1"}, {"0", "0"}};
  for (const auto& [value, inactive] : days) {
    CAPTURE(value);
    CHECK(user_of(users("- {name: ann, inactive: " + std::string(value) + "}\n")).inactive ==
          inactive);
  }
}

TEST_CASE("a sudo rule can have tabs, and 'no rule' is another thing than nothing") {
  CHECK(user_of(users("- {name: ann, sudo: \"ALL=(ALL)\\tALL\"}\n")).sudo ==
        Lines{"ALL=(ALL)\tALL"});
  CHECK(remarks_of(users("- {name: ann, sudo: \"ALL=(ALL)\\tALL\"}\n")) == Lines{});
  for (const auto* value : {"false", "", "[]", "none"}) {
    CAPTURE(value);
    CHECK(user_of(users("- {name: ann, sudo: " + std::string(value) + "}\n")).no_sudo);
  }
  CHECK_FALSE(user_of(users("- ann\n")).no_sudo);
  CHECK_FALSE(user_of(users("- {name: ann, sudo: ALL=(ALL) ALL}\n")).no_sudo);
}

TEST_CASE("the line break that a block of YAML leaves is no part of a password") {
  for (const std::string_view key : {"passwd", "hashed_passwd", "plain_text_passwd"}) {
    CAPTURE(key);
    const auto document = users("- name: ann\n  lock_passwd: true\n  " + std::string(key) +
                                ": |\n    $6$salt$hash\n");
    const auto user = user_of(document);
    const auto& text = key == "passwd"          ? user.passwd
                       : key == "hashed_passwd" ? user.hashed_passwd
                                                : user.plain_text_passwd;
    CHECK(text.reveal() == "$6$salt$hash");
    CHECK(remarks_of(document).size() == 1);
  }
}

TEST_CASE("keys that do nothing for a user who exists are listed") {
  const MakeUser whole{.name = "ann",
                       .gecos = "x",
                       .homedir = "/x",
                       .shell = "/bin/sh",
                       .primary_group = "x",
                       .groups = {"x"},
                       .expiredate = "2030-12-31",
                       .inactive = "5",
                       .uid = 2000,
                       .create_groups = false,
                       .no_create_home = true,
                       .no_user_group = true,
                       .no_log_init = true,
                       .system = true};
  using Keys = std::vector<std::string_view>;
  CHECK(list_unused_keys(whole, true) == Keys{"expiredate", "homedir", "inactive", "no_create_home",
                                              "no_log_init", "no_user_group", "primary_group",
                                              "system", "uid"});
  CHECK(list_unused_keys(whole, false).size() == 12);
  CHECK(list_unused_keys({.name = "ann"}, false).empty());
}

TEST_CASE("a file in the home of a user who is made after it is told") {
  const std::pair<std::string_view, Lines> rows[] = {
      {"path: /home/ann/.ssh/config", {"w 6:3 write-files-home"}},
      {"path: /home/ann/a", {"w 6:3 write-files-home"}},
      {"path: /home/ann/a, defer: true", {}},
      {"path: /home/ann", {}},
      {"path: /home/annie/a", {}},
      {"path: /home/eve/a", {}},
      {"path: /srv/bob/a/b", {"w 6:3 write-files-home"}},
      {"path: /home/bob/a", {}},
      {"path: /home/svc/a", {}},
  };
  for (const auto& [file, remarks] : rows) {
    CAPTURE(file);
    CHECK(remarks_of("#cloud-config\nusers: [default, ann, {name: bob, homedir: /srv/bob},\n"
                     "  {name: svc, system: true},\n  {name: none, no_create_home: true}]\n"
                     "write_files:\n- {" +
                     std::string(file) + "}\n") == remarks);
  }
}

TEST_CASE("an item says what is made, without a value but names") {
  const auto plan =
      plan_of(users("- {name: ann, groups: [docker, wheel], sudo: 'ALL=(ALL) ALL', "
                    "hashed_passwd: $6$a$b, gecos: x, ssh_authorized_keys: [" +
                    std::string(kKey) + "]}\n- bob\n- {groups: x}\n"));
  REQUIRE(plan.items.size() == 3);
  CHECK(plan.items[0].what ==
        "make the user ann (groups docker, wheel; 1 SSH key; sudo; a password; password locked)");
  CHECK(plan.items[1].what == "make the user bob (password locked)");
  CHECK(plan.items[2].what == "change the user that Azure names (groups x)");
  CHECK(plan_of("#cloud-config\nuser: {groups: [docker]}\n").items.at(0).what ==
        "change the user that Azure names (groups docker)");
}

TEST_CASE("top-level keys go to the user that Azure names, and to root only if root is enabled") {
  const auto keys = plan_of("#cloud-config\nssh_authorized_keys: [" + std::string(kKey) + ", x]\n");
  REQUIRE(items_of(keys) == Lines{"ssh_authorized_keys early once"});
  CHECK(std::get<AddSshKeys>(keys.items[0].action).keys == Lines{kKey});
  CHECK(remarks_of(keys).size() == 1);
  CHECK(items_of("#cloud-config\nssh_authorized_keys: []\n") == Lines{});
  CHECK(items_of("#cloud-config\ndisable_root: true\n") == Lines{});
  CHECK(items_of("#cloud-config\ndisable_root: false\n") == Lines{"disable_root early once"});
  CHECK(remarks_of("#cloud-config\ndisable_root: maybe\n") == Lines{"w 2:1 disable-root"});
}

TEST_CASE("no remark and no description about users quotes a value") {
  const std::string secret = "hunter2";
  const auto plan = plan_of(
      "#cloud-config\nsystem_info: {hunter: hunter2, default_user: {name: hunter2}}\n"
      "user: hunter2\nssh_authorized_keys: [hunter2]\ndisable_root: hunter2\nusers:\n"
      "- {name: ann, passwd: hunter2, hashed_passwd: 'hunter2 x', plain_text_passwd: hunter2,\n"
      "   shell: hunter2, homedir: hunter2, expiredate: hunter2, inactive: hunter2, uid: 7,\n"
      "   groups: ['hunter2 x'], sudo: hunter2, system: hunter2, ssh_authorized_keys: hunter2}\n"
      "- {name: bob, uid: hunter2}\n- 'hunter2 x'\n- {name: 'hunter2:'}\n");
  CHECK(plan.remarks.size() >= 15);
  for (const auto& remark : plan.remarks) {
    CAPTURE(remark.text);
    CHECK(remark.text.find(secret) == std::string::npos);
    CHECK(remark.advice.find(secret) == std::string::npos);
  }
  for (const auto& item : plan.items) CHECK(item.what.find(secret) == std::string::npos);
}

}  // namespace
}  // namespace azl::provision::custom_data
