// Lets doctest print lists of lines.
#pragma once

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "base/text.h"

namespace azl::test {

using Lines = std::vector<std::string>;

}  // namespace azl::test

template <>
struct doctest::StringMaker<azl::test::Lines> {
  static String convert(const azl::test::Lines& lines) {
    return azl::printable(azl::join(lines, " | "), 4096).c_str();
  }
};
