#include "tests/platform/raw_client.h"

#include <array>
#include <cerrno>
#include <system_error>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "tests/platform/http_server.h"

namespace azl::platform::test {
namespace {

void check(bool good, const char* what) {
  if (!good) throw std::system_error(errno, std::generic_category(), what);
}

UniqueFd connect_to(const std::string& url) {
  const auto endpoint = parse_endpoint(url.substr(std::string_view("http://").size()));
  if (!endpoint) throw std::runtime_error(endpoint.error());
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(endpoint->port);
  inet_pton(AF_INET, endpoint->address.c_str(), &address.sin_addr);
  UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  check(static_cast<bool>(socket), "socket");
  check(connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0,
        "connect");
  return socket;
}

}  // namespace

RawAnswer ask(const std::string& url, std::string_view sent, ReadLimit limit) {
  const UniqueFd socket = connect_to(url);
  while (!sent.empty()) {
    const ssize_t count = send(socket.get(), sent.data(), sent.size(), MSG_NOSIGNAL);
    check(count > 0, "send");
    sent.remove_prefix(static_cast<std::size_t>(count));
  }
  RawAnswer answer;
  while (answer.bytes.size() < limit.bytes) {
    pollfd polled{socket.get(), POLLIN, 0};
    if (poll(&polled, 1, static_cast<int>(limit.time.count())) == 0) return answer;
    std::array<char, 16'384> bytes;
    const ssize_t count = recv(socket.get(), bytes.data(), bytes.size(), 0);
    if (count <= 0) {
      answer.end = count == 0 ? End::kFin : End::kReset;
      check(count == 0 || errno == ECONNRESET, "recv");
      return answer;
    }
    answer.bytes.append(bytes.data(), static_cast<std::size_t>(count));
  }
  return answer;
}

}  // namespace azl::platform::test
