// A key string of any bytes. Each key in it can be written to authorized_keys, and no error quotes
// it.
#include <algorithm>
#include <string>

#include "provision/accounts/key_string.h"
#include "tests/fuzz/require.h"

using namespace azl::provision;
using azl::fuzz::require;

namespace {

void check_key(const SshKey& key) {
  const auto line = key.line();
  require(std::ranges::none_of(line, [](unsigned char c) { return c < 0x20 || c == 0x7f; }),
          "a key is one line");
  require(line.size() <= 2 * kSshKeyLimit, "a key is bounded");
  const auto again = parse_ssh_key(line);
  require(again && again->line() == line && again->fingerprint == key.fingerprint,
          "a key is read as it was written");
  require(begins_ssh_key(line), "the line of a key is known as one");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto keys = parse_key_string(azl::fuzz::text_of(data, size));
  require(!keys.empty() && keys.size() <= kSshKeysMost + 1, "the number of keys is bounded");
  for (const auto& key : keys) {
    if (key) check_key(*key);
    if (!key) require(key.error().to_string().size() < 300, "an error does not quote the string");
  }
  return 0;
}
