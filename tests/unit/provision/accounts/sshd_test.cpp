#include "provision/accounts/sshd.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <functional>
#include <sstream>
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

const std::string kDropIns = "etc/ssh/sshd_config.d/";
const std::string kOurs = "etc/ssh/sshd_config.d/00-azl-provision.conf";
const std::string kShared = "etc/ssh/sshd_config.d/50-cloud-init.conf";
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
  return ensure_sshd(tree.root(), processes,
                     {.user = "bob", .password_authentication = password, .reason = "a reason"},
                     patience());
}

SshdAnswer ask(const AccountTree& tree) {
  SystemProcesses processes;
  const auto answer = ask_sshd(tree.root(), processes, "bob", patience());
  if (!answer) FAIL(answer.error().to_string());
  return *answer;
}

/// Does to a configuration file what the portal's "Reset password" does (the VMAccess extension):
/// each line before the first Match block that sets PasswordAuthentication now says yes. If there
/// is none, a new line says so, before that block or at the end.
std::string reset_password(const std::string& text) {
  std::string before;
  std::string line;
  bool set = false;
  std::istringstream lines(text);
  while (std::getline(lines, line) && !line.starts_with("Match")) {
    const bool sets = line.starts_with("PasswordAuthentication");
    before += (sets ? "PasswordAuthentication yes" : line) + "\n";
    set = set || sets;
  }
  const std::string rest = lines ? text.substr(text.find("\n" + line) + 1) : "";
  return before + (set ? "" : "PasswordAuthentication yes\n") + rest;
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
    const char* written = "00-azl-provision.conf";  ///< empty: none
  };
  const std::string include = "Include /etc/ssh/sshd_config.d/*.conf\n";
  const std::string on = "PasswordAuthentication yes\nKbdInteractiveAuthentication yes\n";
  const char* const kNothing = "";
  const char* const kFifty = "50-cloud-init.conf";
  const std::vector<Row> rows = {
      {"nothing else", {}, false, true, "logins by password are off for 'bob'", kFifty},
      {"nothing else, on", {}, true, true, "logins by password are on for 'bob'", kNothing},
      {"off anyway",
       {{"sshd_config", include + "PasswordAuthentication no\nKbdInteractiveAuthentication no\n"}},
       false,
       true,
       "are off",
       kNothing},
      {"off by a drop-in of the image",
       {{"sshd_config.d/40-image.conf",
         "PasswordAuthentication no\nKbdInteractiveAuthentication no\n"}},
       false,
       true,
       "are off",
       kNothing},
      {"off by a later drop-in, on",
       {{"sshd_config.d/60-image.conf", "PasswordAuthentication no\n"}},
       true,
       true,
       "are on",
       kFifty},
      {"a drop-in before 50", {{"sshd_config.d/40-image.conf", on}}, false, true, "are off"},
      {"a later drop-in", {{"sshd_config.d/50-cloud-init.conf", on}}, false, true, "are off"},
      {"keywords after the Include",
       {{"sshd_config", include + on}},
       false,
       true,
       "are off",
       kFifty},
      {"an earlier drop-in",
       {{"sshd_config.d/00-a.conf", on}},
       false,
       true,
       "are off",
       "+00-azl-provision.conf"},
      {"one earlier than any of ours",
       {{"sshd_config.d/!a.conf", on}},
       false,
       false,
       "/etc/ssh/sshd_config.d/!a.conf is read before ours",
       "+00-azl-provision.conf"},
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
       "are off",
       kFifty},
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
       "are on",
       kNothing},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    SshdTree tree;
    for (const auto& [name, text] : row.files) tree.write("etc/ssh/" + name, text);
    const auto outcome = set_passwords(tree, row.password);
    REQUIRE_MESSAGE(outcome.has_value(), outcome.error().to_string());
    CAPTURE(outcome->why);
    CHECK(outcome->judged);
    CHECK(outcome->effective == row.effective);
    const std::string written = row.written;
    CHECK(outcome->changed == !written.empty());
    for (const std::string name :
         {"00-azl-provision.conf", "+00-azl-provision.conf", "50-cloud-init.conf"}) {
      CAPTURE(name);
      const bool given = !row.files.empty() && row.files.front().first == "sshd_config.d/" + name;
      CHECK(tree.exists(kDropIns + name) == (name == written || given));
    }
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

TEST_CASE("only root can read the drop-ins, and the one under our other name is removed") {
  AZL_NEEDS_ROOT();
  SshdTree tree;
  tree.write(kOursEarlier, "PasswordAuthentication yes\n");
  CHECK(set_passwords(tree, false).value().effective);
  CHECK(tree.mode(kShared) == 0600);
  CHECK_FALSE(tree.exists(kOursEarlier));
  tree.write(kDropIns + "40-a.conf", "PasswordAuthentication yes\n");
  CHECK(set_passwords(tree, false).value().changed);
  CHECK(tree.mode(kOurs) == 0600);
  CHECK_FALSE(tree.exists(kShared));
  tree.write(kDropIns + "00-a.conf", "");
  CHECK(set_passwords(tree, false).value().changed);
  CHECK(tree.exists(kOursEarlier));
  CHECK_FALSE(tree.exists(kOurs));
}

TEST_CASE("a 50-cloud-init.conf that is not ours is neither changed nor removed") {
  AZL_NEEDS_ROOT();
  struct Row {
    std::string what;
    std::function<void(SshdTree&)> make;
  };
  const std::vector<Row> rows = {
      {"cloud-init's", [](SshdTree& tree) { tree.write(kShared, "PasswordAuthentication yes\n"); }},
      {"empty", [](SshdTree& tree) { tree.write(kShared, ""); }},
      {"a directory", [](SshdTree& tree) { tree.mkdir(kShared).write(kShared + "/x", ""); }},
      {"a link to another file",
       [](SshdTree& tree) { tree.write("etc/ssh/x", "").symlink("/etc/ssh/x", kShared); }},
      {"a link to ours",
       [](SshdTree& tree) {
         tree.write("etc/ssh/x", "# Written by azl-provision: x\n").symlink("/etc/ssh/x", kShared);
       }},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    SshdTree tree;
    row.make(tree);
    const auto before = test::snapshot(tree.path(kShared));
    const auto outcome = set_passwords(tree, false);
    REQUIRE_MESSAGE(outcome.has_value(), outcome.error().to_string());
    CHECK(outcome->effective);
    CHECK(tree.exists(kOurs));
    CHECK(test::snapshot(tree.path(kShared)) == before);
  }
}

TEST_CASE("a drop-in of an earlier version is replaced, and kept where only it has an effect") {
  AZL_NEEDS_ROOT();
  const std::string earlier =
      "# Written by azl-provision: no password was given\n# Sorts first.\n"
      "PasswordAuthentication no\nKbdInteractiveAuthentication no\n";
  SshdTree tree;
  tree.write(kOurs, earlier);
  CHECK(set_passwords(tree, false).value().effective);
  CHECK_FALSE(tree.exists(kOurs));
  CHECK(tree.exists(kShared));

  SshdTree other;
  other.write(kOurs, earlier).write(kDropIns + "40-a.conf", "PasswordAuthentication yes\n");
  CHECK(set_passwords(other, false).value().effective);
  CHECK(other.exists(kOurs));
  CHECK_FALSE(other.exists(kShared));
}

TEST_CASE(
    "the portal's Reset password turns on logins by password, or the outcome names the line") {
  AZL_NEEDS_ROOT();
  using Files = std::vector<std::pair<std::string, std::string>>;
  struct Row {
    std::string what;
    Files files;        ///< below etc/ssh/
    const char* fixed;  ///< empty: it works
  };
  const std::string include = "Include /etc/ssh/sshd_config.d/*.conf\n";
  const std::string off = "PasswordAuthentication no\nKbdInteractiveAuthentication no\n";
  const std::vector<Row> rows = {
      {"OpenSSH's defaults", {}, ""},
      {"the image allows passwords",
       {{"sshd_config", include + "PasswordAuthentication yes\n"}},
       ""},
      {"the image forbids passwords", {{"sshd_config", include + off}}, ""},
      {"the image forbids passwords before the Include", {{"sshd_config", off + include}}, ""},
      {"cloud-init's drop-in", {{"sshd_config.d/50-cloud-init.conf", off}}, ""},
      {"a Match block at the end",
       {{"sshd_config", include + "Match User ann\nX11Forwarding no\n"}},
       ""},
      {"an earlier drop-in of the image allows passwords",
       {{"sshd_config.d/40-image.conf", "PasswordAuthentication yes\n"}},
       "PasswordAuthentication in line 4 of /etc/ssh/sshd_config.d/00-azl-provision.conf is set"},
      {"an earlier drop-in of the image forbids passwords",
       {{"sshd_config.d/40-image.conf", off}},
       "PasswordAuthentication in line 1 of /etc/ssh/sshd_config.d/40-image.conf is set"},
      {"cloud-init's drop-in allows passwords",
       {{"sshd_config.d/50-cloud-init.conf", "PasswordAuthentication yes\n"}},
       "PasswordAuthentication in line 4 of /etc/ssh/sshd_config.d/00-azl-provision.conf is set"},
      {"a Match block for the user",
       {{"sshd_config", include + "Match User bob\n" + off}},
       "PasswordAuthentication in line 3 of /etc/ssh/sshd_config is set"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    SshdTree tree;
    for (const auto& [name, text] : row.files) tree.write("etc/ssh/" + name, text);
    const auto outcome = set_passwords(tree, false);
    REQUIRE_MESSAGE(outcome.has_value(), outcome.error().to_string());
    CHECK(outcome->effective);
    CAPTURE(outcome->fixed);
    CHECK(outcome->fixed.empty() == std::string(row.fixed).empty());
    CHECK(outcome->fixed.find(row.fixed) != std::string::npos);
    CHECK_FALSE(ask(tree).password);

    tree.write("etc/ssh/sshd_config", reset_password(tree.read("etc/ssh/sshd_config")));
    if (tree.exists(kShared)) tree.write(kShared, reset_password(tree.read(kShared)));
    CHECK(ask(tree).password == outcome->fixed.empty());
  }
}

TEST_CASE("the closing drop-in overrules the others until it is removed") {
  AZL_NEEDS_ROOT();
  const std::string closed = kDropIns + "00-azl-provision-closed.conf";
  // Passwords are on by a drop-in of ours, with either name.
  for (const bool shared : {true, false}) {
    CAPTURE(shared);
    SshdTree tree;
    tree.write(kDropIns + (shared ? "60-a.conf" : "40-a.conf"), "PasswordAuthentication no\n");
    const std::string ours = shared ? kShared : kOurs;
    CHECK(set_passwords(tree, true).value().effective);
    const auto mine = tree.read(ours);
    SystemProcesses processes;
    const SshdWish wish{.user = "bob", .reason = "it failed", .closing = true};
    const auto shut = ensure_sshd(tree.root(), processes, wish, patience());
    REQUIRE(shut.has_value());
    CHECK(shut->effective);
    CHECK(shut->changed);
    CHECK(tree.read(ours) == mine);
    CHECK(tree.read(closed).find("\nPasswordAuthentication no\n") != std::string::npos);
    CHECK_FALSE(ask(tree).password);
    CHECK_FALSE(ensure_sshd(tree.root(), processes, wish, patience()).value().changed);

    CHECK(reopen_sshd(tree.root()).value());
    CHECK_FALSE(tree.exists(closed));
    CHECK(tree.read(ours) == mine);
    CHECK_FALSE(reopen_sshd(tree.root()).value());

    // A successful boot opens it too, although sshd's answer was given while it was closed.
    CHECK(ensure_sshd(tree.root(), processes, wish, patience()).value().changed);
    const auto opened = ensure_sshd(
        tree.root(), processes,
        {.user = "bob", .password_authentication = true, .reason = "a reason", .answer = ask(tree)},
        patience());
    CHECK(opened.value().effective);
    CHECK(opened.value().changed);
    CHECK_FALSE(tree.exists(closed));
    CHECK(ask(tree).password);
  }
}

TEST_CASE("the closing drop-in of an earlier boot is not taken for the image's own setting") {
  AZL_NEEDS_ROOT();
  SshdTree tree;
  SystemProcesses processes;
  REQUIRE(ensure_sshd(tree.root(), processes,
                      {.user = "bob", .reason = "it failed", .closing = true}, patience()));
  const auto outcome =
      ensure_sshd(tree.root(), processes,
                  {.user = "bob", .reason = "a reason", .answer = ask(tree)}, patience());
  CHECK(outcome.value().effective);
  CHECK_FALSE(tree.exists(kDropIns + "00-azl-provision-closed.conf"));
  CHECK(tree.exists(kShared));
}

TEST_CASE("if sshd's known answer is already right, sshd is not run and nothing is written") {
  AZL_NEEDS_ROOT();
  const SshdTree tree;
  PlayedProcesses processes(
      [](const Command&) { return fail(Reason::kUnexpected, "sshd is run"); });
  const auto before = test::snapshot(tree.path());
  const auto outcome =
      ensure_sshd(tree.root(), processes,
                  {.user = "bob", .reason = "a reason", .answer = SshdAnswer{}}, patience());
  CHECK(outcome.value().effective);
  CHECK_FALSE(outcome.value().changed);
  CHECK(test::snapshot(tree.path()) == before);
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
    const auto refusal = find_refusal(ask(tree), "bob", {"bob"});
    CHECK(refusal.has_value() == !std::string(row.refused).empty());
    if (refusal) {
      CHECK(refusal->why == row.refused);
      CHECK(refusal->why.starts_with(refusal->keyword + " "));
    }
  }
}

TEST_CASE("the drop-in directory is made if it is missing") {
  AZL_NEEDS_ROOT();
  SshdTree tree;
  std::filesystem::remove(tree.path("etc/ssh/sshd_config.d"));
  CHECK(set_passwords(tree, false).value().effective);
  CHECK(tree.mode("etc/ssh/sshd_config.d") == 0755);
  CHECK(tree.exists(kShared));
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

TEST_CASE("sshd's answer has what decides whether a key can be used") {
  AZL_NEEDS_ROOT();
  const std::string include = "Include /etc/ssh/sshd_config.d/*.conf\n";
  const SshdAnswer usual = ask(SshdTree());
  CHECK(usual.public_key);
  CHECK(usual.rsa_bits == 1024);
  CHECK(usual.methods.empty());
  CHECK(std::ranges::count(usual.key_algorithms, "rsa-sha2-512") == 1);
  CHECK(usual.authorized_keys_files ==
        std::vector<std::string>{".ssh/authorized_keys", ".ssh/authorized_keys2"});

  const SshdAnswer changed =
      ask(SshdTree(include + "PubkeyAcceptedAlgorithms ecdsa-sha2-nistp256,rsa-sha2-256\n"
                             "RequiredRSASize 4096\nAuthenticationMethods publickey,password "
                             "publickey,keyboard-interactive\n"
                             "AuthorizedKeysFile /etc/ssh/authorized_keys/%u\n"));
  CHECK(changed.key_algorithms == std::vector<std::string>{"ecdsa-sha2-nistp256", "rsa-sha2-256"});
  CHECK(changed.rsa_bits == 4096);
  CHECK(changed.methods ==
        std::vector<std::string>{"publickey,password", "publickey,keyboard-interactive"});
  CHECK(changed.authorized_keys_files == std::vector<std::string>{"/etc/ssh/authorized_keys/%u"});

  CHECK(ask(SshdTree(include + "AuthorizedKeysFile none\n")).authorized_keys_files.empty());
  CHECK_FALSE(ask(SshdTree(include + "PubkeyAuthentication no\n")).public_key);
  CHECK_FALSE(ask(SshdTree(include + "Match User bob\nPubkeyAuthentication no\n")).public_key);
  CHECK(ask(SshdTree(include + "Match User ann\nPubkeyAuthentication no\n")).public_key);
}

TEST_CASE("sshd's answer is an error if sshd refuses its configuration or has no host keys") {
  AZL_NEEDS_ROOT();
  SystemProcesses processes;
  const SshdTree refused("NoSuchKeyword secretword\n");
  const auto answer = ask_sshd(refused.root(), processes, "bob", patience());
  REQUIRE_FALSE(answer.has_value());
  CHECK(answer.error().reason() == Reason::kSshd);
  CHECK(answer.error().to_string().find("/etc/ssh/sshd_config: line 1") != std::string::npos);
  CHECK(answer.error().to_string().find("secretword") == std::string::npos);
  const SshdTree keyless;
  std::filesystem::remove(keyless.path("etc/ssh/ssh_host_ed25519_key"));
  CHECK_FALSE(ask_sshd(keyless.root(), processes, "bob", patience()).has_value());
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
