// Lists any bytes as a cpio archive. The names must not depend on the pieces in which the bytes
// come, nor on whether contents are read or skipped, and must be those that a simple reader finds.
#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "provision/image/check/cpio_names.h"
#include "tests/fuzz/require.h"

using azl::fuzz::require;
using azl::provision::CpioNames;

namespace {

struct Listing {
  std::vector<std::string> names;
  bool ended = false;
  std::size_t size = 0;  ///< bytes up to the end of the archive, if it ended
  bool operator==(const Listing&) const = default;
};

Listing list(std::string_view bytes, std::size_t piece, bool skips) {
  Listing listing;
  CpioNames names;
  std::size_t at = 0;
  while (at < bytes.size() && !names.ended() && !names.damaged()) {
    if (skips && names.skippable() > 0) {
      const auto skipped =
          static_cast<std::size_t>(std::min<std::uint64_t>(names.skippable(), bytes.size() - at));
      names.skip(skipped);
      at += skipped;
      continue;
    }
    const auto given = bytes.substr(at, piece);
    const auto taken = names.feed(given, [&](std::string_view name) {
      require(name.size() < CpioNames::kLongestName, "a name has a bounded size");
      require(name.find('\0') == std::string_view::npos, "a name has no NUL");
      listing.names.emplace_back(name);
    });
    require(taken <= given.size(), "no more is taken than given");
    require(taken == given.size() || names.ended() || names.damaged(), "all is taken");
    at += taken;
  }
  listing.ended = names.ended();
  if (listing.ended) listing.size = at;
  return listing;
}

/// The size of the first header's fields, as the format's description has them.
void check_first(std::string_view bytes, const Listing& listing) {
  constexpr std::size_t kHeader = 110;
  constexpr std::size_t kNameSize = 94;
  constexpr std::size_t kFileSize = 54;
  if (listing.names.empty()) return;
  std::uint32_t name_size = 0;
  std::uint32_t file_size = 0;
  std::from_chars(bytes.data() + kNameSize, bytes.data() + kNameSize + 8, name_size, 16);
  std::from_chars(bytes.data() + kFileSize, bytes.data() + kFileSize + 8, file_size, 16);
  require(bytes.substr(kHeader, listing.names.front().size()) == listing.names.front(),
          "the first name stands behind the first header");
  const auto content = (kHeader + name_size + 3) / 4 * 4;
  const auto second = content + (std::uint64_t{file_size} + 3) / 4 * 4;
  if (listing.names.size() > 1)
    require(bytes.substr(second).starts_with("07070"),
            "the second header stands behind the content");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = azl::fuzz::text_of(data, size);
  const auto whole = list(bytes, bytes.size() + 1, false);
  require(list(bytes, 1, false) == whole, "pieces of one byte give the same names");
  require(list(bytes, 7, true) == whole, "skipping gives the same names");
  check_first(bytes, whole);
  for (const auto& name : whole.names)
    require(azl::provision::module_of_file(name).find('-') == std::string::npos,
            "a module has no '-'");
  return 0;
}
