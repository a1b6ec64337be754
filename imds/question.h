// What all questions to IMDS have in common: their headers, the version of its API, and what its
// statuses mean.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "imds/http.h"
#include "imds/retry.h"

namespace azl::imds {

inline constexpr std::string_view kImdsUrl = "http://169.254.169.254";
inline constexpr std::string_view kImdsHost = "169.254.169.254";
/// systemd 261 and later can let only sockets with this mark reach IMDS.
inline constexpr unsigned kImdsMark = 0x7FFF0815;

/// What a status of IMDS means for the next try.
enum class StatusMeaning { kOk, kTryAgain, kFinal };
/// | status | meaning |
/// |---|---|
/// | 2xx | an answer |
/// | 404, 408, 410, 429, 5xx | try again |
/// | all others | final |
/// A Question makes two exceptions. After a 400 it asks for another version at once, if
/// next_version (imds/api_version.h) has one. A 410 is final once kGoneLimit has passed since the
/// first 410.
[[nodiscard]] StatusMeaning meaning_of(int status);

/// A GET of `target` ("/metadata/…") with IMDS's header, and its mark if `base_url` is IMDS's own:
/// another address belongs to a test or a proxy agent, and systemd's rule is about IMDS's own.
[[nodiscard]] HttpRequest make_imds_request(std::string_view base_url, std::string target);

/// One question to IMDS, and what is remembered of it between its tries.
class Question {
 public:
  /// `clock` must outlive this.
  explicit Question(Clock& clock);
  /// The version to ask for: the newest known one at first.
  [[nodiscard]] const std::string& version() const { return versions_.back(); }
  /// Returns nullopt for an answer (2xx). Else returns the failure (kImdsHttp), and chooses the
  /// version of the next try.
  [[nodiscard]] std::optional<FailedTry> refuse(const HttpResponse& response);

 private:
  [[nodiscard]] NextTry after_status(const HttpResponse& response);
  [[nodiscard]] bool may_still_come();

  Clock& clock_;
  std::vector<std::string> versions_;     ///< tried so far; the last one is asked for
  std::optional<SteadyTime> first_gone_;  ///< when the first 410 came
};

}  // namespace azl::imds
