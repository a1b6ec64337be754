// A pool of key-value pairs as text and as JSON.
#pragma once

#include <string>
#include <string_view>

#include "imds/kvp_pool.h"

namespace azl::provision {

/// Returns each record as two printable lines, the key and the value, with what is wrong with it
/// below, and a last line that counts them. Pure.
[[nodiscard]] std::string describe_pool(const imds::KvpPoolContent& pool, std::string_view file);
/// Returns the pool as docs/kvp-schema.json describes it. What is not UTF-8 is replaced. Pure.
[[nodiscard]] std::string pool_to_json(const imds::KvpPoolContent& pool, std::string_view file);

}  // namespace azl::provision
