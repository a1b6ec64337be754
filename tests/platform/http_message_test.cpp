#include "tests/platform/http_message.h"

#include <doctest/doctest.h>

namespace azl::platform {
namespace {

TEST_CASE("parsing a request's head yields method, path, query and headers") {
  const auto request = parse_request_head(
      "GET /metadata/instance%2Fx?api-version=2023-11-15&format=text&flag HTTP/1.1\r\n"
      "Host: 169.254.169.254\r\n"
      "METADATA:true\r\n"
      "Accept: a\r\n"
      "accept: b \r\n");
  REQUIRE(request);
  CHECK(request->method == "GET");
  CHECK(request->target == "/metadata/instance%2Fx?api-version=2023-11-15&format=text&flag");
  CHECK(request->path == "/metadata/instance/x");
  CHECK(request->parameter("api-version") == "2023-11-15");
  CHECK(request->parameter("format") == "text");
  CHECK(request->parameter("flag") == "");
  CHECK_FALSE(request->parameter("extended"));
  CHECK(request->header("metadata") == "true");
  CHECK(request->header("accept") == "a, b");
  CHECK(request->header("x-forwarded-for") == "");
}

TEST_CASE("anything but an HTTP/1.x request with an absolute path is refused") {
  for (const std::string head : {"", "\r\n", "GET /", "GET / HTTP/2\r\n", "GET  HTTP/1.1\r\n",
                                 "GET http://169.254.169.254/ HTTP/1.1\r\n", "G(T / HTTP/1.1\r\n",
                                 "GET / HTTP/1.1\r\nno colon\r\n",
                                 "GET / HTTP/1.1\r\nbad name: x\r\n", "GET /a b HTTP/1.1\r\n"}) {
    CAPTURE(head);
    CHECK_FALSE(parse_request_head(head));
  }
}

TEST_CASE("HTTP/1.1 keeps a connection open by default, and HTTP/1.0 closes it") {
  struct Row {
    std::string head;
    bool keeps;
  };
  const Row rows[] = {
      {"GET / HTTP/1.1\r\n", true},
      {"GET / HTTP/1.1\r\nConnection: Close\r\n", false},
      {"GET / HTTP/1.0\r\n", false},
      {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n", true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.head);
    const auto request = parse_request_head(row.head);
    REQUIRE(request);
    CHECK(request->keeps_alive() == row.keeps);
  }
}

TEST_CASE("an answer's head has the status, type, length and Retry-After") {
  const Answer answer{
      .status = 429, .content_type = "text/plain", .retry_after = std::chrono::seconds(2)};
  CHECK(answer_head(answer, 5, false) ==
        "HTTP/1.1 429 Too Many Requests\r\n"
        "Server: azl-platform\r\n"
        "Content-Type: text/plain\r\n"
        "Retry-After: 2\r\n"
        "Content-Length: 5\r\n"
        "Connection: close\r\n"
        "\r\n");
}

}  // namespace
}  // namespace azl::platform
