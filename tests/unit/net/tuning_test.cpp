#include "net/tuning.h"

#include <cerrno>
#include <cstddef>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/temporary_tree.h"

namespace azl::net {
namespace {

constexpr TuningOptions kAll{.synthetic = {.receive = 9000, .transmit = 2000},
                             .hardware = {.receive = kLargestRing, .transmit = 1024},
                             .transmit_queue = 10000,
                             .packet_steering = true};
const std::vector<int> kFour = {0, 1, 2, 3};

TEST_CASE("the defaults change nothing") {
  CHECK_FALSE(TuningOptions{}.any());
  CHECK(TuningOptions{.synthetic = {.receive = 1}}.any());
  CHECK(TuningOptions{.synthetic = {.transmit = 1}}.any());
  CHECK(TuningOptions{.hardware = {.receive = 1}}.any());
  CHECK(TuningOptions{.hardware = {.transmit = 1}}.any());
  CHECK(TuningOptions{.transmit_queue = 1}.any());
  CHECK(TuningOptions{.packet_steering = true}.any());
}

TEST_CASE("the settings of a link follow from its role and queues") {
  struct Case {
    const char* name;
    Role role;
    std::size_t queues;
    RingSizes rings;
    int transmit_queue;
    const char* cpus;
  };
  const std::vector<Case> cases = {
      {"a synthetic link", Role::kSynthetic, 1, {9000, 2000}, 10000, "f"},
      {"its virtual function", Role::kVirtualFunction, 1, {kLargestRing, 1024}, 10000, "f"},
      {"a standalone NIC", Role::kStandalone, 3, {kLargestRing, 1024}, 10000, "f"},
      {"a queue for each processor", Role::kSynthetic, 4, {9000, 2000}, 10000, ""},
      {"more queues than processors", Role::kStandalone, 8, {kLargestRing, 1024}, 10000, ""},
      {"InfiniBand is not touched", Role::kInfiniband, 1, {0, 0}, 0, ""},
      {"a bridge is not touched", Role::kOther, 1, {0, 0}, 0, ""},
  };
  for (const auto& each : cases) {
    CAPTURE(each.name);
    const auto tuning = plan_tuning(kAll, each.role, each.queues, kFour);
    CHECK(tuning.rings.receive == each.rings.receive);
    CHECK(tuning.rings.transmit == each.rings.transmit);
    CHECK(tuning.transmit_queue == each.transmit_queue);
    CHECK(tuning.steering_cpus == each.cpus);
  }
  const auto none = plan_tuning({}, Role::kSynthetic, 1, kFour);
  CHECK(none.rings.receive == 0);
  CHECK(none.transmit_queue == 0);
  CHECK(none.steering_cpus.empty());
}

TEST_CASE("a list of processors is parsed as sysfs writes it") {
  CHECK(parse_processors("0") == std::vector{0});
  CHECK(parse_processors("0-3") == kFour);
  CHECK(parse_processors("2-3,0,1,3") == kFour);
  CHECK(parse_processors("8191") == std::vector{8191});
  for (const char* bad :
       {"3-0", "0-", "-1", "a", "0-3x", "8192", "0-99999999999", "0 1", "1-2-3"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_processors(bad));
  }
}

TEST_CASE("a mask has words of 32 bits, the most significant first") {
  CHECK(processor_mask({}) == "0");
  CHECK(processor_mask({0}) == "1");
  CHECK(processor_mask(kFour) == "f");
  CHECK(processor_mask({0, 31}) == "80000001");
  CHECK(processor_mask({0, 1, 2, 3, 32}) == "1,0000000f");
  CHECK(processor_mask({64}) == "1,00000000,00000000");
}

/// A link with two receive queues on a machine of four processors.
void add_link(test::TemporaryTree& tree) {
  tree.write("sys/devices/system/cpu/online", "0-3\n")
      .write("sys/class/net/eth0/tx_queue_len", "1000\n")
      .write("sys/class/net/eth0/queues/rx-0/rps_cpus", "0\n")
      .write("sys/class/net/eth0/queues/rx-1/rps_cpus", "0\n")
      .write("sys/class/net/eth0/queues/tx-0/xps_cpus", "0\n");
}

TEST_CASE("only settings that differ are changed") {
  test::TemporaryTree tree;
  add_link(tree);
  auto root = Root::open(tree.path());
  REQUIRE(root);
  const TuningOptions options{.transmit_queue = 10000, .packet_steering = true};
  auto tuned = tune_link(*root, "eth0", Role::kSynthetic, options);
  CHECK(tuned.refused.empty());
  CHECK(tuned.changes == std::vector<std::string>{"transmit queue 1000 -> 10000",
                                                  "rx-0 steers to 0 -> f",
                                                  "rx-1 steers to 0 -> f"});
  // A shorter value overwrites only the start of a regular file, but all of a sysfs attribute.
  tree.write("sys/class/net/eth0/tx_queue_len", "10000\n")
      .write("sys/class/net/eth0/queues/rx-0/rps_cpus", "00000000,0000000F\n")
      .write("sys/class/net/eth0/queues/rx-1/rps_cpus", "f\n");
  tuned = tune_link(*root, "eth0", Role::kSynthetic, options);
  CHECK(tuned.changes.empty());
  CHECK(tuned.refused.empty());
}

TEST_CASE("a refused setting is reported, and the others are applied") {
  test::TemporaryTree tree;
  add_link(tree);
  auto root = Root::open(tree.path());
  REQUIRE(root);
  // Neither the kernel nor the tree has a link with this name.
  const TuningOptions options{.synthetic = {.receive = 512}, .transmit_queue = 2000};
  auto tuned = tune_link(*root, "eth0-not-there", Role::kSynthetic, options);
  REQUIRE(tuned.refused.size() == 2);
  CHECK(tuned.refused[0].to_string().starts_with("its ring sizes are unchanged: "));
  CHECK(tuned.refused[1].to_string().find("tx_queue_len") != std::string::npos);
  CHECK(tuned.changes.empty());
  tuned = tune_link(*root, "../../etc", Role::kSynthetic, {.synthetic = {.receive = 512}});
  CHECK(tuned.refused.size() == 1);
  // Loopback has no rings.
  tuned = tune_link(*root, "lo", Role::kSynthetic, {.synthetic = {.receive = kLargestRing}});
  REQUIRE(tuned.refused.size() == 1);
  CHECK(tuned.refused[0].errno_value() == EOPNOTSUPP);
}

}  // namespace
}  // namespace azl::net
