#include "net/networkd.h"

#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <utility>

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-bus.h>

#include "base/fd.h"
#include "tests/unit/fake_service.h"
#include "tests/unit/temporary_tree.h"

namespace azl::net {
namespace {

using namespace std::chrono_literals;
/// A fake networkd, the only service of a bus.
class FakeNetworkd {
 public:
  /// Answers a call of ReconfigureLink, or of Reload (then `link` is 0). sd-bus turns a negative
  /// result into an error reply.
  using Answer = std::function<int(sd_bus_message* call, int link)>;

  explicit FakeNetworkd(Answer answer) : answer_(std::move(answer)) {}

  [[nodiscard]] std::string address() const { return service_.address(); }
  /// The link of the last ReconfigureLink call. 0 if there was no call.
  [[nodiscard]] int reconfigured() const { return reconfigured_; }
  /// The number of Reload calls with the flag that they must not start networkd.
  [[nodiscard]] int reloads() const { return reloads_; }

 private:
  int handle(sd_bus_message* message) {
    if (sd_bus_message_is_method_call(message, "org.freedesktop.network1.Manager", "Reload") > 0) {
      // Without this flag, a bus starts networkd if it is not running.
      if (sd_bus_message_get_auto_start(message) == 0) ++reloads_;
      return answer_(message, 0);
    }
    if (sd_bus_message_is_method_call(message, "org.freedesktop.network1.Manager",
                                      "ReconfigureLink") <= 0) {
      return 0;
    }
    int link = 0;
    sd_bus_message_read(message, "i", &link);
    reconfigured_ = link;
    return answer_(message, link);
  }

  Answer answer_;
  std::atomic<int> reconfigured_ = 0;
  std::atomic<int> reloads_ = 0;
  test::FakeService service_{[this](sd_bus_message* message) { return handle(message); }};
};

TEST_CASE("reconfigure_link passes the index to networkd") {
  FakeNetworkd networkd(
      [](sd_bus_message* call, int) { return sd_bus_reply_method_return(call, nullptr); });
  const SystemClock clock;
  const auto result = reconfigure_link(7, Deadline(clock, 10s), networkd.address());
  if (!result) FAIL(result.error().to_string());
  CHECK(networkd.reconfigured() == 7);
}

TEST_CASE("a reload does not start networkd") {
  FakeNetworkd networkd(
      [](sd_bus_message* call, int) { return sd_bus_reply_method_return(call, nullptr); });
  const SystemClock clock;
  const auto result = reload_networkd(Deadline(clock, 10s), networkd.address());
  if (!result) FAIL(result.error().to_string());
  CHECK(networkd.reloads() == 1);
  CHECK(networkd.reconfigured() == 0);
}

TEST_CASE("a reload that is refused or not answered is an error") {
  const SystemClock clock;
  FakeNetworkd refusing([](sd_bus_message* call, int) {
    return sd_bus_reply_method_errorf(call, "org.freedesktop.DBus.Error.NameHasNoOwner",
                                      "Could not activate");
  });
  const auto refused = reload_networkd(Deadline(clock, 10s), refusing.address());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().to_string() ==
        "asking systemd-networkd to reload its files: D-Bus error "
        "org.freedesktop.DBus.Error.NameHasNoOwner: Could not activate");
  FakeNetworkd silent([](sd_bus_message*, int) { return 1; });
  const auto unanswered = reload_networkd(Deadline(clock, 300ms), silent.address());
  REQUIRE_FALSE(unanswered);
  CHECK(unanswered.error().reason() == Reason::kTimeout);
}

TEST_CASE("an error of networkd keeps its text") {
  FakeNetworkd networkd([](sd_bus_message* call, int) {
    return sd_bus_reply_method_errorf(call, "org.freedesktop.network1.NoSuchLink",
                                      "Link 7 not known");
  });
  const SystemClock clock;
  const auto result = reconfigure_link(7, Deadline(clock, 10s), networkd.address());
  REQUIRE_FALSE(result);
  CHECK(result.error().reason() == Reason::kIo);
  CHECK(result.error().to_string() ==
        "asking systemd-networkd to reconfigure link 7: D-Bus error "
        "org.freedesktop.network1.NoSuchLink: Link 7 not known");
}

TEST_CASE("a call without an answer ends at the deadline") {
  FakeNetworkd networkd([](sd_bus_message*, int) { return 1; });
  const SystemClock clock;
  const SteadyTime start = clock.now();
  const auto result = reconfigure_link(7, Deadline(clock, 300ms), networkd.address());
  REQUIRE_FALSE(result);
  CHECK(result.error().reason() == Reason::kTimeout);
  CHECK(clock.now() - start >= 300ms);
  CHECK(clock.now() - start < 60s);
}

TEST_CASE(
    "a call over a bus that accepts the connection but does not answer ends at the deadline") {
  test::TemporaryTree tree;
  const std::string path = tree.path("bus");
  const UniqueFd listening(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  REQUIRE(bind(listening.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(listen(listening.get(), 1) == 0);
  const SystemClock clock;
  const auto result = reconfigure_link(7, Deadline(clock, 300ms), "unix:path=" + path);
  REQUIRE_FALSE(result);
  CHECK(result.error().reason() == Reason::kTimeout);
}

TEST_CASE("a missing bus or an invalid address is an error at once") {
  const SystemClock clock;
  for (const char* address : {"unix:path=/nonexistent/bus", "not an address", "unix:nothing=1"}) {
    CAPTURE(address);
    const auto result = reconfigure_link(7, Deadline(clock, 10s), address);
    REQUIRE_FALSE(result);
    CHECK(result.error().reason() == Reason::kIo);
  }
}

}  // namespace
}  // namespace azl::net
