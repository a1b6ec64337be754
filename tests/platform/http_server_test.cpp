#include "tests/platform/http_server.h"

#include <chrono>
#include <fstream>
#include <sstream>
#include <system_error>
#include <thread>
#include <utility>

#include <doctest/doctest.h>
#include <httplib.h>

#include "tests/platform/object_reader.h"
#include "tests/platform/raw_client.h"
#include "tests/unit/temporary_tree.h"

namespace azl::platform {
namespace {

using test::ask;
using test::End;
using test::RawAnswer;

constexpr const char* kGet = "GET /x HTTP/1.1\r\nHost: h\r\n\r\n";

/// A server that answers request N with "hello N, " and the request's body, and logs to a file.
class TestServer {
 public:
  explicit TestServer(std::vector<Fault> faults = {}, bool enabled = true)
      : log_(*RequestLog::open(tree_.path("log"))) {
    auto started = HttpServer::start(
        {.name = "test",
         .endpoint = {},
         .enabled = enabled,
         .faults = std::move(faults),
         .release_file = tree_.path("release"),
         .service =
             [](const Request& request, unsigned number) {
               return Answer{.content_type = "text/plain",
                             .body = "hello " + std::to_string(number) + ", " + request.body};
             }},
        log_);
    if (!started) throw std::runtime_error(started.error());
    server_ = std::move(*started);
  }

  [[nodiscard]] const std::string& url() const { return server_->url(); }
  /// Lets the server send what it holds.
  void release() const { std::ofstream(tree_.path("release")).flush(); }
  /// The log so far, one element for each line.
  [[nodiscard]] std::vector<Json> log() const {
    std::vector<Json> lines;
    std::istringstream text(tree_.read("log"));
    for (std::string line; std::getline(text, line);) lines.push_back(Json::parse(line));
    return lines;
  }

 private:
  azl::test::TemporaryTree tree_;
  RequestLog log_;
  std::unique_ptr<HttpServer> server_;
};

TEST_CASE("an endpoint is an IPv4 address and a port") {
  const auto endpoint = parse_endpoint("169.254.169.254:80");
  REQUIRE(endpoint);
  CHECK(endpoint->address == "169.254.169.254");
  CHECK(endpoint->port == 80);
  CHECK(parse_endpoint("127.0.0.1:0"));
  for (const std::string text : {"", "127.0.0.1", "127.0.0.1:", ":80", "127.0.0.1:65536",
                                 "localhost:80", "[::1]:80", "127.0.0.1:8o"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_endpoint(text));
  }
}

TEST_CASE("an HTTP client gets several answers on one connection") {
  const TestServer server;
  httplib::Client client(server.url());
  client.set_keep_alive(true);
  const auto first = client.Get("/a?b=c");
  REQUIRE(first);
  CHECK(first->status == 200);
  CHECK(first->body == "hello 1, ");
  CHECK(first->get_header_value("Content-Type") == "text/plain");
  const auto second = client.Post("/d", "some body", "text/plain");
  REQUIRE(second);
  CHECK(second->body == "hello 2, some body");

  const std::vector<Json> log = server.log();
  REQUIRE(log.size() == 2);
  CHECK(log[0]["server"] == "test");
  CHECK(log[0]["target"] == "/a?b=c");
  CHECK(log[0]["fault"].is_null());
  CHECK(log[1]["number"] == 2);
  CHECK(log[1]["method"] == "POST");
  CHECK(log[1]["body"] == "some body");
  CHECK(log[1]["headers"]["content-type"] == "text/plain");
  CHECK(log[1]["status"] == 200);
}

// If they were two segments, the second would wait 40 ms for the client's delayed ACK.
TEST_CASE("the head and body of an answer are sent together") {
  const TestServer server;
  const RawAnswer first_read = ask(server.url(), kGet, {.bytes = 1});
  CHECK(first_read.body() == "hello 1, ");
}

TEST_CASE("pipelined requests are answered in order") {
  const TestServer server;
  const std::string two = std::string(kGet) + "GET /y HTTP/1.1\r\nConnection: close\r\n\r\n";
  const RawAnswer answer = ask(server.url(), two);
  CHECK(answer.end == End::kFin);
  const auto first = answer.bytes.find("hello 1");
  const auto second = answer.bytes.find("hello 2");
  CHECK(first < second);
  CHECK(second != std::string::npos);
}

TEST_CASE("a client that expects 100-continue gets it before it sends its body") {
  const TestServer server;
  const RawAnswer answer =
      ask(server.url(), "POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n",
          {.bytes = 25});
  CHECK(answer.bytes == "HTTP/1.1 100 Continue\r\n\r\n");
}

TEST_CASE("HEAD gets no body") {
  const TestServer server;
  const RawAnswer answer = ask(server.url(), "HEAD / HTTP/1.1\r\nConnection: close\r\n\r\n");
  CHECK(answer.head().find("Content-Length: 9") != std::string::npos);
  CHECK(answer.body().empty());
}

TEST_CASE("a malformed request is refused and logged, and its connection is closed") {
  const TestServer server;
  struct Row {
    std::string bytes;
    std::string status_line;
  };
  const std::string post = "POST / HTTP/1.1\r\n";
  const Row rows[] = {
      {"nonsense\r\n\r\n", "HTTP/1.1 400 "},
      {post + "Content-Length: -1\r\n\r\n", "HTTP/1.1 400 "},
      {post + "Content-Length: 1048577\r\n\r\n", "HTTP/1.1 413 "},
      {post + "Transfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 411 "},
      {post + "X: " + std::string(70'000, 'x'), "HTTP/1.1 431 "},
  };
  for (const Row& row : rows) {
    CAPTURE(row.bytes.substr(0, 60));
    const RawAnswer answer = ask(server.url(), row.bytes);
    CHECK(answer.bytes.starts_with(row.status_line));
    CHECK(answer.end == End::kFin);
  }
  const auto log = server.log();
  REQUIRE(log.size() == 5);
  CHECK(log[0]["method"] == "");
  CHECK(log[2]["status"] == 413);
  CHECK(log[2]["method"] == "POST");
}

TEST_CASE("a body of 1 MiB is accepted, and the log has its first 64 KiB") {
  const TestServer server;
  httplib::Client client(server.url());
  const std::string body(std::size_t{1024} * 1024, 'b');
  const auto answer = client.Post("/", body, "text/plain");
  REQUIRE(answer);
  CHECK(answer->body == "hello 1, " + body);
  CHECK(server.log()[0]["body"].get<std::string>().size() == 65'536);
}

TEST_CASE("a fault applies only to the requests that it names") {
  const TestServer server({{.request = {2, 2}, .status = 503, .retry_after = 7}});
  httplib::Client client(server.url());
  CHECK(client.Get("/")->status == 200);
  const auto faulty = client.Get("/");
  CHECK(faulty->status == 503);
  CHECK(faulty->get_header_value("Retry-After") == "7");
  CHECK(client.Get("/")->status == 200);
  const auto log = server.log();
  CHECK(log[1]["fault"] == "status");
  CHECK(log[1]["status"] == 503);
  CHECK(log[2]["fault"].is_null());
}

TEST_CASE("reset ends the connection with RST") {
  const TestServer server({{.action = FaultAction::kReset}});
  const RawAnswer answer = ask(server.url(), kGet);
  CHECK(answer.bytes.empty());
  CHECK(answer.end == End::kReset);
  CHECK(server.log()[0]["fault"] == "reset");
  CHECK(server.log()[0]["status"] == 0);
}

TEST_CASE("close ends the connection with FIN") {
  const TestServer server({{.action = FaultAction::kClose}});
  const RawAnswer answer = ask(server.url(), kGet);
  CHECK(answer.bytes.empty());
  CHECK(answer.end == End::kFin);
}

TEST_CASE("truncate announces the whole body and sends half of it") {
  const TestServer server({{.action = FaultAction::kTruncate, .body = "0123456789"}});
  const RawAnswer answer = ask(server.url(), kGet);
  CHECK(answer.head().find("Content-Length: 10\r\n") != std::string::npos);
  CHECK(answer.body() == "01234");
  CHECK(answer.end == End::kFin);
}

TEST_CASE("garbage keeps the status and replaces the body") {
  const TestServer server({{.action = FaultAction::kGarbage}});
  httplib::Client client(server.url());
  const auto answer = client.Get("/");
  REQUIRE(answer);
  CHECK(answer->status == 200);
  CHECK(answer->get_header_value("Content-Type") == "text/plain");
  CHECK(answer->body.starts_with("\x01\x02<<<\xff\xfe"));
}

TEST_CASE("delay sends the normal answer later") {
  const TestServer server(
      {{.action = FaultAction::kDelay, .delay = std::chrono::milliseconds(60)}});
  httplib::Client client(server.url());
  const auto start = std::chrono::steady_clock::now();
  const auto answer = client.Get("/");
  CHECK(std::chrono::steady_clock::now() - start >= std::chrono::milliseconds(60));
  REQUIRE(answer);
  CHECK(answer->body == "hello 1, ");
  CHECK(server.log()[0]["duration_us"].get<int>() >= 60'000);
}

TEST_CASE("hold sends the normal answer once the release file exists") {
  const TestServer server({{.action = FaultAction::kHold}});
  // The log has a client that gives up before that.
  const RawAnswer nothing = ask(server.url(), kGet, {.time = std::chrono::milliseconds(30)});
  CHECK(nothing.bytes.empty());
  CHECK(nothing.end == End::kOpen);
  while (server.log().empty()) std::this_thread::yield();
  CHECK(server.log()[0]["status"] == 0);

  server.release();
  httplib::Client client(server.url());
  const auto answer = client.Get("/x");
  REQUIRE(answer);
  CHECK(answer->body == "hello 2, ");
  CHECK(server.log()[1]["fault"] == "hold");
}

TEST_CASE("hang sends nothing and keeps the connection open, and the server can still stop") {
  const TestServer server({{.action = FaultAction::kHang}});
  const RawAnswer answer = ask(server.url(), kGet, {.time = std::chrono::milliseconds(100)});
  CHECK(answer.bytes.empty());
  CHECK(answer.end == End::kOpen);
  CHECK(server.log()[0]["fault"] == "hang");
}

TEST_CASE("huge sends until the client hangs up") {
  constexpr std::size_t kEnough = std::size_t{4} * 1024 * 1024;
  SUBCASE("by Content-Length") {
    const TestServer server({{.action = FaultAction::kHuge}});
    const RawAnswer answer = ask(server.url(), kGet, {.bytes = kEnough});
    CHECK(answer.head().find("Content-Length: 4294967296") != std::string::npos);
    CHECK(answer.bytes.size() >= kEnough);
    CHECK(answer.end == End::kOpen);
  }
  SUBCASE("by chunks") {
    const TestServer server({{.action = FaultAction::kHuge, .chunked = true}});
    const RawAnswer answer = ask(server.url(), kGet, {.bytes = kEnough});
    CHECK(answer.head().find("Transfer-Encoding: chunked") != std::string::npos);
    CHECK(answer.head().find("Content-Length") == std::string::npos);
    CHECK(answer.body().starts_with("10000\r\naaaa"));
    CHECK(answer.body().substr(7 + 65536, 9) == "\r\n10000\r\n");
  }
}

TEST_CASE("a disabled server refuses connections") {
  const TestServer server({}, false);
  CHECK_THROWS_WITH_AS((void)ask(server.url(), kGet), doctest::Contains("Connection refused"),
                       std::system_error);
}

TEST_CASE("a port in use or a foreign address is an error that says what to do") {
  const azl::test::TemporaryTree tree;
  auto log = RequestLog::open(tree.path("log"));
  REQUIRE(log);
  const TestServer first;
  const auto endpoint = parse_endpoint(first.url().substr(7));
  REQUIRE(endpoint);
  const auto taken = HttpServer::start({.name = "imds", .endpoint = *endpoint}, *log);
  REQUIRE_FALSE(taken);
  CHECK(taken.error().find("Address already in use") != std::string::npos);
  // TEST-NET-1 (RFC 5737): no machine has this address.
  const auto foreign = HttpServer::start({.name = "imds", .endpoint = {"192.0.2.1", 0}}, *log);
  REQUIRE_FALSE(foreign);
  CHECK(foreign.error() ==
        "imds: could not listen on 192.0.2.1:0: Cannot assign requested address; add the address "
        "to a link first: ip address add 192.0.2.1/32 dev lo");
}

}  // namespace
}  // namespace azl::platform
