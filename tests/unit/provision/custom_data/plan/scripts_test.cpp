#include "provision/custom_data/plan/scripts.h"

#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "tests/unit/provision/custom_data/plan/planned.h"

namespace azl::provision::custom_data {
namespace {

using test::items_of;
using test::Lines;
using test::make_message;
using test::plan_of;
using test::remarks_of;
using test::script_of;

TEST_CASE("a script is run once in the end, as it is written") {
  const auto plan = plan_of("#!/bin/bash -e\necho a\n");
  CHECK(items_of(plan) == Lines{"scripts/part-001 final once"});
  CHECK(plan.remarks.empty());
  CHECK(script_of(plan, "scripts/part-001") == "#!/bin/bash -e\necho a\n");
  CHECK(plan.items[0].what == "run a script of 22 bytes with /bin/bash");
  CHECK(plan.items[0].place.line == 1);
  CHECK(std::get<RunScript>(plan.items[0].action).name == "part-001");
}

TEST_CASE("each kind of script has its phase and its frequency") {
  // https://docs.cloud-init.io/en/latest/explanation/format.html: cloud-boothook, user-data script,
  // and the types x-shellscript-per-boot, -per-instance and -per-once.
  const auto plan = plan_of(make_message({
      {"Content-Type: text/x-shellscript", "#!/bin/sh\n1"},
      {"Content-Type: text/cloud-boothook", "#!/bin/sh\n2"},
      {"Content-Type: text/x-shellscript-per-boot", "#!/bin/sh\n3"},
      {"Content-Type: text/x-shellscript-per-instance", "#!/bin/sh\n4"},
      {"Content-Type: text/x-shellscript-per-once", "#!/bin/sh\n5"},
      {"Content-Type: text/plain", "#cloud-boothook\n#!/bin/sh\n6"},
  }));
  CHECK(items_of(plan) == Lines{"boothooks/part-002 early each-boot",
                                "boothooks/part-006 early each-boot",
                                "per-once/part-005 final once", "per-boot/part-003 final each-boot",
                                "per-instance/part-004 final once", "scripts/part-001 final once"});
  CHECK(remarks_of(plan) == Lines{"n 0:0 per-once"});
}

TEST_CASE("a boothook is run without its first line") {
  // cloud-init removes "#cloud-boothook" and the white space after it.
  for (const std::string_view text :
       {"#cloud-boothook\n#!/bin/sh\na\n", "#cloud-boothook\n\n  #!/bin/sh\na\n",
        "#Cloud-Boothook\n#!/bin/sh\na\n", "#cloud-boothook #!/bin/sh\na\n"}) {
    CAPTURE(text);
    const auto plan = plan_of(text);
    CHECK(script_of(plan, "boothooks/part-001") == "#!/bin/sh\na\n");
    CHECK(plan.remarks.empty());
  }
}

TEST_CASE("text without an interpreter cannot be executed") {
  // cloud-init executes the file itself, and the kernel answers "Exec format error".
  const std::string documents[] = {
      "#cloud-boothook\necho a\n",
      "#cloud-boothook\n",
      make_message({{"Content-Type: text/x-shellscript", "echo a"}}),
      make_message({{"Content-Type: text/x-shellscript-per-boot", "echo a"}}),
      make_message({{"Content-Type: text/cloud-boothook", "echo a"}}),
  };
  for (const auto& document : documents) {
    CAPTURE(document);
    const auto plan = plan_of(document);
    CHECK(plan.items.empty());
    CHECK(remarks_of(plan) == Lines{"e 0:0 no-interpreter"});
    CHECK(plan.remarks[0].place.part == "part-001");
    CHECK(plan.remarks[0].advice.find("#!/bin/sh") != std::string::npos);
  }
}

TEST_CASE("if the first line ends in CRLF, every CRLF becomes LF") {
  // cloud-init's dos2unix().
  struct {
    std::string_view document;
    std::string_view id;
    std::string_view script;
    Lines remarks;
  } const rows[] = {
      {"#!/bin/sh\r\na\r\nb\rc\r\n",
       "scripts/part-001",
       "#!/bin/sh\na\nb\rc\n",
       {"n 0:0 script-crlf"}},
      {"#!/bin/sh\na\r\n", "scripts/part-001", "#!/bin/sh\na\r\n", {}},
      {"#cloud-boothook\r\n#!/bin/sh\r\na\r\n",
       "boothooks/part-001",
       "#!/bin/sh\na\n",
       {"n 0:0 script-crlf"}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.document);
    const auto plan = plan_of(row.document);
    CHECK(script_of(plan, row.id) == row.script);
    CHECK(remarks_of(plan) == row.remarks);
  }
}

TEST_CASE("what would surprise is remarked at its line in the part") {
  CHECK(remarks_of("#!/bin/sh\nsudo apt-get update\n") == Lines{"w 2:6 debian-only"});
  CHECK(remarks_of("#cloud-boothook\n\n#!/bin/sh\napt update\n") == Lines{"w 4:1 debian-only"});
}

TEST_CASE("scripts and runcmd run in the order of their file names") {
  const auto named = [](const std::string& name) {
    return "Content-Type: text/x-shellscript\nContent-Disposition: attachment; filename=\"" + name +
           "\"";
  };
  const auto plan = plan_of(make_message({
      {named("setup.sh"), "#!/bin/sh"},
      {"Content-Type: text/cloud-config", "runcmd: [a]"},
      {"Content-Type: text/x-shellscript", "#!/bin/sh"},
      {named("00_x.sh"), "#!/bin/sh"},
  }));
  CHECK(items_of(plan) == Lines{"scripts/00_x.sh final once", "scripts/part-003 final once",
                                "runcmd final once", "scripts/setup.sh final once"});
  CHECK(plan.remarks.empty());
}

TEST_CASE("a later script takes the place of an earlier one of its folder and name") {
  // cloud-init writes both to the same file. It runs a boothook when it finds it.
  const auto named = [](const std::string& type, const std::string& name) {
    return "Content-Type: text/" + type + "\nContent-Disposition: attachment; filename=\"" + name +
           "\"";
  };
  const auto plan = plan_of(make_message({
      {named("x-shellscript", "a/s.sh"), "#!/bin/sh\n1"},
      {named("x-shellscript", "a_s.sh"), "#!/bin/sh\n2"},
      {named("x-shellscript-per-boot", "a/s.sh"), "#!/bin/sh\n3"},
      {named("x-shellscript-per-boot", "s.sh"), "#!/bin/sh\n4"},
      {named("x-shellscript-per-boot", "s.sh"), "no interpreter"},
      {named("cloud-boothook", "h"), "#!/bin/sh\n5"},
      {named("cloud-boothook", "h"), "#!/bin/sh\n6"},
  }));
  CHECK(items_of(plan) == Lines{"boothooks/h early each-boot", "boothooks/h-2 early each-boot",
                                "scripts/a_s.sh final once"});
  CHECK(script_of(plan, "scripts/a_s.sh") == "#!/bin/sh\n2");
  CHECK(script_of(plan, "boothooks/h-2") == "#!/bin/sh\n6");
  CHECK(remarks_of(plan) == Lines{"w 0:0 script-replaced", "w 0:0 script-replaced",
                                  "w 0:0 script-replaced", "e 0:0 no-interpreter"});
  CHECK(plan.remarks.at(0).place.part == "s.sh");
  CHECK(plan.remarks.at(0).text ==
        "the script is not run, because part 'a_s.sh' replaces it: both have the file name "
        "'a_s.sh'");
}

TEST_CASE("runcmd takes the place of a script with its name") {
  // cloud-init writes runcmd to the file "runcmd" in the folder of the scripts.
  const std::string header =
      "Content-Type: text/x-shellscript\nContent-Disposition: attachment; filename=\"runcmd\"";
  const auto plan = plan_of(
      make_message({{header, "#!/bin/sh\nx"}, {"Content-Type: text/cloud-config", "runcmd: [a]"}}));
  CHECK(items_of(plan) == Lines{"runcmd final once"});
  CHECK(script_of(plan, "runcmd") == "#!/bin/sh\na\n");
  CHECK(remarks_of(plan) == Lines{"w 0:0 script-replaced"});
  CHECK(items_of(make_message({{header, "#!/bin/sh\nx"}})) == Lines{"scripts/runcmd final once"});
}

}  // namespace
}  // namespace azl::provision::custom_data
