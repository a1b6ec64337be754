#include "provision/accounts/sudoers_files.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/provision/accounts/account_tree.h"

namespace azl::provision {

using test::AccountTree;
using Words = std::vector<std::string>;

namespace {

/// "FILE:LINE TEXT" of each line.
Words lines_of(const AccountTree& tree) {
  Words words;
  const auto files = read_sudoers(tree.root());
  if (!files) FAIL(files.error().to_string());
  for (const auto& line : files->lines)
    words.push_back(line.file + ":" + std::to_string(line.number) + " " + line.text);
  return words;
}

}  // namespace

TEST_CASE("sudoers files are read where they are included, in sudo's order") {
  AZL_NEEDS_ROOT();
  AccountTree tree;
  tree.write("etc/sudoers",
             "one ALL=ALL\n#includedir /etc/sudoers.d\n@include local\nlast ALL=ALL\n")
      .write("etc/local", "local ALL=ALL\n")
      .write("etc/sudoers.d/waagent", "w ALL=ALL\n")
      .write("etc/sudoers.d/90-azl-provision", "# comment\nb ALL=ALL\n")
      .write("etc/sudoers.d/90-azl-provision.rpmsave", "x ALL=ALL\n")
      .write("etc/sudoers.d/backup~", "x ALL=ALL\n")
      .mkdir("etc/sudoers.d/zz");
  CHECK(lines_of(tree) == Words{"/etc/sudoers:1 one ALL=ALL",
                                "/etc/sudoers.d/90-azl-provision:2 b ALL=ALL",
                                "/etc/sudoers.d/waagent:1 w ALL=ALL", "/etc/local:1 local ALL=ALL",
                                "/etc/sudoers:4 last ALL=ALL"});
}

TEST_CASE("a file that includes itself ends") {
  AZL_NEEDS_ROOT();
  AccountTree tree;
  tree.write("etc/sudoers", "a ALL=ALL\n@include /etc/sudoers\n@include /etc/sudoers\n");
  CHECK(lines_of(tree).size() <= 256);
}

TEST_CASE("sudoers files of more than 4 MiB are refused") {
  AZL_NEEDS_ROOT();
  AccountTree tree;
  tree.write("etc/sudoers", "@includedir /etc/sudoers.d\n");
  for (const std::string name : {"1", "2", "3", "4", "5"})
    tree.write("etc/sudoers.d/" + name, std::string(1 << 20, '\n'));
  const auto files = read_sudoers(tree.root());
  REQUIRE_FALSE(files.has_value());
  CHECK(files.error().reason() == Reason::kInvalidInput);
}

TEST_CASE("files and directories that sudo ignores are named") {
  AZL_NEEDS_ROOT();
  struct Row {
    std::string path;
    mode_t mode;
    uid_t owner;
    gid_t group;
    std::string why;
  };
  for (const Row& row :
       {Row{"etc/sudoers.d", 0777, 0, 0, "everybody can write to it"},
        Row{"etc/sudoers.d/bob", 0460, 0, 5, "the group with gid 5 can write to it"},
        Row{"etc/sudoers.d/bob", 0460, 0, 0, ""},
        Row{"etc/sudoers.d/bob", 0440, 1000, 0, "it belongs to uid 1000"}}) {
    CAPTURE(row.path);
    AccountTree tree;
    tree.write("etc/sudoers", "@includedir /etc/sudoers.d/\n")
        .write("etc/sudoers.d/bob", "b ALL=ALL");
    tree.chown_to(row.path, row.owner, row.group).chmod_to(row.path, row.mode);
    const auto files = read_sudoers(tree.root()).value();
    CHECK(files.lines.size() == (row.why.empty() ? 1 : 0));
    CHECK(
        files.ignored ==
        (row.why.empty() ? Words{} : Words{"sudo ignores /" + row.path + ", because " + row.why}));
  }
}

TEST_CASE("a tree without /etc/sudoers is an error") {
  const AccountTree tree;
  const auto files = read_sudoers(tree.root());
  REQUIRE_FALSE(files.has_value());
  CHECK(files.error().reason() == Reason::kSudoers);
  CHECK(files.error().to_string() == "/etc/sudoers does not exist");
}

}  // namespace azl::provision
