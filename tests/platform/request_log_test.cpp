#include "tests/platform/request_log.h"

#include <doctest/doctest.h>

#include "tests/platform/object_reader.h"
#include "tests/unit/temporary_tree.h"

namespace azl::platform {
namespace {

Exchange sample() {
  Exchange exchange;
  exchange.server = "imds";
  exchange.number = 3;
  exchange.request = *parse_request_head("GET /metadata/versions HTTP/1.1\r\nMetadata: true\r\n");
  exchange.status = 200;
  exchange.received = WallTime(std::chrono::microseconds(1'735'689'600'000'042));
  exchange.duration = std::chrono::microseconds(120);
  return exchange;
}

TEST_CASE("a log line is one JSON object and a newline") {
  CHECK(log_line(sample()) ==
        R"({"time":"2025-01-01T00:00:00.000042+00:00","server":"imds","number":3,"method":"GET",)"
        R"("target":"/metadata/versions","headers":{"metadata":"true"},"body":"","status":200,)"
        R"("retry_after":null,"fault":null,"duration_us":120})"
        "\n");
}

TEST_CASE("a log line names the fault, and any body yields valid JSON") {
  Exchange exchange = sample();
  exchange.fault = FaultAction::kReset;
  exchange.retry_after = std::chrono::seconds(2);
  exchange.request.body = "\n\xff" + std::string(std::size_t{80} * 1024, 'x');
  const std::string line = log_line(exchange);
  CHECK(line.find('\n') == line.size() - 1);
  const Json parsed = Json::parse(line);
  CHECK(parsed["fault"] == "reset");
  CHECK(parsed["retry_after"] == 2);
  // The invalid byte became U+FFFD, which has three bytes in UTF-8.
  CHECK(parsed["body"].get<std::string>() == "\n\xef\xbf\xbd" + std::string(65'534, 'x'));
}

TEST_CASE("opening an existing log appends to it") {
  const azl::test::TemporaryTree tree;
  for (int run = 0; run < 2; ++run) {
    auto log = RequestLog::open(tree.path("log"));
    REQUIRE(log);
    log->write(sample());
  }
  CHECK(tree.read("log") == log_line(sample()) + log_line(sample()));
}

TEST_CASE("a log that can't be opened is an error") {
  const auto log = RequestLog::open("/nonexistent/log");
  REQUIRE_FALSE(log);
  CHECK(log.error() == "could not open the log /nonexistent/log: No such file or directory");
}

}  // namespace
}  // namespace azl::platform
