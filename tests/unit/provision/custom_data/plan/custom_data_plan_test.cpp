#include "provision/custom_data/plan/custom_data_plan.h"

#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "base/text.h"
#include "tests/unit/provision/custom_data/parse/packed.h"
#include "tests/unit/provision/custom_data/plan/planned.h"

namespace azl::provision::custom_data {
namespace {

using test::items_of;
using test::Lines;
using test::make_message;
using test::packed;
using test::plan_of;
using test::remarks_of;
using test::script_of;

TEST_CASE("early items come before final ones, each in the order of its phase") {
  const auto plan = plan_of(make_message({
      {"Content-Type: text/x-shellscript", "#!/bin/sh"},
      {"Content-Type: text/cloud-config",
       "runcmd: [a]\nwrite_files: [{path: /a, defer: true}, {path: /b}]\nbootcmd: [b]"},
      {"Content-Type: text/cloud-boothook", "#!/bin/sh"},
  }));
  CHECK(items_of(plan) == Lines{"boothooks/part-003 early each-boot", "bootcmd early each-boot",
                                "write_files/2 early once", "write_files/1 final once",
                                "scripts/part-001 final once", "runcmd final once"});
  CHECK(plan.remarks.empty());
  REQUIRE(plan.parts.size() == 3);
  CHECK(plan.parts[1].name == "part-002");
  CHECK(plan.parts[1].kind == PartKind::kCloudConfig);
  CHECK(!plan.parts[1].rendered);
}

TEST_CASE("nothing gives no item, no part and no remark") {
  for (const std::string_view document : {"", " \n\n"}) {
    const auto plan = plan_of(document);
    CHECK(plan.items.empty());
    CHECK(plan.parts.empty());
    CHECK(plan.remarks.empty());
  }
}

TEST_CASE("the document may be packed by gzip") {
  CHECK(items_of(packed("#cloud-config\nruncmd: [a]\n")) == Lines{"runcmd final once"});
  CHECK(items_of(packed(make_message({{"Content-Type: text/x-shellscript", "#!/bin/sh"}}))) ==
        Lines{"scripts/part-001 final once"});
}

TEST_CASE("a later part replaces a key, and a merge type appends to it") {
  const auto merged = [](const std::string& merge_type) {
    const auto plan = plan_of(make_message(
        {{"Content-Type: text/cloud-config", "runcmd: [a]"},
         {"Content-Type: text/cloud-config" + merge_type, "runcmd: [b]\nbootcmd: [c]"}}));
    return script_of(plan, "runcmd");
  };
  CHECK(merged("") == "#!/bin/sh\nb\n");
  CHECK(merged("\nMerge-Type: list(append)+dict(recurse_array)+str()") == "#!/bin/sh\na\nb\n");
  const auto plan = plan_of(make_message({{"Content-Type: text/cloud-config", "runcmd: [a]"},
                                          {"Content-Type: text/cloud-config", "runcmd: [b]"}}));
  REQUIRE(plan.remarks.size() == 1);
  CHECK(plan.remarks[0].rule == "replaced-by-part");
}

TEST_CASE("a remark's place is in the part that its value comes from") {
  const auto plan = plan_of(make_message(
      {{"Content-Type: text/cloud-config", "\nwrite_files:\n- path: a"},
       {"Content-Type: text/cloud-config\nMerge-Type: list(append)+dict(recurse_array)+str()",
        "write_files:\n- path: /b\n- path: c"}}));
  CHECK(remarks_of(plan) == Lines{"w 3:9 relative-path", "w 3:9 relative-path"});
  CHECK(plan.remarks.at(0).place.part == "part-001");
  CHECK(plan.remarks.at(1).place.part == "part-002");
  CHECK(plan.items.at(2).place.part == "part-002");
}

TEST_CASE("a part that is no YAML costs only itself") {
  const auto plan = plan_of(make_message({{"Content-Type: text/cloud-config", "runcmd: [a]"},
                                          {"Content-Type: text/cloud-config", "runcmd: [b\nx: }"},
                                          {"Content-Type: text/x-shellscript", "#!/bin/sh"}}));
  CHECK(items_of(plan) == Lines{"scripts/part-003 final once", "runcmd final once"});
  CHECK(script_of(plan, "runcmd") == "#!/bin/sh\na\n");
  REQUIRE(plan.remarks.size() == 1);
  CHECK(plan.remarks[0].rule == "yaml");
  CHECK(plan.remarks[0].level == RemarkLevel::kError);
  CHECK(plan.remarks[0].place.part == "part-002");
  CHECK(plan.remarks[0].place.line > 0);
}

TEST_CASE("a carriage return alone ends a line, and places count it") {
  const auto plan = plan_of("#cloud-config\rruncmd:\r\n- a\r- [b\n");
  REQUIRE(plan.remarks.size() == 1);
  CHECK(plan.remarks[0].place.line == 4);
  REQUIRE(plan.parts.size() == 1);
  CHECK(plan.parts[0].text.reveal() == "#cloud-config\nruncmd:\r\n- a\n- [b\n");
  // The bytes of a script stay.
  CHECK(script_of(plan_of("#!/bin/sh\na\rb\n"), "scripts/part-001") == "#!/bin/sh\na\rb\n");
}

TEST_CASE("JSON is cloud-config too") {
  const auto plan = plan_of(
      make_message({{"Content-Type: text/cloud-config", R"({"runcmd": ["a", ["b", "c"]]})"}}));
  CHECK(script_of(plan, "runcmd") == "#!/bin/sh\na\n'b' 'c'\n");
}

TEST_CASE("a template becomes what its text is once it is rendered") {
  const std::string header = "## template: jinja\n";
  const auto script = plan_of(header + "#!/bin/sh\necho {{ v1.local_hostname }}\n");
  CHECK(script_of(script, "scripts/part-001") == "#!/bin/sh\necho vm\n");
  CHECK(script.parts.at(0).rendered);
  CHECK(script.parts.at(0).kind == PartKind::kScript);
  const auto config = plan_of(header + "#cloud-config\nruncmd:\n- echo {{ v1.local_hostname }}\n");
  CHECK(script_of(config, "runcmd") == "#!/bin/sh\necho vm\n");
  CHECK(config.items.at(0).place.line == 3);
  const auto hook = plan_of(header + "#cloud-boothook\n#!/bin/sh\n");
  CHECK(items_of(hook) == Lines{"boothooks/part-001 early each-boot"});
}

TEST_CASE("lines of a template count from its header") {
  const std::string header = "## template: jinja\n";
  CHECK(remarks_of(header + "#cloud-config\nrun_cmd: []\n") == Lines{"w 3:1 unknown-key"});
  CHECK(remarks_of(header + "#!/bin/sh\napt update\n") == Lines{"w 3:1 debian-only"});
  const auto undefined = plan_of(header + "#!/bin/sh\n echo {{ v1.x }}\n");
  REQUIRE(undefined.remarks.size() == 1);
  CHECK(undefined.remarks[0].place.line == 3);
  CHECK(undefined.remarks[0].level == RemarkLevel::kWarning);
  CHECK(script_of(undefined, "scripts/part-001").find("CI_MISSING_JINJA_VAR/x") !=
        std::string::npos);
}

TEST_CASE("lines of a template count after a comment of several lines") {
  const std::string header = "## template: jinja\n{# one\ntwo #}\n";
  CHECK(remarks_of(header + "#cloud-config\nruncmd:\n- x\nrun_cmd: [a]\n") ==
        Lines{"w 7:1 unknown-key"});
  CHECK(remarks_of(header + "#!/bin/sh\napt update\n") == Lines{"w 5:1 debian-only"});
  CHECK(remarks_of(header + "#cloud-config\na: [\n") == Lines{"e 5:4 yaml"});
  const auto script = plan_of(header + "#!/bin/sh\n");
  CHECK(script.items.at(0).place.line == 4);
  CHECK(script.parts.at(0).text.reveal() == header + "#!/bin/sh\n");
}

TEST_CASE("a template that cannot be rendered costs only its part") {
  const auto plan = plan_of(
      make_message({{"Content-Type: text/plain", "## template: jinja\n#!/bin/sh\n{% if x %}"},
                    {"Content-Type: text/x-shellscript", "#!/bin/sh"}}));
  CHECK(items_of(plan) == Lines{"scripts/part-002 final once"});
  REQUIRE(plan.remarks.size() == 1);
  CHECK(plan.remarks[0].rule == "template");
  CHECK(plan.remarks[0].level == RemarkLevel::kError);
  CHECK(plan.remarks[0].place.line == 3);
  CHECK(!plan.parts.at(0).rendered);
  CHECK(plan.parts.at(0).kind == PartKind::kTemplate);
}

TEST_CASE("a template that renders to what is not run gets a remark") {
  // cloud-init: "Ignoring jinja template". It takes neither templates nor messages there.
  for (const std::string text :
       {"hello {{ v1.local_hostname }}\n", "#include\nhttps://example.com\n",
        "## template: jinja\n#!/bin/sh\n",
        "MIME-Version: 1.0\nContent-Type: text/plain\n\n#!x\n"}) {
    CAPTURE(text);
    const auto plan = plan_of("## template: jinja\n" + text);
    CHECK(plan.items.empty());
    CHECK(remarks_of(plan) == Lines{"w 0:0 template-not-run"});
    CHECK(plan.remarks.at(0).place.part == "part-001");
  }
}

TEST_CASE("what is recognised and not run is named") {
  CHECK(remarks_of("#include\nhttps://example.com\n") == Lines{"w 0:0 not-run-include"});
  CHECK(remarks_of("hello\n") == Lines{"w 0:0 not-run-text"});
}

TEST_CASE("a part that is not UTF-8 is not planned, and its lines can be shown") {
  for (const std::string_view document :
       {"#cloud-config\nruncmd:\n - echo \xff\n", "## template: jinja\n#!/bin/sh\necho \xff\n"}) {
    const auto plan = plan_of(document);
    CHECK(plan.items.empty());
    CHECK(remarks_of(plan) ==
          Lines{std::string("e 3:") + (document[1] == 'c' ? "9" : "6") + " not-utf-8"});
    REQUIRE(plan.parts.size() == 1);
    CHECK(plan.parts[0].text.reveal() == document);
    CHECK(plan.parts[0].name == plan.remarks[0].place.part);
  }
}

TEST_CASE("each id is unique") {
  const auto plan = plan_of(make_message({
      {"Content-Type: text/x-shellscript\nContent-Disposition: attachment; filename=\"a\"",
       "#!/bin/sh"},
      {"Content-Type: text/x-shellscript\nContent-Disposition: attachment; filename=\"a\"",
       "#!/bin/sh"},
      {"Content-Type: text/x-shellscript-per-boot\nContent-Disposition: attachment; "
       "filename=\"a\"",
       "#!/bin/sh"},
  }));
  CHECK(items_of(plan) == Lines{"per-boot/a final each-boot", "scripts/a final once"});
}

}  // namespace
}  // namespace azl::provision::custom_data
