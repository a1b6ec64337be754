// Notices that systemd stops the service, as at a shutdown.
#pragma once

#include <csignal>

#include "base/fd.h"

namespace azl::provision::custom_data {

/// While it exists, SIGTERM does not end the agent, so that what was carried out can be recorded.
/// Make it before other threads, or block the signal in them. A signal that was not asked for ends
/// the agent when this is destroyed.
class StopSignal {
 public:
  StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;
  ~StopSignal();

  /// Becomes readable when the signal comes; -1 if it cannot be waited for, and ends the agent.
  [[nodiscard]] int fd() const { return signals_.get(); }
  /// Whether the signal has come.
  [[nodiscard]] bool came();

 private:
  sigset_t before_{};
  UniqueFd signals_;
  bool came_ = false;
};

}  // namespace azl::provision::custom_data
