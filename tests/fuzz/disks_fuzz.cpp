// parse_disks: takes any bytes. A document that it accepts is the same after writing and reading.
#include <string>

#include "provision/gather/disks_document.h"
#include "tests/fuzz/require.h"

using namespace azl::provision;
using azl::fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto facts = parse_disks(azl::fuzz::text_of(data, size));
  if (!facts) {
    require(!facts.error().cause().empty(), "an error has a cause");
    return 0;
  }
  for (const auto& disk : facts->disks) {
    require(disk.number >= -1, "a disk's number is at least -1");
    for (const auto& each : disk.partitions)
      require(each.number > 0, "a partition's number is at least 1");
  }
  const auto again = parse_disks(to_json(*facts));
  require(again && to_json(*again) == to_json(*facts), "the document is read as it was written");
  const auto list = parse_disks(to_json(facts->disks));
  require(list && to_json(list->disks) == to_json(facts->disks),
          "a plain list is read as it was written");
  return 0;
}
