#include "provision/image/check/ordering_cycle.h"

#include <doctest/doctest.h>

using azl::provision::parse_ordering_cycles;
using Cycles = std::vector<std::vector<std::string>>;

TEST_CASE("ordering cycles are read from what systemd-analyze prints") {
  CHECK(parse_ordering_cycles("") == Cycles{});
  CHECK(parse_ordering_cycles("x.service: Command /usr/bin/x is not executable: No such file\n") ==
        Cycles{});
  CHECK(parse_ordering_cycles(
            "/etc/a.target:1: x\n"
            "a.target: Found ordering cycle on b.service/start\n"
            "a.target: Found dependency on c.service/start\n"
            "a.target: Found dependency on b.service/start\n"
            "a.target: Job c.service/start deleted to break ordering cycle starting with b\n"
            "d.target: Found ordering cycle on d.service/verify-active\n") ==
        Cycles{{"b.service", "c.service"}, {"d.service"}});
  CHECK(
      parse_ordering_cycles(
          "a.target: Found ordering cycle: b.service → c.target → d.service/start → b.service\n") ==
      Cycles{{"b.service", "c.target", "d.service"}});
  // A dependency without a cycle is nobody's.
  CHECK(parse_ordering_cycles("a.target: Found dependency on c.service/start\n") == Cycles{});
}

TEST_CASE("the number of cycles and their length are bounded") {
  std::string text;
  for (int i = 0; i < 1000; ++i)
    text += "a: Found ordering cycle on b" + std::to_string(i) + "/start\n";
  CHECK(parse_ordering_cycles(text).size() == 20);
  text = "a: Found ordering cycle on b/start\n";
  for (int i = 0; i < 1000; ++i)
    text += "a: Found dependency on c" + std::to_string(i) + "/start\n";
  CHECK(parse_ordering_cycles(text).front().size() == 100);
}
