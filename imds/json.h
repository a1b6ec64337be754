// JSON from the platform, read within bounds. For the parsers of this folder only.
#pragma once

#include <string_view>

#include <nlohmann/json.hpp>

#include "base/error.h"

namespace azl::imds {

/// A document, as far as it lay within the bounds: per object 2,000 keys, per array 4,096 elements,
/// 100,000 values in all. What came after those is left out.
struct BoundedJson {
  nlohmann::json value;
  bool shortened = false;  ///< something was left out
};

/// Parses any bytes up to `limit`. Errors: kImdsMalformed (not JSON, over the limit, more than 64
/// deep); no message quotes the document.
[[nodiscard]] Result<BoundedJson> parse_json(std::string_view text, std::size_t limit);

}  // namespace azl::imds
