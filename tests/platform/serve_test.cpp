#include "tests/platform/serve.h"

#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <httplib.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/inotify.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/platform/object_reader.h"
#include "tests/unit/temporary_tree.h"

namespace azl::platform {
namespace {

TEST_CASE("both services of a scenario run and log to one file") {
  const azl::test::TemporaryTree tree;
  auto scenario = parse_scenario(R"({"wireserver": {"json_health": false}})");
  REQUIRE(scenario);
  auto platform = Platform::start({.scenario = *scenario, .log = tree.path("log")});
  if (!platform) FAIL(platform.error());
  httplib::Client imds((*platform)->imds_url());
  httplib::Client wireserver((*platform)->wireserver_url());

  const auto instance =
      imds.Get("/metadata/instance?api-version=2023-11-15&extended=true", {{"Metadata", "true"}});
  REQUIRE(instance);
  CHECK(instance->status == 200);
  CHECK(Json::parse(instance->body)["compute"]["name"] == "azl-vm");
  const auto goal = wireserver.Get("/machine/?comp=goalstate", {{"x-ms-version", "2012-11-30"}});
  REQUIRE(goal);
  CHECK(goal->body.find((*platform)->wireserver_url() + "/machine/") != std::string::npos);
  const auto health = wireserver.Post("/provisioning/health", {{"x-ms-guest-agent-name", "t v1"}},
                                      R"({"state":"Ready"})", "application/json");
  REQUIRE(health);
  CHECK(health->status == 404);

  std::istringstream log(tree.read("log"));
  std::vector<std::string> seen;
  for (std::string line; std::getline(log, line);) {
    const Json entry = Json::parse(line);
    seen.push_back(entry["server"].get<std::string>() + " " + entry["number"].dump());
  }
  CHECK(seen == std::vector<std::string>{"imds 1", "wireserver 1", "wireserver 2"});
}

TEST_CASE(
    "IMDS answers 429 with Retry-After to a VM that exceeds its rate, the WireServer does not") {
  const azl::test::TemporaryTree tree;
  auto scenario = parse_scenario(R"({"imds": {"requests_per_second": 3, "spent_requests": 3}})");
  REQUIRE(scenario);
  std::vector<int> observed;
  auto platform = Platform::start(
      {.scenario = *scenario, .log = tree.path("log"), .observer = [&](const Exchange& exchange) {
         observed.push_back(exchange.status);
       }});
  if (!platform) FAIL(platform.error());
  httplib::Client imds((*platform)->imds_url());
  const auto refused =
      imds.Get("/metadata/instance?api-version=2023-11-15", {{"Metadata", "true"}});
  REQUIRE(refused);
  CHECK(refused->status == 429);
  CHECK(refused->get_header_value("Retry-After") == "1");
  CHECK(Json::parse(tree.read("log"))["retry_after"] == 1);
  httplib::Client wireserver((*platform)->wireserver_url());
  const auto versions = wireserver.Get("/?comp=versions");
  REQUIRE(versions);
  CHECK(versions->status == 200);
  platform->reset();
  CHECK(observed == std::vector<int>{429, 200});
}

TEST_CASE("the host plugin answers 404, and runs only if it was requested") {
  const azl::test::TemporaryTree tree;
  auto platform = Platform::start({.host_plugin = Endpoint{}, .log = tree.path("log")});
  if (!platform) FAIL(platform.error());
  httplib::Client plugin((*platform)->host_plugin_url());
  const auto settings = plugin.Get("/vmSettings");
  REQUIRE(settings);
  CHECK(settings->status == 404);
  CHECK(Json::parse(tree.read("log"))["server"] == "host-plugin");

  auto without = Platform::start({.log = tree.path("log")});
  if (!without) FAIL(without.error());
  CHECK((*without)->host_plugin_url().empty());
}

/// `azl-platform serve`. The destructor sends SIGKILL if the program still runs.
class Program {
 public:
  Program(std::vector<std::string> arguments, const std::string& output) {
    std::vector<char*> argv;
    argv.reserve(arguments.size() + 1);
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output.c_str(), O_WRONLY | O_CREAT,
                                     0600);
    const int error = posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0) throw std::runtime_error("could not start " + arguments[0]);
  }
  ~Program() {
    if (pid_ > 0) end(SIGKILL);
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  /// Sends a signal, waits for the program to end, and returns its wait status.
  int end(int signal) {
    int status = -1;
    kill(pid_, signal);
    waitpid(pid_, &status, 0);
    pid_ = -1;
    return status;
  }

 private:
  pid_t pid_ = -1;
};

TEST_CASE("the program prints its URLs, and ends with status 0 on SIGTERM") {
  azl::test::TemporaryTree tree;
  tree.write("vm.json", "{}").write("out/ready.json", "of an earlier run");
  const UniqueFd watch(inotify_init1(IN_CLOEXEC));
  REQUIRE(inotify_add_watch(watch.get(), tree.path("out").c_str(), IN_MOVED_TO) >= 0);
  Program program({AZL_PLATFORM_PROGRAM, "serve", tree.path("vm.json"), "--ready-file",
                   tree.path("out/ready.json"), "--log", tree.path("log")},
                  tree.path("stdout"));
  pollfd renamed{watch.get(), POLLIN, 0};
  REQUIRE(poll(&renamed, 1, 30'000) == 1);
  const std::string ready = tree.read("out/ready.json");
  const Json parsed = Json::parse(ready);
  CHECK(parsed["pid"] == program.pid());
  httplib::Client wireserver(parsed["wireserver_url"].get<std::string>());
  const auto versions = wireserver.Get("/?comp=versions");
  REQUIRE(versions);
  CHECK(versions->status == 200);

  const int status = program.end(SIGTERM);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  CHECK(tree.read("stdout") == ready);
}

}  // namespace
}  // namespace azl::platform
