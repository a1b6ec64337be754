#include "provision/custom_data/plan/passwords.h"

#include <string>
#include <string_view>
#include <utility>

#include <doctest/doctest.h>

#include "tests/unit/provision/custom_data/plan/planned.h"

namespace azl::provision::custom_data {
namespace {

using test::items_of;
using test::Lines;
using test::plan_of;
using test::remarks_of;

/// "ID: USER KIND PASSWORD [expires]" of each password.
Lines passwords_of(const CustomDataPlan& plan) {
  constexpr const char* kKinds[] = {"text", "hash", "random"};
  Lines lines;
  for (const auto& item : plan.items) {
    const auto& password = std::get<SetPassword>(item.action);
    lines.push_back(item.id + ": " + password.user + " " + kKinds[static_cast<int>(password.kind)] +
                    " " + std::string(password.password.reveal()) +
                    (password.expire ? " expires" : ""));
  }
  return lines;
}

TEST_CASE("passwords are set as chpasswd says") {
  // https://docs.cloud-init.io/en/latest/reference/modules.html#set-passwords
  const std::pair<std::string_view, Lines> rows[] = {
      {"{users: [{name: ann, password: $6$a$b}]}", {"chpasswd/ann: ann hash $6$a$b expires"}},
      {"{users: [{name: ann, password: $y$j9T$a$b, type: hash}], expire: false}",
       {"chpasswd/ann: ann hash $y$j9T$a$b"}},
      {"{users: [{name: ann, password: 'x:y', type: text}], expire: no}",
       {"chpasswd/ann: ann text x:y"}},
      {"{users: [{name: ann, type: RANDOM}]}", {"chpasswd/ann: ann random  expires"}},
      {"{list: 'ann:x'}", {"chpasswd/ann: ann text x expires"}},
      {R"({list: "ann:x\n\nbob:R\r\neve:$6$a$b\n", expire: false})",
       {"chpasswd/ann: ann text x", "chpasswd/bob: bob random ", "chpasswd/eve: eve hash $6$a$b"}},
      {"{list: [ann:x, 'bob:RANDOM'], expire: false}",
       {"chpasswd/ann: ann text x", "chpasswd/bob: bob random "}},
      // With a ':' behind the name's, it is no hash.
      {"{list: ['ann:$6$a$b:c'], expire: false}", {"chpasswd/ann: ann text $6$a$b:c"}},
      {"{list: ['ann:$6$a'], expire: false}", {"chpasswd/ann: ann text $6$a"}},
      {"{list: [ann:x, ann:y], expire: false}",
       {"chpasswd/ann: ann text x", "chpasswd/ann/2: ann text y"}},
      {"{list: , users: }", {}},
      {"{expire: false}", {}},
  };
  for (const auto& [value, passwords] : rows) {
    CAPTURE(value);
    const auto plan = plan_of("#cloud-config\nchpasswd: " + std::string(value) + "\n");
    CHECK(passwords_of(plan) == passwords);
    CHECK(remarks_of(plan) == Lines{});
  }
}

TEST_CASE("a bad password costs only itself") {
  const std::pair<std::string_view, Lines> rows[] = {
      {"{users: [{name: ann, password: hunter2}, &x {name: good, type: RANDOM}]}",
       {"e 2:42 password"}},
      {"{users: [{name: ann}, {name: good, type: RANDOM}]}", {"e 2:20 password"}},
      {"{users: [{name: ann, type: plain, password: x}, {name: good, type: RANDOM}]}",
       {"e 2:38 password"}},
      {"{users: [{name: 'a:b', type: RANDOM}, {name: good, type: RANDOM}]}", {"e 2:20 password"}},
      {"{users: [{type: RANDOM}, {name: good, type: RANDOM}]}", {"e 2:20 password"}},
      {"{users: [ann, {name: good, type: RANDOM}]}", {"e 2:20 password"}},
      {"{users: [{name: ann, type: text, password: ''}, {name: good, type: RANDOM}]}",
       {"e 2:54 password"}},
      {R"({users: [{name: ann, type: text, password: "a\nb"}, {name: good, type: RANDOM}]})",
       {"e 2:54 password"}},
      {R"({users: [{name: ann, type: text, password: "a\0b"}, {name: good, type: RANDOM}]})",
       {"e 2:54 password"}},
      {"{list: [ann, good:R]}", {"e 2:19 password"}},
      {R"({list: ["ann:a\nb", good:R]})", {"e 2:19 password"}},
      {"{list: ['ann:', good:R]}", {"e 2:19 password"}},
      {"{list: [{ann: x}, good:R]}", {"e 2:19 password"}},
      {"{users: x, list: [good:R]}", {"e 2:19 password"}},
      {"{list: [good:R], lists: x}", {"w 2:28 unknown-key"}},
      {"{list: [good:R], expire: maybe}", {"w 2:36 password"}},
  };
  for (const auto& [value, remarks] : rows) {
    CAPTURE(value);
    const auto plan = plan_of("#cloud-config\nchpasswd: " + std::string(value) + "\n");
    CHECK(items_of(plan) == Lines{"chpasswd/good early once"});
    CHECK(remarks_of(plan) == remarks);
  }
  CHECK(remarks_of("#cloud-config\nchpasswd: [x]\n") == Lines{"e 2:1 password"});
}

TEST_CASE("the line break that a block of YAML leaves is no part of a password") {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"  users:\n  - name: ann\n    type: text\n    password: |\n      x\n", "ann text x"},
      {"  users:\n  - name: ann\n    password: |\n      $6$a$b\n", "ann hash $6$a$b"},
      {"  list:\n  - |\n    ann:x\n", "ann text x"},
  };
  for (const auto& [keys, password] : rows) {
    CAPTURE(keys);
    const auto plan = plan_of("#cloud-config\nchpasswd:\n  expire: false\n" + std::string(keys));
    CHECK(passwords_of(plan) == Lines{"chpasswd/ann: " + std::string(password)});
    CHECK(remarks_of(plan).size() == 1);
  }
}

TEST_CASE("the password of the default user is set unless chpasswd has passwords") {
  struct {
    std::string_view keys;
    Lines passwords;
    Lines remarks;
  } const rows[] = {
      {"password: x", {"password:  text x expires"}, {}},
      {"password: x\nchpasswd: {expire: false}", {"password:  text x"}, {}},
      {"chpasswd: {expire: false}\npassword: $6$a$b", {"password:  hash $6$a$b"}, {}},
      {"password: R", {"password:  random  expires"}, {}},
      {"password: 123", {"password:  text 123 expires"}, {"w 2:1 password"}},
      {"password: [x]", {}, {"e 2:1 password"}},
      {R"(password: "a\nb")", {}, {"e 2:1 password"}},
      {"password:", {}, {}},
      {"password: ''", {}, {"w 2:1 password"}},
      {"password: |\n  x", {"password:  text x expires"}, {"w 2:1 password"}},
      {"password: |\n  $6$a$b", {"password:  hash $6$a$b expires"}, {"w 2:1 password"}},
      {"password: |\n  x\n  y", {}, {"e 2:1 password"}},
      {R"(password: "a\0b")", {}, {"e 2:1 password"}},
      {"password: x\nchpasswd: {list: ['ann:x'], expire: false}",
       {"chpasswd/ann: ann text x"},
       {"w 2:1 password"}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.keys);
    const auto plan = plan_of("#cloud-config\n" + std::string(row.keys) + "\n");
    CHECK(passwords_of(plan) == row.passwords);
    CHECK(remarks_of(plan) == row.remarks);
  }
}

TEST_CASE("ssh_pwauth is true, false or unchanged") {
  const std::pair<std::string_view, Lines> rows[] = {
      {"true", {"ssh_pwauth early once"}},
      {"no", {"ssh_pwauth early once"}},
      {"'1'", {"ssh_pwauth early once"}},
      {"unchanged", {}},
      {"", {}},
  };
  for (const auto& [value, items] : rows) {
    CAPTURE(value);
    const auto plan = plan_of("#cloud-config\nssh_pwauth: " + std::string(value) + "\n");
    CHECK(items_of(plan) == items);
    CHECK(remarks_of(plan) == Lines{});
  }
  CHECK(remarks_of("#cloud-config\nssh_pwauth: maybe\n") == Lines{"w 2:1 ssh-pwauth"});
  CHECK(std::get<SetPasswordLogins>(plan_of("#cloud-config\nssh_pwauth: yes\n").items.at(0).action)
            .allowed);
}

TEST_CASE("no remark and no description about passwords quotes a value") {
  const std::string secret = "hunter2";
  const auto plan = plan_of(
      "#cloud-config\npassword: hunter2\nssh_pwauth: hunter2\nchpasswd:\n  expire: hunter2\n"
      "  hunter: hunter2\n  users:\n  - {name: ann, password: hunter2}\n"
      "  - {name: bob, password: hunter2, type: hunter2}\n"
      "  - {name: eve, password: hunter2, type: text}\n  list: |\n    hunter2\n    ann:hunter2\n"
      "    hunter2x y:z\n");
  CHECK(plan.remarks.size() >= 6);
  CHECK(plan.items.size() == 2);
  for (const auto& remark : plan.remarks) {
    CAPTURE(remark.text);
    CHECK(remark.text.find(secret) == std::string::npos);
    CHECK(remark.advice.find(secret) == std::string::npos);
  }
  for (const auto& item : plan.items) CHECK(item.what.find(secret) == std::string::npos);
}

}  // namespace
}  // namespace azl::provision::custom_data
