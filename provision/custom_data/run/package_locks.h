// The locks by which package managers keep each other out.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/root.h"

namespace azl::provision::custom_data {

/// Finds out who holds one of these lock files. Returns "process 123", or "another process" if its
/// id is not known here. Returns nullopt if all are free. fcntl(2), F_GETLK.
[[nodiscard]] std::optional<std::string> find_lock_holder(const Root& root,
                                                          std::span<const std::string_view> files);

}  // namespace azl::provision::custom_data
