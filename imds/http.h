// The HTTP client: plain requests to link-local services, without a proxy, bounded in time and
// size.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "imds/timeouts.h"

namespace azl::imds {

struct HttpRequest {
  std::string method = "GET";  ///< "GET" or "POST"
  std::string url = {};        ///< http; https only with `anywhere`
  /// The receiver is not a service of the host: https and IPv6 are allowed. The certificate is
  /// checked with the system's roots.
  bool anywhere = false;
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};                              ///< of a POST
  std::size_t body_limit = 4 << 20;                   ///< of the answer, in bytes
  Duration connect_timeout = kLongestConnectTimeout;  ///< never past the deadline
  Duration timeout = kLongestRequestTimeout;          ///< of the whole request, likewise
  std::optional<unsigned> mark = {};                  ///< SO_MARK of the socket, where permitted
  /// Opens a new connection. On a kept connection that the server resets, libcurl repeats the
  /// request by itself, which no log of attempts shows.
  bool fresh_connection = false;
  /// What the sender waits for, for people: "its user". Empty: an answer of that host.
  std::string waits_for = {};
};

struct HttpResponse {
  int status = 0;
  std::string body;
  /// Retry-After, also if it was given as a date. nullopt if it is absent, not above zero, or over
  /// kRetryAfterLimit.
  std::optional<Duration> retry_after;
};

/// Longest headers of an answer in bytes, including all its interim answers.
inline constexpr std::size_t kHeaderLimit = 64 << 10;

/// The seam to the network.
class HttpClient {
 public:
  virtual ~HttpClient() = default;
  /// Sends one request. Every HTTP status is an answer, also a redirect. Errors, with "METHOD URL"
  /// as context:
  /// - kImdsConnectTimeout: no connection in time, or the deadline has passed and nothing was sent.
  /// - kImdsConnect, with errno if there is one: refused, unreachable, reset, or closed without an
  ///   answer.
  /// - kImdsReadTimeout: connected, but no complete answer in time.
  /// - kImdsMalformed: not HTTP, truncated, or headers or body over the limit.
  ///
  /// Callers that speak to another service map those. Errors that a retry does not cure:
  /// - kInvalidInput: not an http URL, another method, control characters in a header.
  /// - kToolMissing: no libcurl.
  /// - kUnexpected: any other failure.
  [[nodiscard]] virtual Result<HttpResponse> send(const HttpRequest& request,
                                                  const Deadline& deadline) = 0;
  /// Does now what the first send would begin with, for a caller who has to wait for something
  /// else first. If it fails, so does the first send, which returns the error.
  virtual void prepare() {}
};

/// Returns a client that uses libcurl: IPv4 only, no proxy even if the environment sets one, no
/// redirects, connections are reused. The first send loads libcurl (imds/libcurl.h).
[[nodiscard]] std::unique_ptr<HttpClient> make_curl_client();

/// "503 Service Unavailable, Retry-After 2 s"; "ok" for 2xx.
[[nodiscard]] std::string describe_answer(const HttpResponse& response);
/// Returns the explanation in the body: `: "The goal state is unknown"`. Leaves out markup, line
/// breaks and characters that are not printable, and cuts it to 200 bytes. Empty if the body has no
/// text.
[[nodiscard]] std::string quote_body(const HttpResponse& response);
/// "250 ms", "2 s", "1.5 s".
[[nodiscard]] std::string describe_duration(Duration how_long);

/// The parts of a URL that messages and decisions need.
struct UrlParts {
  bool https = false;
  std::string host;    ///< "169.254.169.254"
  std::string port;    ///< "80" if the URL has none, "443" with https
  std::string target;  ///< path and query: "/metadata/instance?api-version=…", at least "/"
};
/// Returns nullopt unless `url` is "http://HOST[:PORT][/…]", without a user name. HOST is a name or
/// an IPv4 address.
[[nodiscard]] std::optional<UrlParts> split_url(std::string_view url);
/// The same, and accepts "https://…", too.
[[nodiscard]] std::optional<UrlParts> split_web_url(std::string_view url);

}  // namespace azl::imds
