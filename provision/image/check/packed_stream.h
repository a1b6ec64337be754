// Unpacks the compressed part of an initrd piece by piece.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/process.h"

namespace azl::provision {

/// How a part of an initrd is compressed, by its first bytes: lib/decompress.c of Linux.
enum class Packing { kNone, kGzip, kXz, kZstd, kLz4, kLzma, kBzip2 };
[[nodiscard]] Packing find_packing(std::string_view bytes);

/// Takes a piece. Returns false if no more is wanted.
using OnPiece = std::function<bool(std::string_view)>;

/// Unpacks what `file` has from `offset` on, at most `limit` bytes of it, and hands it to
/// `on_piece`. Unpacks gzip itself, and runs xz, zstd, lz4 or bzip2 of the running system for the
/// others. Returns where the part ends in the file; after a program, that is the end of the file.
/// Errors: kInvalidInput if it is damaged or larger than `limit`; kToolMissing, kToolFailed,
/// kTimeout, kIo.
[[nodiscard]] Result<std::uint64_t> unpack(int file, std::uint64_t offset, Packing packing,
                                           std::uint64_t limit, Processes& processes,
                                           const Deadline& deadline, const OnPiece& on_piece);

}  // namespace azl::provision
