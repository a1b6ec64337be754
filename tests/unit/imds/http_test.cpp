#include "imds/http.h"

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <vector>

#include <doctest/doctest.h>

#include "imds/libcurl.h"
#include "tests/unit/fake_clock.h"
#include "tests/unit/imds/loopback_server.h"

namespace azl::imds {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::FakeClock;
using test::LoopbackServer;
using test::read_request;
using test::send_all;

const std::string kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";

/// Sends one request with a new client.
Result<HttpResponse> get(const std::string& url, Duration timeout = seconds(10)) {
  const SystemClock clock;
  return make_curl_client()->send({.url = url, .timeout = timeout}, Deadline(clock, seconds(30)));
}

/// Sets an environment variable during its lifetime.
class Environment {
 public:
  Environment(const char* name, const std::string& value) : name_(name) {
    setenv(name, value.c_str(), 1);
  }
  ~Environment() { unsetenv(name_); }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  const char* name_;
};

/// Returns how long `what` takes.
Duration measure(const std::function<void()>& what) {
  const SystemClock clock;
  const SteadyTime start = clock.now();
  what();
  return clock.now() - start;
}

TEST_CASE("send returns the status and body of the answer") {
  const LoopbackServer server(LoopbackServer::answering(kOk));
  const auto response = get(server.url("/metadata"));
  REQUIRE(response);
  CHECK(response->status == 200);
  CHECK(response->body == "{}");
  CHECK(!response->retry_after);
}

TEST_CASE("a request has the given headers and only a few of libcurl's") {
  std::string seen;
  {
    const LoopbackServer server([&](int socket) {
      seen = read_request(socket);
      send_all(socket, kOk);
    });
    const SystemClock clock;
    const HttpRequest request{
        .method = "POST",
        .url = server.url("/machine/?comp=health"),
        .headers = {{"x-ms-version", "2012-11-30"}, {"Content-Type", "text/xml;charset=utf-8"}},
        .body = std::string("<a>\0</a>", 8)};
    REQUIRE(make_curl_client()->send(request, Deadline(clock, seconds(30))));
  }
  CHECK(seen.starts_with("POST /machine/?comp=health HTTP/1.1\r\nHost: 127.0.0.1:"));
  CHECK(seen.find("\r\nUser-Agent: azl-provision/" AZL_VERSION "\r\n") != std::string::npos);
  CHECK(seen.find("\r\nx-ms-version: 2012-11-30\r\n") != std::string::npos);
  CHECK(seen.find("\r\nContent-Type: text/xml;charset=utf-8\r\n") != std::string::npos);
  CHECK(seen.find("\r\nContent-Length: 8\r\n") != std::string::npos);
  CHECK(seen.ends_with(std::string("\r\n\r\n<a>\0</a>", 12)));
  for (const std::string unwanted : {"Accept", "Expect", "form-urlencoded", "Proxy", "Cookie",
                                     "Authorization", "X-Forwarded-For", "Upgrade"}) {
    CAPTURE(unwanted);
    CHECK(seen.find(unwanted) == std::string::npos);
  }
}

TEST_CASE("a long POST is sent without waiting for a 100-continue") {
  std::string seen;
  {
    const LoopbackServer server([&](int socket) {
      seen = read_request(socket);
      send_all(socket, kOk);
    });
    const SystemClock clock;
    const HttpRequest request{
        .method = "POST", .url = server.url(), .headers = {}, .body = std::string(200'000, 'x')};
    REQUIRE(make_curl_client()->send(request, Deadline(clock, seconds(30))));
  }
  CHECK(seen.size() > 200'000);
  CHECK(seen.find("Expect") == std::string::npos);
}

TEST_CASE("preparing a client, even twice, does not change what it sends") {
  const LoopbackServer server(LoopbackServer::answering(kOk));
  const auto client = make_curl_client();
  client->prepare();
  client->prepare();
  const SystemClock clock;
  const auto response = client->send({.url = server.url()}, Deadline(clock, seconds(30)));
  REQUIRE(response.has_value());
  CHECK(response->status == 200);
}

TEST_CASE("requests of one client share a connection") {
  const LoopbackServer server(LoopbackServer::answering(kOk));
  const auto client = make_curl_client();
  const SystemClock clock;
  for (int i = 0; i < 3; ++i) {
    REQUIRE(client->send({.url = server.url()}, Deadline(clock, seconds(30))));
  }
  CHECK(server.connections() == 1);
}

TEST_CASE("a kept connection that the server has closed is replaced") {
  const LoopbackServer server(LoopbackServer::answering_once(kOk));
  const auto client = make_curl_client();
  const SystemClock clock;
  for (int i = 0; i < 3; ++i) {
    CHECK(client->send({.url = server.url()}, Deadline(clock, seconds(30))));
  }
  CHECK(server.connections() == 3);
}

TEST_CASE("options of one request do not affect the next") {
  std::vector<std::string> seen;
  {
    const LoopbackServer server([&](int socket) {
      while (true) {
        std::string request = read_request(socket);
        if (request.empty()) return;
        seen.push_back(std::move(request));
        send_all(socket, kOk);
      }
    });
    const auto client = make_curl_client();
    const SystemClock clock;
    const Deadline deadline(clock, seconds(30));
    REQUIRE(client->send(
        {.method = "POST", .url = server.url("/a"), .headers = {{"x-one", "1"}}, .body = "body"},
        deadline));
    REQUIRE(client->send({.url = server.url("/b")}, deadline));
  }
  REQUIRE(seen.size() == 2);
  CHECK(seen[1].starts_with("GET /b HTTP/1.1\r\n"));
  CHECK(seen[1].find("x-one") == std::string::npos);
  CHECK(seen[1].ends_with("\r\n\r\n"));
}

TEST_CASE("a proxy in the environment is ignored") {
  const LoopbackServer trap(LoopbackServer::answering_once("HTTP/1.1 200 OK\r\n\r\ntrapped"));
  const LoopbackServer server(LoopbackServer::answering(kOk));
  const Environment http("http_proxy", trap.url());
  const Environment upper("HTTP_PROXY", trap.url());
  const Environment all("all_proxy", trap.url());
  const Environment all_upper("ALL_PROXY", trap.url());
  const auto response = get(server.url());
  REQUIRE(response);
  CHECK(response->body == "{}");
  CHECK(trap.connections() == 0);
}

TEST_CASE("a redirect is returned, not followed") {
  const LoopbackServer trap(LoopbackServer::answering(kOk));
  const LoopbackServer server(LoopbackServer::answering(
      "HTTP/1.1 302 Found\r\nLocation: " + trap.url() + "\r\nContent-Length: 0\r\n\r\n"));
  const auto response = get(server.url());
  REQUIRE(response);
  CHECK(response->status == 302);
  CHECK(trap.connections() == 0);
}

TEST_CASE("each kind of invalid answer has its reason") {
  struct Row {
    std::string name;
    std::function<void(int)> behaviour;
    Reason reason;
    std::string_view message;  ///< with the peer's address as "PEER"
  };
  const auto bytes = [](std::string text) {
    return LoopbackServer::answering_once(std::move(text));
  };
  const std::vector<Row> rows = {
      {"closed without an answer", bytes(""), Reason::kImdsConnect,
       "PEER closed the connection without an answer"},
      {"reset without an answer",
       [](int socket) {
         read_request(socket);
         test::reset_on_close(socket);
       },
       Reason::kImdsConnect, "the connection to PEER broke: Connection reset by peer"},
      {"reset within the body",
       [](int socket) {
         read_request(socket);
         send_all(socket, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
         char byte = 0;
         while (recv(socket, &byte, 1, MSG_DONTWAIT) > 0) {
         }
         test::reset_on_close(socket);
       },
       Reason::kImdsMalformed, "the answer of PEER ended early, after "},
      {"body shorter than its length", bytes("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"),
       Reason::kImdsMalformed, "the answer of PEER ended early, after 3 bytes of its body"},
      {"chunks without an end",
       bytes("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"),
       Reason::kImdsMalformed, "the answer of PEER ended early, after 3 bytes of its body"},
      {"a malformed chunk",
       bytes("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n"),
       Reason::kImdsMalformed, "the answer of PEER ended early, after 0 bytes of its body"},
      {"headers without an end", bytes("HTTP/1.1 200 OK\r\nContent-Ty"), Reason::kImdsMalformed,
       "the answer of PEER ended early, after 0 bytes of its body"},
      {"a negative length", bytes("HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nabc"),
       Reason::kImdsMalformed, "the answer of PEER is not HTTP: "},
      {"not HTTP", bytes("SSH-2.0-OpenSSH_9.2\r\n"), Reason::kImdsMalformed,
       "the answer of PEER is not HTTP: "},
      {"binary", bytes(std::string("\0\1\2\3\377\376", 6)), Reason::kImdsMalformed,
       "the answer of PEER is not HTTP: "},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    const LoopbackServer server(row.behaviour);
    const auto response = get(server.url("/x"));
    REQUIRE(!response);
    std::string expected(row.message);
    expected.replace(expected.find("PEER"), 4, server.peer());
    CHECK(to_string(response.error().reason()) == to_string(row.reason));
    CHECK(response.error().cause().substr(0, expected.size()) == expected);
    CHECK(response.error().chain().front() == "GET " + server.url("/x"));
  }
}

TEST_CASE("a refused connection is an error with its errno") {
  const std::string peer = "127.0.0.1:" + std::to_string(test::closed_port());
  const auto response = get("http://" + peer + "/");
  REQUIRE(!response);
  CHECK(response.error().reason() == Reason::kImdsConnect);
  CHECK(response.error().errno_value() == ECONNREFUSED);
  CHECK(response.error().cause() == "could not connect to " + peer + ": Connection refused");
}

TEST_CASE("a request to a silent server ends at its time-out") {
  const LoopbackServer server([](int socket) { test::wait_for_close(socket); });
  const Duration took = measure([&] {
    const auto response = get(server.url(), milliseconds(150));
    REQUIRE(!response);
    CHECK(response.error().reason() == Reason::kImdsReadTimeout);
    CHECK(response.error().cause() == "no answer from " + server.peer() + " within 150 ms");
  });
  CHECK(took >= milliseconds(150));
  CHECK(took < seconds(10));
}

TEST_CASE("a kept connection without an answer is a read time-out too") {
  const LoopbackServer server([](int socket) {
    read_request(socket);
    send_all(socket, kOk);
    test::wait_for_close(socket);
  });
  const auto client = make_curl_client();
  const SystemClock clock;
  const Deadline deadline(clock, seconds(30));
  HttpRequest request{.url = server.url()};
  REQUIRE(client->send(request, deadline));
  request.timeout = milliseconds(100);
  const auto response = client->send(request, deadline);
  REQUIRE(!response);
  CHECK(response.error().reason() == Reason::kImdsReadTimeout);
  CHECK(server.connections() == 1);
}

TEST_CASE("a request ends at the deadline") {
  const LoopbackServer server([](int socket) { test::wait_for_close(socket); });
  const SystemClock clock;
  const auto response =
      make_curl_client()->send({.url = server.url()}, Deadline(clock, milliseconds(150)));
  REQUIRE(!response);
  CHECK(response.error().reason() == Reason::kImdsReadTimeout);
}

TEST_CASE("a request whose answer arrives too slowly ends at the time-out") {
  const LoopbackServer server([](int socket) {
    read_request(socket);
    send_all(socket, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
    while (send_all(socket, "x")) std::this_thread::sleep_for(milliseconds(5));
  });
  const auto response = get(server.url(), milliseconds(150));
  REQUIRE(!response);
  CHECK(response.error().reason() == Reason::kImdsReadTimeout);
  CHECK(response.error().cause() == "no complete answer from " + server.peer() + " within 150 ms");
}

TEST_CASE("a server with a full queue causes a connect time-out") {
  // With a backlog of 0, the kernel drops further SYNs once one connection waits.
  const UniqueFd listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  REQUIRE(bind(listener.get(), generic, size) == 0);
  REQUIRE(listen(listener.get(), 0) == 0);
  REQUIRE(getsockname(listener.get(), generic, &size) == 0);
  std::vector<UniqueFd> waiting;
  for (int i = 0; i < 4; ++i) {
    waiting.emplace_back(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    (void)connect(waiting.back().get(), generic, size);
  }

  const std::string peer = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  const SystemClock clock;
  const auto response = make_curl_client()->send(
      {.url = "http://" + peer + "/", .connect_timeout = milliseconds(150)},
      Deadline(clock, seconds(30)));
  REQUIRE(!response);
  CHECK(response.error().reason() == Reason::kImdsConnectTimeout);
  CHECK(response.error().cause() == "no connection to " + peer + " within 150 ms");
}

TEST_CASE("nothing is sent after the deadline") {
  const LoopbackServer server(LoopbackServer::answering(kOk));
  FakeClock clock;
  const Deadline deadline(clock, seconds(1));
  clock.advance(seconds(1));
  const auto response = make_curl_client()->send({.url = server.url()}, deadline);
  REQUIRE(!response);
  CHECK(response.error().reason() == Reason::kImdsConnectTimeout);
  CHECK(response.error().cause() == "no time is left to ask " + server.peer());
  CHECK(server.connections() == 0);
}

TEST_CASE("a body over its limit is an error") {
  struct Row {
    std::size_t limit;
    bool fits;
  };
  for (const bool with_length : {true, false}) {
    for (const Row row : {Row{5, true}, Row{6, true}, Row{4, false}, Row{0, false}}) {
      CAPTURE(with_length);
      CAPTURE(row.limit);
      const LoopbackServer server(LoopbackServer::answering_once(
          std::string("HTTP/1.1 200 OK\r\n") + (with_length ? "Content-Length: 5\r\n" : "") +
          "\r\n12345"));
      const SystemClock clock;
      const auto response = make_curl_client()->send({.url = server.url(), .body_limit = row.limit},
                                                     Deadline(clock, seconds(30)));
      CHECK(response.has_value() == row.fits);
      if (response) continue;
      CHECK(response.error().reason() == Reason::kImdsMalformed);
      CHECK(response.error().cause() == "the answer of " + server.peer() + " is longer than " +
                                            std::to_string(row.limit) + " bytes");
    }
  }
}

TEST_CASE("an endless body ends the request at the limit") {
  std::atomic<std::size_t> sent = 0;
  {
    const LoopbackServer server([&](int socket) {
      read_request(socket);
      send_all(socket, "HTTP/1.1 200 OK\r\n\r\n");
      const std::string block(64 << 10, 'x');
      while (send_all(socket, block)) sent += block.size();
    });
    const auto response = get(server.url());
    REQUIRE(!response);
    CHECK(response.error().reason() == Reason::kImdsMalformed);
  }
  CHECK(sent < 64 << 20);  // at most the 4 MiB that are read, plus the socket buffers
}

TEST_CASE("endless headers end the request at the limit") {
  struct Row {
    std::string name;
    std::string line;
  };
  for (const Row& row :
       {Row{"fields", "x-field: some text\r\n"}, Row{"one line", std::string(1000, 'x')},
        Row{"interim answers", "\r\nHTTP/1.1 100 Continue\r\n"}}) {
    CAPTURE(row.name);
    const LoopbackServer server([&](int socket) {
      read_request(socket);
      send_all(socket, "HTTP/1.1 100 Continue\r\n");
      while (send_all(socket, row.line)) {
      }
    });
    const auto response = get(server.url());
    REQUIRE(!response);
    CHECK(response.error().reason() == Reason::kImdsMalformed);
  }
}

TEST_CASE("an interim answer is skipped") {
  const LoopbackServer server(LoopbackServer::answering("HTTP/1.1 100 Continue\r\n\r\n" + kOk));
  const auto response = get(server.url());
  REQUIRE(response);
  CHECK(response->status == 200);
  CHECK(response->body == "{}");
}

TEST_CASE("Retry-After is read as seconds or as a date, up to an hour") {
  const auto http_date = [](Duration from_now) {
    const std::time_t when = std::time(nullptr) + from_now / seconds(1);
    char text[64];
    std::tm parts{};
    gmtime_r(&when, &parts);
    const std::size_t length =
        std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    return std::string(text, length);
  };
  struct Row {
    std::string value;
    std::optional<Duration> least;
    std::optional<Duration> most;
  };
  const std::vector<Row> rows = {
      {"2", seconds(2), seconds(2)},
      {"3600", seconds(3600), seconds(3600)},
      {"0", {}, {}},
      {"3601", {}, {}},
      {"-5", {}, {}},
      {"soon", {}, {}},
      {"", {}, {}},
      {"99999999999999999999999", {}, {}},
      {http_date(seconds(100)), seconds(95), seconds(100)},
      {http_date(-seconds(100)), {}, {}},
      {http_date(std::chrono::hours(24 * 365)), {}, {}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.value);
    const LoopbackServer server(LoopbackServer::answering_once(
        "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: " + row.value +
        "\r\n\r\n"));
    const auto response = get(server.url());
    REQUIRE(response);
    CHECK(response->status == 503);
    REQUIRE(response->retry_after.has_value() == row.least.has_value());
    if (!row.least) continue;
    CHECK(*response->retry_after >= *row.least);
    CHECK(*response->retry_after <= *row.most);
  }
}

TEST_CASE("an invalid request is refused before anything is sent") {
  const LoopbackServer server(LoopbackServer::answering(kOk));
  const std::vector<HttpRequest> requests = {
      {.url = "https://" + server.peer() + "/"},
      {.url = "file:///etc/passwd"},
      {.url = ""},
      {.url = server.url("/a\r\nx-evil: 1")},
      {.url = "http://user:pw@" + server.peer() + "/"},
      {.method = "DELETE", .url = server.url()},
      {.url = server.url(), .headers = {{"a", "b\r\nc: d"}}, .body = ""},
      {.url = server.url(), .headers = {{"a\n", "b"}}, .body = ""},
  };
  const SystemClock clock;
  for (const HttpRequest& request : requests) {
    CAPTURE(request.url);
    const auto response = make_curl_client()->send(request, Deadline(clock, seconds(30)));
    REQUIRE(!response);
    CHECK(response.error().reason() == Reason::kInvalidInput);
  }
  CHECK(server.connections() == 0);
}

TEST_CASE("a request is sent even if its mark may not be set") {
  const LoopbackServer server(LoopbackServer::answering(kOk));
  const SystemClock clock;
  CHECK(make_curl_client()->send({.url = server.url(), .mark = 0x7FFF0815},
                                 Deadline(clock, seconds(30))));
}

TEST_CASE("a missing libcurl is an error that names its package") {
  const auto libcurl = load_libcurl("libcurl-that-is-not-there.so.4");
  REQUIRE(!libcurl);
  CHECK(libcurl.error().reason() == Reason::kToolMissing);
  CHECK(libcurl.error().cause().find("install the package libcurl") != std::string::npos);
}

TEST_CASE("a library that is not libcurl is refused") {
  const auto libcurl = load_libcurl("libc.so.6");
  REQUIRE(!libcurl);
  CHECK(libcurl.error().reason() == Reason::kToolMissing);
  CHECK(libcurl.error().cause().find("lacks a function") != std::string::npos);
}

TEST_CASE("a URL is split into host, port and target") {
  struct Row {
    std::string_view url;
    std::string_view parts;  ///< "host port target"; empty: refused
  };
  for (const Row& row :
       {Row{"http://169.254.169.254/metadata/instance?api-version=2025-04-07",
            "169.254.169.254 80 /metadata/instance?api-version=2025-04-07"},
        Row{"http://127.0.0.1:8080", "127.0.0.1 8080 /"},
        Row{"http://127.0.0.1:/x", "127.0.0.1 80 /x"}, Row{"http://host?a=b:c", "host 80 /?a=b:c"},
        Row{"https://host/", ""}, Row{"host/", ""}, Row{"http://", ""}, Row{"http:///x", ""},
        Row{"http://a@b/", ""}, Row{"http://host:8a/", ""}, Row{"http://[::1]/", ""},
        Row{"http://ho st/", ""}, Row{"http://host/\n", ""}}) {
    CAPTURE(row.url);
    const auto parts = split_url(row.url);
    CHECK((parts ? parts->host + " " + parts->port + " " + parts->target : "") == row.parts);
  }
}

TEST_CASE("a duration is described in ms below a second, then in s") {
  struct Row {
    Duration duration;
    std::string_view text;
  };
  for (const Row row :
       {Row{Duration(0), "0 ms"}, Row{Duration(1), "1 ms"}, Row{milliseconds(250), "250 ms"},
        Row{milliseconds(999), "999 ms"}, Row{seconds(2), "2 s"}, Row{milliseconds(1500), "1.5 s"},
        Row{milliseconds(61'049), "61 s"}}) {
    CHECK(describe_duration(row.duration) == row.text);
  }
}

TEST_CASE("what an answer says in its body is quoted, printable and bounded") {
  const auto quote = [](const std::string& body) {
    return quote_body(HttpResponse{.status = 400, .body = body, .retry_after = {}});
  };
  CHECK(quote("").empty());
  CHECK(quote(" \r\n ").empty());
  CHECK(quote("{\"error\":\"Bad request\"}") == ": {\"error\":\"Bad request\"}");
  CHECK(quote("<Error>\n <Code>GoalState</Code><Message>is unknown</Message></Error>") ==
        ": GoalState is unknown");
  CHECK(quote("a\x1b[2Jb") == ": a\\x1b[2Jb");
  CHECK(quote(std::string(100'000, 'x')).size() <= 202);
}

TEST_CASE("an answer is described by its status") {
  CHECK(describe_answer(HttpResponse{.status = 200, .body = "", .retry_after = {}}) == "ok");
  CHECK(describe_answer(HttpResponse{.status = 201, .body = "", .retry_after = {}}) == "ok");
  CHECK(describe_answer(HttpResponse{.status = 302, .body = "", .retry_after = {}}) == "302");
  CHECK(describe_answer(HttpResponse{.status = 404, .body = "", .retry_after = {}}) ==
        "404 Not Found");
  CHECK(describe_answer(HttpResponse{.status = 503, .body = "", .retry_after = seconds(2)}) ==
        "503 Service Unavailable, Retry-After 2 s");
}

}  // namespace
}  // namespace azl::imds
