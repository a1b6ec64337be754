// Parses any bytes, of any lengths, as ethtool's names and values.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "net/acceleration.h"
#include "tests/fuzz/require.h"

/// The first byte, times 8, is the number of bytes that are names. The rest are values.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t names = std::min<std::size_t>(size - 1, data[0] * std::size_t{8});
  const auto bytes = std::as_bytes(std::span(data + 1, size - 1));
  std::vector<std::uint64_t> values((size - 1 - names) / sizeof(std::uint64_t));
  if (!values.empty())
    std::memcpy(values.data(), data + 1 + names, values.size() * sizeof(std::uint64_t));
  const auto traffic = azl::net::parse_vf_traffic(bytes.first(names), values);
  azl::fuzz::require(!traffic || (names >= 64 && values.size() >= 2),
                     "two counters take two names and two values");
  return 0;
}
