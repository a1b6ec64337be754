#include "provision/accounts/sshd_drop_in.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace azl::provision {

TEST_CASE("the drop-in sets both keywords, and its reason cannot leave the comment") {
  const std::string off =
      sshd_drop_in_text(kSshdDropIns[0], false, "no password\nPermitRootLogin yes");
  CHECK(off.find("\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n") !=
        std::string::npos);
  CHECK(off.find("\nPermitRootLogin") == std::string::npos);
  CHECK(sshd_drop_in_text(kSharedSshdDropIn, true, "")
            .ends_with("\nPasswordAuthentication yes\nKbdInteractiveAuthentication yes\n"));
}

TEST_CASE("sshd reads the drop-in before all others") {
  struct Row {
    std::vector<std::string> present;
    std::string name;
  };
  const std::vector<Row> rows = {
      {{}, "00-azl-provision.conf"},
      {{"50-cloud-init.conf", "40-redhat.conf"}, "00-azl-provision.conf"},
      {{"00-azl-provision.conf", "+00-azl-provision.conf"}, "00-azl-provision.conf"},
      {{"00-azl-provision.conf.rpmsave", "00-a", ".00-a.conf"}, "00-azl-provision.conf"},
      {{"00-a.conf"}, "+00-azl-provision.conf"},
      {{"0-x.conf"}, "+00-azl-provision.conf"},
      {{"!x.conf"}, "+00-azl-provision.conf"},
      {{"00-azl-provision.conf", "00-a.conf"}, "+00-azl-provision.conf"},
      {{"00-azm.conf", "a.conf", "A.conf"}, "00-azl-provision.conf"},
  };
  for (const Row& row : rows) {
    CHECK(sshd_drop_in_name(row.present, false) == row.name);
    // The closing one sorts before the other.
    const auto closing = sshd_drop_in_name(row.present, true);
    CHECK(closing == std::string(row.name).insert(std::string(row.name).find(".conf"), "-closed"));
    CHECK(closing < row.name);
  }
}

}  // namespace azl::provision
