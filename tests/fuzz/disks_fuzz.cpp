// A document of disks of any bytes: what is taken is written as it was read.
#include <string>

#include "provision/gather/disks_document.h"
#include "tests/fuzz/require.h"

using namespace azl::provision;
using azl::fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto facts = parse_disks(azl::fuzz::text_of(data, size));
  if (!facts) {
    require(!facts.error().cause().empty(), "what is wrong is told");
    return 0;
  }
  for (const auto& disk : facts->disks) {
    require(disk.number >= -1, "a disk's number is one or none");
    for (const auto& each : disk.partitions) require(each.number > 0, "partitions count from 1");
  }
  const auto again = parse_disks(to_json(*facts));
  require(again && to_json(*again) == to_json(*facts), "it is read as it is written");
  const auto list = parse_disks(to_json(facts->disks));
  require(list && to_json(list->disks) == to_json(facts->disks), "so is a bare list");
  return 0;
}
