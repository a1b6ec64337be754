#include "provision/accounts/password.h"

#include <string>
#include <vector>

#include <crypt.h>
#include <doctest/doctest.h>

#include "tests/unit/provision/accounts/bob.h"

namespace azl::provision {

using azl::test::AccountTree;
using azl::test::patience;
using azl::test::RecordingProcesses;
using test::kPassword;
using test::make_user;
using test::password_field_of;

TEST_CASE("only chpasswd's stdin and shadow get the hash, and nothing gets the password") {
  AZL_NEEDS_ROOT();
  for (const auto hash : {PasswordHash::kSha512, PasswordHash::kYescrypt}) {
    const AccountTree tree;
    make_user(tree);
    const Root root = tree.root();
    RecordingProcesses processes;
    const Secret password{std::string(kPassword)};
    const auto set =
        ensure_password(root, processes, "bob", PasswordChange::kSet, password, hash, patience());
    REQUIRE_MESSAGE(set.has_value(), set.error().to_string());
    CHECK(*set);
    const std::string field = password_field_of(tree, "bob");
    CHECK(field.starts_with(hash == PasswordHash::kSha512 ? "$6$" : "$y$"));
    CHECK(std::string(crypt(kPassword, field.c_str())) == field);
    CHECK(password_usable(root, "bob").value());

    CHECK_FALSE(
        ensure_password(root, processes, "bob", PasswordChange::kSet, password, hash, patience())
            .value());
    CHECK(processes.count("chpasswd") == 1);
    CHECK(processes.inputs == std::vector<std::string>{"bob:" + field + "\n"});
    for (const auto& argv : processes.commands) {
      for (const std::string& argument : argv) {
        CHECK(argument.find(kPassword) == std::string::npos);
        CHECK(argument.find(field) == std::string::npos);
      }
    }
    for (const auto& [path, seen] : azl::test::snapshot(tree.path())) {
      CAPTURE(path);
      CHECK(seen.find(kPassword) == std::string::npos);
      if (!path.ends_with("/etc/shadow")) CHECK(seen.find(field) == std::string::npos);
    }
  }
}

TEST_CASE("a locked password is unlocked only by a new one") {
  AZL_NEEDS_ROOT();
  AccountTree tree;
  make_user(tree);
  const Root root = tree.root();
  SystemProcesses processes;
  const Secret password{std::string(kPassword)};
  const auto ensure = [&](PasswordChange change) {
    return ensure_password(root, processes, "bob", change, password, PasswordHash::kSha512,
                           patience())
        .value();
  };
  CHECK_FALSE(ensure(PasswordChange::kLocked));  // useradd's "!"
  CHECK(ensure(PasswordChange::kSet));
  const std::string hash = password_field_of(tree, "bob");
  CHECK_FALSE(ensure(PasswordChange::kUnchanged));
  CHECK(ensure(PasswordChange::kLocked));
  CHECK(password_field_of(tree, "bob") == "!" + hash);
  CHECK_FALSE(ensure(PasswordChange::kLocked));
  CHECK_FALSE(ensure(PasswordChange::kUnchanged));
  CHECK(password_field_of(tree, "bob") == "!" + hash);
  CHECK_FALSE(password_usable(root, "bob").value());
  CHECK(ensure(PasswordChange::kSet));
  CHECK(password_usable(root, "bob").value());
}

TEST_CASE("an empty or missing password is locked too") {
  AZL_NEEDS_ROOT();
  AccountTree tree;
  tree.append("etc/passwd", "open:x:1001:1001::/:/bin/bash\nlost:x:1002:1002::/:/bin/bash\n");
  tree.append("etc/shadow", "open::19000:0:99999:7:::\n");
  SystemProcesses processes;
  for (const std::string user : {"open", "lost"}) {
    CAPTURE(user);
    CHECK(ensure_password(tree.root(), processes, user, PasswordChange::kLocked, Secret(),
                          PasswordHash::kSha512, patience())
              .value());
    CHECK(password_field_of(tree, user) == "!");
  }
  CHECK_FALSE(ensure_password(tree.root(), processes, "root", PasswordChange::kLocked, Secret(),
                              PasswordHash::kSha512, patience())
                  .value());
}

TEST_CASE("no error contains a password or a hash") {
  AZL_NEEDS_ROOT();
  const AccountTree tree;
  const std::string secret = kPassword;
  const std::vector<Secret> passwords = [&secret] {
    std::vector<Secret> made;
    for (const std::string& text : {std::string(), secret + std::string(1, '\0') + "x",
                                    secret + std::string(512, 'x'), secret}) {
      made.emplace_back(text);
    }
    return made;
  }();
  for (const Secret& password : passwords) {
    RecordingProcesses processes;  // bob does not exist, so chpasswd refuses the valid one
    const auto set = ensure_password(tree.root(), processes, "bob", PasswordChange::kSet, password,
                                     PasswordHash::kSha512, patience());
    REQUIRE_FALSE(set.has_value());
    CHECK(set.error().reason() == Reason::kPassword);
    CHECK(set.error().to_string().find(secret) == std::string::npos);
    CHECK(set.error().to_string().find("$6$") == std::string::npos);
  }
}

TEST_CASE("a password is usable only if its field has a valid hash") {
  struct Row {
    std::string field;
    bool usable;
  };
  const std::vector<Row> rows = {
      {"", false},
      {"!", false},
      {"*", false},
      {"!!", false},
      {"!$6$abc$def", false},
      {"!*", false},
      {"*LK*", false},
      {"x", false},
      {"$6$saltsalt$hash", true},
      {"$y$j9T$salt$hash", true},
      {"$1$saltsalt$hash", true},
      {"not a hash", false},
      {"$9$what", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.field);
    azl::test::TemporaryTree tree;
    tree.write("etc/passwd", "bob:x:1000:1000:::\n");
    tree.write("etc/shadow", "bobby:$6$a$b:::::::\nbob:" + std::string(row.field) + ":1::::::\n");
    const auto root = Root::open(tree.path());
    REQUIRE(root.has_value());
    CHECK(password_usable(*root, "bob").value() == row.usable);
    CHECK_FALSE(password_usable(*root, "ann").value());
  }
}

}  // namespace azl::provision
