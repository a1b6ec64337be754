#include "provision/custom_data/run/stop_signal.h"

#include <pthread.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace azl::provision::custom_data {

StopSignal::StopSignal() {
  sigset_t term;
  ::sigemptyset(&term);
  ::sigaddset(&term, SIGTERM);
  signals_.reset(::signalfd(-1, &term, SFD_CLOEXEC | SFD_NONBLOCK));
  if (signals_) ::pthread_sigmask(SIG_BLOCK, &term, &before_);
}

StopSignal::~StopSignal() {
  if (signals_) ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

bool StopSignal::came() {
  signalfd_siginfo info{};
  if (signals_ && ::read(signals_.get(), &info, sizeof info) > 0) came_ = true;
  return came_;
}

}  // namespace azl::provision::custom_data
