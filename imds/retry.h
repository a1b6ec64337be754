// The retry loop for IMDS and the WireServer.
//
//   Retry retry(http, "IMDS", "http://169.254.169.254", clock, deadline, log);
//   auto answer = retry.run<Answer>([&]() -> Tried<Answer> {
//     auto response = retry.send({.url = "/metadata/instance"});
//     …
//   });
#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "imds/http.h"

namespace azl::imds {

/// One request as the report shows it.
struct Attempt {
  std::string endpoint;  ///< "IMDS", "WireServer"
  std::string request;   ///< "GET /metadata/instance?api-version=2025-04-07"
  WallTime at;
  Duration took{};
  int status = 0;       ///< 0: no answer
  std::string outcome;  ///< "ok", or what was wrong, in a few words
};
using AttemptLog = std::vector<Attempt>;

/// What follows a failed try.
enum class NextTry {
  kNone,       ///< the error is final
  kAtOnce,     ///< another question may get an answer now
  kAfterWait,  ///< after Backoff's pause, or the server's Retry-After
};
struct FailedTry {
  Error error;
  NextTry next;
  std::optional<Duration> retry_after = {};
};
/// What one try gives. A try is one request, or several that belong together.
template <class T>
using Tried = std::expected<T, FailedTry>;

/// Returns whether the next try may succeed after HttpClient::send failed with `error`, or after a
/// body that made no sense.
[[nodiscard]] bool is_temporary(const Error& error);
/// Returns the failed try of such an error: is_temporary() decides whether another one follows.
[[nodiscard]] FailedTry to_failed_try(Error error);
/// Returns whether any service means "try again later" by this status: 408, 429, 5xx.
[[nodiscard]] bool is_temporary(int status);

/// How often tries are repeated, and how long each may take.
struct RetryPace {
  BackoffPolicy pauses = {};
  std::optional<TryTimeouts> timeouts = {};  ///< nullopt: timeouts_of_try()
};

/// Repeats tries until one succeeds, one is final, or the deadline has passed.
class Retry {
 public:
  /// `endpoint` is for the log. `clock`, `deadline` and `log` must outlive this.
  Retry(HttpClient& http, std::string_view endpoint, std::string_view base_url, Clock& clock,
        const Deadline& deadline, AttemptLog& log, const RetryPace& pace = {});

  /// Calls `try_once` until it succeeds. Returns the last failure if that is final, or if the next
  /// try could only start after the deadline; it never sleeps past the deadline. If the deadline
  /// cut the last try short, the failure before it is returned, because it says more.
  template <class T>
  [[nodiscard]] Tried<T> run(const std::function<Tried<T>()>& try_once) {
    while (true) {
      auto tried = try_once();
      ++tries_;
      if (tried) return tried;
      if (!prepare_next(tried.error())) return std::unexpected(choose_failure(tried.error()));
      before_ = std::move(tried.error());
    }
  }

  /// Sends a request of the present try and logs it. `request.url` is the part after `base_url`.
  /// Sets the time-outs, which grow with each try. Only the first try may use an open connection:
  /// libcurl repeats a request by itself if the server resets a kept connection, and no log shows
  /// that.
  [[nodiscard]] Result<HttpResponse> send(HttpRequest request);
  /// Replaces the outcome of the last request in the log, for a body that makes no sense.
  void set_outcome(std::string outcome) { log_.back().outcome = std::move(outcome); }
  /// "asking IMDS, 3 tries in 1.2 s", for `doing` "asking IMDS".
  [[nodiscard]] std::string describe_effort(std::string_view doing) const;

 private:
  /// Waits if need be; returns false if there is no next try.
  [[nodiscard]] bool prepare_next(const FailedTry& failed);
  [[nodiscard]] FailedTry choose_failure(FailedTry& last);

  HttpClient& http_;
  std::string endpoint_;
  std::string base_url_;  ///< without a slash at the end
  Clock& clock_;
  const Deadline& deadline_;
  AttemptLog& log_;
  std::optional<TryTimeouts> timeouts_;
  Backoff backoff_;
  SteadyTime start_;
  int tries_ = 0;  ///< finished ones
  std::optional<FailedTry> before_;
};

}  // namespace azl::imds
