#include "imds/certificates/fetch.h"

#include <array>
#include <optional>
#include <string>
#include <utility>

#include "base/text.h"
#include "imds/certificates/certificate_file.h"
#include "imds/certificates/cms.h"
#include "imds/certificates/refusal.h"
#include "imds/certificates/transport_certificate.h"
#include "imds/goal_state.h"
#include "imds/wireserver.h"

namespace azl::imds {
namespace {

using Certificates = std::vector<DeployedCertificate>;

/// Newest first.
constexpr std::array kCiphers = {"AES128_CBC", "DES_EDE3_CBC"};

/// Returns the part of `url` after the host. Errors: kCertificateAnswer (no URL, or one of another
/// server, to which nothing is sent).
Result<std::string> target_at(std::string_view base_url, const std::string& url) {
  const auto base = split_url(base_url);
  const auto parts = split_url(url);
  if (!parts) return refuse_answer("the goal state names no usable URL of certificates");
  if (!base || lower(parts->host) != lower(base->host) || parts->port != base->port)
    return refuse_answer("the goal state's URL of certificates is on another server, '" +
                         printable(parts->host + ":" + parts->port) + "', and was not asked");
  return parts->target;
}

/// One call of fetch_certificates: its state between tries.
class Fetch {
 public:
  Fetch(HttpClient& http, std::string_view base_url, Clock& clock, const Deadline& deadline,
        AttemptLog& log)
      : base_url_(base_url),
        clock_(clock),
        retry_(http, "WireServer", base_url, clock, deadline, log) {}

  Result<Certificates> run();

 private:
  Tried<Certificates> try_once();
  Tried<std::string> find_target();
  Tried<std::string> ask_for_certificates(std::string target);
  Tried<HttpResponse> ask(WireQuestion question, HttpRequest request);
  Result<Certificates> read(std::string_view message) const;
  FailedTry after_cipher(Error error);

  std::string_view base_url_;
  Clock& clock_;
  Retry retry_;
  std::optional<TransportCertificate> transport_;  ///< made when it is needed
  std::size_t cipher_ = 0;
  std::optional<Error> first_cipher_failure_;
};

/// A failure that another try may cure. Its reason is for the caller of Retry only.
FailedTry temporary(const Error& error, std::optional<Duration> retry_after = {}) {
  auto told = Error(Cause::kCertificateNotFetched, error.to_string());
  if (const auto status = error.http_status()) told = std::move(told).with_http_status(*status);
  return {.error = std::move(told), .next = NextTry::kAfterWait, .retry_after = retry_after};
}

FailedTry final_failure(Error error) { return {.error = std::move(error), .next = NextTry::kNone}; }

Result<Certificates> Fetch::run() {
  auto fetched = retry_.run<Certificates>([this] { return try_once(); });
  if (fetched) return std::move(*fetched);
  return fail(std::move(fetched.error().error),
              retry_.describe_effort("asking the WireServer for certificates"));
}

/// Each try fetches the goal state again, because the incarnation in the URL may have changed.
Tried<Certificates> Fetch::try_once() {
  auto target = find_target();
  if (!target) return std::unexpected(std::move(target.error()));
  auto message = ask_for_certificates(std::move(*target));
  if (!message) return std::unexpected(std::move(message.error()));
  auto certificates = read(*message);
  if (certificates) return std::move(*certificates);
  retry_.set_outcome("body: " + certificates.error().cause());
  return std::unexpected(after_cipher(std::move(certificates.error())));
}

Tried<std::string> Fetch::find_target() {
  auto answer = ask(WireQuestion::kGoalState, {.url = "/machine/?comp=goalstate",
                                               .headers = wireserver_headers(),
                                               .body = "",
                                               .body_limit = kGoalStateLimit});
  if (!answer) return std::unexpected(std::move(answer.error()));
  const auto goal = parse_goal_state(answer->body);
  if (!goal) {
    retry_.set_outcome(goal.error().cause());
    return std::unexpected(temporary(goal.error()));
  }
  if (!goal->certificates_url)
    return std::unexpected(
        final_failure({Cause::kCertificateMissing, "the goal state names no certificates"}));
  auto target = target_at(base_url_, *goal->certificates_url);
  if (!target) return std::unexpected(final_failure(std::move(target.error())));
  return std::move(*target);
}

/// Returns the encrypted message.
Tried<std::string> Fetch::ask_for_certificates(std::string target) {
  if (!transport_) {
    auto made = make_transport_certificate(clock_.wall());
    if (!made) return std::unexpected(final_failure(std::move(made.error())));
    transport_ = std::move(*made);
  }
  auto headers = wireserver_headers();
  headers.emplace_back("x-ms-cipher-name", kCiphers[cipher_]);
  headers.emplace_back("x-ms-guest-agent-public-x509-cert", transport_->header());
  auto answer = ask(WireQuestion::kCertificates, {.url = std::move(target),
                                                  .headers = std::move(headers),
                                                  .body = "",
                                                  .body_limit = kCertificateFileLimit});
  if (!answer) return std::unexpected(std::move(answer.error()));
  auto message = parse_certificate_file(answer->body);
  if (message) return std::move(*message);
  retry_.set_outcome("body: " + message.error().cause());
  return std::unexpected(message.error().known_cause() ? after_cipher(std::move(message.error()))
                                                       : temporary(message.error()));
}

Tried<HttpResponse> Fetch::ask(WireQuestion question, HttpRequest request) {
  const std::string asked = "GET " + request.url;
  auto response = retry_.send(std::move(request));
  if (!response) {
    return std::unexpected(is_temporary(response.error())
                               ? temporary(response.error())
                               : final_failure(std::move(response.error())));
  }
  const auto meaning = meaning_of(question, response->status);
  if (meaning == WireMeaning::kAccepted) return std::move(*response);
  const std::string text =
      asked + ": the WireServer answers " + describe_answer(*response) + quote_body(*response);
  if (meaning == WireMeaning::kTryAgain)
    return std::unexpected(
        temporary(Error(Reason::kWireServer, text).with_http_status(response->status),
                  response->retry_after));
  auto refused = Error(Cause::kCertificateAnswer, text).with_http_status(response->status);
  // A host that does not know the cipher may say so by its status.
  return std::unexpected(question == WireQuestion::kCertificates
                             ? after_cipher(std::move(refused))
                             : final_failure(std::move(refused)));
}

Result<Certificates> Fetch::read(std::string_view message) const {
  const auto pfx = OR_RETURN(decrypt_cms(message, *transport_));
  return OR_RETURN(read_pfx(pfx.reveal()), "reading the PFX in the answer");
}

/// Goes on to the next cipher. After the last one, says what was wrong with each.
FailedTry Fetch::after_cipher(Error error) {
  if (cipher_ + 1 < kCiphers.size()) {
    ++cipher_;
    first_cipher_failure_ = error;
    return {.error = std::move(error), .next = NextTry::kAtOnce};
  }
  const bool same = first_cipher_failure_->to_string() == error.to_string();
  if (same) return final_failure(std::move(error));
  return final_failure(std::move(*first_cipher_failure_)
                           .with_context("asked for " + std::string(kCiphers[cipher_]) + ": " +
                                         error.to_string() + "; asked for " + kCiphers[0]));
}

}  // namespace

Result<Certificates> fetch_certificates(HttpClient& http, std::string_view base_url, Clock& clock,
                                        const Deadline& deadline, AttemptLog& log) {
  return Fetch(http, base_url, clock, deadline, log).run();
}

}  // namespace azl::imds
