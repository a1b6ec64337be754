// Whether a swap file that exists already may be used. Pure.
#pragma once

#include <cstdint>
#include <string>

#include <sys/types.h>

#include "disk/unfinished_work.h"

namespace azl::disk {

/// What is found at the path of a swap file.
struct FoundSwapFile {
  bool plain = false;              ///< a regular file: no link, nothing is mounted on it
  bool on_file_system = false;     ///< on the file system of the directory that it is in
  bool directory_is_safe = false;  ///< only root can replace the file
  uid_t owner = 0;
  mode_t mode = 0;  ///< permissions, as in 0600
  std::uint64_t links = 0;
  std::uint64_t size = 0;  ///< bytes
  std::string type = {};   ///< as Signature::type: "swap"
  std::string uuid = {};   ///< as Signature::uuid
};

/// Returns a sentence: why the file is not used as swap. Empty: it may be used. The kernel writes
/// the memory of all processes to it, so it must be root's alone. It must also be this program's:
/// made by it, or exactly as it would make it now. `size`: bytes that the configuration asks for.
[[nodiscard]] std::string why_not_swap_to(const FoundSwapFile& file, const DiskHistory& history,
                                          std::uint64_t size);

/// The size of a swap file for which the configuration gives this size: a multiple of a page.
[[nodiscard]] std::uint64_t swap_file_size(std::uint64_t size);

}  // namespace azl::disk
