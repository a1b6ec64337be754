#include "provision/apply/host_name.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

using azl::provision::hosts_with;

TEST_CASE("/etc/hosts gets one line of ours, and its other lines stay unchanged") {
  struct Row {
    std::string what;
    std::string present;
    std::string wanted;
  };
  const std::string line = "127.0.1.1\tweb-1  # azl-provision\n";
  const std::string local = "127.0.0.1 localhost\n";
  const std::vector<Row> rows = {
      {"no file", "", line},
      {"added at the end", local, local + line},
      {"a last line without newline", "127.0.0.1 localhost", local + line},
      {"our line is there already", local + line, local + line},
      {"another name", "127.0.1.1\told  # azl-provision\n" + local, line + local},
      {"two lines of ours",
       local + "127.0.1.1\ta  # azl-provision\n::1 x\n127.0.1.1\tb  # azl-provision\n",
       local + line + "::1 x\n"},
      {"our line without newline", local + "127.0.1.1\told  # azl-provision", local + line},
      {"somebody else's 127.0.1.1 stays", "127.0.1.1 mine\n", "127.0.1.1 mine\n" + line},
      {"empty lines and comments stay", "\n# a comment\n\n", "\n# a comment\n\n" + line},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    CHECK(hosts_with(row.present, "web-1") == row.wanted);
    CHECK(hosts_with(row.wanted, "web-1") == row.wanted);
  }
}
