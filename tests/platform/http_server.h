// A small HTTP/1.1 server that can misbehave on purpose.
//
// It uses no HTTP library, because libraries hide what faults need: the socket (for RST), the raw
// bytes (for half a body), and a connection that stays silent.
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
  std::uint16_t port = 0;             ///< 0: the kernel chooses a free port
};

/// Parses "169.254.169.254:80".
[[nodiscard]] Result<Endpoint> parse_endpoint(std::string_view text);

/// Returns a service's answer to a request. `number` counts the server's requests from 1. It is
/// called from several threads at once.
using Service = std::function<Answer(const Request& request, unsigned number)>;

struct ServerOptions {
  std::string name = {};  ///< for the log
  Endpoint endpoint = {};
  bool enabled = true;  ///< false: the port is reserved, but connections to it are refused
  std::vector<Fault> faults = {};
  std::string release_file = {};  ///< ends every "hold" once it exists; empty: nothing does
  Service service = {};
};

/// Listens from start() until it is destroyed, with one thread for each connection.
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
  /// A connection's thread. It sets `done` as its last action.
  struct Worker {
    std::atomic<bool> done = false;
    std::jthread thread;
  };

  HttpServer(ServerOptions options, RequestLog& log, UniqueFd socket, UniqueFd stop,
             std::string url);
  void accept_connections();
  void serve(Connection connection);
  /// Answers one request. Returns false if the connection is finished.
  bool answer(Connection& connection, Exchange& exchange);
  bool play_fault(Connection& connection, Exchange& exchange, const Fault& fault);
  /// Waits for the release file; false when the client hung up meanwhile.
  bool wait_for_release(Connection& connection) const;
  bool finish(Connection& connection, Exchange& exchange, const Answer& answer);
  /// Logs the result of the exchange, before the client can see it.
  void record(Exchange& exchange, int status);

  ServerOptions options_;
  RequestLog& log_;
  UniqueFd socket_;
  UniqueFd stop_;  ///< an eventfd that becomes and stays readable when the server must stop
  std::string url_;
  std::mutex mutex_;  ///< guards the next two members
  unsigned requests_ = 0;
  FaultPlan faults_;
  std::list<Worker> workers_;  ///< used by the accepting thread only, while it runs
  std::jthread acceptor_;
};

}  // namespace azl::platform
