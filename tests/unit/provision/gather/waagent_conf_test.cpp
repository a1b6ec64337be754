#include "provision/gather/waagent_conf.h"

#include <doctest/doctest.h>

using namespace azl::provision;
using Settings = std::vector<WaagentSetting>;

TEST_CASE("waagent.conf is read as WALinuxAgent reads it") {
  struct Row {
    const char* text;
    Settings expected;
  };
  for (const auto& [text, expected] : {
           Row{"", {}},
           Row{"A.B=c", {{"A.B", "c", 1}}},
           Row{"\n A.B = c d \n", {{"A.B", "c d", 2}}},
           Row{"#A.B=c\n", {}},
           Row{" #A.B=c\n", {{"#A.B", "c", 1}}},
           Row{"A.B=c # d\r\n", {{"A.B", "c", 1}}},
           Row{"A.B=\"c d\"\n", {{"A.B", "c d", 1}}},
           Row{"A.B=c=d\n", {{"A.B", "c=d", 1}}},
           Row{"A.B=\n", {{"A.B", "", 1}}},
           Row{"A.B\n=c\n", {}},
           Row{"A=1\nB=2\nA=3\n", {{"B", "2", 2}, {"A", "3", 3}}},
       }) {
    CAPTURE(text);
    CHECK(parse_waagent_conf(text) == expected);
  }
}

TEST_CASE("a switch is on if its last line says y") {
  CHECK(has_waagent_switch("A=n\nA=Y\n", "A"));
  for (const char* text : {"", "A=n\n", "A=y\nA=n\n", "A=yes\n", "AB=y\n", "#A=y\n"})
    CHECK_FALSE(has_waagent_switch(text, "A"));
}

TEST_CASE("only the value changes, in each line that sets it") {
  CHECK(with_waagent_value("# A=x\nA=x # y\r\nB=x\nA = z", "A", "v") == "# A=x\nA=v\nB=x\nA =v");
  for (const char* text : {"", "\n", "\n\nB=1\n", "B=1"})
    CHECK(with_waagent_value(text, "A", "v") == text);
}
