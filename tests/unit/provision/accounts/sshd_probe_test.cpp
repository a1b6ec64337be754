#include "provision/accounts/sshd_probe.h"

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/provision/accounts/account_tree.h"
#include "tests/unit/provision/accounts/in_chroot.h"

namespace azl::provision {

using test::AccountTree;
using test::patience;
using test::PlayedProcesses;

namespace {

constexpr const char* kDropIn = "etc/ssh/sshd_config.d/50-x.conf";

/// A tree with a host key.
struct KeyTree : AccountTree {
  KeyTree() {
    static const test::KeyPair key = test::make_key_pair("ed25519");
    write("etc/ssh/ssh_host_ed25519_key", key.secret);
    chmod_to("etc/ssh/ssh_host_ed25519_key", 0600);
  }
};

/// What the real sshd -t says about a tree.
SshdVerdict check(const AccountTree& tree) {
  const Root root = tree.root();
  SystemProcesses processes;
  const Deadline deadline = patience();
  return SshdProbe(root, processes, deadline).check();
}

/// Plays an sshd that fails with this message.
std::string describe(const Root& root, const std::string& message) {
  PlayedProcesses processes([](const Command&) { return ProcessOutput(); });
  const Deadline deadline = patience();
  SshdProbe probe(root, processes, deadline);
  return probe.describe_failure(
      {.status = 255, .out = "", .err_tail = message, .wall = {}, .cpu = {}});
}

}  // namespace

TEST_CASE("in a tree the keyword that sshd refuses is named") {
  AZL_NEEDS_ROOT();
  KeyTree tree;
  tree.write(kDropIn, "# ours\nPermitRotLogin no\n");
  const auto verdict = check(tree);
  CHECK(verdict.kind == SshdVerdict::Kind::kRefused);
  CHECK(verdict.why.find("50-x.conf") != std::string::npos);
  CHECK(verdict.why.find("line 2: Bad configuration option: PermitRotLogin") != std::string::npos);
}

TEST_CASE("a file from elsewhere is named by its path in the tree") {
  AZL_NEEDS_ROOT();
  KeyTree tree;
  tree.append("etc/ssh/sshd_config", "Include /usr/share/policy/*.config\n");
  tree.write("usr/share/policy/a.config", "\nMaxAuthTries many\n");
  const auto verdict = check(tree);
  CHECK(verdict.kind == SshdVerdict::Kind::kRefused);
  CHECK(verdict.why == "/usr/share/policy/a.config line 2 (MaxAuthTries)");
}

TEST_CASE("nothing of a file that a link leads to is printed, in the tree or outside") {
  AZL_NEEDS_ROOT();
  test::TemporaryTree outside;
  outside.write("shadow", "secretword:$6$hash\n");
  KeyTree tree;
  SUBCASE("outside: sshd does not read it") {
    tree.plant(outside.path("shadow"), kDropIn);
    CHECK(check(tree).kind == SshdVerdict::Kind::kGood);
  }
  SUBCASE("in the tree") {
    tree.write("etc/shadow", "secretword\n").plant("/etc/shadow", kDropIn);
    const auto verdict = check(tree);
    CHECK(verdict.kind == SshdVerdict::Kind::kRefused);
    CHECK(verdict.why.find("50-x.conf") != std::string::npos);
    CHECK(verdict.why.find("secretword") == std::string::npos);
  }
  SUBCASE("a second name of a file") {
    tree.write("etc/secret", "secretword\n");
    REQUIRE(link(tree.path("etc/secret").c_str(), tree.path(kDropIn).c_str()) == 0);
    const auto verdict = check(tree);
    CHECK(verdict.kind == SshdVerdict::Kind::kRefused);
    CHECK(verdict.why.find("secretword") == std::string::npos);
  }
  SUBCASE("a word that is no keyword") {
    tree.write(kDropIn, "secretword:$6$hash\n");
    CHECK(check(tree).why.find("secretword") == std::string::npos);
  }
}

TEST_CASE("sshd's messages about files of the host are not repeated") {
  const AccountTree tree;
  CHECK(describe(tree.root(), "/etc/shadow line 1: Bad configuration option: root:$6$hash\r\n") ==
        "exit status 255");
  CHECK(describe(tree.root(), "secretword\n") == "exit status 255");
}

TEST_CASE("live, sshd's whole message is reported") {
  AZL_NEEDS_ROOT();
  const AccountTree tree;
  const std::string said = test::in_chroot(tree.path(), [] {
    const auto root = Root::open("/");
    return describe(root.value(),
                    "/etc/ssh/sshd_config.d/50-x.conf: line 3: Bad configuration option: "
                    "PermitRotLogin\r\n/etc/ssh/sshd_config: terminating, \x1b 1 bad "
                    "configuration options\r\n");
  });
  CHECK(said ==
        "/etc/ssh/sshd_config.d/50-x.conf: line 3: Bad configuration option: PermitRotLogin; "
        "/etc/ssh/sshd_config: terminating, \\x1b 1 bad configuration options");
}

TEST_CASE("a FIFO among the files is an error, and sshd is not started") {
  AccountTree tree;
  REQUIRE(mkfifo(tree.path(kDropIn).c_str(), 0600) == 0);
  const Root root = tree.root();
  PlayedProcesses processes([](const Command&) { return ProcessOutput(); });
  const Deadline deadline = patience();
  SshdProbe probe(root, processes, deadline);
  CHECK_FALSE(probe.run({"-T"}).has_value());
  CHECK(probe.check().kind == SshdVerdict::Kind::kUnknown);
  CHECK(processes.commands.empty());
}

TEST_CASE("the sshd of a tree has a memory limit, and a quoted Include of a device ends in time") {
  AZL_NEEDS_ROOT();
  KeyTree tree;
  // The tree has no /dev/zero; the sshd of the host must not read that of the host either.
  tree.append("etc/ssh/sshd_config", "Include \"/dev/zero\"\n");
  CHECK(check(tree).kind == SshdVerdict::Kind::kGood);

  const Root root = tree.root();
  ProcessLimits limits;
  bool outside = true;
  PlayedProcesses processes([&](const Command& command) {
    limits = command.limits;
    outside = command.binds.size() == 2;
    return ProcessOutput();
  });
  const Deadline deadline = patience();
  CHECK(SshdProbe(root, processes, deadline).run({"-T"}).has_value());
  CHECK(limits.memory == 256 << 20);
  CHECK(outside);
}

}  // namespace azl::provision
