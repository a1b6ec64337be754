#include "tests/platform/fleet_report.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "tests/platform/object_reader.h"

namespace azl::platform {
namespace {

constexpr int kTooManyRequests = 429;

bool is_success(int status) { return status >= 200 && status <= 299; }

/// Both protocols of health reports: JSON and XML.
bool says_ready(const Request& request) {
  if (request.method != "POST") return false;
  const auto body = Json::parse(request.body, nullptr, false);
  if (body.is_object()) return body.value("state", "") == "Ready";
  return request.body.find("<State>Ready</State>") != std::string::npos;
}

/// Returns the first later request to the same server, or null.
const FleetRequest* find_next(const FleetVm& vm, const FleetRequest& request) {
  const FleetRequest* next = nullptr;
  for (const FleetRequest& other : vm.requests) {
    const bool later = other.server == request.server && other.received > request.received;
    if (later && (next == nullptr || other.received < next->received)) next = &other;
  }
  return next;
}

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

std::string format_seconds(Duration duration) {
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%.2f s", seconds(duration));
  return text.data();
}

std::string outcome_of(const FleetVm& vm, const FleetRow& row) {
  constexpr int kDegraded = 2;
  if (!row.ready) return "not ready";
  if (vm.exit_status == 0) return "ready";
  return vm.exit_status == kDegraded ? "ready, with warnings" : "ready, but failed later";
}

/// Pads all columns but the last one to the same width.
std::string format_table(const std::vector<std::vector<std::string>>& lines) {
  std::vector<std::size_t> widths(lines.front().size());
  for (const auto& line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], line[i].size());
  }
  std::string text;
  for (const auto& line : lines) {
    for (std::size_t i = 0; i + 1 < line.size(); ++i)
      text += line[i] + std::string(widths[i] - line[i].size() + 2, ' ');
    text += line.back() + "\n";
  }
  return text;
}

/// The most requests in any second. `times` are sorted.
std::size_t peak_of(const std::vector<WallTime>& times) {
  std::size_t peak = 0;
  for (std::size_t first = 0, last = 0; last < times.size(); ++last) {
    while (times[last] - times[first] >= std::chrono::seconds(1)) ++first;
    peak = std::max(peak, last - first + 1);
  }
  return peak;
}

/// From the first request of the first VM to the first request of the last one.
std::optional<Duration> spread_of_first(const std::vector<FleetVm>& vms) {
  std::vector<WallTime> first;
  for (const FleetVm& vm : vms) {
    if (vm.requests.empty()) continue;
    first.push_back(std::ranges::min(vm.requests, {}, &FleetRequest::received).received);
  }
  if (first.empty()) return std::nullopt;
  const auto [least, most] = std::ranges::minmax(first);
  return most - least;
}

std::string summary_text(const FleetSummary& all) {
  std::array<char, 40> rate{};
  std::snprintf(rate.data(), rate.size(), "%.1f", all.mean);
  std::string text = std::to_string(all.ready) + " of " + std::to_string(all.vms) +
                     " VMs are ready.\n" + std::to_string(all.requests) + " requests, " +
                     std::to_string(all.throttled) + " of them answered 429. At most " +
                     std::to_string(all.peak) + " in a second, " + rate.data() + " on average.\n";
  if (all.first)
    text += "The first requests of the VMs came within " + format_seconds(*all.first) + ".\n";
  if (all.retries.empty()) return text;
  text += std::to_string(all.retries.size()) + " retries after a Retry-After, " +
          std::to_string(all.early) + " of them too early; they came from " +
          format_seconds(all.retries.front()) + " to " + format_seconds(all.retries.back()) +
          " after it.\n";
  return text;
}

Json row_json(const FleetVm& vm) {
  const FleetRow row = summarize_vm(vm);
  Json after = Json::array();
  for (const Duration each : row.after_retry_after) after.push_back(seconds(each));
  return {{"name", vm.name},
          {"vm_id", vm.vm_id},
          {"outcome", outcome_of(vm, row)},
          {"exit_status", vm.exit_status ? Json(*vm.exit_status) : Json(nullptr)},
          {"error", vm.error},
          {"requests", row.requests},
          {"throttled", row.throttled},
          {"retries", row.retries},
          {"after_retry_after_s", after},
          {"ready_s", row.ready ? Json(seconds(*row.ready)) : Json(nullptr)},
          {"wall_s", seconds(vm.wall)}};
}

}  // namespace

FleetRequest to_fleet_request(const Exchange& exchange) {
  return {.server = std::string(exchange.server),
          .request = exchange.request.method + " " + exchange.request.target,
          .received = exchange.received,
          .answered = exchange.received + exchange.duration,
          .status = exchange.status,
          .retry_after = exchange.retry_after,
          .says_ready = says_ready(exchange.request)};
}

FleetRow summarize_vm(const FleetVm& vm) {
  FleetRow row{.requests = vm.requests.size()};
  std::vector<std::string> failed;
  for (const FleetRequest& request : vm.requests) {
    const std::string what = request.server + " " + request.request;
    if (std::ranges::find(failed, what) != failed.end()) ++row.retries;
    if (!is_success(request.status)) failed.push_back(what);
    if (request.status == kTooManyRequests) ++row.throttled;
    if (request.says_ready && is_success(request.status) && !row.ready)
      row.ready = request.answered - vm.start;
    if (!request.retry_after) continue;
    if (const FleetRequest* next = find_next(vm, request))
      row.after_retry_after.push_back(next->received - request.answered - *request.retry_after);
  }
  return row;
}

FleetSummary summarize_fleet(const std::vector<FleetVm>& vms) {
  FleetSummary all{.vms = vms.size()};
  std::vector<WallTime> times;
  for (const FleetVm& vm : vms) {
    const FleetRow row = summarize_vm(vm);
    if (row.ready) ++all.ready;
    all.requests += row.requests;
    all.throttled += row.throttled;
    all.retries.insert(all.retries.end(), row.after_retry_after.begin(),
                       row.after_retry_after.end());
    for (const FleetRequest& request : vm.requests) times.push_back(request.received);
  }
  std::ranges::sort(all.retries);
  std::ranges::sort(times);
  all.early = static_cast<std::size_t>(
      std::ranges::count_if(all.retries, [](Duration each) { return each < Duration::zero(); }));
  all.peak = peak_of(times);
  // A fleet that is done within a second has sent its requests in that second.
  if (!times.empty()) {
    all.mean =
        static_cast<double>(times.size()) / std::max(1.0, seconds(times.back() - times.front()));
  }
  all.first = spread_of_first(vms);
  return all;
}

std::string fleet_text(const std::vector<FleetVm>& vms) {
  std::vector<std::vector<std::string>> lines = {
      {"VM", "REQUESTS", "429", "RETRIES", "READY AFTER", "WALL", "OUTCOME"}};
  for (const FleetVm& vm : vms) {
    const FleetRow row = summarize_vm(vm);
    const std::string why = row.ready || vm.error.empty() ? "" : ": " + vm.error;
    lines.push_back({vm.name, std::to_string(row.requests), std::to_string(row.throttled),
                     std::to_string(row.retries), row.ready ? format_seconds(*row.ready) : "never",
                     format_seconds(vm.wall), outcome_of(vm, row) + why});
  }
  return format_table(lines) + "\n" + summary_text(summarize_fleet(vms));
}

std::string fleet_json(const std::vector<FleetVm>& vms) {
  const FleetSummary all = summarize_fleet(vms);
  Json list = Json::array();
  for (const FleetVm& vm : vms) list.push_back(row_json(vm));
  const Json document = {
      {"schema_version", 1},
      {"vms", list},
      {"summary",
       {{"vms", all.vms},
        {"ready", all.ready},
        {"requests", all.requests},
        {"throttled", all.throttled},
        {"early_retries", all.early},
        {"peak_per_second", all.peak},
        {"mean_per_second", all.mean},
        {"first_requests_within_s", all.first ? Json(seconds(*all.first)) : Json(nullptr)}}}};
  return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace azl::platform
