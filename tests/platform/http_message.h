// HTTP/1.1 messages as the two services need them: requests from their bytes, answers to bytes.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace azl::platform {

/// A request as it was received.
struct Request {
  std::string method;
  std::string target;                          ///< as sent: "/metadata/instance?api-version=…"
  std::string path;                            ///< decoded, without the query
  bool http_1_1 = true;                        ///< false: HTTP/1.0
  std::map<std::string, std::string> query;    ///< decoded; the first of equal names wins
  std::map<std::string, std::string> headers;  ///< lower-case names; equal ones joined by ", "
  std::string body;

  /// Empty when there is none. `name` is in lower case.
  [[nodiscard]] std::string_view header(const std::string& name) const;
  /// Empty optional when there is none.
  [[nodiscard]] std::optional<std::string> parameter(const std::string& name) const;
  /// Whether the client wants to use the connection again.
  [[nodiscard]] bool keeps_alive() const;
};

/// An answer to be sent.
struct Answer {
  int status = 200;
  std::string content_type = {};  ///< empty: no such header
  std::string body = {};
  std::vector<std::pair<std::string, std::string>> headers =
      {};  ///< beside those of the connection
};

/// Everything up to the empty line, which may be included. Empty optional when it is not HTTP/1.x
/// with an absolute path (a proxy's absolute URL is refused so).
[[nodiscard]] std::optional<Request> parse_request_head(std::string_view head);

/// The head of an answer, with its empty line. `content_length` may differ from the body's.
[[nodiscard]] std::string answer_head(const Answer& answer, std::size_t content_length,
                                      bool keep_alive);

}  // namespace azl::platform
