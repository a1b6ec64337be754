// A small HTTP/1.1 server that can misbehave on purpose.
//
// No HTTP library, because they all hide what a fault needs: the socket (for RST), the raw bytes
// (for half a body), and a connection that stays silent.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "base/fd.h"
#include "tests/platform/connection.h"
#include "tests/platform/fault.h"
#include "tests/platform/http_message.h"
#include "tests/platform/request_log.h"
#include "tests/platform/result.h"

namespace azl::platform {

/// Where to listen.
struct Endpoint {
  std::string address = "127.0.0.1";  ///< IPv4
  std::uint16_t port = 0;             ///< 0: the kernel chooses
};

/// "169.254.169.254:80"
[[nodiscard]] Result<Endpoint> parse_endpoint(std::string_view text);

/// What a service says to a request; `number` counts the server's requests from 1. Called from many
/// threads at once.
using Service = std::function<Answer(const Request& request, unsigned number)>;

struct ServerOptions {
  std::string name = {};  ///< for the log
  Endpoint endpoint = {};
  bool enabled = true;  ///< false: the port is taken, connections to it are refused
  std::vector<Fault> faults = {};
  std::string release_file = {};  ///< ends every "hold" once it exists; empty: nothing does
  Service service = {};
};

/// Listens from start() until it is destroyed; one thread a connection.
class HttpServer {
 public:
  /// `log` must outlive the server.
  [[nodiscard]] static Result<std::unique_ptr<HttpServer>> start(ServerOptions options,
                                                                 RequestLog& log);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// "http://127.0.0.1:41234"
  [[nodiscard]] const std::string& url() const { return url_; }

 private:
  /// A connection's thread; `done` is its last word.
  struct Worker {
    std::atomic<bool> done = false;
    std::jthread thread;
  };

  HttpServer(ServerOptions options, RequestLog& log, UniqueFd socket, UniqueFd stop,
             std::string url);
  void accept_connections();
  void serve(Connection connection);
  /// Answers one request; false when the connection is over.
  bool answer(Connection& connection, Exchange& exchange);
  bool play_fault(Connection& connection, Exchange& exchange, const Fault& fault);
  /// Waits for the release file; false when the client hung up meanwhile.
  bool wait_for_release(Connection& connection) const;
  bool finish(Connection& connection, Exchange& exchange, const Answer& answer);
  /// Notes how the exchange ends; called before the client can see it.
  void record(Exchange& exchange, int status);

  ServerOptions options_;
  RequestLog& log_;
  UniqueFd socket_;
  UniqueFd stop_;  ///< an eventfd, readable for ever once the server is to stop
  std::string url_;
  std::mutex mutex_;  ///< of the two below
  unsigned requests_ = 0;
  FaultPlan faults_;
  std::list<Worker> workers_;  ///< touched by the accepting thread alone, while it runs
  std::jthread acceptor_;
};

}  // namespace azl::platform
