// The answers of the WireServer: the goal state, and checks of the agent's health reports.
#pragma once

#include <string>

#include "tests/platform/http_message.h"
#include "tests/platform/scenario.h"

namespace azl::platform {

/// Answers one request. `number` is the request's number, counted from 1. With
/// `new_incarnation_after`, requests with a higher number see the next incarnation.
[[nodiscard]] Answer answer_wireserver(const Scenario& scenario, const Request& request,
                                       unsigned number);

/// The answer on port 32526 of a host without the plugin that WALinuxAgent looks for. The agent
/// then uses only the goal state.
[[nodiscard]] Answer answer_host_plugin();

/// Returns the goal state's incarnation at the request with this number.
[[nodiscard]] std::string incarnation(const WireServerOptions& wireserver, unsigned number);

/// Returns the goal state. Its URLs start with `base` ("http://168.63.129.16").
[[nodiscard]] std::string goal_state(const Scenario& scenario, unsigned number,
                                     const std::string& base);

}  // namespace azl::platform
