#include "provision/custom_data/plan/commands.h"

#include <string>
#include <string_view>
#include <utility>

#include <doctest/doctest.h>

#include "tests/unit/provision/custom_data/plan/planned.h"

namespace azl::provision::custom_data {
namespace {

using test::items_of;
using test::Lines;
using test::plan_of;
using test::remarks_of;
using test::script_of;

std::string config(std::string_view text) { return "#cloud-config\n" + std::string(text); }

TEST_CASE("commands become the lines of one shell script") {
  // https://docs.cloud-init.io/en/latest/reference/modules.html#runcmd: "if the item is a string,
  // it will be interpreted by sh"; "if the item is a list, the items will be executed as if passed
  // to execve(3)", for which cloud-init quotes each word in single quotes.
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"- echo a", "echo a\n"},
      {"- cd /tmp\n- export A=b\n- echo $A", "cd /tmp\nexport A=b\necho $A\n"},
      {"- [echo, a b]", "'echo' 'a b'\n"},
      {"- [echo, \"it's\"]", "'echo' 'it'\\''s'\n"},
      {"- [sh, -c, 'a; b']", "'sh' '-c' 'a; b'\n"},
      {"- |\n  if x; then\n    y\n  fi\n- z", "if x; then\n  y\nfi\n\nz\n"},
      {"- >\n  a\n  b", "a b\n\n"},
      {"-\n- a\n- ~\n- null", "a\n"},
      {"- 'echo a: b'", "echo a: b\n"},
      {"- []\n- a", "\na\n"},
      {"  [a, b]", "a\nb\n"},
      // Words that are no text for YAML count as they are written.
      {"- [chmod, 0644, /x]", "'chmod' '0644' '/x'\n"},
      {"- [a, yes, True, 1.50, null, ~]", "'a' 'yes' 'True' '1.50' 'null' '~'\n"},
      {"- true\n- 7", "true\n7\n"},
  };
  for (const auto& [list, lines] : rows) {
    CAPTURE(list);
    for (const std::string key : {"runcmd", "bootcmd"}) {
      const auto plan = plan_of(config(key + ":\n" + std::string(list) + "\n"));
      CHECK(script_of(plan, key) == "#!/bin/sh\n" + std::string(lines));
    }
  }
}

TEST_CASE("runcmd runs once in the end, bootcmd early on each boot") {
  const auto plan = plan_of(config("runcmd: [a, b]\nbootcmd: [c]\n"));
  CHECK(items_of(plan) == Lines{"bootcmd early each-boot", "runcmd final once"});
  CHECK(plan.remarks.empty());
  CHECK(plan.items[0].what == "run 1 command with /bin/sh");
  CHECK(plan.items[1].what == "run 2 commands with /bin/sh");
  CHECK(plan.items[1].place.part == "part-001");
  CHECK(plan.items[1].place.line == 2);
  CHECK(plan.items[0].place.line == 3);
  CHECK(std::get<RunScript>(plan.items[1].action).name == "runcmd");
}

TEST_CASE("an item that is a map voids all commands, and the remark shows how to quote") {
  // cloud-init's shellify() raises TypeError for a map.
  for (const std::string key : {"runcmd", "bootcmd"}) {
    CAPTURE(key);
    const auto plan = plan_of(config(key + ":\n- echo a\n- echo secret: b\n- c: d\n"));
    CHECK(plan.items.empty());
    CHECK(remarks_of(plan) == Lines{"e 4:3 " + key + "-map", "e 5:3 " + key + "-map"});
    CHECK(plan.remarks[0].advice.find("- 'echo a: b'") != std::string::npos);
    CHECK(plan.remarks[0].text.find("secret") == std::string::npos);
  }
}

TEST_CASE("the remark about a map says what makes it one") {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"- echo a: b\n", "because it contains ': ' without quotes"},
      {"- { echo a; }\n", "because it starts with a brace"},
      {"- {}\n", "because it starts with a brace"},
      {"- echo a:\n", "because it ends with a colon"},
  };
  for (const auto& [item, why] : rows) {
    CAPTURE(item);
    const auto plan = plan_of(config("runcmd:\n" + std::string(item)));
    REQUIRE(plan.remarks.size() == 1);
    CHECK(plan.remarks[0].rule == "runcmd-map");
    CHECK(plan.remarks[0].text.find(why) != std::string::npos);
  }
}

TEST_CASE("an exclamation mark that YAML takes away gets a warning") {
  const auto plan = plan_of(config("runcmd:\n- ! grep -q x /y && a\n- '! b'\n- \"c\"\n"));
  CHECK(remarks_of(plan) == Lines{"w 3:3 runcmd-exclamation"});
  CHECK(script_of(plan, "runcmd") == "#!/bin/sh\ngrep -q x /y && a\n! b\nc\n");
  CHECK(remarks_of(plan_of(config("bootcmd:\n- ! [a, b]\n"))) ==
        Lines{"w 3:3 bootcmd-exclamation"});
}

TEST_CASE("a list or a map as a word is what Python writes for it, as in cloud-init") {
  // shellify() quotes str() of each word.
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"[echo, [a, b]]", R"('echo' '['\''a'\'', '\''b'\'']')"},
      {"[echo, a: b]", R"('echo' '{'\''a'\'': '\''b'\''}')"},
      {"[echo, {a: [b, {}], c: []}]", R"('echo' '{'\''a'\'': ['\''b'\'', {}], '\''c'\'': []}')"},
  };
  for (const auto& [item, line] : rows) {
    CAPTURE(item);
    const auto plan = plan_of(config("runcmd:\n- " + std::string(item) + "\n- touch /ok\n"));
    CHECK(script_of(plan, "runcmd") == "#!/bin/sh\n" + std::string(line) + "\ntouch /ok\n");
    CHECK(remarks_of(plan) == Lines{"w 3:10 runcmd-word"});
  }
}

TEST_CASE("a list or a map as a word costs at most its command") {
  for (const std::string_view word :
       {"[1]", "{a: null}", "{1: a}", "[\"it's\"]", R"(['a\b'])", "[\xC3\xA4]", "[2024-01-01]"}) {
    CAPTURE(word);
    const auto plan =
        plan_of(config("runcmd:\n- [echo, " + std::string(word) + "]\n- touch /ok\n"));
    CHECK(script_of(plan, "runcmd") == "#!/bin/sh\ntouch /ok\n");
    CHECK(remarks_of(plan) == Lines{"e 3:10 runcmd-word"});
  }
}

TEST_CASE("dates get a warning, because cloud-init has other than text there") {
  const auto plan = plan_of(config("runcmd:\n- 2024-01-01\n- [echo, 2024-01-01 10:00:00]\n- x\n"));
  CHECK(script_of(plan, "runcmd") == "#!/bin/sh\n2024-01-01\n'echo' '2024-01-01 10:00:00'\nx\n");
  CHECK(remarks_of(plan) == Lines{"w 3:3 runcmd-not-text", "w 4:10 runcmd-not-text"});
  CHECK(plan.remarks[0].text.starts_with("the command is a date for YAML"));
}

TEST_CASE("commands that are no list are not run") {
  // cloud-init's shellify() takes lists only.
  const std::pair<std::string_view, Lines> rows[] = {
      {"runcmd: echo a\n", {"e 2:1 runcmd-kind"}},
      {"runcmd: {a: b}\n", {"e 2:1 runcmd-kind"}},
      {"runcmd: 7\n", {"e 2:1 runcmd-kind"}},
      {"runcmd:\n", {"w 2:1 no-value"}},
      {"runcmd: []\n", {}},
      {"runcmd: [~]\n", {}},
      {"bootcmd: echo a\n", {"e 2:1 bootcmd-kind"}},
  };
  for (const auto& [text, remarks] : rows) {
    CAPTURE(text);
    const auto plan = plan_of(config(text));
    CHECK(plan.items.empty());
    CHECK(remarks_of(plan) == remarks);
  }
}

TEST_CASE("commands and words that are no text for YAML get a warning at their place") {
  const auto plan = plan_of(config("runcmd:\n- true\n- [echo, yes, 'no', 1]\n"));
  CHECK(remarks_of(plan) ==
        Lines{"w 3:3 runcmd-not-text", "w 4:10 runcmd-not-text", "w 4:21 runcmd-not-text"});
}

TEST_CASE("what would surprise is remarked at the command that does it") {
  const auto plan = plan_of(config("runcmd:\n- echo x\n- |\n  a\n  apt-get update\n- [reboot]\n"));
  CHECK(remarks_of(plan) == Lines{"w 4:3 debian-only", "n 7:3 reboots"});
  CHECK(plan.items.size() == 1);
}

}  // namespace
}  // namespace azl::provision::custom_data
