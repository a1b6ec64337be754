#include "provision/tell/ready_notice.h"

#include <cstdio>
#include <stop_token>

#include <pthread.h>
#include <signal.h>

#include "provision/tell/service_status.h"

namespace azl::provision {

ReadyNotice::~ReadyNotice() {
  timer_.request_stop();
  if (timer_.joinable()) timer_.join();
  notify_service_manager("READY=1");
}

void ReadyNotice::send_within(Duration how_long) {
  timer_ = std::jthread([this, how_long](const std::stop_token& stop) {
    // Signals are for the thread that waits for them.
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
    std::unique_lock lock(mutex_);
    // Returns early only if it is stopped: nobody changes what it waits for.
    changed_.wait_for(lock, stop, how_long, [] { return false; });
    if (stop.stop_requested()) return;
    std::fprintf(stderr, "azl-provision: logins no longer wait for the custom data\n");
    notify_service_manager("READY=1");
  });
}

}  // namespace azl::provision
