// The simulator gives a tree that is not its own the identity of an Azure VM while it runs.
#include <filesystem>

#include <signal.h>

#include "tests/system/lab.h"

namespace azl::test {
namespace {

TEST_SUITE_BEGIN("identity" * needs_root());

namespace fs = std::filesystem;

/// Starts `azl-platform serve --identity` for the tree of a lab, with its files in `work`.
std::unique_ptr<Program> serve_for(const Lab& lab, TemporaryTree& work) {
  work.write("vm.json", "{}");
  auto program = std::make_unique<Program>(
      Strings{AZL_PLATFORM_PROGRAM, "serve", work.path("vm.json"), "--identity", lab.root(),
              "--log", work.path("log"), "--ready-file", work.path("ready")},
      work.path(), "serve", Program::Options{});
  REQUIRE(wait_until([&] { return work.exists("ready") || program->ended(); }));
  return program;
}

TEST_CASE("one's own image can be provisioned while the simulator gives it an identity") {
  Lab lab;
  lab.remove("sys").remove("proc");
  TemporaryTree work;
  CHECK(lab.command({"status"}).status == 3);
  const auto platform = serve_for(lab, work);
  REQUIRE(work.exists("ready"));
  const auto urls = Json::parse(work.read("ready"));
  const auto run = lab.command({"run", "--media", lab.media(), "--imds-url", urls.at("imds_url"),
                                "--wireserver-url", urls.at("wireserver_url")});
  INFO(run);
  CHECK(run.status == 0);
  CHECK(lab.read("etc/hostname") == "azl-vm\n");

  REQUIRE(kill(platform->pid(), SIGTERM) == 0);
  CHECK(platform->wait().status == 0);
  CHECK_FALSE(lab.exists("sys"));
  CHECK(lab.report_text().starts_with("READY"));
}

TEST_CASE("the identity is gone afterwards, whichever signal ends the simulator") {
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
    CAPTURE(signal);
    Lab lab;
    lab.remove("sys");
    fs::create_directory(lab.path("sys"));
    const auto before = lab.tree();
    TemporaryTree work;
    const auto platform = serve_for(lab, work);
    REQUIRE(work.exists("ready"));
    CHECK(lab.read("sys/class/dmi/id/sys_vendor") == "Microsoft Corporation\n");
    REQUIRE(kill(platform->pid(), signal) == 0);
    const auto ended = platform->wait();
    INFO(ended);
    CHECK(ended.status == 0);
    CHECK(differences(before, lab.tree()) == Strings{"changed sys"});  // its time
    CHECK(lab.list("sys").empty());
  }
}

TEST_CASE("a tree with a /sys of its own is refused and does not change") {
  Lab lab;  // the simulator's own tree has an identity already
  const auto before = lab.tree();
  TemporaryTree work;
  const auto ended = serve_for(lab, work)->wait();
  INFO(ended);
  CHECK(ended.status == 1);
  CHECK(ended.err.find("--identity: " + lab.root() + "/sys is not empty") != std::string::npos);
  CHECK_FALSE(work.exists("ready"));
  CHECK(lab.tree() == before);
}

TEST_SUITE_END();

}  // namespace
}  // namespace azl::test
