#include "imds/timeouts.h"

#include <chrono>

#include <doctest/doctest.h>

namespace azl::imds {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_CASE("time-outs double with each try, up to a limit") {
  struct Row {
    int number;
    Duration connect;
    Duration total;
  };
  for (const Row row : {Row{0, milliseconds(500), seconds(5)}, Row{1, seconds(1), seconds(10)},
                        Row{2, seconds(2), seconds(20)}, Row{3, seconds(4), seconds(30)},
                        Row{4, seconds(5), seconds(30)}, Row{1000, seconds(5), seconds(30)}}) {
    CHECK(timeouts_of_try(row.number).connect == row.connect);
    CHECK(timeouts_of_try(row.number).total == row.total);
  }
}

}  // namespace
}  // namespace azl::imds
