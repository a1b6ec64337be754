// The answers of the Instance Metadata Service (IMDS).
#pragma once

#include <mutex>
#include <optional>
#include <string>

#include "tests/platform/http_message.h"
#include "tests/platform/scenario.h"

namespace azl::platform {

/// An answer with an error's text.
[[nodiscard]] Answer refuse(int status, const std::string& message);
/// The rules that hold for every document that has a version: the Metadata header is required,
/// X-Forwarded-For is refused, only GET is allowed, and api-version must be known. Returns nullopt
/// if the request keeps them.
[[nodiscard]] std::optional<Answer> refuse_request(const ImdsOptions& imds, const Request& request);

/// Answers one request by the rules of IMDS: the Metadata header is required, X-Forwarded-For is
/// refused, only GET is allowed, and api-version must be known.
[[nodiscard]] Answer answer_imds(const Scenario& scenario, const Request& request);

/// The metadata service of a VM that is in its pool at first (PpsOptions), and then has its user.
/// Without a section "pps" in the scenario it is answer_imds().
class PoolImds {
 public:
  explicit PoolImds(const Scenario& scenario);
  /// Answers one request. May be called by several threads at once.
  [[nodiscard]] Answer answer(const Request& request);

 private:
  [[nodiscard]] Answer answer_reprovision(const Request& request);
  /// Whether the instance document describes the pool's VM.
  [[nodiscard]] bool describes_pool();

  Scenario pool_;
  Scenario user_;
  std::mutex mutex_;  ///< guards the next three members
  unsigned asked_ = 0;
  bool given_ = false;
  unsigned stale_;
};

}  // namespace azl::platform
