#include "provision/image/deprovision/edits.h"

#include <string>

#include <doctest/doctest.h>

#include "provision/apply/host_name.h"

using namespace azl::provision;

TEST_CASE("the lines for disks of this VM leave fstab, and all others stay byte for byte") {
  const std::string others = "# the image's\nUUID=aa  /  ext4 defaults 0 1\n\n";
  const std::string ours =
      "UUID=bb\t/mnt\text4\tdefaults,nofail,x-azl-provision\t0\t2\n"
      "LABEL=data\t/data\txfs\tnofail,x-azl-custom-data\t0\t0\n";
  CHECK(has_fstab_lines(others + ours));
  CHECK(without_fstab_lines(others + ours) == others);
  for (const std::string& text : {others, std::string(), std::string("UUID=a / ext4 defaults 0 1")})
    CHECK_FALSE(has_fstab_lines(text));
}

TEST_CASE("the line of the host name leaves /etc/hosts, and all others stay byte for byte") {
  for (const std::string others :
       {"", "127.0.0.1 localhost\n", "127.0.0.1 localhost\n\n# end\n", "127.0.0.1\tx\t\n"}) {
    CAPTURE(others);
    CHECK_FALSE(has_hosts_line(others));
    const auto with = hosts_with(others, "web-1");
    CHECK(has_hosts_line(with));
    CHECK(without_hosts_line(with) == others);
  }
  CHECK(without_hosts_line("::1 a\n127.0.1.1\tb  # azl-provision") == "::1 a\n");
  CHECK(without_hosts_line("::1 a") == "::1 a");
}
