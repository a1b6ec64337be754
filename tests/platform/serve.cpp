#include "tests/platform/serve.h"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <optional>

#include <unistd.h>

#include "tests/platform/identity.h"
#include "tests/platform/object_reader.h"
#include "tests/platform/wireserver_service.h"

namespace azl::platform {
namespace {

std::string ready_line(const Platform& platform) {
  const Json ready = {{"imds_url", platform.imds_url()},
                      {"wireserver_url", platform.wireserver_url()},
                      {"pid", getpid()}};
  return ready.dump() + "\n";
}

/// Writes the file under a temporary name and renames it, so that it is complete when it appears.
Result<void> write_ready_file(const std::string& path, const std::string& line) {
  const std::string temporary = path + ".new";
  std::ofstream file(temporary, std::ios::binary | std::ios::trunc);
  file << line;
  file.close();
  if (!file || std::rename(temporary.c_str(), path.c_str()) != 0) {
    return std::unexpected("could not write " + path + ": " + strerror(errno));
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Platform>> Platform::start(PlatformOptions options) {
  auto log = RequestLog::open(options.log);
  if (!log) return std::unexpected(log.error());
  std::unique_ptr<Platform> platform(new Platform(std::move(options.scenario), std::move(*log)));
  platform->log_.set_observer(std::move(options.observer));
  const Scenario& scenario = platform->scenario_;
  if (!options.authority.empty()) {
    if (auto written = platform->attested_.write_authority(options.authority); !written)
      return std::unexpected("--authority: " + written.error());
  }

  auto imds = HttpServer::start(
      {.name = "imds",
       .endpoint = options.imds,
       .enabled = scenario.imds.enabled,
       .faults = scenario.imds.faults,
       .release_file = options.release_file,
       .service = [&imds = *platform](const Request& request,
                                      unsigned) { return imds.answer_as_imds(request); }},
      platform->log_);
  if (!imds) return std::unexpected(imds.error());
  platform->imds_ = std::move(*imds);

  auto wireserver = HttpServer::start({.name = "wireserver",
                                       .endpoint = options.wireserver,
                                       .enabled = scenario.wireserver.enabled,
                                       .faults = scenario.wireserver.faults,
                                       .release_file = options.release_file,
                                       .service =
                                           [&scenario](const Request& request, unsigned number) {
                                             return answer_wireserver(scenario, request, number);
                                           }},
                                      platform->log_);
  if (!wireserver) return std::unexpected(wireserver.error());
  platform->wireserver_ = std::move(*wireserver);

  if (!options.host_plugin) return platform;
  auto host_plugin =
      HttpServer::start({.name = "host-plugin",
                         .endpoint = *options.host_plugin,
                         .service = [](const Request&, unsigned) { return answer_host_plugin(); }},
                        platform->log_);
  if (!host_plugin) return std::unexpected(host_plugin.error());
  platform->host_plugin_ = std::move(*host_plugin);
  return platform;
}

Answer Platform::answer_as_imds(const Request& request) {
  if (const auto wait = imds_limit_.refuse(SystemClock().now())) {
    return {.status = 429,
            .content_type = "text/plain",
            .body = "the VM exceeds the limit of requests per second\n",
            .retry_after = wait};
  }
  if (request.path == "/metadata/attested/document") return attested_.answer(request);
  return imds_service_.answer(request);
}

Result<void> serve(PlatformOptions options) {
  // Blocked before any thread starts, so that only sigwait below receives them.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  const std::string ready_file = options.ready_file;
  // The ready file of an earlier run would wrongly say that this run is ready.
  if (!ready_file.empty()) unlink(ready_file.c_str());
  std::optional<TreeIdentity> identity;
  if (!options.identity.empty()) {
    auto given = TreeIdentity::give(options.scenario.vm, options.identity);
    if (!given) return std::unexpected("--identity: " + given.error());
    identity.emplace(std::move(*given));
  }
  auto platform = Platform::start(std::move(options));
  if (!platform) return std::unexpected(platform.error());
  const std::string line = ready_line(**platform);
  if (!ready_file.empty()) {
    if (auto written = write_ready_file(ready_file, line); !written) return written;
  }
  std::cout << line << std::flush;
  int signal = 0;
  sigwait(&signals, &signal);
  return identity ? identity->take_back() : Result<void>();
}

}  // namespace azl::platform
