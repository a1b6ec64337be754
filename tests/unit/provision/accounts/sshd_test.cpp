#include "provision/accounts/sshd.h"

#include <cerrno>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/provision/accounts/account_tree.h"
#include "tests/unit/provision/accounts/in_chroot.h"

namespace azl::provision {

using test::AccountTree;
using test::patience;
using test::PlayedProcesses;

namespace {

const std::string kOurs = "etc/ssh/sshd_config.d/00-azl-provision.conf";
const std::string kOursEarlier = "etc/ssh/sshd_config.d/+00-azl-provision.conf";

/// A tree with a host key and this sshd_config.
struct SshdTree : AccountTree {
  explicit SshdTree(std::string_view config = "Include /etc/ssh/sshd_config.d/*.conf\n") {
    static const test::KeyPair key = test::make_key_pair("ed25519");
    write("etc/ssh/ssh_host_ed25519_key", key.secret)
        .write("etc/ssh/ssh_host_ed25519_key.pub", key.line);
    chmod_to("etc/ssh/ssh_host_ed25519_key", 0600);
    write("etc/ssh/sshd_config", config);
    append("etc/passwd", "bob:x:1000:1000::/home/bob:/bin/bash\n");
  }
};

Result<SshdOutcome> set_passwords(const AccountTree& tree, bool password) {
  SystemProcesses processes;
  return ensure_sshd(
      tree.root(), processes,
      {.user = "bob", .groups = {"bob"}, .password_authentication = password, .reason = "a reason"},
      patience());
}

}  // namespace

TEST_CASE("the real sshd says whether the drop-in takes effect with a tree's files") {
  AZL_NEEDS_ROOT();
  using Files = std::vector<std::pair<std::string, std::string>>;
  struct Row {
    std::string what;
    Files files;  ///< below etc/ssh/
    bool password;
    bool effective;
    const char* why;
  };
  const std::string include = "Include /etc/ssh/sshd_config.d/*.conf\n";
  const std::string on = "PasswordAuthentication yes\nKbdInteractiveAuthentication yes\n";
  const std::vector<Row> rows = {
      {"nothing else", {}, false, true, "logins by password are off for 'bob'"},
      {"nothing else, on", {}, true, true, "logins by password are on for 'bob'"},
      {"a later drop-in", {{"sshd_config.d/50-cloud-init.conf", on}}, false, true, "are off"},
      {"keywords after the Include", {{"sshd_config", include + on}}, false, true, "are off"},
      {"an earlier drop-in", {{"sshd_config.d/00-a.conf", on}}, false, true, "are off"},
      {"one earlier than any of ours",
       {{"sshd_config.d/!a.conf", on}},
       false,
       false,
       "/etc/ssh/sshd_config.d/!a.conf is read before ours"},
      {"no Include", {{"sshd_config", "Port 22\n"}}, false, false, "has no Include"},
      {"an Include too late",
       {{"sshd_config", "PasswordAuthentication yes\n" + include}},
       false,
       false,
       "passwordauthentication in line 1"},
      {"keyboard-interactive too early",
       {{"sshd_config", "KbdInteractiveAuthentication yes\n" + include}},
       false,
       false,
       "still accepts passwords for 'bob': kbdinteractiveauthentication in line 1"},
      {"a Match block",
       {{"sshd_config", include + "Match User bob\nPasswordAuthentication yes\n"}},
       false,
       false,
       "the Match block in line 2"},
      {"a Match block by address",
       {{"sshd_config", include + "Match Address *\nKbdInteractiveAuthentication yes\n"}},
       false,
       false,
       "the Match block in line 2"},
      {"a Match block by the port that clients connect to",
       {{"sshd_config", include + "Match LocalPort 22\n" + on}},
       false,
       false,
       "the Match block in line 2"},
      {"a Match block for another",
       {{"sshd_config", include + "Match User ann\n" + on}},
       false,
       true,
       "are off"},
      {"a Match block in a drop-in",
       {{"sshd_config.d/50-a.conf", "Match User bob\n" + on}},
       false,
       false,
       "Match block"},
      {"off too early",
       {{"sshd_config", "PasswordAuthentication no\n" + include}},
       true,
       false,
       "sshd refuses passwords for 'bob'"},
      {"only keyboard-interactive off",
       {{"sshd_config", "KbdInteractiveAuthentication no\n" + include}},
       true,
       true,
       "are on"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    SshdTree tree;
    for (const auto& [name, text] : row.files) tree.write("etc/ssh/" + name, text);
    const auto outcome = set_passwords(tree, row.password);
    REQUIRE_MESSAGE(outcome.has_value(), outcome.error().to_string());
    CAPTURE(outcome->why);
    CHECK(outcome->judged);
    CHECK(outcome->changed);
    CHECK(outcome->effective == row.effective);
    CHECK(outcome->why.find(row.why) != std::string::npos);
    CHECK_FALSE(tree.exists("run/azl-provision"));

    const auto before = test::snapshot(tree.path("etc"));
    const auto again = set_passwords(tree, row.password);
    REQUIRE(again.has_value());
    CHECK_FALSE(again->changed);
    CHECK(again->why == outcome->why);
    CHECK(test::snapshot(tree.path("etc")) == before);
  }
}

TEST_CASE("only root can read the drop-in, and the one under our other name is removed") {
  AZL_NEEDS_ROOT();
  SshdTree tree;
  tree.write(kOursEarlier, "PasswordAuthentication yes\n");
  CHECK(set_passwords(tree, false).value().effective);
  CHECK(tree.mode(kOurs) == 0600);
  CHECK_FALSE(tree.exists(kOursEarlier));
  tree.write("etc/ssh/sshd_config.d/00-a.conf", "");
  CHECK(set_passwords(tree, false).value().changed);
  CHECK(tree.exists(kOursEarlier));
  CHECK_FALSE(tree.exists(kOurs));
}

TEST_CASE("the closing drop-in overrules the other one until it is removed") {
  AZL_NEEDS_ROOT();
  const std::string closed = "etc/ssh/sshd_config.d/00-azl-provision-closed.conf";
  SshdTree tree;
  CHECK(set_passwords(tree, true).value().effective);
  const auto before = test::snapshot(tree.path("etc"));
  const auto mine = tree.read(kOurs);
  SystemProcesses processes;
  const SshdWish wish{.user = "bob", .reason = "it failed", .closing = true};
  const auto shut = ensure_sshd(tree.root(), processes, wish, patience());
  REQUIRE(shut.has_value());
  CHECK(shut->effective);
  CHECK(shut->changed);
  CHECK(tree.read(kOurs) == mine);
  CHECK(tree.read(closed).find("\nPasswordAuthentication no\n") != std::string::npos);
  CHECK_FALSE(ensure_sshd(tree.root(), processes, wish, patience()).value().changed);

  CHECK(reopen_sshd(tree.root()).value());
  CHECK_FALSE(tree.exists(closed));
  CHECK(tree.read(kOurs) == mine);
  CHECK_FALSE(reopen_sshd(tree.root()).value());

  // A successful boot opens it too.
  CHECK(ensure_sshd(tree.root(), processes, wish, patience()).value().changed);
  const auto opened = set_passwords(tree, true);
  CHECK(opened.value().effective);
  CHECK(opened.value().changed);
  CHECK_FALSE(tree.exists(closed));
}

TEST_CASE("a Match block that allows passwords to anybody is reported") {
  AZL_NEEDS_ROOT();
  struct Row {
    std::string what;
    std::string file;
    std::string text;
    const char* reported;  ///< empty: nothing
  };
  const std::string include = "Include /etc/ssh/sshd_config.d/*.conf\n";
  const std::vector<Row> rows = {
      {"nobody", "etc/ssh/sshd_config", include + "Match Address 10.0.0.0/8\nX11Forwarding no\n",
       ""},
      {"by address", "etc/ssh/sshd_config",
       include + "Match Address 10.0.0.0/8\nPasswordAuthentication yes\n",
       "the Match block in line 2 of /etc/ssh/sshd_config allows"},
      {"by another's name, in a drop-in", "etc/ssh/sshd_config.d/50-x.conf",
       "# x\nMatch User ann\n KbdInteractiveAuthentication yes\n",
       "the Match block in line 2 of /etc/ssh/sshd_config.d/50-x.conf allows"},
      {"no after all", "etc/ssh/sshd_config",
       include + "Match User ann\nPasswordAuthentication no\n", ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    SshdTree tree;
    tree.write(row.file, row.text);
    const auto outcome = set_passwords(tree, false);
    REQUIRE(outcome.has_value());
    CHECK(outcome->effective);
    CHECK(outcome->exceptions.empty() == std::string(row.reported).empty());
    CHECK(outcome->exceptions.starts_with(row.reported));
    CHECK(set_passwords(tree, true).value().exceptions.empty());  // passwords are on: no exceptions
  }
}

TEST_CASE("a user whom sshd refuses by any method is reported") {
  AZL_NEEDS_ROOT();
  struct Row {
    std::string config;
    const char* refused;
  };
  const std::vector<Row> rows = {
      {"", ""},
      {"AllowUsers bob\n", ""},
      {"AllowUsers ann b*\n", ""},
      {"AllowUsers bob@10.0.0.1\n", ""},
      {"AllowUsers ann\n", "AllowUsers does not match 'bob'"},
      {"DenyUsers ann\n", ""},
      {"DenyUsers b?b\n", "DenyUsers matches 'bob'"},
      {"AllowGroups bob\n", ""},
      {"AllowGroups sshusers admins\n", "AllowGroups matches no group of 'bob' (groups: bob)"},
      {"DenyGroups bob\n", "DenyGroups matches a group of 'bob' (groups: bob)"},
      {"DenyGroups ann\n", ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.config);
    SshdTree tree("Include /etc/ssh/sshd_config.d/*.conf\n" + row.config);
    const auto outcome = set_passwords(tree, false);
    REQUIRE(outcome.has_value());
    CHECK(outcome->refused.empty() == std::string(row.refused).empty());
    CHECK(outcome->refused.starts_with(row.refused));
  }
}

TEST_CASE("the drop-in directory is made if it is missing") {
  AZL_NEEDS_ROOT();
  SshdTree tree;
  std::filesystem::remove(tree.path("etc/ssh/sshd_config.d"));
  CHECK(set_passwords(tree, false).value().effective);
  CHECK(tree.mode("etc/ssh/sshd_config.d") == 0755);
}

TEST_CASE("a drop-in that sshd -t refuses is removed again") {
  AZL_NEEDS_ROOT();
  struct Row {
    std::string what;
    const char* present;  ///< the drop-in before; null: none
  };
  for (const Row& row : {Row{"there was none", nullptr}, Row{"there was one", "# before\n"}}) {
    CAPTURE(row.what);
    SshdTree tree("Include /etc/ssh/sshd_config.d/*.conf\nNoSuchKeyword secretword\n");
    if (row.present != nullptr) tree.write(kOurs, row.present);
    const auto outcome = set_passwords(tree, false);
    REQUIRE_FALSE(outcome.has_value());
    CAPTURE(outcome.error().to_string());
    CHECK(outcome.error().reason() == Reason::kSshd);
    CHECK(outcome.error().to_string().find(
              "even without our drop-in: /etc/ssh/sshd_config: line 2") != std::string::npos);
    CHECK(outcome.error().to_string().find("secretword") == std::string::npos);
    CHECK(tree.exists(kOurs) == (row.present != nullptr));
    if (row.present != nullptr) CHECK(tree.read(kOurs) == row.present);
  }
}

TEST_CASE("an error quotes no text of a file that a link in the tree's /etc/ssh leads to") {
  AZL_NEEDS_ROOT();
  SshdTree tree;
  tree.write("secret", "secretword\n");
  tree.plant("/secret", "etc/ssh/sshd_config.d/50-x.conf");
  const auto outcome = set_passwords(tree, false);
  REQUIRE_FALSE(outcome.has_value());
  CHECK(outcome.error().to_string().find("secretword") == std::string::npos);
  CHECK(outcome.error().to_string().find("50-x.conf line 1") != std::string::npos);
}

TEST_CASE("it is reported if sshd does not read ~/.ssh/authorized_keys") {
  AZL_NEEDS_ROOT();
  struct Row {
    std::string config;
    bool accepts;
  };
  const std::vector<Row> rows = {
      {"", true},
      {"AuthorizedKeysFile %h/.ssh/authorized_keys\n", true},
      {"AuthorizedKeysFile /etc/keys/%u .ssh/authorized_keys\n", true},
      {"AuthorizedKeysFile /home/%u/.ssh/authorized_keys\n", true},
      {"AuthorizedKeysFile /etc/keys/%u\n", false},
      {"AuthorizedKeysFile none\n", false},
      {"PubkeyAuthentication no\n", false},
      {"Match User bob\nPubkeyAuthentication no\n", false},
      {"Match User ann\nPubkeyAuthentication no\n", true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.config);
    SshdTree tree("Include /etc/ssh/sshd_config.d/*.conf\n" + std::string(row.config));
    const auto outcome = set_passwords(tree, false);
    REQUIRE(outcome.has_value());
    CHECK(outcome->accepts_keys == row.accepts);
  }
}

TEST_CASE("if sshd cannot be run, the drop-in stays and the outcome is unknown") {
  AZL_NEEDS_ROOT();
  SshdTree keyless;
  std::filesystem::remove(keyless.path("etc/ssh/ssh_host_ed25519_key"));
  const auto no_keys = set_passwords(keyless, false);
  REQUIRE(no_keys.has_value());
  CHECK_FALSE(no_keys->judged);
  CHECK(no_keys->why.find("no hostkeys available") != std::string::npos);
  CHECK(keyless.exists(kOurs));

  struct Row {
    std::string what;
    Result<ProcessOutput> said;
    const char* why;
  };
  const std::vector<Row> rows = {
      {"no sshd", fail(Reason::kToolMissing, "sshd is not installed"), "not installed"},
      {"no namespaces", fail_errno(EPERM, "making a mount namespace for sshd"), "not permitted"},
      {"no time", fail(Reason::kTimeout, "sshd did not end in time"), "in time"},
      {"sshd's user is missing",
       ProcessOutput{.status = 255,
                     .out = "",
                     .err_tail = "Privilege separation user sshd does not exist\r\n",
                     .wall = {},
                     .cpu = {}},
       "Privilege separation user"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    SshdTree tree;
    PlayedProcesses processes([&row](const Command&) { return row.said; });
    const auto outcome =
        ensure_sshd(tree.root(), processes, {.user = "bob", .reason = "a reason"}, patience());
    REQUIRE(outcome.has_value());
    CAPTURE(outcome->why);
    CHECK_FALSE(outcome->judged);
    CHECK_FALSE(outcome->effective);
    CHECK(outcome->accepts_keys);
    CHECK(outcome->changed);
    CHECK(outcome->why.find(row.why) != std::string::npos);
    CHECK(tree.exists(kOurs));
  }
}

TEST_CASE("live, sshd's missing runtime directory is made and sshd run again") {
  AZL_NEEDS_ROOT();
  const AccountTree tree;
  const std::string said = test::in_chroot(tree.path(), [] {
    const auto root = Root::open("/");
    if (!root || !root->live()) return std::string("not live");
    PlayedProcesses processes([&root](const Command& command) -> Result<ProcessOutput> {
      if (!command.binds.empty()) return fail(Reason::kUnexpected, "binds in the live system");
      ProcessOutput output;
      if (!root->exists("/run/sshd")) {
        output.status = 255;
        output.err_tail = "Missing privilege separation directory: /run/sshd\r\n";
      } else if (command.argv[1] == "-T") {
        output.out = "passwordauthentication no\nkbdinteractiveauthentication no\n";
      }
      return output;
    });
    const auto outcome = ensure_sshd(*root, processes, {.reason = "a reason"}, patience());
    if (!outcome) return outcome.error().to_string();
    return outcome->why + (processes.commands.size() == 2 ? "" : " by other commands");
  });
  CHECK(said == "sshd -T says that logins by password are off for 'nobody'");
  CHECK(tree.mode("run/sshd") == 0755);
}

TEST_CASE("a tree has sshd if it has its program or its configuration") {
  test::TemporaryTree tree;
  const auto root = Root::open(tree.path());
  REQUIRE(root.has_value());
  CHECK_FALSE(has_sshd(*root));
  tree.write("usr/sbin/sshd", "");
  CHECK(has_sshd(*root));
  test::TemporaryTree configured;
  configured.write("etc/ssh/sshd_config", "");
  CHECK(has_sshd(Root::open(configured.path()).value()));
}

TEST_CASE("only a running sshd is reloaded, by the unit that is active") {
  struct Row {
    std::string states;
    const char* reloaded;  ///< empty: none
  };
  for (const Row& row :
       {Row{"inactive\ninactive\n", ""}, Row{"inactive\nactive\n", "sshd.service"},
        Row{"active\nactive\n", "ssh.service"}, Row{"activating\nfailed\n", ""}, Row{"", ""}}) {
    CAPTURE(row.states);
    PlayedProcesses processes([&row](const Command& command) {
      ProcessOutput output;
      if (command.argv[1] == "is-active") output.out = row.states;
      return output;
    });
    const bool expected = !std::string(row.reloaded).empty();
    CHECK(reload_sshd(processes, patience()).value() == expected);
    REQUIRE(processes.commands.size() == (expected ? 2 : 1));
    if (expected) {
      CHECK(processes.commands[1] == std::vector<std::string>{"systemctl", "reload", row.reloaded});
    }
  }
  PlayedProcesses broken([](const Command&) { return fail(Reason::kToolFailed, "no bus"); });
  const auto failed = reload_sshd(broken, patience());
  REQUIRE_FALSE(failed.has_value());
  CHECK(failed.error().reason() == Reason::kSshd);
}

}  // namespace azl::provision
