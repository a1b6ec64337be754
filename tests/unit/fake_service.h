// A D-Bus service of a test's own, without a bus.
#pragma once

#include <functional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include "base/fd.h"
#include "tests/unit/temporary_tree.h"

namespace azl::test {

/// The only service of a bus at a Unix socket, for one client. Runs in its own thread.
class FakeService {
 public:
  /// Answers a call. 0: the call is not known. sd-bus turns a negative result into an error reply.
  using Answer = std::function<int(sd_bus_message* call)>;

  explicit FakeService(Answer answer)
      : answer_(std::move(answer)), stop_(eventfd(0, EFD_CLOEXEC)), listening_(listen_at(path())) {
    thread_ = std::thread([this] { serve(); });
  }
  ~FakeService() {
    eventfd_write(stop_.get(), 1);
    thread_.join();
  }
  FakeService(const FakeService&) = delete;
  FakeService& operator=(const FakeService&) = delete;

  [[nodiscard]] std::string address() const { return "unix:path=" + path(); }

 private:
  using Bus = Handle<sd_bus, sd_bus_flush_close_unref>;

  [[nodiscard]] std::string path() const { return tree_.path("bus"); }

  static UniqueFd listen_at(const std::string& path) {
    UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        listen(fd.get(), 1) != 0) {
      throw std::runtime_error("cannot listen at " + path);
    }
    return fd;
  }

  /// Returns false when the test is over.
  [[nodiscard]] bool wait_for(int fd, short events) const {
    pollfd fds[] = {{.fd = stop_.get(), .events = POLLIN, .revents = 0},
                    {.fd = fd, .events = events, .revents = 0}};
    poll(fds, 2, -1);
    return fds[0].revents == 0;
  }

  void serve() {
    if (!wait_for(listening_.get(), POLLIN)) return;
    const int connection = accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC);
    sd_bus* raw = nullptr;
    sd_bus_new(&raw);
    const Bus bus(raw);
    sd_id128_t id{};
    id.bytes[0] = 1;
    sd_bus_set_fd(raw, connection, connection);
    sd_bus_set_server(raw, 1, id);
    sd_bus_set_anonymous(raw, 1);
    sd_bus_add_filter(raw, nullptr, on_message, this);
    sd_bus_start(raw);
    int handled = 1;
    while (handled >= 0) {
      handled = sd_bus_process(raw, nullptr);
      if (handled != 0) continue;
      const int events = sd_bus_get_events(raw);
      if (!wait_for(connection, static_cast<short>(events))) return;
    }
  }

  static int on_message(sd_bus_message* message, void* self, sd_bus_error* /*unused*/) {
    if (sd_bus_message_is_method_call(message, "org.freedesktop.DBus", "Hello") > 0) {
      return sd_bus_reply_method_return(message, "s", ":1.1");
    }
    return static_cast<FakeService*>(self)->answer_(message);
  }

  TemporaryTree tree_;
  Answer answer_;
  UniqueFd stop_;
  UniqueFd listening_;
  std::thread thread_;
};

}  // namespace azl::test
