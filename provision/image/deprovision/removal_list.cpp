#include "provision/image/deprovision/removal_list.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/count.h"
#include "base/text.h"

namespace azl::provision {
namespace {

using Json = nlohmann::ordered_json;
constexpr int kSchemaVersion = 1;
constexpr std::size_t kLongestWhat = 1000;

std::string describe(const RemovalEnd& end) {
  const auto& removal = end.removal;
  const std::string_view word = removal.action == RemovalAction::kKeep && removal.warning
                                    ? "KEEP"
                                    : to_string(removal.action);
  auto line = std::string(word) + " " + printable(removal.what, kLongestWhat) + ": " +
              printable(removal.why, kLongestWhat, Quotes::kKept);
  if (end.error) line += "; FAILED: " + end.error->to_string();
  return line;
}

}  // namespace

bool RemovalReport::has_failed() const {
  return std::ranges::any_of(ends, [](const auto& end) { return end.error.has_value(); });
}

bool RemovalReport::has_warnings() const {
  return !unread.empty() ||
         std::ranges::any_of(ends, [](const auto& end) { return end.removal.warning; });
}

int RemovalReport::exit_status() const {
  if (dry_run) return kExitDone;
  return has_failed() ? kExitFailed : has_warnings() ? kExitDegraded : kExitDone;
}

std::string describe_removals(const RemovalReport& report) {
  std::string text;
  for (const auto& end : report.ends) text += describe(end) + "\n";
  return text.empty() ? "nothing is left to remove\n" : text;
}

std::string describe_end(const RemovalReport& report) {
  if (report.dry_run) return {};
  const auto count = [&](auto is_counted) {
    return std::ranges::count_if(report.ends, is_counted);
  };
  const auto failed = count([](const auto& end) { return end.error.has_value(); });
  const auto kept = count([](const auto& end) { return end.removal.warning; });
  const auto done = count(
      [](const auto& end) { return !end.error && end.removal.action != RemovalAction::kKeep; });
  auto text = describe_count(done, "thing") + " of this VM removed";
  if (kept > 0) text += ", " + describe_count(kept, "warning");
  if (failed > 0)
    return text + ", " + describe_count(failed, "failure") +
           ". Do not capture this image: run the command again once the cause is removed.\n";
  if (report.root != "/") return text + ". The next boot provisions this image as a new VM.\n";
  return text +
         ". Shut this machine down now, and do not reboot it: the next boot provisions it as a new "
         "VM.\n";
}

std::string to_json(const RemovalReport& report) {
  Json list = Json::array();
  for (const auto& end : report.ends) {
    Json each = {{"what", end.removal.what},
                 {"action", to_string(end.removal.action)},
                 {"why", end.removal.why},
                 {"warning", end.removal.warning}};
    if (end.error) each["error"] = end.error->to_string();
    list.push_back(std::move(each));
  }
  const Json json = {{"schema_version", kSchemaVersion}, {"root", report.root},
                     {"dry_run", report.dry_run},        {"exit_status", report.exit_status()},
                     {"removals", std::move(list)},      {"unread", report.unread}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace azl::provision
