#include "base/cause.h"

#include <set>

#include <doctest/doctest.h>

#include "base/error.h"

using azl::Cause;
using azl::Error;
using azl::Reason;

TEST_CASE("each cause has a unique name and belongs to one reason") {
  std::set<std::string_view> names;
  for (const auto& [cause, reason, name] : azl::causes()) {
    CAPTURE(name);
    CHECK_FALSE(name.empty());
    CHECK(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz-") == std::string_view::npos);
    CHECK(names.insert(name).second);
    CHECK(to_string(cause) == name);
    CHECK(reason_of(cause) == reason);
  }
}

TEST_CASE("an error of a cause has the cause's reason, and keeps the cause below its contexts") {
  auto inner = azl::fail(Cause::kNoShell, "/bin/zsh does not exist");
  const auto outer = azl::fail(std::move(inner.error()), "making the user");
  CHECK(outer.error().reason() == Reason::kUser);
  CHECK(outer.error().known_cause() == Cause::kNoShell);
  CHECK_FALSE(Error(Reason::kUser, "x").known_cause());
}

TEST_CASE("a cause of another reason is not set") {
  const auto error = Error(Reason::kImdsHttp, "x")
                         .with_cause(Cause::kImdsHttpMediaUsed)
                         .with_cause(Cause::kImdsConnectMediaUsed);
  CHECK(error.known_cause() == Cause::kImdsHttpMediaUsed);
}
