#include "base/find_program.h"

#include <sys/types.h>

namespace azl {

std::string find_program(const Root& root, std::string_view name) {
  constexpr mode_t kExecutable = 0111;
  for (const std::string directory : {"/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/"}) {
    auto path = directory + std::string(name);
    const auto found = root.stat(path);
    if (found && *found && (*found)->is_regular() && ((*found)->mode & kExecutable) != 0)
      return root.live() ? path : root.directory() + path;
  }
  return {};
}

}  // namespace azl
