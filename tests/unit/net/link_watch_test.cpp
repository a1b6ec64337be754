// The kernel's own messages, in a network namespace of the test.
#include "net/link_watch.h"

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include <doctest/doctest.h>
#include <net/if.h>
#include <sched.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/temporary_tree.h"

namespace azl::net {
namespace {

bool can_make_networks() {
  if (geteuid() == 0 && system("command -v ip >/dev/null") == 0) return true;  // NOLINT
  MESSAGE("skipped: needs root and iproute2");
  return false;
}

void ip(const std::string& arguments) {
  INFO("ip " << arguments);
  REQUIRE(system(("ip " + arguments).c_str()) == 0);  // NOLINT: a test's own command
}

/// A namespace with eth0, up and with a carrier, and a fake /sys with the drivers.
class Network {
 public:
  void add(const std::string& name) {
    tree_.symlink("../../../../bus/drivers/hv_netvsc", "sys/class/net/" + name + "/device/driver");
    ip("link add " + name + " type veth peer name " + name + "p");
    ip("link set " + name + "p up");
    ip("link set " + name + " up");
  }
  [[nodiscard]] Root root() const { return std::move(Root::open(tree_.path()).value()); }

  static void run(const std::function<void(Network&)>& body) {
    std::thread([&] {
      REQUIRE(unshare(CLONE_NEWNET) == 0);
      Network network;
      network.add("eth0");
      body(network);
    }).join();
  }

 private:
  test::TemporaryTree tree_;
};

int index_of(const char* name) { return static_cast<int>(if_nametoindex(name)); }

TEST_CASE("the move is seen that happened before the wait, by the kernel's messages") {
  if (!can_make_networks()) return;
  Network::run([](Network& network) {
    const auto root = network.root();
    auto watch = LinkWatch::open(root, {}, index_of("eth0"));
    REQUIRE(watch);
    REQUIRE(watch->look());
    CHECK_FALSE(watch->lost());
    ip("link set eth0p down");
    REQUIRE(watch->look());
    CHECK(watch->lost());
    ip("link set eth0p up");
    CHECK(watch->wait().value() == "link eth0 went down and up");
  });
}

TEST_CASE("a NIC that is replaced ends the wait, and a bridge does not") {
  if (!can_make_networks()) return;
  Network::run([](Network& network) {
    const auto root = network.root();
    auto watch = LinkWatch::open(root, {}, index_of("eth0"));
    REQUIRE(watch);
    ip("link del eth0");
    ip("link add br0 type bridge");
    REQUIRE(watch->look());
    CHECK(watch->lost());
    network.add("eth1");
    CHECK(watch->wait().value() == "NIC eth1 came in place of the one that was removed");
  });
}

TEST_CASE("messages that the kernel had to drop cost no event") {
  if (!can_make_networks()) return;
  for (const bool replaced : {false, true}) {
    CAPTURE(replaced);
    Network::run([&](Network& network) {
      const auto root = network.root();
      auto watch = LinkWatch::open(root, {}, index_of("eth0"));
      REQUIRE(watch);
      // More than the socket's buffer holds, so that what follows is lost.
      ip("link add noise type veth peer name noisep");
      ip("link set noise up");  // the kernel tells of changes to links that are up
      REQUIRE(system("for i in $(seq 400); do echo link set noise alias n$i; done | ip -batch -") ==
              0);  // NOLINT: a test's own command
      ip(replaced ? "link del eth0" : "link set eth0p down");
      if (replaced) {
        network.add("eth1");
      } else {
        ip("link set eth0p up");
      }
      CHECK(watch->wait().value() == (replaced
                                          ? "NIC eth1 came in place of the one that was removed"
                                          : "link eth0 went down and up"));
    });
  }
}

/// How often a thread of this process has gone to sleep so far.
long switches_of(pid_t thread) {
  std::ifstream status("/proc/self/task/" + std::to_string(thread) + "/status");
  const std::string key = "voluntary_ctxt_switches:";
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(key)) return std::stol(line.substr(key.size()));
  }
  return -1;
}

TEST_CASE("the wait wakes up for events only") {
  if (!can_make_networks()) return;
  Network::run([](Network& network) {
    const auto root = network.root();
    auto watch = LinkWatch::open(root, {}, index_of("eth0"));
    REQUIRE(watch);
    std::atomic<pid_t> waiting = 0;
    std::string how;
    // It shares the namespace with this thread.
    std::thread waiter([&] {
      waiting = static_cast<pid_t>(syscall(SYS_gettid));
      how = watch->wait().value();
    });
    const auto pause = [](long seconds) {
      const timespec time{.tv_sec = seconds, .tv_nsec = 0};
      nanosleep(&time, nullptr);
    };
    pause(1);  // until it waits
    const auto before = switches_of(waiting);
    pause(3);
    CHECK(before > 0);
    CHECK(switches_of(waiting) == before);
    ip("link set eth0p down");
    ip("link set eth0p up");
    waiter.join();
    CHECK(how == "link eth0 went down and up");
  });
}

}  // namespace
}  // namespace azl::net
