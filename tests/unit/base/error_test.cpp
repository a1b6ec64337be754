#include "base/error.h"

#include <cerrno>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using azl::Error;
using azl::Reason;
using azl::Result;

TEST_CASE("an error lists its contexts, outermost first, and then its cause") {
  auto inner = azl::fail(Reason::kOvfMalformed, "a tag is not closed");
  auto middle = azl::fail(std::move(inner.error()), "reading ovf-env.xml");
  auto outer = azl::fail(std::move(middle.error()), "examining /dev/sr0");
  CHECK(outer.error().to_string() ==
        "examining /dev/sr0: reading ovf-env.xml: a tag is not closed");
  CHECK(outer.error().chain() == std::vector<std::string>{"examining /dev/sr0",
                                                          "reading ovf-env.xml",
                                                          "a tag is not closed"});
  CHECK(outer.error().cause() == "a tag is not closed");
  CHECK(outer.error().reason() == Reason::kOvfMalformed);
}

TEST_CASE("an empty context is not added") {
  auto outer = azl::fail(Error(Reason::kIo, "no"));
  CHECK(outer.error().to_string() == "no");
}

TEST_CASE("the cause ends with the text of its errno") {
  const auto failure = azl::fail_errno(ENOENT, "opening /etc/x");
  CHECK(failure.error().to_string() == "opening /etc/x: No such file or directory");
  CHECK(failure.error().errno_value() == ENOENT);
}

TEST_CASE("an errno that the C library does not know is shown as a number") {
  CHECK(azl::fail_errno(9999, "x").error().cause() == "x: error 9999");
}

TEST_CASE("a full disk and a read-only file system have their own reasons") {
  struct Row {
    int value;
    Reason reason;
  };
  for (const Row& row : {Row{ENOSPC, Reason::kDiskFull}, Row{EDQUOT, Reason::kDiskFull},
                         Row{EROFS, Reason::kReadOnly}, Row{EACCES, Reason::kUser}}) {
    CAPTURE(row.value);
    CHECK(azl::fail_errno(row.value, "x", Reason::kUser).error().reason() == row.reason);
  }
  CHECK(azl::fail_errno(EACCES, "x").error().reason() == Reason::kIo);
}

namespace {

Result<int> half(int number) {
  if (number % 2 != 0) return azl::fail(Reason::kInvalidInput, std::to_string(number) + " is odd");
  return number / 2;
}

Result<std::string> quarter(int number) {
  const int once = OR_RETURN(half(number), "the first time");
  OR_RETURN(half(once));
  return std::to_string(OR_RETURN(half(once)));
}

Result<void> check_even(int number) {
  OR_RETURN(half(number));
  return {};
}

Result<std::unique_ptr<int>> move_out(Result<std::unique_ptr<int>> given) {
  auto moved = OR_RETURN(std::move(given));
  return moved;
}

}  // namespace

TEST_CASE("OR_RETURN gives the value, or returns the error") {
  CHECK(quarter(8) == "2");
  CHECK(quarter(6).error().to_string() == "3 is odd");
  CHECK(quarter(7).error().to_string() == "the first time: 7 is odd");
  CHECK(check_even(2).has_value());
  CHECK(check_even(3).error().reason() == Reason::kInvalidInput);
  CHECK(**move_out(std::make_unique<int>(3)) == 3);
}
