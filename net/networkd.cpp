#include "net/networkd.h"

#include <cstdint>
#include <optional>

#include <systemd/sd-bus.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/text.h"

namespace azl::net {

namespace {

using Bus = Handle<sd_bus, sd_bus_close_unref>;  // closed first: queued messages hold references
using BusMessage = Handle<sd_bus_message, sd_bus_message_unref>;
using BusSlot = Handle<sd_bus_slot, sd_bus_slot_unref>;

std::unexpected<Error> fail_bus(int negative_errno, std::string what) {
  return fail_errno(-negative_errno, std::move(what));
}

/// Opens the bus at `address`, or the system bus. Does not wait until it is connected, as
/// sd_bus_call() does without a time limit; run_bus() does that within the deadline.
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

/// The outcome of a call; nullopt while it runs.
using Answer = std::optional<Result<void>>;

Result<void> read_answer(sd_bus_message* reply) {
  const sd_bus_error* error = sd_bus_message_get_error(reply);
  if (error == nullptr) return {};
  // The bus itself answers with an error if the service does not run.
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

/// Processes messages until the answer is there.
Result<void> run_bus(sd_bus* bus, const Answer& answer, const Deadline& deadline) {
  while (!answer) {
    int r = sd_bus_process(bus, nullptr);
    if (r == 0) {
      if (deadline.passed()) {
        return fail(Reason::kTimeout, "it did not answer in time");
      }
      r = sd_bus_wait(bus, static_cast<std::uint64_t>(deadline.remaining().count()));
    }
    if (r < 0 && r != -EINTR) return fail_bus(r, "waiting for a D-Bus answer");
  }
  return *answer;
}

/// Calls a method that returns no value. `append` adds its arguments.
template <class Append>
Result<void> call_method(const Method& method, Append append, const Deadline& deadline,
                         const std::string& bus_address) {
  AZL_LOG(kNet, kDebug, std::string("D-Bus: ") + method.interface + "." + method.name);
  const auto bus = OR_RETURN(open_bus(bus_address));
  const auto call = OR_RETURN(make_call(bus.get(), method));
  if (const int r = append(call.get()); r < 0) return fail_bus(r, "making a D-Bus message");
  Answer answer;
  sd_bus_slot* raw = nullptr;
  // run_bus() keeps the deadline, so sd-bus gets no timeout; its default would be 25 s.
  const int r = sd_bus_call_async(bus.get(), &raw, call.get(), keep_answer, &answer, UINT64_MAX);
  if (r < 0) return fail_bus(r, "sending a D-Bus message");
  const BusSlot slot(raw);  // when it goes, sd-bus drops the pointer to `answer`
  return run_bus(bus.get(), answer, deadline);
}

}  // namespace

Result<void> reconfigure_link(int link, const Deadline& deadline, const std::string& bus_address) {
  constexpr Method kReconfigure = {"org.freedesktop.network1", "/org/freedesktop/network1",
                                   "org.freedesktop.network1.Manager", "ReconfigureLink"};
  OR_RETURN(call_method(
                kReconfigure,
                [&](sd_bus_message* call) { return sd_bus_message_append(call, "i", link); },
                deadline, bus_address),
            "asking systemd-networkd to reconfigure link " + std::to_string(link));
  return {};
}

Result<void> reload_networkd(const Deadline& deadline, const std::string& bus_address) {
  constexpr Method kReload = {"org.freedesktop.network1", "/org/freedesktop/network1",
                              "org.freedesktop.network1.Manager", "Reload"};
  constexpr int kNoStart = 0;
  OR_RETURN(call_method(
                kReload,
                [](sd_bus_message* call) { return sd_bus_message_set_auto_start(call, kNoStart); },
                deadline, bus_address),
            "asking systemd-networkd to reload its files");
  return {};
}

Result<void> set_transient_hostname(const std::string& name, const Deadline& deadline,
                                    const std::string& bus_address) {
  constexpr Method kSetHostname = {"org.freedesktop.hostname1", "/org/freedesktop/hostname1",
                                   "org.freedesktop.hostname1", "SetHostname"};
  constexpr int kNotInteractive = 0;
  OR_RETURN(call_method(
                kSetHostname,
                [&](sd_bus_message* call) {
                  return sd_bus_message_append(call, "sb", name.c_str(), kNotInteractive);
                },
                deadline, bus_address),
            "asking systemd-hostnamed to set the host name");
  return {};
}

}  // namespace azl::net
