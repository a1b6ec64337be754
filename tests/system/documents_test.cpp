// The documents say what the program does: the tables of reasons, the catalog, the man page's keys
// and the report's schema are compared with the code.
#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "base/cause.h"
#include "base/reason.h"
#include "base/text.h"
#include "imds/kvp_reason.h"
#include "provision/config/keys.h"
#include "provision/config/listing.h"
#include "provision/custom_data/plan/keys_table.h"
#include "provision/plan/plan.h"
#include "provision/plan/plan_json.h"
#include "provision/record/advice.h"
#include "provision/report/boot_list.h"
#include "provision/report/json.h"
#include "provision/report/long_status.h"
#include "provision/tell/journal.h"
#include "tests/system/written_part.h"

namespace azl::provision {
namespace {

using Json = nlohmann::json;

/// Tests run in the repository's root.
std::string read(const std::string& path) {
  const std::ifstream file(path);
  REQUIRE_MESSAGE(file, "cannot read ", path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<std::string> lines_of(const std::string& path) {
  std::istringstream text(read(path));
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}

/// One space for any white space, so that how a text is broken into lines does not matter.
std::string unwrapped(const std::string& text) {
  std::istringstream words(text);
  std::string joined;
  for (std::string word; words >> word;) joined += (joined.empty() ? "" : " ") + word;
  return joined;
}

std::string escaped(std::string_view cell) {
  std::string text;
  for (const char c : cell) text += c == '|' ? std::string("\\|") : std::string(1, c);
  return text;
}

struct CatalogEntry {
  std::map<std::string, std::string> headers;
  std::string text;
};

std::map<std::string, CatalogEntry> read_catalog() {
  std::map<std::string, CatalogEntry> entries;
  CatalogEntry* entry = nullptr;
  bool in_text = false;
  for (const auto& line : lines_of("units/azl-provision.catalog")) {
    if (line.starts_with("-- ")) {
      entry = &entries[line.substr(3)];
      in_text = false;
    } else if (entry == nullptr) {
      continue;  // the comment at the top
    } else if (in_text) {
      entry->text += line + "\n";
    } else if (line.empty()) {
      in_text = true;
    } else {
      const auto colon = line.find(": ");
      REQUIRE_MESSAGE(colon != std::string::npos, line);
      entry->headers[line.substr(0, colon)] = line.substr(colon + 2);
    }
  }
  return entries;
}

/// "[Section] Key" of every key that azl-provision.conf(5) describes, in its order.
std::vector<std::string> documented_keys() {
  constexpr std::string_view kSection = ".Ss ";
  constexpr std::string_view kItem = ".It Cm ";
  constexpr std::string_view kEnd = " Ns =";
  std::vector<std::string> keys;
  std::string section;
  for (const auto& line : lines_of("docs/azl-provision.conf.5")) {
    if (line.starts_with(kSection)) section = line.substr(kSection.size());
    if (line.starts_with(kItem) && line.ends_with(kEnd)) {
      keys.push_back(section + " " +
                     line.substr(kItem.size(), line.size() - kItem.size() - kEnd.size()));
    }
  }
  return keys;
}

/// The lines between .Bd and .Ed of the man page: the example.
std::string example_configuration() {
  std::string text;
  bool inside = false;
  for (const auto& line : lines_of("docs/azl-provision.conf.5")) {
    if (line.starts_with(".Ed")) inside = false;
    if (inside) text += line + "\n";
    if (line.starts_with(".Bd")) inside = true;
  }
  return text;
}

/// A report in which every list has an item and every optional part is there.
ReportInputs full_report() {
  StageRecord stage;
  stage.stage = Stage::kMain;
  stage.outcome = StageOutcome::kDegraded;
  auto& step = stage.steps.emplace_back();
  step.outcome = StepOutcome::kDone;
  step.tools.emplace_back();
  auto& finding = stage.findings.emplace_back();
  finding.severity = Severity::kDegraded;
  finding.chain = {"a", "b"};
  stage.attempts.emplace_back();
  auto& link = stage.links.emplace_back();
  link.role = "synthetic";
  link.addresses = {"10.0.0.4/24"};
  auto& disk = stage.disks.emplace_back();
  disk.kind = "resource";
  disk.decisions = {"leave /dev/sdb: it is read-only"};
  stage.user.groups = {"wheel"};
  stage.user.keys.emplace_back();
  stage.host_keys.emplace_back();
  auto& told = stage.told.emplace_back();
  told.channel = "health";
  told.what = "Ready";

  ReportInputs inputs;
  inputs.here.acts = true;
  inputs.vm_id = "6b53fe79-c00b-4abe-9387-43fae70865fb";
  inputs.boot_id = "b";
  inputs.state.vm_id = inputs.vm_id;
  inputs.state.next_vm_id = "b";
  inputs.state.missing_host_keys = {"rsa"};
  inputs.state.user = RecordedUser{.name = "ida", .uid = 1000, .made = true};
  inputs.state.provisioned.emplace();
  inputs.state.reported.emplace();
  inputs.state.untold.emplace();
  inputs.boots.push_back({.boot_id = "b", .stages = {stage}, .unread = {}});
  inputs.unseen = {"something"};
  return inputs;
}

/// A plan in which every list has an item and every optional part is there.
Plan full_plan() {
  Plan plan;
  plan.vm_id = "6b53fe79-c00b-4abe-9387-43fae70865fb";
  plan.course = Course::kProvision;
  plan.imds_version = "2023-11-15";
  plan.hostname = {.value = "vm-1", .why = "why"};
  plan.user.emplace();
  plan.user->groups = {"wheel"};
  plan.user->keys.emplace_back();
  plan.sshd.emplace();
  plan.primary_mac = "00:0d:3a:12:34:56";
  plan.links.push_back({.mac = plan.primary_mac, .name = "eth0", .role = {}, .why = "why"});
  plan.network.files.emplace_back();
  plan.custom_data_items.push_back(
      {.id = "runcmd", .phase = "final", .repeat = "once", .what = "run"});
  plan.add_finding(Severity::kDegraded, Error(Reason::kDisk, "why"));
  namespace act = disk::act;
  for (const disk::Act& each :
       {disk::Act(act::Leave{}), disk::Act(act::Grow{.partition = 1, .file_system = "ext4"}),
        disk::Act(act::Format{.label = "data", .swap_size = 1}),
        disk::Act(act::Stripe{.members = {"/dev/sdb"}, .stop = {"md127"}}),
        disk::Act(act::Adopt{.partition = 1, .lines = {"line"}}), disk::Act(act::Swap{.size = 1}),
        disk::Act(act::Mount{.partition = 1, .mount_point = "/mnt", .options = "nofail"})})
    plan.disks.push_back({.device = "/dev/sdb", .act = each, .why = "why"});
  plan.updates = PlannedUpdates{.program = "dnf-automatic",
                                .settings = {},
                                .timer = "dnf-automatic.timer",
                                .enabled = {},
                                .schedule = "",
                                .why = "x"};
  return plan;
}

/// Compares a value with what the schema says of it, both ways: a member that one of them lacks is
/// a difference. Knows as much of JSON Schema as docs/report-schema.json uses.
class Comparison {
 public:
  explicit Comparison(const Json& schema) : schema_(schema) {}

  void compare(const Json& value, const Json& described, const std::string& where) {
    if (described.contains("$ref")) {
      return compare(value,
                     schema_.at(Json::json_pointer(described["$ref"].get<std::string>().substr(1))),
                     where);
    }
    if (described.contains("oneOf")) return compare(value, described["oneOf"].back(), where);
    if (described.contains("const") && described["const"] != value)
      differ(where, "is not the constant");
    if (described.contains("enum") &&
        std::ranges::find(described["enum"], value) == described["enum"].end())
      differ(where, "is not one of the words");
    if (described.contains("type") && !has_type(value, described["type"]))
      differ(where, "has another type");
    if (value.is_object()) compare_members(value, described, where);
    if (value.is_array()) {
      if (value.empty()) differ(where, "has no item to compare");
      for (const auto& item : value) compare(item, described.at("items"), where + "[]");
    }
  }
  [[nodiscard]] const std::vector<std::string>& differences() const { return differences_; }

 private:
  void differ(const std::string& where, const std::string& what) {
    differences_.push_back(where + " " + what);
  }

  static bool has_type(const Json& value, const std::string& type) {
    if (type == "integer") return value.is_number_integer();
    return type == value.type_name();
  }

  void compare_members(const Json& value, const Json& described, const std::string& where) {
    const Json& properties = described.at("properties");
    for (const auto& [name, member] : value.items()) {
      if (properties.contains(name)) {
        compare(member, properties[name], where + "." + name);
      } else {
        differ(where + "." + name, "is not in the schema");
      }
    }
    for (const auto& [name, property] : properties.items()) {
      if (!value.contains(name)) differ(where + "." + name, "is only in the schema");
    }
    for (const auto& name : described.at("required")) {
      if (!value.contains(name))
        differ(where + "." + name.get<std::string>(), "is required and missing");
    }
  }

  const Json& schema_;
  std::vector<std::string> differences_;
};

}  // namespace

TEST_CASE(
    "troubleshooting.md lists every reason with its KVP string and advice, in the code's order") {
  std::vector<std::string> expected;
  for (const auto& [reason, name] : reasons()) {
    expected.push_back("| " + std::string(name) + " | `" + std::string(imds::kvp_text(reason)) +
                       "` | " + escaped(advice_for(reason).text) + " |");
  }
  std::vector<std::string> found;
  bool in_table = false;
  for (const auto& line : lines_of("docs/troubleshooting.md")) {
    if (in_table && line.starts_with("| ")) found.push_back(line);
    if (line == "| name | KVP | advice |") in_table = true;
    if (line.starts_with("## Causes")) in_table = false;
  }
  CHECK(found == expected);
}

TEST_CASE("troubleshooting.md lists every cause with its reason and advice, in the code's order") {
  std::vector<std::string> expected;
  for (const auto& [cause, reason, name] : causes()) {
    expected.push_back("| " + std::string(name) + " | " + std::string(to_string(reason)) + " | " +
                       escaped(advice_for(cause)) + " |");
  }
  std::vector<std::string> found;
  bool in_table = false;
  for (const auto& line : lines_of("docs/troubleshooting.md")) {
    if (in_table && line.starts_with("| ")) found.push_back(line);
    if (line == "| cause | reason | advice |") in_table = true;
  }
  CHECK(found == expected);
}

TEST_CASE("cloud-config.md has the table of keys as the program has it") {
  const auto text = read("docs/cloud-config.md");
  const auto heading = text.find("\n## Keys\n");
  REQUIRE(heading != std::string::npos);
  const auto table = text.find("\n| key |", heading);
  REQUIRE(table != std::string::npos);
  CHECK(text.substr(table + 1) == custom_data::describe_keys_table());
}

TEST_CASE("the journal's catalog has an entry for every message id, and for no other") {
  const auto entries = read_catalog();
  std::set<std::string> expected;
  for (const auto& row : reasons()) expected.emplace(advice_for(row.reason).message_id);
  for (const auto& ended : kOutcomeIds) expected.emplace(ended.message_id);
  std::set<std::string> found;
  for (const auto& [id, entry] : entries) found.insert(id);
  CHECK(found == expected);
}

TEST_CASE("journal.md lists every message id, in the code's order") {
  std::string table = "| end of a stage, or reason | `MESSAGE_ID` |\n|---|---|\n";
  for (const auto& [outcome, id] : kOutcomeIds)
    table += "| " + std::string(to_string(outcome)) + " | `" + std::string(id) + "` |\n";
  for (const auto& [reason, name] : reasons())
    table +=
        "| " + std::string(name) + " | `" + std::string(advice_for(reason).message_id) + "` |\n";
  test::check_written_part("docs/journal.md", table);
}

TEST_CASE("each catalog entry names its reason and gives the advice of the message") {
  const auto entries = read_catalog();
  for (const auto& [reason, name] : reasons()) {
    CAPTURE(name);
    const auto& advice = advice_for(reason);
    const auto found = entries.find(std::string(advice.message_id));
    REQUIRE(found != entries.end());
    const auto text = unwrapped(found->second.text);
    CHECK(text.starts_with("Reason " + std::string(name) + ","));
    CHECK(text.ends_with("What to do: @AZL_ADVICE@."));
    for (const std::string header : {"Subject", "Defined-By", "Support", "Documentation"}) {
      CAPTURE(header);
      CHECK(found->second.headers.contains(header));
    }
  }
}

TEST_CASE("azl-provision.conf(5) describes the keys that the program reads, in its order") {
  std::vector<std::string> keys;
  for (const auto& key : config_keys())
    keys.push_back("[" + std::string(key.section) + "] " + std::string(key.name));
  CHECK(documented_keys() == keys);
}

TEST_CASE("the man page's example has all keys with their defaults") {
  const auto text = example_configuration();
  const auto read_back = parse_config({{.path = "example", .text = text}});
  CHECK(read_back.warnings.empty());
  for (const auto& key : config_keys()) {
    CAPTURE(key.name);
    const auto line = std::string(key.name) + "=";
    const bool has_default = !key.default_value.empty();
    CHECK(text.find((has_default ? "\n" + line : "\n#" + line) + std::string(key.default_value)) !=
          std::string::npos);
  }
}

TEST_CASE("the example configuration lists what the program does by default") {
  const auto text = read("docs/azl-provision.conf.example");
  CHECK(text.substr(text.find("[Platform]")) == list_config({}));
  CHECK(parse_config({{.path = "example", .text = text}}).settings.empty());
}

TEST_CASE("status-schema.json and boots-schema.json describe each member, and no other") {
  auto inputs = full_report();
  auto& running = inputs.boots.front().stages.emplace_back();
  running.stage = Stage::kDisks;
  running.steps.emplace_back();
  const auto status_schema = Json::parse(read("docs/status-schema.json"));
  Comparison status(status_schema);
  status.compare(Json::parse(status_to_json(inputs, decide_status(inputs))), status_schema,
                 "status");
  CHECK(status.differences() == std::vector<std::string>{});
  const auto boots_schema = Json::parse(read("docs/boots-schema.json"));
  Comparison boots(boots_schema);
  boots.compare(Json::parse(boots_to_json(inputs)), boots_schema, "boots");
  CHECK(boots.differences() == std::vector<std::string>{});
}

TEST_CASE("plan-schema.json describes each member of the plan, and no other") {
  const auto schema = Json::parse(read("docs/plan-schema.json"));
  auto plan = Json::parse(to_json(full_plan()));
  // No action has all members.
  auto& actions = plan["disks"]["actions"];
  auto merged = Json::object();
  for (const auto& action : actions) merged.update(action);
  actions = Json::array({merged});
  Comparison comparison(schema);
  comparison.compare(plan, schema, "plan");
  CHECK(comparison.differences() == std::vector<std::string>());
}

TEST_CASE("report-schema.json describes each member of the report, and no other") {
  const auto schema = Json::parse(read("docs/report-schema.json"));
  const auto inputs = full_report();
  const auto report =
      Json::parse(to_json(inputs, {.boot = &inputs.boots.front(), .earlier = false}));
  Comparison comparison(schema);
  comparison.compare(report, schema, "report");
  CHECK(comparison.differences() == std::vector<std::string>());
}

}  // namespace azl::provision
