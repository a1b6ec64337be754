#include "provision/accounts/sudo_rules.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace azl::provision {

namespace {

using enum RootAccess;

const SudoUser kUser{
    .name = "bob", .uid = 1000, .groups = {"bob", "wheel", "dom users"}, .gids = {1000, 10, 20}};

/// The effect of the last line of a text.
LineEffect last_effect(const std::string& text) {
  const auto effects = find_effects(parse_sudoers("f", text), kUser);
  return effects.empty() ? LineEffect{} : effects.back();
}

}  // namespace

TEST_CASE("the last entry of sudo's list that matches decides") {
  const std::string head = "User bob may run the following commands on vm:\n";
  const std::vector<std::pair<std::string, RootAccess>> rows = {
      {"", kNone},
      {"User bob is not allowed to run sudo on vm.\n", kNone},
      {head + "    (ALL : ALL) NOPASSWD: ALL\n", kWithoutPassword},
      {head + "    (ALL) ALL\n", kWithPassword},
      {head + "    (ALL : ALL) NOPASSWD: ALL\n    (ALL) ALL\n", kWithPassword},
      {head + "    (ALL) ALL\n    (ALL : ALL) NOPASSWD: ALL\n", kWithoutPassword},
      {head + "    (ALL) NOPASSWD: ALL\n    (ALL) !ALL\n", kNone},
      {head + "    (ALL) NOPASSWD: ALL\n    (root) /usr/bin/id\n", kWithoutPassword},
      {head + "    (ALL) NOPASSWD: ALL, !/usr/bin/su\n", kWithoutPassword},
      {head + "    (root, oper) NOPASSWD: /bin/ls, PASSWD: ALL, !/bin/su\n", kWithPassword},
      {head + "    (root) NOPASSWD: /bin/ls, ALL\n", kWithoutPassword},
      {head + "    (root) SETENV: NOPASSWD: NOEXEC: ALL\n", kWithoutPassword},
      {head + "    (#0) NOPASSWD: ALL\n", kWithoutPassword},
      {head + "    (ann) NOPASSWD: ALL\n", kNone},
      {head + "    (ALL, !root) NOPASSWD: ALL\n", kNone},
      {head + "    (bob : adm) NOPASSWD: ALL\n", kNone},
      {head + "    (root) NOPASSWD: sudoedit /etc/ALL\n", kNone},
      {head + "    (root) CWD=/tmp TIMEOUT=259200 NOPASSWD: ALL\n", kWithoutPassword},
      {head + "    (root) sha224:d14a028c2a3a2bc9476102bb288234c415a2b01f ALL\n", kWithPassword},
      {head + "    (root) NOPASSWD: /bin/foo a\\, b\\: ALL\n", kNone},
      {"Matching Defaults entries for bob on vm:\n    env_reset, !authenticate\n\n" + head +
           "    (ALL) ALL\n",
       kWithoutPassword},
      {"Matching Defaults entries for bob on vm:\n    !authenticate, authenticate\n\n" + head +
           "    (ALL) ALL\n",
       kWithPassword},
      {"Matching Defaults entries for bob on vm:\n    badpass_message=\"no, !authenticate\"\n\n" +
           head + "    (ALL) ALL\n",
       kWithPassword},
      {"Matching Defaults entries for bob on vm:\n    !authenticate\n\n" + head +
           "    (ALL) PASSWD: ALL\n",
       kWithPassword},
  };
  for (const auto& [output, access] : rows) {
    CAPTURE(output);
    CHECK(parse_sudo_list(output) == access);
  }
}

TEST_CASE("a sudoers line counts for the users that it names") {
  struct Row {
    std::string text;
    bool names_user;
    std::optional<RootAccess> access;
  };
  const std::vector<Row> rows = {
      {"bob ALL=(ALL:ALL) NOPASSWD: ALL", true, kWithoutPassword},
      {"bob\tALL = (ALL)\tALL", true, kWithPassword},
      {"\"bob\" ALL=(ALL) ALL", true, kWithPassword},
      {"b\\ob ALL=(ALL) ALL", true, kWithPassword},
      {"bob ALL=ALL", true, kWithPassword},
      {"bob ALL=NOPASSWD:ALL", true, kWithoutPassword},
      {"ann, bob ALL=(ALL) ALL", true, kWithPassword},
      {"ann,carl ALL=(ALL) ALL", false, std::nullopt},
      {"bobby ALL=(ALL) ALL", false, std::nullopt},
      {"#1000 ALL=(ALL) ALL", true, kWithPassword},
      {"#1001 ALL=(ALL) ALL", false, std::nullopt},
      {"%wheel ALL=(ALL) ALL", true, kWithPassword},
      {"%#10 ALL=(ALL) ALL", true, kWithPassword},
      {"%dom\\ users ALL=(ALL) ALL", true, kWithPassword},
      {"\"%dom users\" ALL=(ALL) ALL", true, kWithPassword},
      {"%adm ALL=(ALL) ALL", false, std::nullopt},
      {"ALL ALL=(ALL) ALL", true, kWithPassword},
      {"ALL, !bob ALL=(ALL) ALL", false, std::nullopt},
      {"!bob, ALL ALL=(ALL) ALL", true, kWithPassword},
      {"+netgroup ALL=(ALL) ALL", false, std::nullopt},
      {"bob ALL=(ALL) !ALL", true, kNone},
      {"bob ALL=(ALL) ALL, !/bin/su", true, kWithPassword},
      {"bob ALL=(ALL) NOPASSWD: /bin/ls, PASSWD: ALL", true, kWithPassword},
      {"bob ALL=(ALL) /usr/bin/systemctl restart a\\:b", true, std::nullopt},
      {"bob ALL=(ann) ALL", true, std::nullopt},
      {"bob ALL=(:adm) ALL", true, std::nullopt},
      {"bob web1=(ALL) ALL", true, std::nullopt},
      {"bob web1=(ALL) ALL : ALL=(ALL) NOPASSWD: ALL", true, kWithoutPassword},
      {"bob ALL=(ALL) ALL # NOPASSWD: ALL", true, kWithPassword},
      {"# bob ALL=(ALL) ALL", false, std::nullopt},
      {"bob ALL=(ALL) \\\n  NOPASSWD: ALL", true, kWithoutPassword},
      {"User_Alias ADMINS = ann, %wheel : OTHERS = carl\nADMINS ALL=(ALL) ALL", true,
       kWithPassword},
      {"User_Alias A = B\nUser_Alias B = A\nA ALL=(ALL) ALL", false, std::nullopt},
      {"Runas_Alias OP = oper, root\nbob ALL=(OP) ALL", true, kWithPassword},
      {"Cmnd_Alias EVERY = /bin/ls, ALL\nbob ALL=(ALL) EVERY", true, kWithPassword},
      {"Host_Alias HERE = ALL\nbob HERE=(ALL) ALL", true, kWithPassword},
      {"Defaults !authenticate\nbob ALL=(ALL) ALL", true, kWithoutPassword},
      {"Defaults:bob env_reset, !authenticate\nbob ALL=(ALL) ALL", true, kWithoutPassword},
      {"Defaults:ann !authenticate\nbob ALL=(ALL) ALL", true, kWithPassword},
      {"Defaults@web1 !authenticate\nbob ALL=(ALL) ALL", true, kWithPassword},
      {"bob", false, std::nullopt},
      {"bob ALL", false, std::nullopt},
      {"=", false, std::nullopt},
      {"bob ALL=", true, std::nullopt},
      {"Defaults", false, std::nullopt},
      {"Defaults:bob", false, std::nullopt},
      {"Defaults:", false, std::nullopt},
      {"\"", false, std::nullopt},
      {"bob ALL=(", true, std::nullopt},
      {"my_Alias ALL=(ALL) ALL", false, std::nullopt},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    const auto effect = last_effect(row.text);
    CHECK(effect.names_user == row.names_user);
    CHECK(effect.access == row.access);
  }
}

TEST_CASE("aliases that name each other many times are read to an end") {
  CHECK_FALSE(last_effect("User_Alias A = A, A, A, A, A, A, A, A\nA ALL=(ALL) ALL\n").names_user);
}

TEST_CASE("text that is cut anywhere, or has a stray character anywhere, is read to its end") {
  const std::string text =
      "User_Alias A = bob, !%wheel : B = A\nDefaults:A !authenticate, x=\"a, b\"\n"
      "bob, \"ann\" ALL, !web=(ALL:adm) CWD=/tmp NOPASSWD: sha256:aa ALL, !/bin/su a\\,b : x = "
      "\\\n ALL";
  for (std::size_t i = 0; i <= text.size(); ++i) {
    for (const std::string stray : {"", ",", ":", "=", "!", "(", ")", "\"", "\\", "#", "\n", " "}) {
      const auto cut = text.substr(0, i) + stray;
      CHECK(find_effects(parse_sudoers("f", cut), kUser).size() <= 5);
      CHECK(find_effects(parse_sudoers("f", cut + text.substr(i)), kUser).size() <= 5);
      (void)parse_sudo_list("User bob may run the following commands on vm:\n    " + cut);
      (void)parse_sudo_list("Matching Defaults\n    " + cut);
    }
  }
}

TEST_CASE("sudoers text is split into lines with their numbers") {
  const auto lines = parse_sudoers("/etc/sudoers",
                                   "# comment\n\n  bob ALL=ALL\r\nDefaults a, \\\n  b # x\n"
                                   "#includedir /etc/sudoers.d\n#1000 ALL=ALL\nlast");
  const std::vector<std::pair<int, std::string>> wanted = {{3, "bob ALL=ALL"},
                                                           {4, "Defaults a,   b"},
                                                           {6, "#includedir /etc/sudoers.d"},
                                                           {7, "#1000 ALL=ALL"},
                                                           {8, "last"}};
  REQUIRE(lines.size() == wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    CHECK(lines[i].number == wanted[i].first);
    CHECK(lines[i].text == wanted[i].second);
    CHECK(lines[i].file == "/etc/sudoers");
  }
}

TEST_CASE("both spellings of an include are read") {
  struct Row {
    std::string line;
    std::string path;
    bool directory;
  };
  for (const Row& row :
       {Row{"#includedir /etc/sudoers.d", "/etc/sudoers.d", true},
        Row{"@includedir /etc/sudoers.d", "/etc/sudoers.d", true},
        Row{"@include \"/etc/a b\"", "/etc/a b", false},
        Row{"@include /etc/a\\ b", "/etc/a b", false}, Row{"#include local", "local", false},
        Row{"# include x", "", false}, Row{"#included x", "", false}, Row{"@includedir", "", false},
        Row{"bob ALL=ALL", "", false}}) {
    CAPTURE(row.line);
    const auto include = parse_include(row.line);
    CHECK(include.has_value() == !row.path.empty());
    if (!include) continue;
    CHECK(include->path == row.path);
    CHECK(include->directory == row.directory);
  }
}

TEST_CASE("only the exact rule of a provisioning agent is taken for one") {
  const std::vector<std::pair<std::string, std::optional<RootAccess>>> rows = {
      {"bob ALL=(ALL) NOPASSWD: ALL", kWithoutPassword},
      {"bob ALL=(ALL) NOPASSWD:ALL", kWithoutPassword},
      {"bob ALL = (ALL) ALL", kWithPassword},
      {"bob ALL=(ALL:ALL) ALL", kWithPassword},
      {"bobby ALL=(ALL) ALL", std::nullopt},
      {"%bob ALL=(ALL) ALL", std::nullopt},
      {"bob, ann ALL=(ALL) ALL", std::nullopt},
      {"bob ALL=(ALL) ALL, !/bin/su", std::nullopt},
      {"bob ALL=(root) ALL", std::nullopt},
      {"bob web1=(ALL) ALL", std::nullopt},
      {"bob ALL=(ALL) !ALL", std::nullopt},
      {"bob ALL=(ALL) /bin/ls", std::nullopt},
      {"bob ALL=(ALL) ALL : web=(ALL) ALL", std::nullopt},
      {"# bob ALL=(ALL) ALL", std::nullopt},
      {"Defaults:bob !requiretty", std::nullopt},
      {"", std::nullopt},
  };
  for (const auto& [line, access] : rows) {
    CAPTURE(line);
    CHECK(parse_agent_rule(line, "bob") == access);
  }
}

}  // namespace azl::provision
