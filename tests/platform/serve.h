// azl-platform serve: runs both services until a signal arrives.
#pragma once

#include <optional>
#include <string>

#include "tests/platform/attested_service.h"
#include "tests/platform/http_server.h"
#include "tests/platform/imds_service.h"
#include "tests/platform/result.h"
#include "tests/platform/scenario.h"

namespace azl::platform {

/// How to start the services of one scenario.
struct PlatformOptions {
  Scenario scenario = {};
  Endpoint imds = {};
  Endpoint wireserver = {};
  std::optional<Endpoint> host_plugin = {};  ///< WALinuxAgent's second port; nullopt: no listener
  std::string log = {};                      ///< log file; empty: standard error
  std::string ready_file = {};               ///< empty: no ready file
  std::string release_file = {};             ///< ends every "hold"; empty: nothing does
  std::string authority = {};                ///< directory for its certificates; empty: none
  std::string identity = {};                 ///< a tree, see TreeIdentity; empty: none
  RequestObserver observer = {};             ///< is told of each request; empty: nobody
};

/// The running services, from start() until this object is destroyed.
class Platform {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Platform>> start(PlatformOptions options);

  [[nodiscard]] const std::string& imds_url() const { return imds_->url(); }
  [[nodiscard]] const std::string& wireserver_url() const { return wireserver_->url(); }
  /// Empty if the host plugin is not served.
  [[nodiscard]] std::string host_plugin_url() const {
    return host_plugin_ ? host_plugin_->url() : "";
  }

 private:
  explicit Platform(Scenario scenario, RequestLog log)
      : scenario_(std::move(scenario)),
        imds_service_(scenario_),
        attested_(scenario_),
        imds_limit_(scenario_.imds.rate_limit),
        log_(std::move(log)) {}
  [[nodiscard]] Answer answer_as_imds(const Request& request);

  // The servers' threads use the members above, so the servers must be destroyed first.
  Scenario scenario_;
  PoolImds imds_service_;
  AttestedService attested_;
  RateLimit imds_limit_;
  RequestLog log_;
  std::unique_ptr<HttpServer> imds_;
  std::unique_ptr<HttpServer> wireserver_;
  std::unique_ptr<HttpServer> host_plugin_;
};

/// Starts the services, gives the tree its identity, writes the URLs to standard output and the
/// ready file, and returns after SIGTERM, SIGINT or SIGHUP, with the identity taken back.
[[nodiscard]] Result<void> serve(PlatformOptions options);

}  // namespace azl::platform
