#include "net/networkd.h"

#include <cstdint>
#include <optional>

#include <systemd/sd-bus.h>

#include "base/fd.h"
#include "base/text.h"

namespace azl::net {

namespace {

using Bus = Handle<sd_bus, sd_bus_close_unref>;  // close: queued messages hold references to it
using BusMessage = Handle<sd_bus_message, sd_bus_message_unref>;
using BusSlot = Handle<sd_bus_slot, sd_bus_slot_unref>;

std::unexpected<Error> fail_bus(int negative_errno, std::string what) {
  return fail_errno(-negative_errno, std::move(what));
}

/// A bus at an address of its own, or the system's. Connecting goes on while the call waits: unlike
/// sd_bus_call, which first waits for the connection without heeding any timeout.
Result<Bus> open_bus(const std::string& address) {
  sd_bus* raw = nullptr;
  if (address.empty()) {
    if (const int r = sd_bus_open_system(&raw); r < 0) {
      return fail_bus(r, "connecting to the system bus");
    }
    return Bus(raw);
  }
  if (const int r = sd_bus_new(&raw); r < 0) return fail_bus(r, "making a bus connection");
  Bus bus(raw);
  int r = sd_bus_set_address(raw, address.c_str());
  if (r >= 0) r = sd_bus_set_bus_client(raw, 1);
  if (r >= 0) r = sd_bus_start(raw);
  if (r < 0) return fail_bus(r, "connecting to the bus at " + printable(address));
  return bus;
}

/// What came of the call; empty while it runs.
using Answer = std::optional<Result<void>>;

Result<void> read_answer(sd_bus_message* reply) {
  const sd_bus_error* error = sd_bus_message_get_error(reply);
  if (error == nullptr) return {};
  // Not only networkd's own: the bus answers in its stead when it does not run.
  const char* text = error->message != nullptr ? error->message : "no message";
  return fail(Reason::kIo, "D-Bus error " + printable(error->name) + ": " + printable(text, 200));
}

int keep_answer(sd_bus_message* reply, void* answer, sd_bus_error* /*unused*/) {
  *static_cast<Answer*>(answer) = read_answer(reply);
  return 0;
}

/// A service and one of its methods.
struct Method {
  const char* service;
  const char* path;
  const char* interface;
  const char* name;
};

Result<BusMessage> make_call(sd_bus* bus, const Method& method) {
  sd_bus_message* raw = nullptr;
  const int r = sd_bus_message_new_method_call(bus, &raw, method.service, method.path,
                                               method.interface, method.name);
  BusMessage call(raw);
  if (r < 0) return fail_bus(r, "making a D-Bus message");
  return call;
}

/// Lets the bus work until the answer is there.
Result<void> run_bus(sd_bus* bus, const Answer& answer, const Deadline& deadline) {
  while (!answer) {
    int r = sd_bus_process(bus, nullptr);
    if (r == 0) {
      if (deadline.passed()) {
        return fail(Reason::kTimeout, "it did not answer in time");
      }
      r = sd_bus_wait(bus, static_cast<std::uint64_t>(deadline.remaining().count()));
    }
    if (r < 0 && r != -EINTR) return fail_bus(r, "talking over D-Bus");
  }
  return *answer;
}

/// Calls a method whose answer is empty; `append` adds its arguments.
template <class Append>
Result<void> call_method(const Method& method, Append append, const Deadline& deadline,
                         const std::string& bus_address) {
  const auto bus = open_bus(bus_address);
  if (!bus) return fail(Error(bus.error()));
  const auto call = make_call(bus->get(), method);
  if (!call) return fail(Error(call.error()));
  if (const int r = append(call->get()); r < 0) return fail_bus(r, "making a D-Bus message");
  Answer answer;
  sd_bus_slot* raw = nullptr;
  // The deadline is ours to keep: no timeout of sd-bus's own, which would be 25 s.
  const int r = sd_bus_call_async(bus->get(), &raw, call->get(), keep_answer, &answer, UINT64_MAX);
  if (r < 0) return fail_bus(r, "sending a D-Bus message");
  const BusSlot slot(raw);  // its end takes the pointer to `answer` back
  return run_bus(bus->get(), answer, deadline);
}

}  // namespace

Result<void> reconfigure_link(int link, const Deadline& deadline, const std::string& bus_address) {
  constexpr Method kReconfigure = {"org.freedesktop.network1", "/org/freedesktop/network1",
                                   "org.freedesktop.network1.Manager", "ReconfigureLink"};
  auto called = call_method(
      kReconfigure, [&](sd_bus_message* call) { return sd_bus_message_append(call, "i", link); },
      deadline, bus_address);
  if (called) return {};
  return fail(std::move(called.error()),
              "asking systemd-networkd to reconfigure link " + std::to_string(link));
}

Result<void> reload(const Deadline& deadline, const std::string& bus_address) {
  constexpr Method kReload = {"org.freedesktop.network1", "/org/freedesktop/network1",
                              "org.freedesktop.network1.Manager", "Reload"};
  constexpr int kNoStart = 0;
  auto called = call_method(
      kReload, [](sd_bus_message* call) { return sd_bus_message_set_auto_start(call, kNoStart); },
      deadline, bus_address);
  if (called) return {};
  return fail(std::move(called.error()), "asking systemd-networkd to read its files anew");
}

Result<void> set_transient_hostname(const std::string& name, const Deadline& deadline,
                                    const std::string& bus_address) {
  constexpr Method kSetHostname = {"org.freedesktop.hostname1", "/org/freedesktop/hostname1",
                                   "org.freedesktop.hostname1", "SetHostname"};
  constexpr int kNotInteractive = 0;
  auto called = call_method(
      kSetHostname,
      [&](sd_bus_message* call) {
        return sd_bus_message_append(call, "sb", name.c_str(), kNotInteractive);
      },
      deadline, bus_address);
  if (called) return {};
  return fail(std::move(called.error()), "asking systemd-hostnamed to set the host name");
}

}  // namespace azl::net
