#include "provision/custom_data/run/shutdown.h"

#include <chrono>
#include <string_view>
#include <utility>
#include <variant>

#include <nlohmann/json.hpp>

#include "base/json.h"
#include "provision/custom_data/run/stored_endings.h"
#include "provision/record/record.h"

namespace azl::provision::custom_data {
namespace {

constexpr std::string_view kKept = "/run/azl-provision/custom-data-shutdown";

std::string_view option_of(PowerMode mode) {
  switch (mode) {
    case PowerMode::kReboot:
      return "-r";
    case PowerMode::kPoweroff:
      return "-P";
    case PowerMode::kHalt:
      return "-H";
  }
  std::unreachable();
}

std::string describe_time(const Shutdown& shutdown) {
  return shutdown.minutes == 0 ? "now" : "in " + std::to_string(shutdown.minutes) + " min";
}

}  // namespace

Shutdown reboot_for_packages() {
  return {.message = "azl-provision: the packages of custom data require it",
          .why = "the packages require it"};
}

std::string describe(const Shutdown& shutdown) {
  return std::string(to_string(shutdown.mode)) + " " + describe_time(shutdown) + ", because " +
         shutdown.why;
}

Result<void> keep_shutdown(const Root& root, const Shutdown& shutdown) {
  auto kept = to_json(
      ChangePower{.mode = shutdown.mode, .minutes = shutdown.minutes, .message = shutdown.message});
  kept["why"] = shutdown.why;
  OR_RETURN(root.make_directory(kRunDirectory, {.mode = 0700}));
  OR_RETURN(root.write(kKept, kept.dump(), {.mode = 0600, .durable = false}));
  return {};
}

std::optional<Shutdown> find_kept_shutdown(const Root& root) {
  constexpr std::size_t kLimit = 1 << 20;
  const auto text = root.read_if_exists(kKept, kLimit);
  if (!text || !*text) return std::nullopt;
  const auto kept = parse_json(**text, kLimit, Reason::kState);
  if (!kept) return std::nullopt;
  const auto action = read_ending_action(*kept);
  const auto* power = action && *action ? std::get_if<ChangePower>(&**action) : nullptr;
  if (power == nullptr) return std::nullopt;
  return Shutdown{.mode = power->mode,
                  .minutes = power->minutes,
                  .message = power->message,
                  .why = text_member(*kept, "why")};
}

StepResult schedule_shutdown(const Context& context, const Shutdown& shutdown) {
  using namespace std::chrono_literals;
  // A message may look like an option.
  Command command{.argv = {"shutdown", std::string(option_of(shutdown.mode)), "--",
                           shutdown.minutes == 0 ? "now" : "+" + std::to_string(shutdown.minutes)}};
  if (!shutdown.message.empty()) command.argv.push_back(shutdown.message);
  const std::string mode(to_string(shutdown.mode));
  OR_RETURN(context.root().remove(kKept));
  if (const auto ran = context.machine.processes.run(command, context.within(30s)); !ran)
    return fail(Cause::kShutdownNotScheduled,
                "the " + mode + " could not be scheduled: " + ran.error().to_string());
  return done(mode + " " + describe_time(shutdown));
}

}  // namespace azl::provision::custom_data
