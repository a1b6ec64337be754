#include "imds/attested/fetch.h"

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/random.h"
#include "imds/attested/document.h"
#include "imds/question.h"

namespace azl::imds {
namespace {

/// One call of fetch_attested: its state between tries.
class AttestedFetch {
 public:
  AttestedFetch(HttpClient& http, std::string_view base_url, std::string_view nonce, Clock& clock,
                const Deadline& deadline, AttemptLog& log)
      : base_url_(base_url),
        nonce_(nonce),
        retry_(http, "IMDS", base_url, clock, deadline, log),
        question_(clock) {}

  Result<std::string> run() {
    auto signature = retry_.run<std::string>([this] { return ask(); });
    if (signature) return std::move(*signature);
    return fail(std::move(signature.error().error),
                retry_.describe_effort("asking IMDS for the attested document"));
  }

 private:
  Tried<std::string> ask() {
    auto request = make_imds_request(
        base_url_, "/metadata/attested/document?api-version=" + question_.version() +
                       "&nonce=" + std::string(nonce_));
    request.body_limit = kAttestedLimit;
    const auto response = retry_.send(std::move(request));
    if (!response) return std::unexpected(to_failed_try(response.error()));
    if (auto refused = question_.refuse(*response)) return std::unexpected(std::move(*refused));
    auto signature = parse_attested_answer(response->body);
    if (signature) return std::move(*signature);
    retry_.set_outcome("body: " + signature.error().cause());
    return std::unexpected(to_failed_try(std::move(signature.error())));
  }

  std::string_view base_url_;
  std::string_view nonce_;
  Retry retry_;
  Question question_;
};

}  // namespace

std::string make_nonce() {
  constexpr std::size_t kDigits = 10;
  constexpr int kHex = 16;
  std::uint64_t number = 0;
  const auto random = random_hex();
  (void)std::from_chars(random.data(), random.data() + random.size(), number, kHex);
  auto digits = std::to_string(number);
  digits.insert(0, kDigits, '0');
  return digits.substr(digits.size() - kDigits);
}

Result<std::string> fetch_attested(HttpClient& http, std::string_view base_url,
                                   std::string_view nonce, Clock& clock, const Deadline& deadline,
                                   AttemptLog& log) {
  return AttestedFetch(http, base_url, nonce, clock, deadline, log).run();
}

}  // namespace azl::imds
