// `report --send`: a boot's trace at a collector.
#include <mutex>
#include <string>

#include "tests/system/lab.h"
#include "tests/unit/imds/loopback_server.h"

namespace azl::test {
namespace {

TEST_SUITE_BEGIN("trace" * needs_root());

/// A collector that gives each request the same answer, and keeps the last one.
class Collector {
 public:
  explicit Collector(std::string status)
      : server_([this, status = std::move(status)](int socket) {
          auto request = read_request(socket);
          const std::lock_guard lock(mutex_);
          ++requests_;
          request_ = std::move(request);
          send_all(socket, "HTTP/1.1 " + status + "\r\nContent-Length: 2\r\n\r\n{}");
        }) {}

  [[nodiscard]] std::string url() const { return server_.url(""); }
  [[nodiscard]] std::string request() {
    const std::lock_guard lock(mutex_);
    return request_;
  }
  [[nodiscard]] int requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  std::mutex mutex_;
  std::string request_;
  int requests_ = 0;
  LoopbackServer server_;
};

TEST_CASE("the trace of a boot is posted as report --format=otlp prints it") {
  Lab lab;
  REQUIRE(lab.run().status == 0);
  Collector collector("200 OK");
  const auto sent = lab.command({"report", "--send", "--endpoint=" + collector.url()});
  CHECK(sent.status == 0);
  CHECK(contains(sent.out, "to " + collector.url() + "/v1/traces"));
  const auto request = collector.request();
  CHECK(request.starts_with("POST /v1/traces HTTP/1.1\r\n"));
  CHECK(contains(request, "\r\nContent-Type: application/json\r\n"));
  const auto body = request.substr(request.find("\r\n\r\n") + 4);
  CHECK(body == lab.command({"report", "--format=otlp"}).out);
  CHECK(collector.requests() == 1);
}

TEST_CASE("what a collector refuses is an error with advice, and the report stays as it was") {
  Lab lab;
  REQUIRE(lab.run().status == 0);
  const auto before = lab.report_text();
  Collector collector("401 Unauthorized");
  const auto sent = lab.command({"report", "--send", "--endpoint", collector.url() + "/own/path"});
  CHECK(sent.status == 1);
  CHECK(contains(sent.err, "the collector answers 401 Unauthorized"));
  CHECK(contains(sent.err, "report --send"));
  CHECK(collector.request().starts_with("POST /own/path HTTP/1.1\r\n"));
  CHECK(collector.requests() == 1);
  CHECK(lab.report_text() == before);
}

TEST_CASE("without a collector, a boot or a good address, --send says what is missing") {
  Lab lab;
  const auto none = lab.command({"report", "--send"});
  CHECK(none.status == 64);
  CHECK(contains(none.err, "OtlpEndpoint="));
  const auto bad = lab.command({"report", "--send", "--endpoint=collector:4318"});
  CHECK(bad.status == 64);
  const auto no_boot = lab.command({"report", "--send", "--endpoint=http://127.0.0.1:9"});
  CHECK(no_boot.status == 1);
  CHECK(contains(no_boot.err, "no record of a boot"));
  CHECK(lab.command({"report", "--endpoint=http://127.0.0.1:9"}).status == 64);
}

TEST_CASE("a tree's configuration names no collector, and a run of a tree starts no service") {
  Lab lab;
  lab.configure("[Report]\nOtlpEndpoint=http://127.0.0.1:9\n");
  CHECK(lab.run().status == 0);
  CHECK(lab.outcome("trace").empty());
  CHECK(contains(lab.command({"config", "--check"}).err + lab.command({"config", "--check"}).out,
                 "is ignored in a root tree"));
}

TEST_SUITE_END();

}  // namespace
}  // namespace azl::test
