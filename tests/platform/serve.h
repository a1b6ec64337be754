// azl-platform serve: both services, until a signal ends them.
#pragma once

#include <optional>
#include <string>

#include "tests/platform/http_server.h"
#include "tests/platform/result.h"
#include "tests/platform/scenario.h"

namespace azl::platform {

/// How the services of one scenario are started.
struct PlatformOptions {
  Scenario scenario = {};
  Endpoint imds = {};
  Endpoint wireserver = {};
  std::optional<Endpoint> host_plugin = {};  ///< WALinuxAgent's second port; none: not played
  std::string log = {};                      ///< empty: standard error
  std::string ready_file = {};               ///< empty: none
  std::string release_file = {};             ///< ends every "hold"; empty: nothing does
};

/// The platform at work, from start() until it is destroyed.
class Platform {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Platform>> start(PlatformOptions options);

  [[nodiscard]] const std::string& imds_url() const { return imds_->url(); }
  [[nodiscard]] const std::string& wireserver_url() const { return wireserver_->url(); }
  /// Empty if it is not played.
  [[nodiscard]] std::string host_plugin_url() const {
    return host_plugin_ ? host_plugin_->url() : "";
  }

 private:
  explicit Platform(Scenario scenario, RequestLog log)
      : scenario_(std::move(scenario)), log_(std::move(log)) {}

  // The servers' threads use what stands above them, so they must be the first to go.
  Scenario scenario_;
  RequestLog log_;
  std::unique_ptr<HttpServer> imds_;
  std::unique_ptr<HttpServer> wireserver_;
  std::unique_ptr<HttpServer> host_plugin_;
};

/// Starts, tells where on standard output and in the ready file, and returns after SIGTERM or
/// SIGINT.
[[nodiscard]] Result<void> serve(PlatformOptions options);

}  // namespace azl::platform
