// Which key opens the machine: the steps that ask sshd and install the keys, with the real sshd.
#include "provision/apply/login.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <fcntl.h>

#include "base/fd.h"
#include "base/process.h"
#include "provision/apply/ssh_keys.h"
#include "provision/apply/sshd.h"
#include "tests/unit/provision/bench.h"

using namespace azl::provision;
using namespace azl::test;

namespace {

using azl::SystemProcesses;
using Words = std::vector<std::string>;

constexpr const char* kInclude = "Include /etc/ssh/sshd_config.d/*.conf\n";

KeyPair& ed25519() {
  static KeyPair key = make_key_pair("ed25519");
  return key;
}
KeyPair& rsa3072() {
  static KeyPair key = make_key_pair("rsa", "3072");
  return key;
}

/// A tree whose user bob has these keys, before the step that asks sshd.
struct LoginBench : Bench {
  explicit LoginBench(const Words& keys, bool require = false) {
    static const KeyPair host = make_key_pair("ed25519");
    tree.write("etc/ssh/ssh_host_ed25519_key", host.secret);
    tree.chmod_to("etc/ssh/ssh_host_ed25519_key", 0600);
    tree.append("etc/passwd",
                "sshd:x:99:99::/run/sshd:/sbin/nologin\nbob:x:1000:1000::/home/bob:/bin/bash\n");
    tree.append("etc/shadow", "sshd:!*:19000::::::\nbob:*:19000:0:99999:7:::\n");
    tree.append("etc/group", "sshd:x:99:\nbob:x:1000:\n");
    tree.mkdir("home/bob").chmod_to("home/bob", 0700).chown_to("home/bob", 1000, 1000);
    Config config;
    config.ssh.require_login = require;
    StageRecord record;
    record.stage = Stage::kMain;
    now = std::make_unique<StageRun>(
        Machine{root, clock, programs, http},
        RunStart{.stage = Stage::kMain, .config = config, .record = std::move(record)});
    now->progress.account =
        Account{.name = "bob", .uid = 1000, .gid = 1000, .home = "/home/bob", .shell = ""};
    now->progress.decided = true;
    now->plan.course = Course::kProvision;
    now->plan.sshd = PlannedSshd{.password_authentication = false, .why = "no password was given"};
    now->plan.user.emplace();
    now->plan.user->name = "bob";
    for (const auto& key : keys)
      now->plan.user->keys.push_back({parse_ssh_key(key).value(), "IMDS publicKeys"});
  }

  StepResult ask() const {
    now->recorder.enter("login");
    return ask_about_login(now->context, now->facts, now->plan, now->progress, now->recorder);
  }
  StepResult install() const {
    now->recorder.enter("ssh-keys");
    return put_ssh_keys(now->context, *now->plan.user, now->progress, now->recorder);
  }
  StepResult configure() const {
    now->recorder.enter("sshd");
    return configure_sshd(now->context, now->plan, now->progress, now->recorder);
  }
  /// The sentences of the findings.
  [[nodiscard]] Words findings() const {
    Words words;
    for (const auto& finding : now->record.findings)
      words.push_back(std::string(to_string(finding.severity)) + ": " + finding.chain.back());
    return words;
  }
  /// Logs in with a key by the real ssh and sshd, which see the tree's /etc, /home and /run.
  [[nodiscard]] bool logs_in(const KeyPair& key) {
    tree.mkdir("run/sshd").mkdir("root").write("root/key", key.secret);
    tree.chmod_to("root/key", 0600);
    std::vector<azl::UniqueFd> directories;
    std::vector<azl::BindMount> binds;
    for (const std::string name : {"etc", "home", "root", "run"}) {
      directories.emplace_back(::open(tree.path(name).c_str(), O_PATH | O_CLOEXEC));
      binds.push_back({.source = directories.back().get(), .target = "/" + name});
    }
    const auto output = programs.run(
        {.argv = {"ssh", "-F", "none", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no",
                  "-o", "UserKnownHostsFile=/dev/null", "-o", "IdentitiesOnly=yes", "-o",
                  "ProxyCommand=/usr/sbin/sshd -i -f /etc/ssh/sshd_config", "-i", "/root/key",
                  "bob@tree", "echo $USER"},
         .good_statuses = {0, 255},
         .binds = binds},
        patience());
    REQUIRE_MESSAGE(output.has_value(), output.error().to_string());
    INFO(output->err_tail);
    CHECK(output->out == (output->status == 0 ? "bob\n" : ""));
    return output->status == 0;
  }

  SystemProcesses programs;
  std::unique_ptr<StageRun> now;
};

}  // namespace

TEST_CASE("a key in ~/.ssh/authorized_keys opens the machine, and sshd is asked once before it") {
  AZL_NEEDS_ROOT();
  LoginBench bench({ed25519().line});
  const auto asked = bench.ask();
  REQUIRE_MESSAGE(asked.has_value(), asked.error().to_string());
  CHECK(asked->why == "sshd lets 'bob' log in");
  CHECK(bench.findings() == Words{});
  const auto installed = bench.install();
  REQUIRE_MESSAGE(installed.has_value(), installed.error().to_string());
  CHECK(installed->why == "1 key in /home/bob/.ssh/authorized_keys");
  const auto configured = bench.configure();
  REQUIRE_MESSAGE(configured.has_value(), configured.error().to_string());
  CHECK(configured->outcome == StepOutcome::kDone);
  CHECK(bench.tree.exists("etc/ssh/sshd_config.d/50-cloud-init.conf"));
  CHECK(bench.findings() == Words{});
  CHECK(bench.logs_in(ed25519()));
  CHECK_FALSE(bench.logs_in(rsa3072()));
}

TEST_CASE(
    "AuthorizedKeysFile /etc/ssh/authorized_keys/%u: the keys go there, and sshd finds them") {
  AZL_NEEDS_ROOT();
  LoginBench bench({ed25519().line});
  bench.tree.write("etc/ssh/sshd_config",
                   std::string(kInclude) + "AuthorizedKeysFile /etc/ssh/authorized_keys/%u\n");
  REQUIRE(bench.ask().has_value());
  const auto installed = bench.install();
  REQUIRE_MESSAGE(installed.has_value(), installed.error().to_string());
  CHECK(installed->why == "1 key in /etc/ssh/authorized_keys/bob");
  CHECK_FALSE(bench.tree.exists("home/bob/.ssh"));
  CHECK(bench.findings() == Words{});
  CHECK(bench.logs_in(ed25519()));
}

TEST_CASE("ed25519 as the only key under a FIPS drop-in: no way in") {
  AZL_NEEDS_ROOT();
  LoginBench bench({ed25519().line});
  bench.tree.write("etc/ssh/sshd_config.d/40-fips.conf",
                   "# FIPS\nPubkeyAcceptedAlgorithms ecdsa-sha2-nistp256,rsa-sha2-256\n");
  const auto asked = bench.ask();
  REQUIRE_FALSE(asked.has_value());
  CHECK(asked.error().reason() == azl::Reason::kNoWayIn);
  CHECK(asked.error().cause().ends_with(
      "PubkeyAcceptedAlgorithms in line 2 of /etc/ssh/sshd_config.d/40-fips.conf does not list "
      "ssh-ed25519"));
  REQUIRE(bench.install().has_value());
  CHECK_FALSE(bench.logs_in(ed25519()));
}

TEST_CASE("RSA 3072 under RequiredRSASize 4096: no way in") {
  AZL_NEEDS_ROOT();
  LoginBench bench({rsa3072().line});
  bench.tree.write("etc/ssh/sshd_config.d/40-size.conf", "RequiredRSASize 4096\n");
  const auto asked = bench.ask();
  REQUIRE_FALSE(asked.has_value());
  CHECK(asked.error().reason() == azl::Reason::kNoWayIn);
  CHECK(asked.error().cause().ends_with(
      "it has 3072 bits, and RequiredRSASize in line 1 of /etc/ssh/sshd_config.d/40-size.conf "
      "requires 4096"));
  REQUIRE(bench.install().has_value());
  CHECK_FALSE(bench.logs_in(rsa3072()));
}

TEST_CASE("a key of a user whose password is locked, and UsePAM no: no way in") {
  AZL_NEEDS_ROOT();
  LoginBench bench({ed25519().line});
  bench.tree.write("etc/shadow", "root:!:19000:0:99999:7:::\nbob:!:19000:0:99999:7:::\n");
  const auto asked = bench.ask();
  REQUIRE_FALSE(asked.has_value());
  CHECK(asked.error().reason() == azl::Reason::kNoWayIn);
  CHECK(asked.error().cause().ends_with("its password is locked, and UsePAM is no"));
  REQUIRE(bench.install().has_value());
  CHECK_FALSE(bench.logs_in(ed25519()));
}

TEST_CASE("PubkeyAuthentication no, AllowGroups sshusers: degraded, fatal by RequireLogin=yes") {
  AZL_NEEDS_ROOT();
  struct Row {
    std::string setting;
    std::string why;
  };
  const std::vector<Row> rows = {
      {"PubkeyAuthentication no\n",
       "the SSH keys of 'bob' cannot be used: PubkeyAuthentication in line 2 of "
       "/etc/ssh/sshd_config is no"},
      {"AllowGroups sshusers\n",
       "sshd does not let 'bob' log in by any method: AllowGroups matches no group of 'bob' "
       "(groups: bob), line 2 of /etc/ssh/sshd_config"},
  };
  for (const auto& row : rows) {
    for (const bool required : {false, true}) {
      CAPTURE(row.setting);
      CAPTURE(required);
      LoginBench bench({ed25519().line}, required);
      bench.tree.write("etc/ssh/sshd_config", kInclude + row.setting);
      const auto asked = bench.ask();
      CHECK(asked.has_value() == !required);
      if (required) {
        CHECK(asked.error().reason() == azl::Reason::kSshd);
        CHECK(asked.error().cause() == row.why + " ([Ssh] RequireLogin=yes)");
      } else {
        CHECK(asked->why == "sshd limits how 'bob' can log in");
        CHECK(bench.findings() == Words{"degraded: " + row.why});
      }
      REQUIRE(bench.install().has_value());
      CHECK_FALSE(bench.logs_in(ed25519()));
    }
  }
}

TEST_CASE("the keys go to the next file if the first cannot be used, with a warning") {
  AZL_NEEDS_ROOT();
  LoginBench bench({ed25519().line});
  bench.tree.mkdir("etc/keys").chown_to("etc/keys", 1000, 1000);
  bench.tree.write("etc/ssh/sshd_config", std::string(kInclude) +
                                              "AuthorizedKeysFile /etc/keys/%u "
                                              ".ssh/authorized_keys\n");
  REQUIRE(bench.ask().has_value());
  const auto installed = bench.install();
  REQUIRE_MESSAGE(installed.has_value(), installed.error().to_string());
  CHECK(installed->why == "1 key in /home/bob/.ssh/authorized_keys");
  CHECK(bench.findings() == Words{"degraded: /etc/keys belongs to uid 1000"});
  CHECK(bench.logs_in(ed25519()));
}

TEST_CASE("if sshd is missing or cannot be asked, the keys go to the usual file") {
  AZL_NEEDS_ROOT();
  LoginBench bench({ed25519().line});
  bench.now->facts.has_sshd = false;
  CHECK(bench.ask().value().why == "there is no sshd here");
  bench.now->facts.has_sshd = true;
  bench.tree.write("etc/ssh/sshd_config", "NoSuchKeyword x\n");
  const auto asked = bench.ask();
  REQUIRE(asked.has_value());
  CHECK(asked->outcome == StepOutcome::kSkipped);
  CHECK(asked->why.starts_with("sshd could not be asked: "));
  CHECK(bench.install().value().why == "1 key in /home/bob/.ssh/authorized_keys");

  LoginBench required({ed25519().line}, true);
  required.tree.write("etc/ssh/sshd_config", "NoSuchKeyword x\n");
  CHECK_FALSE(required.ask().has_value());
}

TEST_CASE("a Match block by group in a tree is not judged, and the report says so") {
  AZL_NEEDS_ROOT();
  LoginBench bench({ed25519().line});
  bench.tree.write("etc/ssh/sshd_config",
                   std::string(kInclude) + "Match Group bob\nPubkeyAuthentication no\n");
  REQUIRE(bench.ask().has_value());
  CHECK(bench.findings() ==
        Words{"note: not checked: whether 'Match Group bob' in line 2 of /etc/ssh/sshd_config "
              "applies to 'bob'; it sets pubkeyauthentication"});
}

TEST_CASE("a password of the user is not looked at where sshd will refuse it") {
  AZL_NEEDS_ROOT();
  for (const bool accepted : {true, false}) {
    CAPTURE(accepted);
    LoginBench bench({ed25519().line});
    bench.tree.write("etc/ssh/sshd_config.d/40-fips.conf",
                     "PubkeyAcceptedAlgorithms rsa-sha2-256\n");
    bench.now->progress.password_works = true;
    bench.now->plan.sshd->password_authentication = accepted;
    CHECK(bench.ask().has_value() == accepted);
  }
}
