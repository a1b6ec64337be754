// parse_system_times: takes any bytes. A document that it accepts is the same after writing and
// reading.
#include <cstddef>
#include <cstdint>
#include <optional>

#include "provision/report/system_times.h"
#include "tests/fuzz/require.h"

using namespace azl::provision;
using azl::fuzz::require;

namespace {

void check_time(std::optional<std::int64_t> time) {
  require(!time || (*time >= 1 && *time <= std::int64_t{1} << 52), "a time is in range");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto times = parse_system_times(azl::fuzz::text_of(data, size));
  if (!times) {
    require(!times.error().cause().empty(), "an error has a cause");
    return 0;
  }
  check_time(times->initrd);
  check_time(times->userspace);
  for (const auto& unit : times->units) {
    require(!unit.unit.empty(), "a unit has a name");
    check_time(unit.started);
    check_time(unit.active);
  }
  const auto again = parse_system_times(to_json(*times));
  require(again && *again == *times, "the document is read as it was written");
  return 0;
}
