// The HTTP client: plain requests to link-local services, never by a proxy, bounded in time and
// size.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/error.h"

namespace azl::imds {

struct HttpRequest {
  std::string method = "GET";  ///< "GET" or "POST"
  std::string url;             ///< http only
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;                  ///< of a POST
  std::size_t body_limit = 4 << 20;  ///< of the answer, bytes
  Duration connect_timeout = std::chrono::seconds(2);
  Duration timeout = std::chrono::seconds(10);  ///< of this one try; never past the deadline
  std::optional<unsigned> mark = {};            ///< SO_MARK of the socket, where permitted
  /// By a connection of its own. On a kept one that the server resets libcurl tries again by
  /// itself, which no log of attempts shows.
  bool fresh_connection = false;
};

struct HttpResponse {
  int status = 0;
  std::string body;
  /// Retry-After in seconds, or as a date made relative; empty where there is none, or none that
  /// makes sense: not above zero, or over kRetryAfterLimit.
  std::optional<Duration> retry_after;
};

/// Longest Retry-After that is believed. Far beyond every deadline of this program, and below what
/// a date means to a clock that was never set.
inline constexpr Duration kRetryAfterLimit = std::chrono::hours(1);
/// Longest headers of an answer, in bytes, all its interim answers included.
inline constexpr std::size_t kHeaderLimit = 64 << 10;

/// The seam to the network.
class HttpClient {
 public:
  virtual ~HttpClient() = default;
  /// One try. Any HTTP status is an answer, redirects too. Errors, with "METHOD URL" as context:
  /// - kImdsConnectTimeout: not connected in time, or the deadline had passed before (nothing is
  /// sent);
  /// - kImdsConnect, with errno where there is one: refused, unreachable, reset or closed before an
  /// answer;
  /// - kImdsReadTimeout: connected, but no whole answer in time;
  /// - kImdsMalformed: headers or body over the limit, truncated, not HTTP.
  /// Callers that speak to another endpoint map those. Trying again does not help with:
  /// - kInvalidInput: no http URL, another method, control characters in a header;
  /// - kToolMissing: no libcurl; kUnexpected: it failed in a way that is none of the above.
  [[nodiscard]] virtual Result<HttpResponse> send(const HttpRequest& request,
                                                  const Deadline& deadline) = 0;
  /// Does now what the first send would begin with, for a caller who has to wait for something
  /// else first. What fails here fails again in send, and is told there.
  virtual void prepare() {}
};

/// By libcurl: IPv4 only, no proxy whatever the environment says, no redirects, connection reuse.
/// Cheap to make: libcurl is loaded by the first send (imds/libcurl.h).
[[nodiscard]] std::unique_ptr<HttpClient> make_curl_client();

/// Whether a failed try may go better next time: one of the four kImds* of HttpClient::send, or an
/// answer whose body makes no sense.
[[nodiscard]] bool may_pass(const Error& error);

/// How long one try may take.
struct TryTimeouts {
  Duration connect;
  Duration total;
};
/// Of the nth try, the first being 0. Short at first: a healthy host answers in milliseconds, and
/// the kernel sends a lost SYN again after 1 s only, so connecting anew is quicker. Twice as long
/// each time, for a slow host, up to 5 s and 30 s.
[[nodiscard]] TryTimeouts timeouts_of_try(int number);

/// One try as the report shows it.
struct Attempt {
  std::string endpoint;  ///< "IMDS", "WireServer"
  std::string request;   ///< "GET /metadata/instance?api-version=2025-04-07"
  WallTime at;
  Duration took{};
  int status = 0;       ///< 0: no answer
  std::string outcome;  ///< "ok", or what was wrong, in a few words
};
using AttemptLog = std::vector<Attempt>;

/// Sends, and adds the try to the log.
[[nodiscard]] Result<HttpResponse> send_logged(HttpClient& http, const HttpRequest& request,
                                               std::string endpoint, Clock& clock,
                                               const Deadline& deadline, AttemptLog& log);

/// "503 Service Unavailable, Retry-After 2 s"; "ok" for 2xx.
[[nodiscard]] std::string in_words(const HttpResponse& response);
/// "250 ms", "2 s", "1.5 s".
[[nodiscard]] std::string in_words(Duration how_long);

/// The parts of an http URL that messages and decisions need.
struct UrlParts {
  std::string host;    ///< "169.254.169.254"
  std::string port;    ///< "80" where the URL has none
  std::string target;  ///< path and query: "/metadata/instance?api-version=…", at least "/"
};
/// Empty for anything but "http://HOST[:PORT][/…]"; a user name in it is refused too.
[[nodiscard]] std::optional<UrlParts> split_url(std::string_view url);

}  // namespace azl::imds
