#include "imds/instance_client.h"

#include <algorithm>
#include <array>

namespace azl::imds {
namespace {

/// From the documents of Azure's IMDS. One that is missing here costs nothing: IMDS names its
/// versions.
constexpr auto kVersions = std::to_array<std::string_view>(
    {"2025-04-07", "2024-07-17", "2023-11-15", "2021-12-13", "2021-11-15", "2021-11-01",
     "2021-10-01", "2021-08-01", "2021-05-01", "2021-03-01", "2021-02-01", "2021-01-01",
     "2020-12-01", "2020-10-01", "2020-09-01", "2020-07-15", "2020-06-01", "2019-11-01",
     "2019-08-15", "2019-08-01", "2019-06-04", "2019-06-01"});

bool contains(const auto& list, std::string_view what) {
  return std::ranges::find(list, what) != std::ranges::end(list);
}

/// Dates of the form 2025-04-07 compare as text.
std::optional<std::string> newest(const std::vector<std::string>& offered, const auto& accepted) {
  std::optional<std::string> best;
  for (const std::string& version : offered) {
    if (accepted(version) && (!best || version > *best)) best = version;
  }
  return best;
}

/// A version that IMDS did not name: the next older ones, and the oldest for the last step.
std::optional<std::string> blind_step(const std::vector<std::string>& tried) {
  if (tried.size() > kBlindSteps) return {};
  const auto older = std::ranges::find_if(kVersions, [&](std::string_view version) {
    return !contains(tried, version) && (tried.empty() || version < tried.back());
  });
  if (older == kVersions.end()) return {};
  return std::string(tried.size() == kBlindSteps ? kVersions.back() : *older);
}

/// One call of fetch_instance: its state between tries.
class Fetch {
 public:
  Fetch(HttpClient& http, std::string_view base_url, Clock& clock, const Deadline& deadline,
        AttemptLog& log);
  Result<ImdsAnswer> run();

 private:
  /// What one try came to, where it was no answer.
  struct Failure {
    StatusMeaning meaning;
    Error error;
    std::optional<Duration> retry_after = {};
    std::vector<std::string> offered = {};  ///< versions that IMDS named
  };

  std::expected<ImdsAnswer, Failure> ask();
  std::expected<ImdsAnswer, Failure> read(const HttpResponse& response);
  [[nodiscard]] HttpRequest request() const;
  /// Prepares the next try, waiting if need be; false when there shall be none.
  bool go_on(const Failure& failure);
  bool still_may_come();
  Error telling(Error last);
  [[nodiscard]] std::string effort() const;

  HttpClient& http_;
  std::string base_url_;
  Clock& clock_;
  const Deadline& deadline_;
  AttemptLog& log_;
  Backoff backoff_;
  SteadyTime start_;
  int tries_ = 0;
  std::optional<Error> before_;           ///< of the try before
  std::vector<std::string> versions_;     ///< tried so far; the last one is asked for
  std::optional<SteadyTime> first_gone_;  ///< when the first 410 came
};

Fetch::Fetch(HttpClient& http, std::string_view base_url, Clock& clock, const Deadline& deadline,
             AttemptLog& log)
    : http_(http),
      base_url_(base_url),
      clock_(clock),
      deadline_(deadline),
      log_(log),
      // Seeded with the time, so that the VMs of a scale set don't ask their host in step.
      backoff_({}, static_cast<std::uint64_t>(clock.wall().time_since_epoch().count())),
      start_(clock.now()),
      versions_({std::string(kVersions.front())}) {
  while (base_url_.ends_with('/')) base_url_.pop_back();
}

Result<ImdsAnswer> Fetch::run() {
  while (true) {
    auto answer = ask();
    if (answer) return std::move(*answer);
    if (!go_on(answer.error())) return fail(telling(std::move(answer.error().error)), effort());
    before_ = std::move(answer.error().error);
  }
}

/// The error that tells most: a last try that the deadline cut short says less than the one before
/// it.
Error Fetch::telling(Error last) {
  const bool cut_short = deadline_.passed() && (last.reason() == Reason::kImdsReadTimeout ||
                                                last.reason() == Reason::kImdsConnectTimeout);
  return cut_short && before_ ? std::move(*before_) : std::move(last);
}

std::expected<ImdsAnswer, Fetch::Failure> Fetch::ask() {
  const HttpRequest asked = request();
  ++tries_;
  auto response = send_logged(http_, asked, "IMDS", clock_, deadline_, log_);
  if (response) return read(*response);
  const bool again = may_pass(response.error());
  return std::unexpected(
      Failure{.meaning = again ? StatusMeaning::kTryAgain : StatusMeaning::kFinal,
              .error = std::move(response.error())});
}

std::expected<ImdsAnswer, Fetch::Failure> Fetch::read(const HttpResponse& response) {
  const auto offered =
      response.status == 400 ? parse_newest_versions(response.body) : std::vector<std::string>{};
  const StatusMeaning meaning = meaning_of(response.status, !offered.empty());
  if (meaning != StatusMeaning::kOk) {
    return std::unexpected(
        Failure{.meaning = meaning,
                .error = Error(Reason::kImdsHttp, "IMDS answers " + in_words(response))
                             .with_http_status(response.status),
                .retry_after = response.retry_after,
                .offered = offered});
  }
  auto instance = parse_instance(response.body);
  if (instance) return ImdsAnswer{std::move(*instance), versions_.back()};
  log_.back().outcome = "body: " + instance.error().cause();
  return std::unexpected(Failure{
      .meaning = may_pass(instance.error()) ? StatusMeaning::kTryAgain : StatusMeaning::kFinal,
      .error = std::move(instance.error())});
}

HttpRequest Fetch::request() const {
  HttpRequest request{
      .url = base_url_ + "/metadata/instance?api-version=" + versions_.back() + "&extended=true",
      .headers = {{"Metadata", "true"}},
      .body = "",
      .body_limit = kInstanceLimit};
  const TryTimeouts timeouts = timeouts_of_try(tries_);
  request.connect_timeout = timeouts.connect;
  request.timeout = timeouts.total;
  request.fresh_connection = tries_ > 1;
  // Another address is a test's or a proxy agent's: systemd's rule, and so its mark, is about this
  // one.
  const auto url = split_url(request.url);
  if (url && url->host == kImdsHost) request.mark = kImdsMark;
  return request;
}

bool Fetch::go_on(const Failure& failure) {
  const int status = failure.error.http_status().value_or(0);
  if (status == 400) {
    auto version = next_version(versions_, failure.offered);
    if (!version) return false;
    versions_.push_back(std::move(*version));
    return !deadline_.passed();
  }
  if (failure.meaning == StatusMeaning::kFinal) return false;
  if (status == 410 && !still_may_come()) return false;
  const auto wait = backoff_.next(deadline_, failure.retry_after);
  if (!wait) return false;
  clock_.sleep(*wait);
  return !deadline_.passed();
}

/// Whether a 410 is still young enough to mean "not yet".
bool Fetch::still_may_come() {
  if (!first_gone_) first_gone_ = clock_.now();
  return clock_.now() - *first_gone_ < kGoneLimit;
}

std::string Fetch::effort() const {
  return "asking IMDS, " + std::to_string(tries_) + (tries_ == 1 ? " try in " : " tries in ") +
         in_words(clock_.now() - start_);
}

}  // namespace

StatusMeaning meaning_of(int status, bool names_versions) {
  if (status >= 200 && status <= 299) return StatusMeaning::kOk;
  if (status >= 500 && status <= 599) return StatusMeaning::kTryAgain;
  switch (status) {
    case 400:
      return names_versions ? StatusMeaning::kOtherVersion : StatusMeaning::kFinal;
    case 404:
    case 408:
    case 410:
    case 429:
      return StatusMeaning::kTryAgain;
    default:
      return StatusMeaning::kFinal;
  }
}

std::span<const std::string_view> known_versions() { return kVersions; }

std::optional<std::string> next_version(const std::vector<std::string>& tried,
                                        const std::vector<std::string>& offered) {
  if (tried.size() >= kMaxVersions) return {};
  const auto untried = [&](std::string_view version) { return !contains(tried, version); };
  if (!offered.empty()) {
    auto both = newest(offered, [&](const std::string& version) {
      return untried(version) && contains(kVersions, version);
    });
    if (both) return both;
    return newest(offered, [&](const std::string& version) {
      return untried(version) && version >= kVersions.back();
    });
  }
  return blind_step(tried);
}

Result<ImdsAnswer> fetch_instance(HttpClient& http, std::string_view base_url, Clock& clock,
                                  const Deadline& deadline, AttemptLog& log) {
  return Fetch(http, base_url, clock, deadline, log).run();
}

}  // namespace azl::imds
