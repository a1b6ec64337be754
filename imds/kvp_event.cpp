#include "imds/kvp_event.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/text.h"

namespace azl::imds {
namespace {

constexpr std::string_view kPrefix = "CLOUD_INIT|";

/// "2026-01-02T03:04:05.000006Z", as cloud-init writes times.
std::string describe_time(WallTime when) {
  const auto text = iso8601(when, true);
  return text.substr(0, text.find('+')) + "Z";
}

/// Returns a JSON string in ASCII. Invalid UTF-8 is replaced.
std::string quote(std::string_view text) {
  // Most texts need no escape, and a first boot has about a hundred of them.
  const bool is_plain = std::ranges::all_of(
      text, [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; });
  if (is_plain) return '"' + std::string(text) + '"';
  return nlohmann::json(text).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

/// Returns the beginning of the JSON object, up to the message.
std::string describe_head(const KvpEvent& event) {
  auto text = R"({"name":)" + quote(event.name) + R"(,"type":)" + quote(event.type) + R"(,"ts":)" +
              quote(describe_time(event.at));
  if (!event.result.empty()) text += R"(,"result":)" + quote(event.result);
  return text;
}

std::string with_message(const std::string& head, std::string_view message) {
  return head + R"(,"msg":)" + quote(message) + "}";
}

/// Returns how many bytes at the beginning of `message` make a JSON string of at most `room` bytes,
/// quotes not counted. Cuts between characters.
std::size_t count_fitting(std::string_view message, std::size_t room) {
  std::size_t taken = 0;
  std::size_t used = 0;
  while (taken < message.size()) {
    const auto size = std::max<std::size_t>(1, utf8_length(message.substr(taken)));
    used += quote(message.substr(taken, size)).size() - 2;
    if (used > room) break;
    taken += size;
  }
  return taken;
}

KvpEventRecords divide(const std::string& head, const std::string& key, std::string_view message) {
  KvpEventRecords records;
  while (!message.empty()) {
    const auto number = std::to_string(records.size());
    const auto numbered = head + R"(,"msg_i":)" + number;
    const auto frame = with_message(numbered, "").size();
    const auto taken = frame < kKvpHostLimit ? count_fitting(message, kKvpHostLimit - frame) : 0;
    if (taken == 0) return {};  // a name as long as a record leaves no room
    records.push_back({key + "|" + number, with_message(numbered, message.substr(0, taken))});
    message.remove_prefix(taken);
  }
  return records;
}

}  // namespace

KvpEventRecords event_records(const KvpEvent& event, WallTime booted) {
  const auto incarnation =
      std::chrono::duration_cast<std::chrono::seconds>(booted.time_since_epoch()).count();
  auto key = std::string(kPrefix) + std::to_string(incarnation) + "|" + event.type + "|" +
             event.name + "|" + event.id;
  const auto message = cut_utf8(event.message, kEventMessageLimit);
  const auto head = describe_head(event);
  if (auto value = with_message(head, message); value.size() <= kKvpHostLimit)
    return {{std::move(key), std::move(value)}};
  return divide(head, key, message);
}

bool is_own_event(std::string_view key) {
  if (!key.starts_with(kPrefix)) return false;
  const auto fields = split(key, '|');
  return fields.size() >= 5 && fields[3].starts_with(kEventOwner);
}

}  // namespace azl::imds
