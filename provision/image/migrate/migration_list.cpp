#include "provision/image/migrate/migration_list.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/count.h"
#include "base/text.h"

namespace azl::provision {
namespace {

using Json = nlohmann::ordered_json;
constexpr int kSchemaVersion = 1;
constexpr std::size_t kLongest = 1000;

std::string sentence(std::string_view text) { return printable(text, kLongest, Quotes::kKept); }

/// Where a key stands, in brackets; empty if no file has it.
std::string place_of(const KeyOutcome& outcome) {
  if (outcome.path.empty() || outcome.path == outcome.key) return {};
  return " (" + sentence(outcome.path) + ":" + std::to_string(outcome.line) + ")";
}

std::string describe(const KeyOutcome& outcome) {
  const bool lost = outcome.fate == Fate::kLost;
  std::string line(lost ? "LOST" : to_string(outcome.fate));
  line += " " + std::string(to_string(outcome.agent)) + " " + sentence(outcome.key) +
          place_of(outcome) + ": ";
  if (!outcome.setting.empty()) line += sentence(outcome.setting) + ": ";
  return line + sentence(outcome.why) + "\n";
}

const MigrationEnd* end_of(const MigrationReport& report, const MigrationStep& step) {
  const auto found = std::ranges::find(report.ends, step, &MigrationEnd::step);
  return found == report.ends.end() ? nullptr : &*found;
}

std::string describe(const MigrationReport& report, const MigrationStep& step) {
  auto line =
      std::string(to_string(step.action)) + " " + sentence(step.what) + ": " + sentence(step.why);
  const auto* end = end_of(report, step);
  if (end != nullptr && end->error)
    line += "; FAILED: " + end->error->to_string();
  else if (end != nullptr && !end->done)
    line += "; not done";
  return line + "\n";
}

Json to_json(const KeyOutcome& outcome) {
  return {{"agent", to_string(outcome.agent)},
          {"key", outcome.key},
          {"path", outcome.path},
          {"line", outcome.line},
          {"fate", to_string(outcome.fate)},
          {"setting", outcome.setting},
          {"why", outcome.why},
          {"warning", outcome.fate == Fate::kLost}};
}

Json to_json(const MigrationReport& report, const MigrationStep& step) {
  Json json = {{"what", step.what}, {"action", to_string(step.action)}, {"why", step.why}};
  const auto* end = end_of(report, step);
  json["done"] = end != nullptr && end->done;
  if (end != nullptr && end->error) json["error"] = end->error->to_string();
  return json;
}

}  // namespace

bool MigrationReport::has_failed() const {
  return std::ranges::any_of(ends, [](const auto& end) { return end.error.has_value(); });
}

int MigrationReport::exit_status() const {
  if (dry_run || migration.steps.empty()) return kExitDone;
  return has_failed() ? kExitFailed : migration.has_warnings() ? kExitDegraded : kExitDone;
}

std::string describe_migration(const MigrationReport& report) {
  std::string text = printable(report.migration.provisioned_by) + " provisioned this VM\n";
  for (const auto& outcome : report.migration.keys) text += describe(outcome);
  for (const auto& step : report.migration.steps) text += describe(report, step);
  return text;
}

std::string describe_end(const MigrationReport& report) {
  if (report.migration.steps.empty())
    return "This VM was migrated already: there is nothing left to do.\n";
  if (report.dry_run) return {};
  if (report.has_failed())
    return "The migration did not end: run the command again once the cause is removed. A boot in "
           "between changes nothing that lets you log in.\n";
  const auto lost = std::ranges::count(report.migration.keys, Fate::kLost, &KeyOutcome::fate);
  std::string text = "azl-provision has taken over from " +
                     printable(report.migration.provisioned_by) +
                     ". The next boot changes nothing.";
  if (lost > 0) text += " Look at the " + describe_count(lost, "line") + " with LOST before it.";
  return text + "\n";
}

std::string to_json(const MigrationReport& report) {
  Json keys = Json::array();
  for (const auto& outcome : report.migration.keys) keys.push_back(to_json(outcome));
  Json steps = Json::array();
  for (const auto& step : report.migration.steps) steps.push_back(to_json(report, step));
  const Json json = {{"schema_version", kSchemaVersion},
                     {"root", report.root},
                     {"dry_run", report.dry_run},
                     {"exit_status", report.exit_status()},
                     {"vm_id", report.vm_id},
                     {"provisioned_by", report.migration.provisioned_by},
                     {"keys", std::move(keys)},
                     {"steps", std::move(steps)},
                     {"unread", report.migration.unread}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace azl::provision
