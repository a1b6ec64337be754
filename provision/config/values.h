// Parses and checks single values of the configuration. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "disk/plan/disk_plan.h"

namespace azl::provision {

/// Parses a number of at most five digits. Returns -1 for anything else.
[[nodiscard]] int small_number(std::string_view value);
/// Whether ssh-keygen makes host keys of this type by default: rsa, ecdsa, ed25519.
[[nodiscard]] bool is_host_key_type(std::string_view type);
/// Parses a size in bytes, with K, M, G or T for powers of 1024, up to 16T. Returns nullopt for
/// anything else.
[[nodiscard]] std::optional<std::uint64_t> parse_size(std::string_view text);
/// Parses a time span as in systemd.time(7): "5min 20s", "1.5h", "90" (seconds), "infinity". Longer
/// spans become one year. Returns nullopt for anything else.
[[nodiscard]] std::optional<Duration> parse_time_span(std::string_view text);
/// Parses the words of DataDisk=: "lun=0 fs=xfs mount=/data". Returns what is wrong, as the end of
/// "DataDisk=… ", or an empty text.
[[nodiscard]] std::string parse_data_disk(std::string_view text, disk::DataDisk& data);

}  // namespace azl::provision
