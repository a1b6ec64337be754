// Parses NVMe identify-namespace pages of any content and size. The input is used twice: as the
// whole page, and as its vendor-specific part, so that the fuzzer finds valid texts sooner.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "disk/azure_disk.h"
#include "disk/nvme_identify.h"
#include "tests/fuzz/require.h"

using namespace azl::disk;
using azl::fuzz::require;

namespace {

constexpr std::size_t kVendorOffset = 384;

void check_text(const std::string& text) {
  require(text.size() <= 64, "the length of a value is limited");
  for (const char c : text) require(c >= ' ' && c <= '~', "a value is printable");
}

void check(std::span<const std::byte> page) {
  const auto identity = parse_identify(page);
  if (!identity) return;
  check_text(identity->type);
  check_text(identity->name);
  require(!identity->type.empty(), "an identity has a type");
  for (const int number : {identity->index, identity->lun}) {
    require(number >= -1 && number <= 65'535, "a number is in its range");
  }
  const auto remote = identify_nvme(
      {.vendor = "0x1414", .model = "MSFT NVMe Accelerator v1.0", .nsid = 3, .identity = identity},
      {});
  require(remote && (remote->kind == DiskKind::kData || remote->kind == DiskKind::kOs),
          "no text makes a remote disk a local one");
  require(
      !identify_nvme({.vendor = "0x144d", .model = "other", .nsid = 1, .identity = identity}, {}),
      "no text makes a disk of another vendor an Azure disk");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto page = std::as_bytes(std::span(data, size));
  check(page);
  std::vector<std::byte> whole(kVendorOffset);
  whole.insert(whole.end(), page.begin(), page.end());
  check(whole);
  return 0;
}
