// Measures how long after the lease the agent asks IMDS: from the moment when the kernel gets the
// route that systemd-networkd would add, to the moment when the service reads the request. Runs in
// its own network namespace.
//
//   azl-bench-lease     as root; prints a line
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/netlink.h>
#include <netlink/route/link.h>
#include <netlink/route/route.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/process.h"
#include "base/root.h"
#include "base/text.h"
#include "imds/http.h"
#include "net/rtnetlink.h"

namespace {

using namespace std::chrono_literals;
using Time = std::chrono::steady_clock::time_point;

constexpr int kRounds = 51;
constexpr const char* kImds = "169.254.169.254";

[[noreturn]] void give_up(const char* what) {
  std::perror(what);
  std::exit(EXIT_FAILURE);
}

/// Adds or removes the route to IMDS that a lease brings (option 121).
class LeaseRoute {
 public:
  explicit LeaseRoute(int link) : socket_(nl_socket_alloc()), route_(rtnl_route_alloc()) {
    if (nl_connect(socket_, NETLINK_ROUTE) < 0) give_up("netlink");
    nl_addr* to = nullptr;
    if (nl_addr_parse(kImds, AF_INET, &to) < 0) give_up("address");
    rtnl_route_set_dst(route_, to);
    nl_addr_put(to);
    rtnl_route_set_protocol(route_, RTPROT_DHCP);
    rtnl_route_set_scope(route_, RT_SCOPE_LINK);
    auto* hop = rtnl_route_nh_alloc();
    rtnl_route_nh_set_ifindex(hop, link);
    rtnl_route_add_nexthop(route_, hop);
  }
  ~LeaseRoute() {
    rtnl_route_put(route_);
    nl_socket_free(socket_);
  }
  LeaseRoute(const LeaseRoute&) = delete;
  LeaseRoute& operator=(const LeaseRoute&) = delete;
  void add() {
    if (rtnl_route_add(socket_, route_, NLM_F_CREATE) < 0) give_up("adding the route");
  }
  void remove() {
    if (rtnl_route_delete(socket_, route_, 0) < 0) give_up("removing the route");
  }

 private:
  nl_sock* socket_;
  rtnl_route* route_;
};

/// Answers one request with an empty document. Returns when the request came.
Time serve_one(int listener) {
  const azl::UniqueFd client(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
  std::array<char, 4096> request{};
  if (!client || ::read(client.get(), request.data(), request.size()) <= 0) give_up("request");
  const auto came = std::chrono::steady_clock::now();
  const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
  if (::write(client.get(), answer.data(), answer.size()) < 0) give_up("answer");
  return came;
}

int make_listener() {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(80);
  ::inet_pton(AF_INET, kImds, &address.sin_addr);
  if (::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener, 8) != 0)
    give_up("listening");
  return listener;
}

/// Does what the agent does, from before the lease to the request.
void wait_and_ask(const azl::Root& root, azl::Clock& clock) {
  const auto http = azl::imds::make_curl_client();
  http->prepare();
  if (!azl::net::wait_for_primary(root, 5s, azl::Deadline(clock, 10s), {})) give_up("no primary");
  if (!azl::net::read_network_state(root, {})) give_up("no state");
  const auto answer = http->send(
      {.url = std::string("http://") + kImds + "/metadata/instance", .headers = {}, .body = {}},
      azl::Deadline(clock, 5s));
  if (!answer || answer->status != 200) give_up("no answer");
}

}  // namespace

int main() {
  if (::unshare(CLONE_NEWNET) != 0) give_up("unshare: a network namespace needs root");
  azl::SystemClock clock;
  azl::SystemProcesses processes;
  for (const std::string words : {"link set lo up", "address add 169.254.169.254/32 dev lo",
                                  "link add nic type veth peer name cable", "link set cable up",
                                  "address add 10.0.0.4/24 dev nic", "link set nic up"}) {
    azl::Command ip{.argv = {"ip"}};
    for (const auto word : azl::split(words, ' ')) ip.argv.emplace_back(word);
    if (!processes.run(ip, azl::Deadline(clock, 10s))) give_up("ip");
  }
  auto root = azl::Root::open("/");
  if (!root) give_up("root");
  LeaseRoute lease(static_cast<int>(::if_nametoindex("nic")));
  const int listener = make_listener();
  std::vector<double> times;
  for (int round = 0; round < kRounds; ++round) {
    std::thread agent([&] { wait_and_ask(*root, clock); });
    std::this_thread::sleep_for(100ms);  // until the agent waits for the lease
    const auto leased = std::chrono::steady_clock::now();
    lease.add();
    const auto asked = serve_one(listener);
    agent.join();
    lease.remove();
    times.push_back(std::chrono::duration<double, std::milli>(asked - leased).count());
  }
  std::ranges::sort(times);
  std::printf(
      "from the lease's route to the request, ms: median %.2f, best %.2f, worst %.2f of %d\n",
      times[times.size() / 2], times.front(), times.back(), kRounds);
  return 0;
}
