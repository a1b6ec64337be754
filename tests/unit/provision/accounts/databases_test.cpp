#include "provision/accounts/databases.h"

#include <chrono>
#include <filesystem>
#include <string>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "tests/unit/provision/accounts/account_tree.h"

namespace azl::provision {

using test::AccountTree;

TEST_CASE("a lock that another process holds ends the wait at the deadline") {
  const AccountTree tree;
  const Root root = tree.root();
  const SystemClock clock;
  const auto first = lock_databases(root, test::patience());
  REQUIRE(first.has_value());
  const auto second = lock_databases(root, Deadline(clock, std::chrono::milliseconds(50)));
  REQUIRE_FALSE(second.has_value());
  CHECK(second.error().reason() == Reason::kTimeout);
}

TEST_CASE("only root can open the lock, whose holder blocks all changes of accounts") {
  AccountTree tree;
  const Root root = tree.root();
  REQUIRE(lock_databases(root, test::patience()).has_value());
  CHECK(tree.mode("etc/.pwd.lock") == 0600);
}

TEST_CASE("a FIFO or a directory in place of the lock is an error and does not hang") {
  for (const bool fifo : {true, false}) {
    CAPTURE(fifo);
    AccountTree tree;
    tree.write("etc/passwd.lock", "1");
    if (fifo) {
      REQUIRE(mkfifo(tree.path("etc/.pwd.lock").c_str(), 0600) == 0);
    } else {
      tree.mkdir("etc/.pwd.lock");
    }
    const Root root = tree.root();
    const auto lock = lock_databases(root, test::patience());
    REQUIRE_FALSE(lock.has_value());
    CHECK(lock.error().to_string().find("/etc/.pwd.lock") != std::string::npos);
    CHECK_FALSE(remove_stale_locks(root).has_value());
    CHECK(tree.exists("etc/passwd.lock"));
  }
}

TEST_CASE("a FIFO with a reader in place of the lock is an error, too") {
  const AccountTree tree;
  REQUIRE(mkfifo(tree.path("etc/.pwd.lock").c_str(), 0600) == 0);
  const UniqueFd reader(open(tree.path("etc/.pwd.lock").c_str(), O_RDONLY | O_NONBLOCK));
  REQUIRE(reader);
  const auto lock = lock_databases(tree.root(), test::patience());
  REQUIRE_FALSE(lock.has_value());
  CHECK(lock.error().to_string().find("is not a regular file") != std::string::npos);
}

TEST_CASE("a tool's own error stays if the space in /etc cannot be determined") {
  const AccountTree tree;
  std::filesystem::remove_all(tree.path("etc"));
  test::PlayedProcesses processes(
      [](const Command&) { return fail(Reason::kToolFailed, "cannot open /etc/passwd"); });
  const Root root = tree.root();
  const auto deadline = test::patience();
  const auto run = AccountTools(root, processes, deadline).run({"useradd", "bob"}, Reason::kUser);
  REQUIRE_FALSE(run.has_value());
  CHECK(run.error().reason() == Reason::kUser);
  CHECK(run.error().to_string().find("cannot open /etc/passwd") != std::string::npos);
}

}  // namespace azl::provision
