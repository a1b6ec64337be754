#include "provision/tell/service_status.h"

#include <chrono>

#include <systemd/sd-daemon.h>

#include "base/text.h"

namespace azl::provision {

std::string describe_service_status(const StageRecord& record, std::int64_t now_us) {
  const std::string stage(to_string(record.stage));
  if (record.steps.empty()) return "STATUS=" + stage + " begins";
  const auto& step = record.steps.back();
  std::string text = "STATUS=" + stage + ": " + step.name + ": " + step.what;
  if (!step.waits_for.empty()) text += "; waits for " + step.waits_for;
  if (!step.last_error.empty()) text += "; last error: " + step.last_error;
  text = printable_line(text);  // one line: a line break would begin another assignment
  if (!step.waits_for.empty() && step.waits_until_us > now_us) {
    constexpr std::chrono::microseconds kRest = std::chrono::minutes(1);
    text += "\nEXTEND_TIMEOUT_USEC=" + std::to_string(step.waits_until_us - now_us + kRest.count());
  }
  return text;
}

void notify_service_manager(const std::string& notification) {
  constexpr int kKeepSocket = 0;  // later steps notify too
  (void)::sd_notify(kKeepSocket, notification.c_str());
}

}  // namespace azl::provision
