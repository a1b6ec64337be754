// Checks the words by which people say how a disk is to be used. Pure.
#pragma once

#include <string_view>

namespace azl::disk {

/// Whether a text is a label for a file system: at most 12 letters, digits, '.', '-' and '_'.
/// mkfs.ext4 takes 16 bytes, mkfs.xfs 12.
[[nodiscard]] bool is_label(std::string_view text);
/// Whether something may be mounted at a path: absolute, below "/", without ".", "..", a double
/// slash or a slash at its end, not a directory of the system such as /home, in which users are
/// made before disks are mounted, and not below one whose files the system needs, such as /etc.
[[nodiscard]] bool is_mount_point(std::string_view path);
/// Whether a text of at most 1024 bytes can stand in fstab's fourth field. It may be empty.
[[nodiscard]] bool are_mount_options(std::string_view text);

}  // namespace azl::disk
