// Pools and reports of any bytes. The first line of the input is a record to add ("KEY=VALUE"),
// whose parts also make a report. The rest is a pool file.
#include <algorithm>
#include <string>

#include "imds/kvp.h"
#include "imds/kvp_event.h"
#include "imds/kvp_pool.h"
#include "tests/fuzz/require.h"

using namespace azl::imds;
using azl::fuzz::require;

namespace {

std::size_t count_of(const std::vector<KvpRecord>& records, const std::string& key) {
  return static_cast<std::size_t>(
      std::ranges::count_if(records, [&](const auto& record) { return record.key == key; }));
}

void check_pool(std::string_view pool, const KvpRecord& record) {
  const auto before = parse_kvp(pool);
  require(before.size() == pool.size() / kKvpRecordSize, "all complete records are read");
  const auto now = kvp_with(pool, record);
  if (!now) return;
  require(now->size() % kKvpRecordSize == 0, "a pool has complete records only");
  const auto after = parse_kvp(*now);
  require(count_of(after, record.key) == 1, "the key occurs once");
  const auto found = std::ranges::find(after, record.key, &KvpRecord::key);
  require(found->value == record.value, "the value reads back");
  const auto others = before.size() - count_of(before, record.key);
  require(after.size() == others + 1, "all other records are kept");
  const auto again = kvp_with(*now, record);
  require(again && *again == *now, "writing a record twice changes nothing");
}

/// An event with the text, and the pool with it.
void check_events(std::string_view pool, const KvpRecord& record) {
  const azl::WallTime when{};
  const auto event = event_records({.type = "finish",
                                    .name = "azl-provision/" + record.key.substr(0, 400),
                                    .id = "id",
                                    .at = when,
                                    .result = "WARN",
                                    .message = record.value},
                                   when);
  const std::vector<KvpEventRecords> events(1, event);
  for (const auto& part : event)
    require(part.value.size() <= kKvpHostLimit, "the host reads the whole event");
  const auto now = kvp_with(pool, {"PROVISIONING_REPORT", "x"}, events);
  if (!now) return;
  const auto after = parse_kvp(*now);
  require(after.size() <= kKvpMaxRecords || after.size() <= parse_kvp(pool).size() + 1,
          "events do not make a pool longer than the host reads");
  require(count_of(after, "PROVISIONING_REPORT") == 1, "the report has its place");
  const auto again = kvp_with(*now, {"PROVISIONING_REPORT", "x"}, events);
  require(again && parse_kvp(*again).size() == after.size(), "writing events twice adds none");
}

void check_content(std::string_view bytes) {
  const auto content = examine_pool(bytes);
  require(content.records.size() <= kKvpMaxListed, "the list is bounded");
  require((content.records.size() + content.unlisted) * kKvpRecordSize + content.partial ==
              bytes.size(),
          "every byte is accounted for");
  const auto records = parse_kvp(bytes);
  for (std::size_t i = 0; i < content.records.size(); ++i)
    require(content.records[i].record.key == records[i].key, "both readers see the same key");
}

/// Returns the fields of a report as Python's csv module does.
std::vector<std::string> fields_of(std::string_view report) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (std::size_t i = 0; i < report.size(); ++i) {
    const char c = report[i];
    const bool doubled = quoted && c == '\'' && i + 1 < report.size() && report[i + 1] == '\'';
    if (doubled) ++i;
    if (c == '\'' && !doubled) {
      require(quoted || fields.back().empty(), "a quote opens at the start of its field only");
      quoted = !quoted;
    } else if (c == '|' && !quoted) {
      fields.emplace_back();
    } else {
      fields.back() += c;
    }
  }
  require(!quoted, "quotes are closed");
  return fields;
}

void check_report(const KvpRecord& record, const std::string& text) {
  const auto report = report_value(
      {{"result", "error"}, {"reason", record.value}, {"error", text}, {"vm_id", "v"}});
  require(report.size() <= kKvpHostLimit, "the host reads the whole report");
  require(report.find('\0') == std::string::npos, "a report has no NUL");
  const auto fields = fields_of(report);
  require(fields.size() == 4, "a report has all its fields");
  require(fields[0] == "result=error" && fields[3] == "vm_id=v", "fixed fields are kept");
  auto reason = "reason=" + record.value;
  std::ranges::replace(reason, '\0', ' ');
  require(reason.starts_with(fields[1]), "a shortened field is the start of the original");
}

void check_error(const KvpRecord& record) {
  const auto report = failure_report(
      azl::Error(azl::Reason::kOvfMalformed, record.key).with_detail(record.value), "v", {});
  require(report.size() <= kKvpHostLimit, "the host reads the whole report");
  require(fields_of(report).size() == 7, "a failure has its seven fields");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = azl::fuzz::text_of(data, size);
  const auto line = text.substr(0, text.find('\n'));
  const auto pool = line.size() < text.size() ? text.substr(line.size() + 1) : std::string_view();
  const auto equals = std::min(line.find('='), line.size());
  const auto value = equals < line.size() ? line.substr(equals + 1) : std::string_view();
  const KvpRecord record = {std::string(line.substr(0, equals)), std::string(value)};
  check_pool(pool, record);
  check_content(pool);
  check_events(pool, record);
  check_report(record, std::string(pool));
  check_error(record);
  return 0;
}
