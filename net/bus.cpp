#include "net/bus.h"

#include <cerrno>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/log.h"
#include "base/text.h"

namespace azl::net {

namespace {

using BusSlot = Handle<sd_bus_slot, sd_bus_slot_unref>;

/// The outcome of a call; nullopt while it runs.
using Answer = std::optional<Result<BusMessage>>;

Result<BusMessage> read_answer(sd_bus_message* reply) {
  const sd_bus_error* error = sd_bus_message_get_error(reply);
  if (error == nullptr) return BusMessage(sd_bus_message_ref(reply));
  // The bus itself answers with an error if the service does not run.
  const char* text = error->message != nullptr ? error->message : "no message";
  return fail(Reason::kIo, "D-Bus error " + printable(error->name) + ": " + printable(text, 200));
}

int keep_answer(sd_bus_message* reply, void* answer, sd_bus_error* /*unused*/) {
  *static_cast<Answer*>(answer) = read_answer(reply);
  return 0;
}

Result<BusMessage> make_call(sd_bus* bus, const BusMethod& method) {
  sd_bus_message* raw = nullptr;
  const int r = sd_bus_message_new_method_call(bus, &raw, method.service, method.path,
                                               method.interface, method.name);
  BusMessage call(raw);
  if (r < 0) return fail_bus(r, "making a D-Bus message");
  return call;
}

/// Processes messages until the answer is there.
Result<BusMessage> run_bus(sd_bus* bus, Answer& answer, const Deadline& deadline) {
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
  return std::move(*answer);
}

}  // namespace

std::unexpected<Error> fail_bus(int negative_errno, std::string what) {
  return fail_errno(-negative_errno, std::move(what));
}

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

Result<BusMessage> call_method(sd_bus* bus, const BusMethod& method,
                               const std::function<int(sd_bus_message*)>& append,
                               const Deadline& deadline) {
  AZL_LOG(kNet, kDebug, std::string("D-Bus: ") + method.interface + "." + method.name);
  const auto call = OR_RETURN(make_call(bus, method));
  if (const int r = append(call.get()); r < 0) return fail_bus(r, "making a D-Bus message");
  Answer answer;
  sd_bus_slot* raw = nullptr;
  // run_bus() keeps the deadline, so sd-bus gets no timeout; its default would be 25 s.
  const int r = sd_bus_call_async(bus, &raw, call.get(), keep_answer, &answer, UINT64_MAX);
  if (r < 0) return fail_bus(r, "sending a D-Bus message");
  const BusSlot slot(raw);  // when it goes, sd-bus drops the pointer to `answer`
  return run_bus(bus, answer, deadline);
}

}  // namespace azl::net
