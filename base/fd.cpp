#include "base/fd.h"

#include <cerrno>
#include <cstddef>

namespace azl {

void UniqueFd::reset(int fd) {
  const int old = std::exchange(fd_, fd);
  if (old < 0) return;
  const int saved = errno;
  close(old);  // not retried: Linux frees the number even on EINTR, and another thread may have it
  errno = saved;
}

bool write_fully(int fd, std::string_view data) {
  while (!data.empty()) {
    const auto put = ::write(fd, data.data(), data.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return false;
    data.remove_prefix(static_cast<std::size_t>(put));
  }
  return true;
}

}  // namespace azl
