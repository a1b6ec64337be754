#include "tests/platform/http_server.h"

#include <array>
#include <charconv>
#include <chrono>
#include <cstring>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace azl::platform {
namespace {

constexpr std::uint64_t kHugeBody = std::uint64_t{1} << 32;
constexpr std::chrono::milliseconds kLookForRelease{10};
constexpr std::size_t kHugeChunk = std::size_t{64} * 1024;

// Neither JSON nor XML nor UTF-8.
constexpr std::string_view kGarbage = "\x01\x02<<<\xff\xfe{\"not what you asked for\xc3";

std::unexpected<std::string> system_error(const std::string& what) {
  return std::unexpected(what + ": " + strerror(errno));
}

std::string describe_bind_failure(const Endpoint& endpoint, int error) {
  std::string text = "could not listen on " + endpoint.address + ":" +
                     std::to_string(endpoint.port) + ": " + strerror(error);
  if (error == EADDRNOTAVAIL) {
    text += "; add the address to a link first: ip address add " + endpoint.address + "/32 dev lo";
  } else if (error == EACCES) {
    text += "; a port below 1024 needs root";
  }
  return text;
}

Result<sockaddr_in> socket_address(const Endpoint& endpoint) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(endpoint.port);
  if (inet_pton(AF_INET, endpoint.address.c_str(), &address.sin_addr) != 1) {
    return std::unexpected("'" + endpoint.address + "' is not an IPv4 address");
  }
  return address;
}

/// Returns a socket that is bound to the endpoint, and that listens if `enabled` is set. Sets the
/// endpoint's port to the one that the kernel chose.
Result<UniqueFd> open_socket(Endpoint& endpoint, bool enabled) {
  auto address = socket_address(endpoint);
  if (!address) return std::unexpected(address.error());
  auto* const generic = reinterpret_cast<sockaddr*>(&*address);
  UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) return system_error("could not make a socket");
  const int on = 1;
  setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(socket.get(), generic, sizeof *address) != 0 ||
      (enabled && listen(socket.get(), SOMAXCONN) != 0)) {
    return std::unexpected(describe_bind_failure(endpoint, errno));
  }
  socklen_t length = sizeof *address;
  if (getsockname(socket.get(), generic, &length) != 0) return system_error("getsockname");
  endpoint.port = ntohs(address->sin_port);
  return socket;
}

/// Formats the whole answer. The answer to HEAD has no body.
std::string to_bytes(const Request& request, const Answer& answer, bool keep_alive) {
  std::string bytes = answer_head(answer, answer.body.size(), keep_alive);
  if (request.method != "HEAD") bytes += answer.body;
  return bytes;
}

void send_huge(Connection& connection, const Fault& fault) {
  std::string head = answer_head({.content_type = "application/json"}, kHugeBody, false);
  std::string chunk(kHugeChunk, 'a');
  if (fault.chunked) {
    const std::string length = "Content-Length: " + std::to_string(kHugeBody);
    head.replace(head.find(length), length.size(), "Transfer-Encoding: chunked");
    chunk = "10000\r\n" + chunk + "\r\n";
  }
  if (!connection.send(head)) return;
  for (std::uint64_t sent = 0; sent < kHugeBody; sent += kHugeChunk) {
    if (!connection.send(chunk)) return;
  }
  if (fault.chunked) connection.send("0\r\n\r\n");
  connection.close_gracefully();
}

}  // namespace

Result<Endpoint> parse_endpoint(std::string_view text) {
  const auto colon = text.rfind(':');
  Endpoint endpoint;
  endpoint.address = text.substr(0, colon);
  const std::string_view port =
      text.substr(colon == std::string_view::npos ? text.size() : colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), endpoint.port);
  if (error != std::errc{} || end != port.data() + port.size() || !socket_address(endpoint)) {
    return std::unexpected("'" + std::string(text) +
                           "' must be an IPv4 address and a port, like 127.0.0.1:8080");
  }
  return endpoint;
}

Result<std::unique_ptr<HttpServer>> HttpServer::start(ServerOptions options, RequestLog& log) {
  auto socket = open_socket(options.endpoint, options.enabled);
  if (!socket) return std::unexpected(options.name + ": " + socket.error());
  UniqueFd stop(eventfd(0, EFD_CLOEXEC));
  if (!stop) return system_error("eventfd");
  std::string url =
      "http://" + options.endpoint.address + ":" + std::to_string(options.endpoint.port);
  return std::unique_ptr<HttpServer>(
      new HttpServer(std::move(options), log, std::move(*socket), std::move(stop), std::move(url)));
}

HttpServer::HttpServer(ServerOptions options, RequestLog& log, UniqueFd socket, UniqueFd stop,
                       std::string url)
    : options_(std::move(options)),
      log_(log),
      socket_(std::move(socket)),
      stop_(std::move(stop)),
      url_(std::move(url)),
      faults_(options_.faults) {
  if (options_.enabled) acceptor_ = std::jthread([this] { accept_connections(); });
}

HttpServer::~HttpServer() {
  eventfd_write(stop_.get(), 1);
  if (acceptor_.joinable()) acceptor_.join();
  workers_.clear();  // joins the threads, which all watch the eventfd
}

void HttpServer::accept_connections() {
  for (;;) {
    std::array<pollfd, 2> polled = {{{socket_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}}};
    if (poll(polled.data(), polled.size(), -1) < 0 && errno != EINTR) return;
    if (polled[1].revents != 0) return;
    UniqueFd accepted(accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!accepted) continue;
    workers_.remove_if([](const Worker& worker) { return worker.done.load(); });
    Worker& worker = workers_.emplace_back();
    worker.thread = std::jthread([this, &worker, socket = accepted.release()] {
      serve(Connection(UniqueFd(socket), stop_.get()));
      worker.done = true;
    });
  }
}

void HttpServer::serve(Connection connection) {
  for (;;) {
    Exchange exchange;
    exchange.server = options_.name;
    auto request = connection.read_request(exchange.received);
    if (!request && request.error().gone) return;
    {
      const std::lock_guard lock(mutex_);
      exchange.number = ++requests_;
    }
    if (!request) {
      // The body of the refused request was not read. What follows may be that body or another
      // request, so the connection ends.
      exchange.request = std::move(request.error().head);
      const Answer& answer = request.error().answer;
      record(exchange, answer.status);
      if (connection.send(to_bytes(exchange.request, answer, false))) connection.close_gracefully();
      return;
    }
    exchange.request = std::move(*request);
    if (!answer(connection, exchange)) return;
  }
}

bool HttpServer::answer(Connection& connection, Exchange& exchange) {
  const Fault* fault = nullptr;
  {
    const std::lock_guard lock(mutex_);
    fault = faults_.next(exchange.number, exchange.request.target);
  }
  if (fault != nullptr) return play_fault(connection, exchange, *fault);
  return finish(connection, exchange, options_.service(exchange.request, exchange.number));
}

bool HttpServer::play_fault(Connection& connection, Exchange& exchange, const Fault& fault) {
  exchange.fault = fault.action;
  if (fault.delay.count() > 0 && !connection.pause(fault.delay)) {
    record(exchange, 0);
    return false;
  }
  switch (fault.action) {
    case FaultAction::kDelay:
      return finish(connection, exchange, options_.service(exchange.request, exchange.number));
    case FaultAction::kHold:
      if (wait_for_release(connection))
        return finish(connection, exchange, options_.service(exchange.request, exchange.number));
      record(exchange, 0);
      return false;
    case FaultAction::kStatus: {
      Answer answer{.status = fault.status, .content_type = "text/plain"};
      answer.body = fault.body.value_or("a fault from the scenario\n");
      if (fault.retry_after) answer.retry_after = std::chrono::seconds(*fault.retry_after);
      return finish(connection, exchange, answer);
    }
    case FaultAction::kGarbage: {
      Answer answer = options_.service(exchange.request, exchange.number);
      answer.body = fault.body.value_or(std::string(kGarbage));
      return finish(connection, exchange, answer);
    }
    case FaultAction::kTruncate: {
      Answer answer = options_.service(exchange.request, exchange.number);
      if (fault.body) answer.body = *fault.body;
      record(exchange, answer.status);
      const std::string half = answer.body.substr(0, answer.body.size() / 2);
      connection.send(answer_head(answer, answer.body.size(), true) + half);
      connection.close_gracefully();
      return false;
    }
    case FaultAction::kHuge:
      record(exchange, 200);
      send_huge(connection, fault);
      return false;
    case FaultAction::kHang:
      record(exchange, 0);
      connection.wait_for_hangup();
      return false;
    case FaultAction::kClose:
      record(exchange, 0);
      connection.close_gracefully();
      return false;
    case FaultAction::kReset:
      record(exchange, 0);
      connection.reset();
      return false;
  }
  return false;
}

bool HttpServer::wait_for_release(Connection& connection) const {
  while (options_.release_file.empty() || access(options_.release_file.c_str(), F_OK) != 0) {
    if (!connection.pause(kLookForRelease)) return false;
  }
  return true;
}

bool HttpServer::finish(Connection& connection, Exchange& exchange, const Answer& answer) {
  const bool keep_alive = exchange.request.keeps_alive();
  exchange.retry_after = answer.retry_after;
  record(exchange, answer.status);
  if (!connection.send(to_bytes(exchange.request, answer, keep_alive))) return false;
  if (!keep_alive) connection.close_gracefully();
  return keep_alive;
}

void HttpServer::record(Exchange& exchange, int status) {
  exchange.status = status;
  exchange.duration =
      std::chrono::duration_cast<Duration>(std::chrono::system_clock::now() - exchange.received);
  log_.write(exchange);
}

}  // namespace azl::platform
