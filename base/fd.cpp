#include "base/fd.h"

#include <cerrno>

namespace azl {

void UniqueFd::reset(int fd) {
  const int old = std::exchange(fd_, fd);
  if (old < 0) return;
  const int saved = errno;
  close(old);  // Linux frees the number even on EINTR; retrying could close another thread's file
  errno = saved;
}

}  // namespace azl
