// An HTTP client that follows a script on a fake clock, for sequences that would take minutes.
#pragma once

#include <algorithm>
#include <expected>
#include <string>
#include <utility>
#include <vector>

#include "imds/http.h"
#include "tests/unit/fake_clock.h"

namespace azl::test {

/// The server's reaction to one request, and how long it takes.
struct Scene {
  Result<imds::HttpResponse> outcome;
  Duration takes = std::chrono::milliseconds(10);
};

inline Scene answer(int status, std::string body = "", std::optional<Duration> retry_after = {}) {
  return {.outcome = imds::HttpResponse{
              .status = status, .body = std::move(body), .retry_after = retry_after}};
}
inline Scene no_answer(Reason reason, std::string message, int errno_value = 0,
                       Duration takes = std::chrono::milliseconds(10)) {
  Error error(reason, std::move(message));
  if (errno_value != 0) error = Error(error).with_errno(errno_value);
  return {.outcome = std::unexpected(std::move(error)), .takes = takes};
}

/// Answers with the scenes in order, and repeats the last one.
class ScriptedHttp final : public imds::HttpClient {
 public:
  ScriptedHttp(FakeClock& clock, std::vector<Scene> scenes)
      : clock_(clock), scenes_(std::move(scenes)) {}

  Result<imds::HttpResponse> send(const imds::HttpRequest& request,
                                  const Deadline& deadline) override {
    requests_.push_back(request);
    const Scene& scene = scenes_[std::min(requests_.size(), scenes_.size()) - 1];
    clock_.advance(std::min(scene.takes, deadline.remaining()));
    return scene.outcome;
  }

  [[nodiscard]] const std::vector<imds::HttpRequest>& requests() const { return requests_; }

 private:
  FakeClock& clock_;
  std::vector<Scene> scenes_;
  std::vector<imds::HttpRequest> requests_;
};

}  // namespace azl::test
