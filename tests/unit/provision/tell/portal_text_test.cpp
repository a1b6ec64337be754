#include "provision/tell/portal_text.h"

#include <string>

#include <doctest/doctest.h>

#include "provision/record/advice.h"

using namespace azl::provision;
using azl::Error;
using azl::Reason;

TEST_CASE("the portal's text gives the failure, its cause and the advice") {
  CHECK(describe_failure(Error(Reason::kNoWayIn, "there is no key").with_context("deciding")) ==
        "azl-provision: deciding: there is no key. Nobody could log in: deploy again with a valid "
        "SSH public key or an admin password.");
  CHECK(describe_failure(Error(Reason::kUserName, "it's \"bad\"\n\x1b"))
            .starts_with("azl-provision: it's \"bad\"\\x0a\\x1b. Deploy again with "));
}

TEST_CASE("the portal's text has at most 512 characters, including the whole advice") {
  for (const auto& [reason, name] : azl::reasons()) {
    CAPTURE(name);
    const std::string advice = ". " + std::string(advice_for(reason).text) + ".";
    CHECK(describe_failure(Error(reason, "short")) == "azl-provision: short" + advice);
    const auto text = describe_failure(Error(reason, std::string(2000, 'x')));
    CHECK(text.size() <= 512);
    CHECK(text.size() > 505);
    CHECK(text.ends_with("…" + advice));
  }
}
