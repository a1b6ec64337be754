// Two runs at the same time, and being asked while one runs.
#include <algorithm>

#include "tests/system/lab.h"

namespace azl::test {
namespace {

TEST_SUITE_BEGIN("at once" * needs_root());

/// IMDS answers when the test lets it, so that a run can be looked at while it waits.
Json held() { return R"({"imds": {"faults": [{"do": "hold"}]}})"_json; }

bool holds(const Lab& lab, const Program& program, const std::string& stage) {
  return lab.read("run/azl-provision/" + stage + ".lock") == std::to_string(program.pid()) + "\n";
}

/// Requests that got an answer. On a slow machine, a client may have given up one before.
std::ptrdiff_t answered(const Lab& lab, std::string_view server) {
  return std::ranges::count_if(lab.requests(server),
                               [](const Json& request) { return request.at("status") != 0; });
}

TEST_CASE("the second of two runs of a stage says who holds it, waits, and has nothing to do") {
  Lab lab(held());
  const auto first = lab.start({.stage = "main"});
  const auto first_pid = std::to_string(first->pid());
  REQUIRE(wait_until([&] { return holds(lab, *first, "main") || first->ended(); }));
  const auto second = lab.start({.stage = "main"});
  const auto waiting =
      "azl-provision: waiting for process " + first_pid + ", which runs stage main\n";
  REQUIRE(wait_until([&] { return second->err() == waiting || second->ended(); }));
  lab.release();
  const auto one = first->wait();
  const auto other = second->wait();
  INFO(one);
  INFO(other);
  CHECK(one.status == 0);
  CHECK(other.status == 0);
  CHECK(other.err == waiting);
  CHECK(answered(lab, "imds") == 1);
  CHECK(answered(lab, "wireserver") == 1);
  CHECK(lab.told() == "Ready");
  CHECK(lab.read("home/azureuser/.ssh/authorized_keys").find('\n') ==
        lab.read("home/azureuser/.ssh/authorized_keys").size() - 1);
}

TEST_CASE("a run that was killed holds nobody up") {
  Lab lab(held());
  {
    const auto killed = lab.start({.stage = "main"});
    REQUIRE(wait_until([&] { return holds(lab, *killed, "main") || killed->ended(); }));
  }
  const auto run = lab.release().run({.stage = "main"});
  INFO(run);
  CHECK(run.status == 0);
  CHECK(run.err.find("waiting for") == std::string::npos);
  CHECK(lab.told() == "Ready");
}

TEST_CASE("status and report can be asked while a stage runs") {
  Lab lab(held());
  const auto run = lab.start({.stage = "main"});
  REQUIRE(wait_until([&] {
    return lab.read("run/azl-provision/main.json").find("\"imds\"") != std::string::npos ||
           run->ended();
  }));
  const auto status = lab.command({"status"});
  INFO(status);
  CHECK(status.status == 4);
  CHECK(status.out.find("stage main") != std::string::npos);
  CHECK(lab.command({"status", "--guest-agent"}).status == 1);
  CHECK(lab.report().at("outcome") == "in-progress");
  CHECK(lab.report_text().starts_with("IN PROGRESS: stage main, step \"imds\""));
  CHECK(lab.command({"status", "--wait", "--timeout=10ms"}).status == 4);
  lab.release();
  CHECK(lab.command({"status", "--wait"}).status == 0);
  CHECK(run->wait().status == 0);
}

TEST_SUITE_END();

}  // namespace
}  // namespace azl::test
