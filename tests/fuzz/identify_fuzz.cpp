// An NVMe identify-namespace page of any bytes and any size. libFuzzer's input is read twice: as
// the page, and as the vendor's part of one, which it finds sooner.
#include <algorithm>
#include <span>
#include <vector>

#include "disk/azure_disk.h"
#include "disk/nvme_identify.h"
#include "tests/fuzz/require.h"

using namespace azl::disk;
using azl::fuzz::require;

namespace {

constexpr std::size_t kVendorPart = 384;

void check_text(const std::string& text) {
  require(text.size() <= 64, "a value is bounded");
  for (const char c : text) require(c >= ' ' && c <= '~', "a value can be printed");
}

void check(std::span<const std::byte> page) {
  const auto identity = parse_identify(page);
  if (!identity) return;
  check_text(identity->type);
  check_text(identity->name);
  require(!identity->type.empty(), "an identity has a type");
  for (const int number : {identity->index, identity->lun}) {
    require(number >= -1 && number <= 65'535, "a number is bounded");
  }
  const auto remote = identify_nvme(
      {.vendor = "0x1414", .model = "MSFT NVMe Accelerator v1.0", .nsid = 3, .says = identity}, {});
  require(remote && (remote->kind == DiskKind::kData || remote->kind == DiskKind::kOs),
          "no words make a remote disk a local one");
  require(!identify_nvme({.vendor = "0x144d", .model = "other", .nsid = 1, .says = identity}, {}),
          "no words make another's disk one of Azure's");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto page = std::as_bytes(std::span(data, size));
  check(page);
  std::vector<std::byte> whole(kVendorPart);
  whole.insert(whole.end(), page.begin(), page.end());
  check(whole);
  return 0;
}
