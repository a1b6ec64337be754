#include "provision/store/vm_state.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/temporary_tree.h"

using namespace azl::provision;
using azl::Reason;
using azl::Root;
using azl::test::TemporaryTree;

namespace {

constexpr const char* kVm = "91267c52-9f02-4cfe-b1f4-a4da7ebac2cf";

Root root_of(const TemporaryTree& tree) {
  auto root = Root::open(tree.path());
  REQUIRE(root);
  return std::move(*root);
}

void check_same(const State& one, const State& other) {
  CHECK(one.vm_id == other.vm_id);
  CHECK(one.begun == other.begun);
  CHECK(one.host_keys_made == other.host_keys_made);
  CHECK(one.missing_host_keys == other.missing_host_keys);
  CHECK(one.machine_id == other.machine_id);
  CHECK(one.stale_machine_id == other.stale_machine_id);
  CHECK(one.guest_agent == other.guest_agent);
  CHECK(one.host_name == other.host_name);
  CHECK(one.user == other.user);
  REQUIRE(one.provisioned.has_value() == other.provisioned.has_value());
  if (one.provisioned) {
    CHECK(one.provisioned->at == other.provisioned->at);
    CHECK(one.provisioned->by == other.provisioned->by);
    CHECK(one.provisioned->boot_id == other.provisioned->boot_id);
    CHECK(one.provisioned->degraded == other.provisioned->degraded);
    CHECK(one.provisioned->specialized == other.provisioned->specialized);
  }
  REQUIRE(one.reported.has_value() == other.reported.has_value());
  if (one.reported) {
    CHECK(one.reported->at == other.reported->at);
    CHECK(one.reported->protocol == other.reported->protocol);
    CHECK(one.reported->ready == other.reported->ready);
  }
  REQUIRE(one.untold.has_value() == other.untold.has_value());
  if (one.untold) {
    CHECK(one.untold->ready == other.untold->ready);
    CHECK(one.untold->description == other.untold->description);
  }
}

std::vector<State> samples() {
  std::vector<State> states(4);
  states[1].vm_id = kVm;
  states[1].begun = true;
  states[1].machine_id = "aa";
  states[1].missing_host_keys = {"rsa", "ecdsa"};
  states[1].user = RecordedUser{.name = "ida", .uid = {}, .made = true};
  states[2] = {.vm_id = kVm,
               .begun = false,
               .host_keys_made = true,
               .machine_id = "bb",
               .stale_machine_id = "aa",
               .guest_agent = true,
               .host_name = "web-1",
               .user = RecordedUser{.name = "ida", .uid = 1000, .made = false},
               .provisioned = Provisioned{.at = "2026-01-02T03:04:05+00:00",
                                          .by = "azl-provision",
                                          .boot_id = "b-1",
                                          .degraded = true,
                                          .specialized = true},
               .reported = Reported{.at = "2026-01-02T03:04:06+00:00", .protocol = "json"},
               .untold = {}};
  states[3].vm_id = kVm;
  states[3].reported = Reported{.at = "x", .protocol = "xml", .ready = false};
  states[3].untold = Untold{.ready = false, .description = "it's \"bad\"\n\xC3\xA9"};
  return states;
}

}  // namespace

TEST_CASE("a state is parsed as it was written") {
  for (const auto& state : samples()) {
    const auto again = parse_state(to_json(state));
    REQUIRE_MESSAGE(again, again.error().to_string());
    check_same(*again, state);
  }
}

TEST_CASE("a saved state is loaded unchanged, and its file is readable by all") {
  TemporaryTree tree;
  const auto root = root_of(tree);
  for (const auto& state : samples()) {
    REQUIRE(save_state(root, state));
    const auto again = load_state(root);
    REQUIRE(again);
    check_same(*again, state);
  }
  CHECK(std::filesystem::status(tree.path(kStateFile)).permissions() ==
        std::filesystem::perms(0644));
}

TEST_CASE("state.json has the documented form") {
  State state;
  state.vm_id = kVm;
  state.untold = Untold{.vm_id = kVm, .ready = true, .description = {}};
  CHECK(to_json(state) ==
        "{\n"
        "  \"schema_version\": 1,\n"
        "  \"vm_id\": \"91267c52-9f02-4cfe-b1f4-a4da7ebac2cf\",\n"
        "  \"begun\": false,\n"
        "  \"host_keys_made\": false,\n"
        "  \"missing_host_keys\": [],\n"
        "  \"machine_id\": \"\",\n"
        "  \"stale_machine_id\": \"\",\n"
        "  \"guest_agent\": false,\n"
        "  \"host_name\": \"\",\n"
        "  \"untold\": {\n"
        "    \"vm_id\": \"91267c52-9f02-4cfe-b1f4-a4da7ebac2cf\",\n"
        "    \"ready\": true,\n"
        "    \"description\": \"\"\n"
        "  }\n"
        "}\n");
}

TEST_CASE("the state is empty if the file is missing") {
  const TemporaryTree tree;
  const auto state = load_state(root_of(tree));
  REQUIRE(state);
  check_same(*state, State{});
}

TEST_CASE(
    "unknown members are ignored, and missing members or members of a wrong type get defaults") {
  for (const std::string text :
       {R"({"schema_version": 1})", R"({"schema_version": 1, "new": [1, {"x": 2}]})",
        R"({"schema_version": 1, "vm_id": 7, "begun": "yes", "provisioned": true, "untold": []})",
        R"({"schema_version": 1, "user": {"name": "", "uid": 7}, "host_name": 3})",
        R"({"schema_version": 1, "user": [], "guest_agent": "yes"})",
        R"({"schema_version": 1, "vm_id": null, "provisioned": null, "reported": null})"}) {
    CAPTURE(text);
    const auto state = parse_state(text);
    REQUIRE(state);
    check_same(*state, State{});
  }
  const auto state =
      parse_state(R"({"schema_version": 1, "vm_id": "v", "provisioned": {"by": "x"}})");
  REQUIRE(state);
  CHECK(state->vm_id == "v");
  REQUIRE(state->provisioned);
  CHECK(state->provisioned->by == "x");
  CHECK(state->provisioned->at.empty());
  CHECK_FALSE(state->provisioned->degraded);
}

TEST_CASE("an unknown schema or invalid JSON is an error that names the file") {
  struct Row {
    std::string text;
    std::string message;
  };
  const std::vector<Row> rows = {
      {"", "it is not JSON (line 1, column 1)"},
      {"{", "it is not JSON (line 1, column 2)"},
      {"[]", "it is not a JSON object"},
      {"null", "it is not a JSON object"},
      {"\xFF\xFE\x01", "it is not JSON (line 1, column 1)"},
      {std::string("\0\0\0\0", 4), "it is not JSON (line 1, column 1)"},
      {"{}", "it has an unknown schema_version"},
      {R"({"schema_version": 2, "vm_id": "x"})", "it has an unknown schema_version"},
      {R"({"schema_version": "1"})", "it has an unknown schema_version"},
      {R"({"schema_version": null})", "it has an unknown schema_version"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    const auto state = parse_state(row.text);
    REQUIRE_FALSE(state);
    CHECK(state.error().reason() == Reason::kState);
    CHECK(state.error().cause() == row.message);
    TemporaryTree tree;
    tree.write(kStateFile, row.text);
    const auto loaded = load_state(root_of(tree));
    REQUIRE_FALSE(loaded);
    CHECK(loaded.error().reason() == Reason::kState);
    CHECK(loaded.error().to_string() ==
          "reading /var/lib/azl-provision/state.json: " + row.message);
  }
}

TEST_CASE("a state with invalid UTF-8 is written and parsed") {
  State state;
  state.vm_id = kVm;
  state.untold = Untold{.ready = false, .description = "bad \xFF byte"};
  const auto again = parse_state(to_json(state));
  REQUIRE(again);
  REQUIRE(again->untold);
  CHECK(again->untold->description == "bad \xEF\xBF\xBD byte");
}

TEST_CASE("an error in saving the state says what was being done") {
  TemporaryTree tree;
  tree.write("var/lib/azl-provision", "a file");
  CHECK_FALSE(save_state(root_of(tree), State{}));
  TemporaryTree other;
  other.mkdir("var/lib/azl-provision/state.json/x");
  const auto saved = save_state(root_of(other), State{});
  REQUIRE_FALSE(saved);
  CHECK(saved.error().chain().front() ==
        "remembering what was done in /var/lib/azl-provision/state.json");
}

TEST_CASE("the id that IMDS gave with the user replaces the VM id once the firmware gives it") {
  constexpr const char* kNext = "b0b0b0b0-5555-4666-8777-888888888888";
  State state;
  state.vm_id = kVm;
  state.next_vm_id = kNext;
  state.untold = Untold{.vm_id = kVm, .description = {}};
  CHECK_FALSE(state.take_next_id(kVm));
  CHECK_FALSE(state.take_next_id(""));
  auto read = parse_state(to_json(state)).value();
  CHECK(read.next_vm_id == kNext);
  CHECK(read.take_next_id("B0B0B0B0-5555-4666-8777-888888888888"));
  CHECK(read.vm_id == kNext);
  CHECK(read.untold->vm_id == kNext);
  CHECK(read.next_vm_id.empty());
  CHECK_FALSE(read.take_next_id(kNext));
  CHECK(to_json(read).find("next_vm_id") == std::string::npos);
}

TEST_CASE("a uid that is no uid is not recorded") {
  for (const std::string uid : {"-1", "4294967296", "\"0\"", "1.5", "null"}) {
    CAPTURE(uid);
    const auto state =
        parse_state(R"({"schema_version": 1, "user": {"name": "ida", "uid": )" + uid + "}}");
    REQUIRE(state);
    REQUIRE(state->user);
    CHECK_FALSE(state->user->uid);
  }
}
