#include "provision/accounts/sudoers.h"

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/provision/accounts/account_tree.h"

namespace azl::provision {

using test::AccountTree;
using test::patience;
using test::PlayedProcesses;
using test::RecordingProcesses;

TEST_CASE("sudoers gets the name, or the uid if the name means something else there") {
  struct Row {
    std::string name;
    const char* who;
  };
  const std::vector<Row> rows = {
      {"bob", "bob"},          {"Bob", "Bob"},          {"bob.smith-2", "bob.smith-2"},
      {"_bob", "_bob"},        {"ALL", "#1000"},        {"BOB", "#1000"},
      {"B", "#1000"},          {"B_2", "#1000"},        {"Defaults", "#1000"},
      {"User_Alias", "#1000"}, {"Cmnd_Alias", "#1000"}, {"sudoedit", "#1000"},
      {"include", "#1000"},    {"b\nALL", "#1000"},     {"b c", "#1000"},
      {"%wheel", "#1000"},     {"", "#1000"},           {"sha256", "#1000"},
      {"sha224", "#1000"},     {"sha384", "#1000"},     {"sha512", "#1000"},
      {"list", "#1000"},       {"TYPE", "#1000"},       {"sha256.x", "sha256.x"},
  };
  SystemProcesses processes;
  for (const Row& row : rows) {
    CAPTURE(row.name);
    const Account account{.name = row.name, .uid = 1000, .gid = 1000, .home = "", .shell = ""};
    const std::string without = sudoers_text(account, SudoRule::kNoPassword);
    CHECK(without.ends_with("'.\n" + std::string(row.who) + " ALL=(ALL:ALL) NOPASSWD: ALL\n"));
    CHECK(std::count(without.begin(), without.end(), '\n') == 2);
    CHECK(sudoers_text(account, SudoRule::kPassword)
              .ends_with("\n" + std::string(row.who) + " ALL=(ALL:ALL) ALL\n"));
    CHECK(sudoers_text(account, SudoRule::kNone).empty());
    const auto checked = processes.run(
        {.argv = {"visudo", "-c", "-f", "-"}, .input = Secret(std::string(without))}, patience());
    CHECK_MESSAGE(checked.has_value(), without);
  }
}

TEST_CASE("sudo takes the name for a user, whatever word of sudoers it is: sha256 and others") {
  // The words of plugins/sudoers/toke.l, and names that only begin with one.
  const std::vector<std::string> names = {
      "sha224",     "sha256",     "sha384",      "sha512",     "sha",
      "sha256x",    "sha256.x",   "sudoedit",    "list",       "include",
      "includedir", "Defaults",   "DefaultsX",   "User_Alias", "ALL",
      "ROLE",       "TYPE",       "CWD",         "CHROOT",     "TIMEOUT",
      "NOTBEFORE",  "NOTAFTER",   "PRIVS",       "NOPASSWD",   "PASSWD",
      "Cmnd_Alias", "Cmd_Alias",  "Host_Alias",  "EXEC",       "MAIL",
      "FOLLOW",     "LIMITPRIVS", "Runas_Alias", "SETENV",     "A.b",
      "INTERCEPT",  "all",        "x.sha256",    "sha256-x",   "APPARMOR_PROFILE"};
  SystemProcesses processes;
  for (const std::string& name : names) {
    CAPTURE(name);
    const Account account{.name = name, .uid = 1000, .gid = 1000, .home = "", .shell = ""};
    const auto parsed =
        processes.run({.argv = {"cvtsudoers", "-f", "json", "-"},
                       .input = Secret(sudoers_text(account, SudoRule::kNoPassword))},
                      patience());
    REQUIRE_MESSAGE(parsed.has_value(), parsed.error().to_string());
    std::string json = parsed->out;
    std::erase_if(json, [](char c) { return c == ' ' || c == '\n'; });
    const bool by_name = name != "ALL" && json.find(R"("User_List":[{"username":")" + name +
                                                    "\"}]") != std::string::npos;
    const bool by_uid = json.find(R"("User_List":[{"userid":1000}])") != std::string::npos;
    CHECK_MESSAGE(by_name != by_uid, parsed->out);
  }
}

TEST_CASE("the sudoers file is written once, repaired, and removed for kNone") {
  AZL_NEEDS_ROOT();
  AccountTree tree;
  const Account account{.name = "bob", .uid = 1000, .gid = 1000, .home = "", .shell = ""};
  const Root root = tree.root();
  RecordingProcesses processes;
  const auto ensure = [&](SudoRule rule) {
    return ensure_sudoers(root, processes, account, rule, patience()).value();
  };
  CHECK(ensure(SudoRule::kNoPassword));
  CHECK(tree.mode("etc/sudoers.d/90-azl-provision") == 0440);
  CHECK(tree.status("etc/sudoers.d/90-azl-provision").st_uid == 0);
  CHECK_FALSE(ensure(SudoRule::kNoPassword));
  CHECK(processes.count("visudo") == 1);
  tree.chmod_to("etc/sudoers.d/90-azl-provision", 0666);
  CHECK(ensure(SudoRule::kNoPassword));
  CHECK(tree.mode("etc/sudoers.d/90-azl-provision") == 0440);
  CHECK(ensure(SudoRule::kPassword));
  CHECK(tree.read("etc/sudoers.d/90-azl-provision") == sudoers_text(account, SudoRule::kPassword));
  CHECK(ensure(SudoRule::kNone));
  CHECK_FALSE(tree.exists("etc/sudoers.d/90-azl-provision"));
  CHECK_FALSE(ensure(SudoRule::kNone));
}

TEST_CASE("no file is written if sudo is missing or refuses the text") {
  AZL_NEEDS_ROOT();
  struct Row {
    std::string what;
    bool directory;
    Result<ProcessOutput> said;
    Reason reason;
  };
  const std::vector<Row> rows = {
      {"no sudo", false, ProcessOutput(), Reason::kSudoers},
      {"no visudo", true, fail(Reason::kToolMissing, "visudo"), Reason::kToolMissing},
      {"refused", true, fail(Reason::kToolFailed, "syntax error"), Reason::kSudoers},
  };
  const Account account{.name = "bob", .uid = 1000, .gid = 1000, .home = "", .shell = ""};
  for (const Row& row : rows) {
    CAPTURE(row.what);
    AccountTree tree;
    if (!row.directory) std::filesystem::remove(tree.path("etc/sudoers.d"));
    PlayedProcesses processes([&row](const Command&) { return row.said; });
    const auto written =
        ensure_sudoers(tree.root(), processes, account, SudoRule::kNoPassword, patience());
    REQUIRE_FALSE(written.has_value());
    CHECK(written.error().reason() == row.reason);
    CHECK_FALSE(tree.exists("etc/sudoers.d/90-azl-provision"));
  }
}

}  // namespace azl::provision
