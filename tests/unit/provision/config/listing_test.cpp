#include "provision/config/listing.h"

#include <string>

#include <doctest/doctest.h>

using namespace azl::provision;

namespace {

std::string listed(const std::string& text) {
  return list_config(parse_config({{"/a.conf", text}}));
}

}  // namespace

TEST_CASE("a key is listed with the line that counts, or as a comment with its default") {
  const auto text = listed("[User]\nSudo=no\nSudo=password\nGroups=\n[Report]\nKeepBoots=none\n");
  CHECK(text.starts_with("[Platform]\n#ImdsUrl=\n"));
  CHECK(text.find(
            "\n\n[User]\n# /a.conf:4\nGroups=\n#Shell=/bin/bash\n# /a.conf:3\nSudo=password\n") !=
        std::string::npos);
  CHECK(text.find("Sudo=no\n") == std::string::npos);
  CHECK(text.ends_with("#OtlpEndpoint=\n"));
}

TEST_CASE("a key with several values is listed with each of them") {
  const auto text = listed("[Disk]\nDataDisk=lun=0\nDataDisk=\nDataDisk=lun=1\nDataDisk=lun=2\n");
  CHECK(text.find("# /a.conf:4\nDataDisk=lun=1\n# /a.conf:5\nDataDisk=lun=2\n\n[User]") !=
        std::string::npos);
  CHECK(text.find("lun=0") == std::string::npos);
}

TEST_CASE("the list is a configuration that means the same, and has no control characters") {
  const std::string source = "[User]\nShell=/x y\nSudo=no\n[Disk]\nDataDisk=lun=3 mount=/d\n";
  const auto again = parse_config({{"/b.conf", listed(source)}});
  CHECK(again.warnings.empty());
  CHECK(again.user == parse_config({{"/a.conf", source}}).user);
  CHECK(again.disk == parse_config({{"/a.conf", source}}).disk);
  CHECK(listed("[User]\nShell=/\x1b[2J\n").find('\x1b') == std::string::npos);
}
