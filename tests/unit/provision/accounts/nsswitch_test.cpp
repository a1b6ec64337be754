#include "provision/accounts/nsswitch.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/temporary_tree.h"

namespace azl::provision {

TEST_CASE("nsswitch.conf names the local sources, and services that ask elsewhere are left out") {
  struct Row {
    std::string text;
    bool altfiles;
    bool userdb;
  };
  const std::vector<Row> rows = {
      {"", false, false},
      {"passwd: files\n", false, false},
      {"passwd: files altfiles systemd\n", true, true},
      {"passwd:\tfiles\taltfiles\n", true, false},
      {"  passwd :files systemd", false, true},
      {"passwd: files [SUCCESS=merge] systemd\n", false, true},
      {"passwd: files [NOTFOUND=return success=continue]altfiles [ !UNAVAIL=return ] sss\n", true,
       false},
      {"passwd: compat sss ldap winbind mymachines nis db\n", false, false},
      {"passwd: files [altfiles systemd]\n", false, false},
      {"#passwd: altfiles\npasswd: files # altfiles systemd\n", false, false},
      {"passwd: altfiles\npasswd: systemd\n", false, true},
      {"shadow: altfiles systemd\npasswdx: altfiles\n", false, false},
      {"passwd: Altfiles\n", false, false},
      {"passwd: files [altfiles\n", false, false},  // a bracket that is not closed
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto sources = parse_nsswitch(row.text);
    CHECK(sources.passwd.altfiles == row.altfiles);
    CHECK(sources.passwd.userdb == row.userdb);
    CHECK_FALSE(sources.group.altfiles);
    CHECK_FALSE(sources.group.userdb);
  }
  const auto both = parse_nsswitch("passwd: files systemd\ngroup: files altfiles\n");
  CHECK(both.passwd.userdb);
  CHECK_FALSE(both.passwd.altfiles);
  CHECK(both.group.altfiles);
  CHECK_FALSE(both.group.userdb);
}

TEST_CASE("/etc/nsswitch.conf comes before /usr/etc/nsswitch.conf, and both may be missing") {
  test::TemporaryTree tree;
  const auto root = Root::open(tree.path());
  REQUIRE(root.has_value());
  CHECK_FALSE(read_nsswitch(*root).value().passwd.altfiles);
  tree.write("usr/etc/nsswitch.conf", "passwd: files altfiles\n");
  CHECK(read_nsswitch(*root).value().passwd.altfiles);
  tree.write("etc/nsswitch.conf", "passwd: files\n");
  CHECK_FALSE(read_nsswitch(*root).value().passwd.altfiles);
}

}  // namespace azl::provision
