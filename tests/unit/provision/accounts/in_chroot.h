// Runs test code with a tree as the live system.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <stdexcept>
#include <string>

#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"

namespace azl::test {

/// Runs `body` in a child process whose "/" is `directory`, and returns its result. Root::open("/")
/// is live there, and the real system cannot be reached. Programs must be played.
inline std::string in_chroot(const std::string& directory,
                             const std::function<std::string()>& body) {
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) throw std::runtime_error("pipe");
  const UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);
  const pid_t pid = fork();
  if (pid == 0) {
    std::string said = "chroot failed";
    if (chroot(directory.c_str()) == 0 && chdir("/") == 0) {
      try {
        said = body();
      } catch (const std::exception& exception) {
        said = std::string("exception: ") + exception.what();
      }
    }
    const ssize_t written = write(writer.get(), said.data(), said.size());
    _exit(written == static_cast<ssize_t>(said.size()) ? 0 : 1);
  }
  writer.reset();
  std::string said;
  std::array<char, 4096> buffer{};
  ssize_t got = 0;
  while ((got = read(reader.get(), buffer.data(), buffer.size())) > 0) {
    said.append(buffer.data(), static_cast<std::size_t>(got));
  }
  waitpid(pid, nullptr, 0);
  return said;
}

}  // namespace azl::test
