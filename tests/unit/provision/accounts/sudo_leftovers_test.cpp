#include "provision/accounts/sudo_leftovers.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/provision/accounts/account_tree.h"

namespace azl::provision {

using test::AccountTree;
using test::patience;
using test::PlayedProcesses;

namespace {

constexpr const char* kWaagent = "etc/sudoers.d/waagent";
constexpr const char* kCloudInit = "etc/sudoers.d/90-cloud-init-users";

Result<std::vector<std::string>> remove_rules(const AccountTree& tree, SudoRule rule) {
  SystemProcesses processes;
  return remove_agent_rules(tree.root(), processes, "bob", rule, patience());
}

}  // namespace

TEST_CASE("only another agent's rule for this user that says something else is dropped") {
  struct Row {
    std::string what;
    std::string text;
    SudoRule rule;
    std::string left;  ///< "same": nothing is dropped
    bool has_rules;
  };
  const std::vector<Row> rows = {
      {"waagent's", "bob ALL=(ALL) ALL\n", SudoRule::kNoPassword, "", false},
      {"another user's stays", "ann ALL=(ALL) ALL\nbob ALL=(ALL) ALL\n", SudoRule::kNoPassword,
       "ann ALL=(ALL) ALL\n", true},
      {"it says the same", "bob ALL=(ALL) NOPASSWD: ALL\n", SudoRule::kNoPassword, "same", true},
      {"no password, but one is wanted", "bob ALL=(ALL) NOPASSWD:ALL\n", SudoRule::kPassword, "",
       false},
      {"no rule is wanted", "bob ALL=(ALL) NOPASSWD:ALL\n", SudoRule::kNone, "", false},
      {"cloud-init's comments",
       "# Created by cloud-init\n\n# User rules for bob\nbob ALL=(ALL) ALL\n",
       SudoRule::kNoPassword, "# Created by cloud-init\n\n# User rules for bob\n", false},
      {"a hand-written rule stays", "bob ALL=(ALL) !/bin/su\nbob ALL=(ALL) ALL",
       SudoRule::kNoPassword, "bob ALL=(ALL) !/bin/su\n", true},
      {"a continued line stays", "ann ALL=(ALL) \\\nbob ALL=(ALL) ALL\n", SudoRule::kNoPassword,
       "same", true},
      {"a user of a longer name", "bobby ALL=(ALL) ALL\n", SudoRule::kNoPassword, "same", true},
      {"empty", "", SudoRule::kNoPassword, "same", false},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    const auto pruned = prune_agent_sudoers(row.text, "bob", row.rule);
    CHECK(pruned.has_value() == (row.left != "same"));
    if (!pruned) continue;
    CHECK(pruned->text == row.left);
    CHECK(pruned->has_rules == row.has_rules);
    CHECK(pruned->removed.size() == 1);
  }
}

TEST_CASE("an agent's file is rewritten with its mode, or removed if no rule is left") {
  AZL_NEEDS_ROOT();
  AccountTree tree;
  tree.write(kWaagent, "ann ALL=(ALL) NOPASSWD: ALL\nbob ALL=(ALL) ALL\n").chmod_to(kWaagent, 0440);
  tree.write(kCloudInit, "# Created by cloud-init\nbob ALL=(ALL) ALL\n").chmod_to(kCloudInit, 0440);
  const auto removed = remove_rules(tree, SudoRule::kNoPassword);
  REQUIRE_MESSAGE(removed.has_value(), removed.error().to_string());
  CHECK(*removed ==
        std::vector<std::string>{
            "removed 'bob ALL=(ALL) ALL' of WALinuxAgent from /etc/sudoers.d/waagent",
            "removed 'bob ALL=(ALL) ALL' of cloud-init from /etc/sudoers.d/90-cloud-init-users"});
  CHECK(tree.read(kWaagent) == "ann ALL=(ALL) NOPASSWD: ALL\n");
  CHECK(tree.mode(kWaagent) == 0440);
  CHECK_FALSE(tree.exists(kCloudInit));
  CHECK(remove_rules(tree, SudoRule::kNoPassword).value().empty());
}

TEST_CASE("an agent's file stays if visudo refuses the rest of it, or if it is a link") {
  AZL_NEEDS_ROOT();
  AccountTree tree;
  const std::string text = "bob ALL=(ALL) ALL\nthis is no rule\n";
  tree.write(kWaagent, text);
  const auto refused = remove_rules(tree, SudoRule::kNoPassword);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().reason() == Reason::kSudoers);
  CHECK(refused.error().to_string().find("/etc/sudoers.d/waagent") != std::string::npos);
  CHECK(tree.read(kWaagent) == text);

  tree.write("etc/elsewhere", "bob ALL=(ALL) ALL\n").plant("/etc/elsewhere", kWaagent);
  CHECK(remove_rules(tree, SudoRule::kNoPassword).value().empty());
  CHECK(tree.read("etc/elsewhere") == "bob ALL=(ALL) ALL\n");
}

TEST_CASE("nothing is run if no agent left a rule") {
  const AccountTree tree;
  PlayedProcesses processes([](const Command&) { return ProcessOutput(); });
  CHECK(remove_agent_rules(tree.root(), processes, "bob", SudoRule::kPassword, patience())
            .value()
            .empty());
  CHECK(processes.commands.empty());
}

}  // namespace azl::provision
