#include "provision/tell/health.h"

#include <string>

#include <doctest/doctest.h>

using namespace azl::provision;
using azl::Error;
using azl::Reason;

TEST_CASE("the portal's text says what, why and what to do") {
  CHECK(describe_failure(Error(Reason::kNoWayIn, "there is no key").with_context("deciding")) ==
        "azl-provision: deciding: there is no key. Nobody could log in: deploy again with a valid "
        "SSH public key or an admin password.");
  CHECK(describe_failure(Error(Reason::kUserName, "it's \"bad\"\n\x1b"))
            .starts_with("azl-provision: it's \"bad\"\\x0a\\x1b. Deploy again with "));
}

TEST_CASE("the portal's text has at most 512 characters, and the advice is among them") {
  for (const auto& row : azl::reasons()) {
    CAPTURE(row.name);
    const std::string advice = ". " + std::string(row.advice) + ".";
    CHECK(describe_failure(Error(row.reason, "short")) == "azl-provision: short" + advice);
    const auto text = describe_failure(Error(row.reason, std::string(2000, 'x')));
    CHECK(text.size() <= 512);
    CHECK(text.size() > 505);
    CHECK(text.ends_with("…" + advice));
  }
}
