#include "base/fd.h"

#include <cerrno>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

using azl::UniqueFd;

namespace {

bool is_open(int fd) { return fcntl(fd, F_GETFD) >= 0; }
UniqueFd open_null() { return UniqueFd(open("/dev/null", O_RDONLY | O_CLOEXEC)); }

int freed = 0;
void count_and_free(void* memory) {
  ++freed;
  free(memory);
}

}  // namespace

TEST_CASE("a descriptor is closed by its owner's destructor") {
  int number = -1;
  {
    const UniqueFd fd = open_null();
    REQUIRE(fd);
    number = fd.get();
    CHECK(is_open(number));
  }
  CHECK_FALSE(is_open(number));
}

TEST_CASE("assignment closes the old descriptor, and a move empties the source") {
  UniqueFd first = open_null();
  UniqueFd second = open_null();
  const int old = first.get();
  const int kept = second.get();
  first = std::move(second);
  CHECK_FALSE(is_open(old));
  CHECK(first.get() == kept);
  CHECK_FALSE(second);  // NOLINT(bugprone-use-after-move): tested
}

TEST_CASE("a released descriptor stays open") {
  UniqueFd fd = open_null();
  const int number = fd.release();
  CHECK_FALSE(fd);
  CHECK(is_open(number));
  close(number);
}

TEST_CASE("descriptor 0 is closed as well") {
  const UniqueFd kept(dup(0));
  REQUIRE(dup2(open_null().get(), 0) == 0);
  UniqueFd(0).reset();
  CHECK_FALSE(is_open(0));
  if (kept) CHECK(dup2(kept.get(), 0) == 0);
}

TEST_CASE("closing keeps errno") {
  UniqueFd fd(1'000'000);  // close() fails with EBADF
  errno = ENOSPC;
  fd.reset();
  CHECK(errno == ENOSPC);
}

TEST_CASE("a handle calls its release function once, but not for null") {
  freed = 0;
  {
    using Memory = azl::Handle<void, count_and_free>;
    const Memory none;
    Memory some(malloc(1));
    const Memory moved = std::move(some);
  }
  CHECK(freed == 1);
}
