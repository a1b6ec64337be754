#include "tests/platform/connection.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <optional>
#include <utility>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

namespace azl::platform {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kHeadLimit = std::size_t{64} * 1024;
constexpr std::size_t kReadSize = std::size_t{16} * 1024;
constexpr std::size_t kBodyLimit = std::size_t{1024} * 1024;
constexpr milliseconds kIdleLimit{120'000};
constexpr milliseconds kLinger{1'000};
constexpr milliseconds kForEver{-1};
constexpr std::string_view kHeadEnd = "\r\n\r\n";

NoRequest refuse(int status, const std::string& why, Request head = {}) {
  return {.gone = false,
          .answer = {.status = status, .content_type = "text/plain", .body = why + "\n"},
          .head = std::move(head)};
}

/// Returns nullopt if `text` is not a decimal number.
std::optional<std::size_t> parse_length(std::string_view text) {
  std::size_t length = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return length;
}

}  // namespace

Connection::Connection(UniqueFd socket, int stop_fd)
    : socket_(std::move(socket)), stop_fd_(stop_fd) {
  // Without TCP_NODELAY, the second segment of an answer waits 40 ms for the client's delayed ACK.
  const int on = 1;
  setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

std::expected<Request, NoRequest> Connection::read_request(WallTime& received) {
  if (buffer_.empty() && !receive()) return std::unexpected(NoRequest{});
  received = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  std::size_t end = 0;
  while ((end = buffer_.find(kHeadEnd)) == std::string::npos) {
    if (buffer_.size() > kHeadLimit) {
      return std::unexpected(refuse(431, "the request's head is larger than 64 KiB"));
    }
    if (!receive()) return std::unexpected(NoRequest{});
  }
  auto request = parse_request_head(std::string_view(buffer_).substr(0, end));
  buffer_.erase(0, end + kHeadEnd.size());
  if (!request)
    return std::unexpected(refuse(400, "this is not an HTTP/1.x request with an absolute path"));
  auto body = read_body(*request);
  if (!body) return std::unexpected(std::move(body.error()));
  request->body = std::move(*body);
  return std::move(*request);
}

std::expected<std::string, NoRequest> Connection::read_body(const Request& request) {
  if (request.headers.contains("transfer-encoding")) {
    return std::unexpected(refuse(411, "a body needs Content-Length", request));
  }
  if (!request.headers.contains("content-length")) return std::string{};
  const auto length = parse_length(request.header("content-length"));
  if (!length) return std::unexpected(refuse(400, "Content-Length is not a number", request));
  if (*length > kBodyLimit)
    return std::unexpected(refuse(413, "the body is larger than 1 MiB", request));
  if (request.header("expect") == "100-continue" && buffer_.size() < *length &&
      !send("HTTP/1.1 100 Continue\r\n\r\n")) {
    return std::unexpected(NoRequest{});
  }
  while (buffer_.size() < *length) {
    if (!receive()) return std::unexpected(NoRequest{});
  }
  std::string body = buffer_.substr(0, *length);
  buffer_.erase(0, *length);
  return body;
}

bool Connection::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent =
        ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      if (wait(POLLOUT, kForEver) != Wait::kReady) return false;
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

bool Connection::pause(milliseconds time) { return wait(POLLRDHUP, time) == Wait::kTimeout; }

void Connection::wait_for_hangup() { wait(POLLRDHUP, kForEver); }

void Connection::close_gracefully() {
  shutdown(socket_.get(), SHUT_WR);
  const auto deadline = std::chrono::steady_clock::now() + kLinger;
  while (std::chrono::steady_clock::now() < deadline && wait(POLLIN, kLinger) == Wait::kReady) {
    std::array<char, kReadSize> ignored;
    if (recv(socket_.get(), ignored.data(), ignored.size(), MSG_DONTWAIT) <= 0) break;
  }
  socket_.reset();
}

void Connection::reset() {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  socket_.reset();
}

Connection::Wait Connection::wait(short events, milliseconds time) {
  std::array<pollfd, 2> polled = {{{socket_.get(), events, 0}, {stop_fd_, POLLIN, 0}}};
  const auto deadline = std::chrono::steady_clock::now() + time;
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now());
    const int limit = time < milliseconds{0} ? -1 : static_cast<int>(std::max(left, {}).count());
    const int ready = poll(polled.data(), polled.size(), limit);
    if (ready < 0 && errno == EINTR) continue;
    if (ready < 0 || polled[1].revents != 0) return Wait::kStopped;
    return ready == 0 ? Wait::kTimeout : Wait::kReady;
  }
}

bool Connection::receive() {
  if (wait(POLLIN, kIdleLimit) != Wait::kReady) return false;
  std::array<char, kReadSize> bytes;
  const ssize_t count = recv(socket_.get(), bytes.data(), bytes.size(), 0);
  if (count <= 0) return false;
  buffer_.append(bytes.data(), static_cast<std::size_t>(count));
  return true;
}

}  // namespace azl::platform
