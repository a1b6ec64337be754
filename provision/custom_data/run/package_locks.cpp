#include "provision/custom_data/run/package_locks.h"

#include <cstdio>

#include <fcntl.h>

namespace azl::provision::custom_data {

std::optional<std::string> find_lock_holder(const Root& root,
                                            std::span<const std::string_view> files) {
  for (const auto file : files) {
    const auto fd = root.open_file(file, O_RDONLY);
    if (!fd) continue;
    struct flock lock{};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    if (::fcntl(fd->get(), F_GETLK, &lock) != 0 || lock.l_type == F_UNLCK) continue;
    return lock.l_pid > 0 ? "process " + std::to_string(lock.l_pid) : "another process";
  }
  return std::nullopt;
}

}  // namespace azl::provision::custom_data
