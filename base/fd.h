// Owners of file descriptors and of C libraries' objects.
//
//   UniqueFd fd(open(…));
//   using CurlHandle = Handle<CURL, curl_easy_cleanup>;
#pragma once

#include <memory>
#include <string_view>
#include <utility>

#include <unistd.h>

namespace azl {

/// Owns a file descriptor, or none (-1). Closing keeps errno.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(other.release()) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    reset(other.release());
    return *this;
  }
  UniqueFd(const UniqueFd&) = delete;
  UniqueFd& operator=(const UniqueFd&) = delete;
  ~UniqueFd() { reset(); }

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] explicit operator bool() const { return fd_ >= 0; }
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }
  void reset(int fd = -1);

 private:
  int fd_ = -1;
};

/// Writes all of `data`. Returns false and sets errno if that fails.
[[nodiscard]] bool write_fully(int fd, std::string_view data);

/// Calls a C library's release function on destruction.
template <auto Release>
struct Releaser {
  template <class T>
  void operator()(T* object) const {
    Release(object);
  }
};
template <class T, auto Release>
using Handle = std::unique_ptr<T, Releaser<Release>>;

}  // namespace azl
