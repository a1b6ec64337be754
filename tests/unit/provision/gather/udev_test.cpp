#include "provision/gather/udev.h"

#include <doctest/doctest.h>

#include "tests/unit/provision/accounts/account_tree.h"

namespace azl::provision {
namespace {

TEST_CASE("udev gets a limited time to settle, and the record says whether it did") {
  SystemClock clock;
  test::PlayedProcesses settled([](const Command&) { return ProcessOutput{}; });
  CHECK(settle_devices(settled, clock) == "after udev had settled");
  CHECK(settled.commands ==
        std::vector<std::vector<std::string>>{{"udevadm", "settle", "--timeout=20"}});

  test::PlayedProcesses busy([](const Command&) -> Result<ProcessOutput> {
    return fail(Reason::kToolFailed, "udevadm ended with status 1");
  });
  CHECK(settle_devices(busy, clock) ==
        "although udev had not settled: udevadm ended with status 1");

  test::PlayedProcesses missing([](const Command&) -> Result<ProcessOutput> {
    return fail(Reason::kToolMissing, "there is no udevadm");
  });
  CHECK(settle_devices(missing, clock) == "although udev had not settled: there is no udevadm");
}

}  // namespace
}  // namespace azl::provision
