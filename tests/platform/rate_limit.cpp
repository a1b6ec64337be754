#include "tests/platform/rate_limit.h"

namespace azl::platform {
namespace {

constexpr std::chrono::seconds kWindow{1};

}  // namespace

std::optional<std::chrono::seconds> RateLimit::refuse(SteadyTime now) {
  if (options_.per_second == 0) return std::nullopt;
  const std::lock_guard lock(mutex_);
  if (!asked_) accepted_.assign(options_.spent, now);
  asked_ = true;
  while (!accepted_.empty() && now - accepted_.front() >= kWindow) accepted_.pop_front();
  if (accepted_.size() >= options_.per_second)
    return std::chrono::ceil<std::chrono::seconds>(accepted_.front() + kWindow - now);
  accepted_.push_back(now);
  return std::nullopt;
}

}  // namespace azl::platform
