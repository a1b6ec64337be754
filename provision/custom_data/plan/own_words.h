// The words of a document that are no secrets, because they are this program's own.
#pragma once

#include <string_view>

namespace azl::provision::custom_data {

/// Returns true for the names of keys, the fixed values that they take, such as "gz+b64", and the
/// commands that surprises.h looks for.
[[nodiscard]] bool is_own_word(std::string_view word);

}  // namespace azl::provision::custom_data
