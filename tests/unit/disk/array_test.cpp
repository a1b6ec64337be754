#include "disk/array.h"

#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/provision/accounts/account_tree.h"

namespace azl::disk {
namespace {

using test::patience;
using test::PlayedProcesses;

Result<ProcessOutput> succeed(const Command&) { return ProcessOutput{}; }

TEST_CASE("mdadm makes a striped array without asking questions") {
  PlayedProcesses processes(succeed);
  const auto device = make_array(
      processes, {.name = "azl-local", .members = {"/dev/nvme0n1", "/dev/nvme1n1"}}, patience());
  REQUIRE(device);
  CHECK(*device == "/dev/md/azl-local");
  CHECK(processes.commands ==
        std::vector<std::vector<std::string>>{{"mdadm", "--create", "/dev/md/azl-local",
                                               "--level=0", "--raid-devices=2", "--metadata=1.2",
                                               "--chunk=512", "--homehost=any", "--name=azl-local",
                                               "--run", "/dev/nvme0n1", "/dev/nvme1n1"}});
}

TEST_CASE("an array gets the UUID that the caller chose") {
  PlayedProcesses processes(succeed);
  REQUIRE(make_array(
      processes,
      {.name = "azl-local", .members = {"/dev/sdb", "/dev/sdc"}, .uuid = "0d1e6a52-7f0b"},
      patience()));
  REQUIRE(processes.commands.size() == 1);
  const auto& argv = processes.commands.front();
  CHECK(std::ranges::find(argv, "--uuid=0d1e6a52-7f0b") != argv.end());
}

TEST_CASE("mdadm stops an array by its name") {
  PlayedProcesses processes(succeed);
  REQUIRE(stop_array(processes, "md127", patience()));
  CHECK(processes.commands ==
        std::vector<std::vector<std::string>>{{"mdadm", "--stop", "/dev/md127"}});
}

TEST_CASE("mdadm starts an array by its name and members") {
  PlayedProcesses processes(succeed);
  REQUIRE(start_array(processes, {.name = "azl-local", .members = {"/dev/sdb", "/dev/sdc"}},
                      patience()));
  CHECK(processes.commands == std::vector<std::vector<std::string>>{
                                  {"mdadm", "--assemble", "/dev/md/azl-local", "--homehost=any",
                                   "--name=azl-local", "/dev/sdb", "/dev/sdc"}});
}

TEST_CASE("an invalid array is an error, and nothing is run") {
  const std::vector<std::string> two = {"/dev/sdb", "/dev/sdc"};
  for (const Array& array :
       {Array{.name = "", .members = two}, Array{.name = "a/b", .members = two},
        Array{.name = "-a", .members = two}, Array{.name = std::string(33, 'a'), .members = two},
        Array{.name = "a", .members = {"/dev/sdb"}},
        Array{.name = "a", .members = two, .chunk_kib = 3},
        Array{.name = "a", .members = two, .chunk_kib = 96}}) {
    CAPTURE(array.name);
    PlayedProcesses processes(succeed);
    const auto made = make_array(processes, array, patience());
    REQUIRE_FALSE(made);
    CHECK(made.error().reason() == Reason::kInvalidInput);
    CHECK_FALSE(start_array(processes, array, patience()));
    CHECK(processes.commands.empty());
  }
}

TEST_CASE("the error contains mdadm's message") {
  PlayedProcesses processes([](const Command&) -> Result<ProcessOutput> {
    return fail(Reason::kToolFailed, "mdadm ended with 2: /dev/sdb is busy");
  });
  const auto made =
      make_array(processes, {.name = "a", .members = {"/dev/sdb", "/dev/sdc"}}, patience());
  REQUIRE_FALSE(made);
  CHECK(made.error().to_string() == "making the array a: mdadm ended with 2: /dev/sdb is busy");
}

}  // namespace
}  // namespace azl::disk
