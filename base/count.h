// A number of things, in words.
#pragma once

#include <concepts>
#include <string>
#include <string_view>

namespace azl {

/// Returns "1 disk", or "2 disks". `many` is the plural of `one`, if it is not `one` with an s.
[[nodiscard]] std::string describe_count(std::integral auto number, std::string_view one,
                                         std::string_view many = {}) {
  auto text = std::to_string(number) + " ";
  if (number == 1) return text.append(one);
  return many.empty() ? text.append(one).append("s") : text.append(many);
}

}  // namespace azl
