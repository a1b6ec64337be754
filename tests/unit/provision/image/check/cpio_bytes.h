// Makes cpio archives for tests, as Documentation/driver-api/early-userspace/buffer-format.rst
// describes them.
#pragma once

#include <array>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace azl::test {

/// One entry. `name_size` and `size` replace the true sizes, if they are not negative.
inline std::string cpio_entry(std::string_view name, std::string_view content = {},
                              std::int64_t name_size = -1, std::int64_t size = -1) {
  const auto field = [](std::int64_t value) {
    std::array<char, 9> digits{};
    std::snprintf(digits.data(), digits.size(), "%08X", static_cast<unsigned>(value));
    return std::string(digits.data());
  };
  const auto pad = [](std::string& text) { text.append((4 - text.size() % 4) % 4, '\0'); };
  std::string entry = "070701" + field(1) + field(0100644);
  for (int i = 0; i < 4; ++i) entry += field(0);
  entry += field(size >= 0 ? size : static_cast<std::int64_t>(content.size()));
  for (int i = 0; i < 4; ++i) entry += field(0);
  entry +=
      field(name_size >= 0 ? name_size : static_cast<std::int64_t>(name.size() + 1)) + field(0);
  entry += name;
  entry += '\0';
  pad(entry);
  entry += content;
  pad(entry);
  return entry;
}

inline std::string cpio_archive(const std::vector<std::string>& names) {
  std::string archive;
  for (const auto& name : names) archive += cpio_entry(name, "content of " + name);
  return archive + cpio_entry("TRAILER!!!");
}

}  // namespace azl::test
