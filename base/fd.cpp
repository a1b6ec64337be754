#include "base/fd.h"

#include <cerrno>

namespace azl {

void UniqueFd::reset(int fd) {
  const int old = std::exchange(fd_, fd);
  if (old < 0) return;
  const int saved = errno;
  close(old);  // not retried: Linux frees the number even on EINTR, and another thread may have it
  errno = saved;
}

}  // namespace azl
