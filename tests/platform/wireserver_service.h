// The WireServer: goal state, and the VM's health as the agent tells it.
#pragma once

#include <string>

#include "tests/platform/http_message.h"
#include "tests/platform/scenario.h"

namespace azl::platform {

/// The answer to one request. `number` is the server's count of requests from 1: with
/// `new_incarnation_after`, requests behind it meet the next incarnation.
[[nodiscard]] Answer answer_wireserver(const Scenario& scenario, const Request& request,
                                       unsigned number);

/// What WALinuxAgent's port 32526 answers on a host without the plugin that it looks for there: the
/// agent then goes on by the goal state alone.
[[nodiscard]] Answer answer_host_plugin();

/// The incarnation of the goal state that the request with this number meets.
[[nodiscard]] std::string incarnation(const WireServerOptions& wireserver, unsigned number);

/// The goal state, its URLs below `base` ("http://168.63.129.16").
[[nodiscard]] std::string goal_state(const WireServerOptions& wireserver, unsigned number,
                                     const std::string& base);

}  // namespace azl::platform
