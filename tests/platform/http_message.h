// HTTP/1.1 messages for the two services: parses requests and formats answers.
#pragma once

#include <chrono>
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

  /// Returns the header's value, or an empty string if it is missing. `name` is in lower case.
  [[nodiscard]] std::string_view header(const std::string& name) const;
  /// Returns a query parameter, or nullopt if it is missing.
  [[nodiscard]] std::optional<std::string> parameter(const std::string& name) const;
  /// Returns true if the client wants to reuse the connection.
  [[nodiscard]] bool keeps_alive() const;
};

/// An answer to send.
struct Answer {
  int status = 200;
  std::string content_type = {};  ///< empty: no Content-Type header
  std::string body = {};
  std::optional<std::chrono::seconds> retry_after = {};  ///< nullopt: no header Retry-After
};

/// Parses everything before the empty line; the empty line may be included. Returns nullopt if it
/// is not HTTP/1.x with an absolute path, so the absolute URL of a proxy request is refused.
[[nodiscard]] std::optional<Request> parse_request_head(std::string_view head);

/// Formats the head of an answer with its empty line. `content_length` may differ from the length
/// of the body.
[[nodiscard]] std::string answer_head(const Answer& answer, std::size_t content_length,
                                      bool keep_alive);

}  // namespace azl::platform
