#include "provision/tell/console.h"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "base/count.h"
#include "base/fd.h"
#include "base/text.h"

namespace azl::provision {
namespace {

constexpr std::size_t kLineLimit = 1024;

std::string describe_seconds(std::int64_t micros) {
  const auto ms = micros / 1000;
  auto hundredths = std::to_string(ms % 1000 / 10);
  if (hundredths.size() == 1) hundredths.insert(0, "0");
  return std::to_string(ms / 1000) + "." + hundredths + " s";
}

std::string describe_failed(const StageRecord& record) {
  std::string line = "azl-provision: FAILED";
  const auto fatal = std::ranges::find(record.findings, Severity::kFatal, &FindingRecord::severity);
  if (fatal != record.findings.end())
    line += " at step " + fatal->step + ": " + join(fatal->chain, ": ");
  return line;
}

std::string describe_ready(const StageRecord& record) {
  std::string line = "azl-provision: ready";
  if (record.outcome == StageOutcome::kDegraded) {
    const auto warnings =
        std::ranges::count(record.findings, Severity::kDegraded, &FindingRecord::severity);
    line += " with " + describe_count(warnings, "warning");
  }
  line += " in " + describe_seconds(record.took_us);
  if (!record.hostname.empty()) line += ", host " + record.hostname;
  if (!record.user.name.empty()) {
    line += ", user " + record.user.name + " with " + std::to_string(record.user.keys.size()) +
            " SSH key(s)";
  }
  return line;
}

}  // namespace

std::string describe_outcome(const StageRecord& record) {
  const bool failed = record.outcome == StageOutcome::kFailed;
  auto line = printable(failed ? describe_failed(record) : describe_ready(record), kLineLimit,
                        Quotes::kKept);
  if (failed || record.outcome == StageOutcome::kDegraded)
    line += " -- see 'azl-provision --report'";
  return line;
}

Result<void> write_patiently(int fd, std::string_view text, Duration patience) {
  const SystemClock clock;
  const Deadline deadline(clock, patience);
  while (!text.empty()) {
    const auto written = ::write(fd, text.data(), text.size());
    if (written > 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
      continue;
    }
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && errno != EAGAIN) return fail_errno(errno, "writing a line");
    if (deadline.passed()) return fail(Reason::kIo, "the line was not taken in time");
    pollfd ready{.fd = fd, .events = POLLOUT, .revents = 0};
    if (::poll(&ready, 1, deadline.poll_timeout()) < 0 && errno != EINTR)
      return fail_errno(errno, "waiting to write a line");
  }
  return {};
}

Result<void> write_to_console(const std::string& line, Duration patience) {
  const UniqueFd console(::open("/dev/console", O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
  if (!console) return fail_errno(errno, "opening /dev/console");
  OR_RETURN(write_patiently(console.get(), line + "\r\n", patience), "writing to /dev/console");
  return {};
}

}  // namespace azl::provision
