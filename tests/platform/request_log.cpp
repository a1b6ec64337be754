#include "tests/platform/request_log.h"

#include <cerrno>
#include <cstring>
#include <string>

#include <fcntl.h>
#include <unistd.h>

#include "tests/platform/object_reader.h"

namespace azl::platform {
namespace {

constexpr std::size_t kLoggedBody = std::size_t{64} * 1024;

}  // namespace

std::string log_line(const Exchange& exchange) {
  Json headers = Json::object();
  for (const auto& [name, value] : exchange.request.headers) headers[name] = value;
  const Json fault = exchange.fault ? Json(std::string(name_of(*exchange.fault))) : Json(nullptr);
  const Json retry_after =
      exchange.retry_after ? Json(exchange.retry_after->count()) : Json(nullptr);
  const Json line = {{"time", iso8601(exchange.received, true)},
                     {"server", std::string(exchange.server)},
                     {"number", exchange.number},
                     {"method", exchange.request.method},
                     {"target", exchange.request.target},
                     {"headers", std::move(headers)},
                     {"body", exchange.request.body.substr(0, kLoggedBody)},
                     {"status", exchange.status},
                     {"retry_after", retry_after},
                     {"fault", fault},
                     {"duration_us", exchange.duration.count()}};
  return line.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<RequestLog> RequestLog::open(const std::string& path) {
  UniqueFd file(path.empty()
                    ? fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0)
                    : ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!file) return std::unexpected("could not open the log " + path + ": " + strerror(errno));
  return RequestLog(std::move(file));
}

void RequestLog::write(const Exchange& exchange) {
  const std::string line = log_line(exchange);
  const std::lock_guard lock(mutex_);
  if (observer_) observer_(exchange);
  std::string_view rest = line;
  while (!rest.empty()) {
    const ssize_t written = ::write(file_.get(), rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    // A full disk must not change the simulator's answers. The log then lacks the line.
    if (written <= 0) return;
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace azl::platform
