#include "imds/kvp.h"

#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/imds/repeated.h"
#include "tests/unit/temporary_tree.h"

using namespace azl::imds;
using azl::Error;
using azl::Reason;
using azl::test::repeated;
using namespace std::chrono_literals;

namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

constexpr auto kPoolFile = "var/lib/hyperv/.kvp_pool_1";
constexpr auto kVmId = "02aab8a4-74ef-476e-8182-f6d2ba4166a6";
const azl::WallTime kWhen{1'767'323'045s};  // 2026-01-02 03:04:05 UTC
const azl::WallTime kLongAgo{1s};
const std::string kAgent = "azl-provision/" AZL_VERSION;

/// Returns the bytes of a record: 512 of key, 2048 of value.
std::string raw(const std::string& key, const std::string& value) {
  return key + std::string(512 - key.size(), '\0') + value + std::string(2048 - value.size(), '\0');
}

std::string written(const std::string& pool, const KvpRecord& record) {
  auto bytes = kvp_with(pool, record);
  REQUIRE_MESSAGE(bytes, bytes.error().to_string());
  return *bytes;
}

azl::Root open_root(const azl::test::TemporaryTree& tree) {
  auto root = azl::Root::open(tree.path());
  REQUIRE(root);
  return std::move(*root);
}

azl::Result<void> write(const azl::test::TemporaryTree& tree, const KvpRecord& record,
                        azl::WallTime booted = kLongAgo, azl::Duration patience = 5s,
                        const std::vector<KvpEventRecords>& events = {}) {
  const azl::SystemClock clock;
  return write_kvp(open_root(tree), record, events, booted, azl::Deadline(clock, patience));
}

std::string event_key(const std::string& name) {
  return "CLOUD_INIT|1|finish|azl-provision/" + name + "|id";
}

/// Returns a number of events of one record each.
std::vector<KvpEventRecords> events_named(const std::string& name, int count) {
  std::vector<KvpEventRecords> events;
  for (int i = 0; i < count; ++i) events.push_back({{event_key(name + std::to_string(i)), "{}"}});
  return events;
}

std::string pool_of_others(int count) {
  std::string pool;
  for (int i = 0; i < count; ++i) pool += raw("K" + std::to_string(i), "v");
  return pool;
}

std::string with_events(const std::string& pool, const std::vector<KvpEventRecords>& events) {
  auto bytes = kvp_with(pool, {"R", "report"}, events);
  REQUIRE_MESSAGE(bytes, bytes.error().to_string());
  return *bytes;
}

}  // namespace

TEST_CASE("pools of any length are parsed") {
  CHECK(parse_kvp("").empty());
  CHECK(parse_kvp("short").empty());
  CHECK(parse_kvp(std::string(2559, 'x')).empty());
  const auto records = parse_kvp(raw("A", "1") + raw("", "") + raw("B", "2") + "partial");
  REQUIRE(records.size() == 3);
  CHECK(records[0].key == "A");
  CHECK(records[0].value == "1");
  CHECK(records[1].key.empty());
  CHECK(records[2].value == "2");
  // Without a NUL, a field ends at its size.
  const auto full = parse_kvp(std::string(2560, 'x'));
  REQUIRE(full.size() == 1);
  CHECK(full[0].key == std::string(512, 'x'));
  CHECK(full[0].value == std::string(2048, 'x'));
}

TEST_CASE("a record is appended, or replaces the record with the same key") {
  const auto a = raw("A", "1");
  const auto b = raw("B", "2");
  struct Row {
    const char* what;
    std::string pool;
    std::string expected;
  };
  const auto fresh = raw("A", "new");
  const auto odd = std::string("B\0rest after the NUL", 20);
  const auto odd_record = odd + std::string(2560 - odd.size(), '\xff');
  const Row rows[] = {
      {"an empty pool", "", fresh},
      {"another key", b, b + fresh},
      {"the same key, longer value", raw("A", std::string(2000, 'x')) + b, fresh + b},
      {"the same key at the end", b + a, b + fresh},
      {"duplicates", a + b + a + a, fresh + b},
      {"a partial record at the end", b + "partial", b + fresh},
      {"a key with the same beginning", raw("AB", "1"), raw("AB", "1") + fresh},
      {"bytes after a NUL are kept", odd_record + a, odd_record + fresh},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    CHECK((written(row.pool, {"A", "new"}) == row.expected));
  }
}

TEST_CASE("a record that cannot be read back is refused") {
  const KvpRecord rows[] = {
      {"", "x"},
      {std::string(512, 'k'), "x"},
      {std::string("a\0b", 3), "x"},
      {"k", std::string(2048, 'v')},
      {"k", std::string("a\0b", 3)},
  };
  for (const auto& record : rows) {
    const auto bytes = kvp_with("", record);
    REQUIRE_FALSE(bytes);
    CHECK(bytes.error().reason() == Reason::kKvp);
  }
  CHECK(kvp_with("", {std::string(511, 'k'), std::string(2047, 'v')}));
}

TEST_CASE("a full pool accepts existing keys only") {
  std::string pool;
  for (int i = 0; i < 1024; ++i) pool += raw("K" + std::to_string(i), "v");
  const auto refused = kvp_with(pool, {"A", "new"});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().to_string() == "the pool is full");
  const auto replaced = kvp_with(pool, {"K1023", "new"});
  REQUIRE(replaced);
  CHECK(parse_kvp(*replaced).back().value == "new");
}

TEST_CASE("events come after the report, and replace those that were written before") {
  const auto report = raw("R", "report");
  const auto others = raw("A", "1") + raw("CLOUD_INIT|1|finish|init|id", "{}");
  const auto old = raw(event_key("old"), "{}");
  const auto events = raw(event_key("new0"), "{}") + raw(event_key("new1"), "{}");
  struct Row {
    const char* what;
    std::string pool;
    std::string expected;
  };
  const Row rows[] = {
      {"an empty pool", "", report + events},
      {"records of others", others, others + report + events},
      {"earlier events", report + old + others, report + others + events},
      {"the same again", report + events, report + events},
      {"half a record", report + old.substr(0, 100), report + events},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    CHECK((with_events(row.pool, events_named("new", 2)) == row.expected));
  }
}

TEST_CASE("events never take the place of the report, nor more than half of the pool") {
  struct Row {
    const char* what;
    std::string pool;
    std::size_t records;  ///< of the pool then
  };
  const Row rows[] = {
      {"an empty pool", "", 1 + 512},
      {"half a pool of others", pool_of_others(512), 1024},
      {"room for three events", pool_of_others(1020), 1024},
      {"room for the report only", pool_of_others(1023), 1024},
      {"events in the last places", pool_of_others(1000) + raw(event_key("x"), "{}"), 1024},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    const auto now = parse_kvp(with_events(row.pool, events_named("e", 2000)));
    CHECK(now.size() == row.records);
    CHECK(std::ranges::count(now, "R", &KvpRecord::key) == 1);
  }
  // A pool that is full of events of this agent has room for its report.
  std::string full;
  for (int i = 0; i < 1024; ++i) full += raw(event_key(std::to_string(i)), "{}");
  CHECK((with_events(full, {}) == raw("R", "report")));
  CHECK_FALSE(kvp_with(pool_of_others(1024), {"R", "report"}, events_named("e", 1)));
}

TEST_CASE("an event is written as a whole or not at all") {
  const KvpEventRecords three = {
      {event_key("a"), "0"}, {event_key("b"), "1"}, {event_key("c"), "2"}};
  const KvpEventRecords one = {{event_key("d"), "3"}};
  const KvpEventRecords unwritable = {{event_key("e"), "4"},
                                      {event_key("f"), std::string(2048, 'v')}};
  const auto now = parse_kvp(with_events(pool_of_others(1021), {three, unwritable, one}));
  CHECK(now.size() == 1023);
  CHECK(now.back().key == event_key("d"));
}

TEST_CASE("a report and its events are written in place") {
  azl::test::TemporaryTree tree;
  tree.write(kPoolFile,
             raw("A", "1") + raw("K", "old") + raw(event_key("old"), "{}") + raw("B", "2"));
  REQUIRE(write(tree, {"K", "new"}, kLongAgo, 5s, events_named("e", 3)));
  const auto events =
      raw(event_key("e0"), "{}") + raw(event_key("e1"), "{}") + raw(event_key("e2"), "{}");
  CHECK((tree.read(kPoolFile) == raw("A", "1") + raw("K", "new") + raw("B", "2") + events));
  // Fewer records than before.
  REQUIRE(write(tree, {"K", "new"}, kLongAgo, 5s));
  CHECK((tree.read(kPoolFile) == raw("A", "1") + raw("K", "new") + raw("B", "2")));
}

TEST_CASE("fields are quoted for Python's csv module") {
  struct Row {
    Fields fields;
    const char* expected;
  };
  const Row rows[] = {
      {{}, ""},
      {{{"a", "1"}, {"b", "2"}}, "a=1|b=2"},
      {{{"a", "1|2"}, {"b", ""}}, "'a=1|2'|b="},
      {{{"a", "it's"}}, "'a=it''s'"},
      {{{"a", "'"}}, "'a='''"},
      {{{"a", "x\ny"}, {"b", "x\ry"}}, "'a=x\ny'|'b=x\ry'"},
      {{{"a|b", "1"}}, "'a|b=1'"},
      {{{"a", "1, \"2\"; 3=4 "}}, "a=1, \"2\"; 3=4 "},
      {{{"a", std::string("x\0y", 3)}}, "a=x y"},
  };
  for (const auto& row : rows) CHECK(report_value(row.fields) == row.expected);
}

TEST_CASE("a report is at most 1023 bytes") {
  SUBCASE("1023 bytes are not cut") {
    const Fields fields = {{"result", "error"}, {"error", std::string(1004, 'x')}};
    CHECK(report_value(fields) == "result=error|error=" + std::string(1004, 'x'));
  }
  SUBCASE("the longest value is cut") {
    CHECK(report_value({{"reason", "short"}, {"error", std::string(5000, 'x')}, {"vm_id", "v"}}) ==
          "reason=short|error=" + std::string(996, 'x') + "|vm_id=v");
  }
  SUBCASE("several long values are cut to similar lengths") {
    const auto text =
        report_value({{"reason", std::string(900, 'r')}, {"error", std::string(900, 'e')}});
    CHECK(text.size() > 900);
    CHECK(text.size() <= 1023);
    CHECK(text.find("reason=" + std::string(300, 'r')) == 0);
    CHECK(text.find("|error=" + std::string(300, 'e')) != std::string::npos);
  }
  SUBCASE("no cut within a character") {
    const auto text = report_value({{"error", repeated("\xE2\x82\xAC", 1000)}});
    CHECK(text.size() <= 1023);
    CHECK(text.size() >= 1000);
    CHECK((text.size() - 6) % 3 == 0);
  }
  SUBCASE("no cut within a quoted pair") {
    const auto text = report_value({{"error", std::string(2000, '\'')}, {"vm_id", "v"}});
    CHECK(text.size() <= 1023);
    CHECK(text.size() > 900);
    // An opening quote, pairs, a closing quote.
    const auto quoted = text.substr(0, text.size() - std::string("|vm_id=v").size());
    CHECK(quoted == "'error=" + std::string(quoted.size() - 8, '\'') + "'");
    CHECK((quoted.size() - 8) % 2 == 0);
  }
  SUBCASE("fixed fields are never shortened, but may be left out") {
    CHECK(report_value({{"result", "error"}, {"vm_id", std::string(1100, 'v')}}) == "result=error");
    CHECK(report_value({{std::string(2000, 'k'), "v"}}).empty());
  }
}

TEST_CASE("a report of success has its fields in order") {
  CHECK(success_report(kVmId, kWhen) ==
        "result=success|agent=" + kAgent +
            "|pps_type=None|vm_id=02aab8a4-74ef-476e-8182-f6d2ba4166a6"
            "|timestamp=2026-01-02T03:04:05+00:00");
  CHECK(success_report("", kWhen) ==
        "result=success|agent=" + kAgent + "|pps_type=None|timestamp=2026-01-02T03:04:05+00:00");
}

TEST_CASE("a report of failure has its fields in order") {
  const std::string end =
      "|vm_id=02aab8a4-74ef-476e-8182-f6d2ba4166a6|timestamp=2026-01-02T03:04:05+00:00"
      "|documentation_url=https://aka.ms/linuxprovisioningerror";
  CHECK(failure_report(Error(Reason::kImdsHttp, "IMDS answered 503")
                           .with_http_status(503)
                           .with_context("asking IMDS"),
                       kVmId, kWhen) ==
        "result=error|reason=http error 503 querying IMDS|agent=" + kAgent +
            "|error=asking IMDS: IMDS answered 503|http_code=503" + end);
  CHECK(failure_report(
            Error(Reason::kOvfMalformed, "ovf-env.xml: it's broken").with_detail("it's broken"),
            kVmId, kWhen) ==
        "result=error|'reason=error parsing ovf-env.xml: it''s broken'|agent=" + kAgent +
            "|'error=ovf-env.xml: it''s broken'" + end);
  CHECK(failure_report(Error(Reason::kNoVmId, "no id").with_errno(2), "", kWhen) ==
        "result=error|reason=failure to identify Azure VM ID|agent=" + kAgent +
            "|error=no id: No such file or directory|errno=2|timestamp=2026-01-02T03:04:05+00:00"
            "|documentation_url=https://aka.ms/linuxprovisioningerror");
}

TEST_CASE("a long failure keeps the fields that dashboards match on") {
  const auto text = failure_report(Error(Reason::kUser, std::string(4000, 'm')), kVmId, kWhen);
  CHECK(text.size() <= 1023);
  CHECK(text.find("result=error|reason=") == 0);
  CHECK(text.find("|agent=" + kAgent + "|") != std::string::npos);
  CHECK(text.find("|vm_id=02aab8a4-74ef-476e-8182-f6d2ba4166a6|"
                  "timestamp=2026-01-02T03:04:05+00:00|"
                  "documentation_url=https://aka.ms/linuxprovisioningerror") != std::string::npos);
}

TEST_CASE("a pool is made if the daemon's directory exists") {
  azl::test::TemporaryTree tree;
  tree.mkdir("var/lib/hyperv");
  REQUIRE(write(tree, {"PROVISIONING_REPORT", "result=success"}));
  CHECK((tree.read(kPoolFile) == raw("PROVISIONING_REPORT", "result=success")));
  struct stat info{};
  REQUIRE(stat(tree.path(kPoolFile).c_str(), &info) == 0);
  CHECK((info.st_mode & 07777) == 0600);
}

TEST_CASE("without the daemon's directory nothing is made") {
  azl::test::TemporaryTree tree;
  SUBCASE("no directory") {}
  SUBCASE("a file in its place") { tree.write("var/lib/hyperv", ""); }
  const auto result = write(tree, {"K", "v"});
  REQUIRE_FALSE(result);
  CHECK(result.error().reason() == Reason::kKvp);
  CHECK(result.error().to_string() ==
        "writing K to /var/lib/hyperv/.kvp_pool_1: there is no /var/lib/hyperv: the Hyper-V KVP "
        "daemon, which reads the report, is not installed or not running");
  CHECK_FALSE(tree.exists(kPoolFile));
}

TEST_CASE("a pool that is not a file is refused") {
  azl::test::TemporaryTree tree;
  SUBCASE("a directory") { tree.mkdir(kPoolFile); }
  SUBCASE("a FIFO") {
    tree.mkdir("var/lib/hyperv");
    REQUIRE(mkfifo(tree.path(kPoolFile).c_str(), 0600) == 0);
  }
  const auto result = write(tree, {"K", "v"});
  REQUIRE_FALSE(result);
  CHECK(result.error().reason() == Reason::kKvp);
}

TEST_CASE("records of this boot are kept, and records of earlier boots are removed") {
  azl::test::TemporaryTree tree;
  const auto old = raw("A", "1") + raw("K", "old") + raw("B", "2");
  tree.write(kPoolFile, old + "partial");
  SUBCASE("changed since boot") {
    REQUIRE(write(tree, {"K", "new"}, kLongAgo));
    CHECK((tree.read(kPoolFile) == raw("A", "1") + raw("K", "new") + raw("B", "2")));
  }
  SUBCASE("changed before boot") {
    const azl::WallTime booted = azl::SystemClock().wall() + 1h;
    REQUIRE(write(tree, {"K", "new"}, booted));
    CHECK((tree.read(kPoolFile) == raw("K", "new")));
  }
  SUBCASE("a huge pool of an earlier boot") {
    REQUIRE(truncate(tree.path(kPoolFile).c_str(), 1'000'000'000) == 0);
    REQUIRE(write(tree, {"K", "new"}, azl::SystemClock().wall() + 1h));
    CHECK((tree.read(kPoolFile) == raw("K", "new")));
  }
  SUBCASE("a huge pool of this boot") {
    REQUIRE(truncate(tree.path(kPoolFile).c_str(), 1'000'000'000) == 0);
    const auto result = write(tree, {"K", "new"});
    REQUIRE_FALSE(result);
    CHECK(result.error().reason() == Reason::kKvp);
  }
}

TEST_CASE("write_kvp waits for a locked pool until the deadline") {
  azl::test::TemporaryTree tree;
  tree.write(kPoolFile, raw("A", "1"));
  const azl::UniqueFd other(open(tree.path(kPoolFile).c_str(), O_RDWR | O_CLOEXEC));
  REQUIRE(other);
  SUBCASE("by flock") { REQUIRE(flock(other.get(), LOCK_EX) == 0); }
  SUBCASE("by an fcntl lock") {
    struct flock whole{};
    whole.l_type = F_WRLCK;
    REQUIRE(fcntl(other.get(), F_OFD_SETLK, &whole) == 0);
  }
  const auto result = write(tree, {"K", "new"}, kLongAgo, 20ms);
  REQUIRE_FALSE(result);
  CHECK(result.error().reason() == Reason::kKvp);
  CHECK(result.error().cause() == "another program holds the lock of the pool");
  CHECK((tree.read(kPoolFile) == raw("A", "1")));
}

TEST_CASE("writing the same record again changes nothing") {
  azl::test::TemporaryTree tree;
  tree.write(kPoolFile, raw("A", "1"));
  REQUIRE(write(tree, {"K", "v"}));
  const auto once = tree.read(kPoolFile);
  REQUIRE(write(tree, {"K", "v"}));
  CHECK((tree.read(kPoolFile) == once));
}
