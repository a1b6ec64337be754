#include "provision/accounts/host_key_unit.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/temporary_tree.h"

namespace azl::provision {

TEST_CASE("the distribution's unit is searched in systemd's directories") {
  struct Row {
    std::string what;
    std::vector<std::string> files;
    std::vector<std::string> masked;
    const char* unit;
  };
  const std::vector<Row> rows = {
      {"none", {}, {}, ""},
      {"Fedora", {"usr/lib/systemd/system/sshd-keygen@.service"}, {}, "sshd-keygen@.service"},
      {"SUSE", {"usr/lib/systemd/system/sshd-keygen.service"}, {}, "sshd-keygen.service"},
      {"both",
       {"usr/lib/systemd/system/sshd-keygen.service", "lib/systemd/system/sshd-keygen@.service"},
       {},
       "sshd-keygen@.service"},
      {"masked",
       {"usr/lib/systemd/system/sshd-keygen@.service"},
       {"etc/systemd/system/sshd-keygen@.service"},
       ""},
      {"an administrator's own",
       {"etc/systemd/system/sshd-keygen.service"},
       {},
       "sshd-keygen.service"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    test::TemporaryTree tree;
    for (const std::string& name : row.files) tree.write(name, "[Service]\n");
    for (const std::string& name : row.masked) tree.symlink("/dev/null", name);
    CHECK(find_host_key_unit(Root::open(tree.path()).value()) == row.unit);
  }
  test::TemporaryTree empty;
  empty.write("etc/systemd/system/sshd-keygen.service", "");
  empty.write("usr/lib/systemd/system/sshd-keygen.service", "[Service]\n");
  CHECK(find_host_key_unit(Root::open(empty.path()).value()).empty());
}

TEST_CASE("a unit with ConditionFirstBoot= is not used") {
  test::TemporaryTree debian;
  debian.write("usr/lib/systemd/system/sshd-keygen.service",
               "[Unit]\nDescription=Generate sshd host keys on first boot\nConditionFirstBoot=yes\n"
               "[Service]\nExecStart=ssh-keygen -A\n");
  CHECK(find_host_key_unit(Root::open(debian.path()).value()).empty());
  test::TemporaryTree other;
  other.write("usr/lib/systemd/system/sshd-keygen.service",
              "[Unit]\n# ConditionFirstBoot=yes\n[Service]\nExecStart=ssh-keygen -A\n");
  CHECK(find_host_key_unit(Root::open(other.path()).value()) == "sshd-keygen.service");
}

TEST_CASE("a template has an instance for each key type, another unit is alone") {
  using Units = std::vector<std::string>;
  CHECK(host_key_units("sshd-keygen@.service", {"rsa", "ed25519"}) ==
        Units{"sshd-keygen@rsa.service", "sshd-keygen@ed25519.service"});
  CHECK(host_key_units("sshd-keygen.service", {"rsa", "ed25519"}) == Units{"sshd-keygen.service"});
}

}  // namespace azl::provision
