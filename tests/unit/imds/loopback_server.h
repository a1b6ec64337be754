// A raw server on 127.0.0.1 whose answers each test gives byte by byte.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"

namespace azl::test {

/// Sends all bytes. Returns false if the peer has closed.
inline bool send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

/// Returns the next request with its body; empty if the peer has closed.
inline std::string read_request(int socket) {
  constexpr std::string_view kLength = "Content-Length: ";
  std::string request;
  while (!request.ends_with("\r\n\r\n")) {
    char byte = 0;
    if (recv(socket, &byte, 1, 0) != 1) return {};
    request += byte;
  }
  const std::size_t length = request.find(kLength);
  if (length == std::string::npos) return request;
  std::string body(std::stoul(request.substr(length + kLength.size())), '\0');
  const ssize_t got = recv(socket, body.data(), body.size(), MSG_WAITALL);
  if (got != static_cast<ssize_t>(body.size())) return {};
  return request + body;
}

/// Blocks until the peer closes.
inline void wait_for_close(int socket) {
  char buffer[4096];
  while (recv(socket, buffer, sizeof buffer, 0) > 0) {
  }
}

/// Makes the next close() reset the connection.
inline void reset_on_close(int socket) {
  const linger hard{.l_onoff = 1, .l_linger = 0};
  setsockopt(socket, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
}

/// Accepts connections one after another in its own thread, and calls a function for each.
class LoopbackServer {
 public:
  using Behaviour = std::function<void(int socket)>;

  explicit LoopbackServer(Behaviour behaviour) : behaviour_(std::move(behaviour)) {
    listener_ = UniqueFd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    if (bind(listener_.get(), generic, size) != 0 || listen(listener_.get(), 8) != 0 ||
        getsockname(listener_.get(), generic, &size) != 0) {
      throw std::runtime_error("no loopback server");
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~LoopbackServer() {
    shutdown(listener_.get(), SHUT_RDWR);
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
      if (connection_ >= 0) shutdown(connection_, SHUT_RDWR);
    }
    thread_.join();
  }
  LoopbackServer(const LoopbackServer&) = delete;
  LoopbackServer& operator=(const LoopbackServer&) = delete;

  /// Answers every request on a connection with the same bytes.
  static Behaviour answering(std::string bytes) {
    return [bytes = std::move(bytes)](int socket) {
      while (!read_request(socket).empty() && send_all(socket, bytes)) {
      }
    };
  }
  /// Answers one request with these bytes and closes.
  static Behaviour answering_once(std::string bytes) {
    return [bytes = std::move(bytes)](int socket) {
      if (!read_request(socket).empty()) send_all(socket, bytes);
    };
  }

  [[nodiscard]] std::string peer() const { return "127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] std::string url(std::string_view target = "/") const {
    return "http://" + peer() + std::string(target);
  }
  [[nodiscard]] int connections() const { return connections_; }

 private:
  void serve() {
    while (true) {
      UniqueFd connection(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!connection) return;
      ++connections_;
      if (!occupy(connection.get())) return;
      behaviour_(connection.get());
      occupy(-1);
    }
  }
  /// Sets the connection that the destructor has to interrupt. Returns false if the destructor
  /// runs.
  bool occupy(int connection) {
    const std::lock_guard lock(mutex_);
    connection_ = connection;
    return !stopping_;
  }

  Behaviour behaviour_;
  UniqueFd listener_;
  int port_ = 0;
  std::atomic<int> connections_ = 0;
  std::mutex mutex_;
  int connection_ = -1;
  bool stopping_ = false;
  std::thread thread_;
};

/// Returns a port of 127.0.0.1 on which nobody listens.
inline int closed_port() {
  const UniqueFd socket_fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (bind(socket_fd.get(), generic, size) != 0 ||
      getsockname(socket_fd.get(), generic, &size) != 0) {
    throw std::runtime_error("no port");
  }
  return ntohs(address.sin_port);
}

}  // namespace azl::test
