// Tells systemd that a service of Type=notify is ready.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/clock.h"

namespace azl::provision {

/// Sends READY=1 when it is destroyed, or earlier when a time has passed, while the service goes
/// on. sd_notify(3). Does nothing if systemd does not listen.
class ReadyNotice {
 public:
  ReadyNotice() = default;
  ReadyNotice(const ReadyNotice&) = delete;
  ReadyNotice& operator=(const ReadyNotice&) = delete;
  ~ReadyNotice();

  /// Sends it `how_long` from now at the latest. Call it once at most.
  void send_within(Duration how_long);

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::jthread timer_;  ///< last: it uses the others until it has ended
};

}  // namespace azl::provision
