#include "provision/report/boots.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/provision/report/report_samples.h"
#include "tests/unit/temporary_tree.h"

using namespace azl::provision;
using namespace azl::test;
using azl::Reason;

TEST_CASE("a boot is chosen by number or id") {
  struct Row {
    std::string which;
    std::string boot;  ///< empty: an error
    bool earlier = false;
  };
  auto inputs = inputs_with({boot_of("b1", {}), boot_of("b2", {}), boot_of("now", {})});
  for (const auto& row : std::vector<Row>{{"0", "now"},
                                          {"-0", "now"},
                                          {"-1", "b2"},
                                          {"-2", "b1"},
                                          {"-3", ""},
                                          {"b1", "b1"},
                                          {"now", "now"},
                                          {"1", ""},
                                          {"+1", ""},
                                          {"", ""},
                                          {"-", ""},
                                          {"b3", ""},
                                          {"-1x", ""},
                                          {"0 ", ""},
                                          {"-2147483648", ""},
                                          {"-2147483649", ""},
                                          {"99999999999999999999", ""}}) {
    CAPTURE(row.which);
    const auto choice = choose_boot(inputs, row.which);
    REQUIRE(choice.has_value() == !row.boot.empty());
    if (!choice) {
      CHECK(choice.error().reason() == Reason::kUsage);
      continue;
    }
    REQUIRE(choice->boot != nullptr);
    CHECK(choice->boot->boot_id == row.boot);
    CHECK_FALSE(choice->earlier);
  }
}

TEST_CASE("if the running boot has no record, 0 is the boot that provisioned the VM") {
  auto inputs = inputs_with({boot_of("b1", {}), boot_of("b2", {})});
  set_provisioned(inputs);
  auto choice = choose_boot(inputs, "0");
  REQUIRE(choice);
  CHECK(choice->boot->boot_id == "b1");
  CHECK(choice->earlier);
  CHECK(choose_boot(inputs, "-1")->boot->boot_id == "b2");
  CHECK(choose_boot(inputs, "-2")->boot->boot_id == "b1");
  CHECK_FALSE(choose_boot(inputs, "-3"));

  inputs.state.provisioned->boot_id = "vacuumed";
  choice = choose_boot(inputs, "0");
  CHECK(choice->boot->boot_id == "b2");
  CHECK(choice->earlier);

  const auto none = inputs_with({});
  choice = choose_boot(none, "0");
  REQUIRE(choice);
  CHECK(choice->boot == nullptr);
  CHECK_FALSE(choice->earlier);
  CHECK_FALSE(choose_boot(none, "-1"));
}

TEST_CASE("inputs are read from a tree, and files that cannot be read are listed") {
  TemporaryTree tree;
  tree.write("proc/sys/kernel/random/boot_id", "now\n")
      .write("var/lib/azl-provision/boots/b1/main.json", "garbage");
  auto root = azl::Root::open(tree.path());
  REQUIRE(root);
  State state;
  state.vm_id = kVm;
  REQUIRE(save_state(*root, state));
  auto inputs = read_report_inputs(*root, {.acts = true});
  CHECK(inputs.here.acts);
  CHECK(inputs.vm_id == kVm);  // the stored id, because the firmware's id is unknown
  CHECK(inputs.boot_id == "now");
  REQUIRE_FALSE(inputs.unseen.empty());
  CHECK(inputs.unseen.back().find("b1/main.json") != std::string::npos);
  CHECK(read_report_inputs(*root, {.acts = true, .vm_id = kOtherVm}).vm_id == kOtherVm);

  tree.write("var/lib/azl-provision/state.json", "garbage");
  inputs = read_report_inputs(*root, {.acts = true});
  CHECK(inputs.state.vm_id.empty());
  REQUIRE_FALSE(inputs.unseen.empty());
  CHECK(inputs.unseen.front() ==
        "reading /var/lib/azl-provision/state.json: it is not JSON (line 1, column 1)");
}

TEST_CASE("a running stage counts as interrupted if no process holds its lock") {
  TemporaryTree tree;
  tree.write("proc/sys/kernel/random/boot_id", "now\n").write("run/azl-provision/main.lock", "1\n");
  auto running = stage_record(Stage::kMain, StageOutcome::kRunning);
  running.boot_id = "now";
  tree.write("run/azl-provision/main.json", to_json(running));
  auto root = azl::Root::open(tree.path());
  REQUIRE(root);
  const auto inputs = read_report_inputs(*root, {});
  REQUIRE(inputs.boots.size() == 1);
  CHECK(inputs.boots[0].stages[0].outcome == StageOutcome::kInterrupted);
}
