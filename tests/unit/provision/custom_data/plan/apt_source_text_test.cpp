#include "provision/custom_data/plan/apt_source_text.h"

#include <string>
#include <string_view>

#include <doctest/doctest.h>

namespace azl::provision::custom_data {
namespace {

constexpr std::string_view kKeyFile = "/etc/apt/cloud-init.gpg.d/shop.gpg";

TEST_CASE("a source gets the file of its key, and keeps its place for the release") {
  // The variables as cloud-init's basic_render() finds them.
  const struct {
    std::string_view source;
    std::string_view text;
    bool deb822 = false;
  } rows[] = {
      {"deb https://a.example.org/x bookworm main", "deb https://a.example.org/x bookworm main\n"},
      {"deb [arch=amd64 signed-by=$KEY_FILE] https://a.example.org $RELEASE main contrib\n",
       "deb [arch=amd64 signed-by=/etc/apt/cloud-init.gpg.d/shop.gpg] https://a.example.org "
       "${RELEASE} main contrib\n"},
      {"deb https://a.example.org ${RELEASE}x $RELEASE-updates",
       "deb https://a.example.org ${RELEASE}x ${RELEASE}-updates\n"},
      {"deb [ a=b c=d ] file:/x ./", "deb [ a=b c=d ] file:/x ./\n"},
      {"deb\thttps://a.example.org\tx/$(ARCH)/", "deb\thttps://a.example.org\tx/$(ARCH)/\n"},
      {"# the shop\ndeb-src https://a.example.org x main # all\n\ndeb https://a.example.org x y\n",
       "# the shop\ndeb-src https://a.example.org x main # all\n\ndeb https://a.example.org x y\n"},
      {"Types: deb\nURIs: https://a.example.org\nSuites: $RELEASE\nComponents: main\n"
       "Signed-By: ${KEY_FILE}\n",
       "Types: deb\nURIs: https://a.example.org\nSuites: ${RELEASE}\nComponents: main\n"
       "Signed-By: /etc/apt/cloud-init.gpg.d/shop.gpg\n",
       true},
      {"# two\ntypes: deb\nuris: a:\n b:\nsuites: x/",
       "# two\ntypes: deb\nuris: a:\n b:\nsuites: x/\n", true},
  };
  for (const auto& row : rows) {
    CAPTURE(row.source);
    const auto text = read_apt_source_text(row.source, kKeyFile);
    REQUIRE(text.has_value());
    CHECK(text->text == row.text);
    CHECK(text->deb822 == row.deb822);
  }
}

TEST_CASE("a source is refused that would keep apt from reading any, or is not for apt") {
  constexpr std::string_view kLine =
      "it has a line that is no source of apt, with which apt would read no source at all";
  constexpr std::string_view kWord = "it has a '$' before a word that is no variable";
  constexpr std::string_view kTool = "it is for add-apt-repository, which is not run";
  constexpr std::string_view kField =
      "it lacks 'URIs:' or 'Suites:', or has a line without a field";
  const struct {
    std::string_view source;
    std::string_view why;
  } rows[] = {
      {"", "it is empty"},
      {" \n", "it is empty"},
      {"# deb https://a.example.org x main", "it is empty"},
      {"ppa:shop/tools", kTool},
      {"cloud-archive:x", kTool},
      {"proposed", kLine},
      {"https://a.example.org x main", kLine},
      {"rpm https://a.example.org x main", kLine},
      {"deb https://a.example.org x main\nnonsense", kLine},
      {"deb https://a.example.org x", kLine},
      {"deb https://a.example.org", kLine},
      {"deb https://a.example.org x/ main", kLine},
      {"deb a.example.org x main", kLine},
      {"deb [arch=amd64 https://a.example.org x main", kLine},
      {"deb", kLine},
      {"deb $MIRROR $RELEASE main", "'$MIRROR' is not known"},
      {"deb ${PRIMARY} x main", "'$PRIMARY' is not known"},
      {"deb $SECURITY x main", "'$SECURITY' is not known"},
      {"deb https://ann:hun$ter2@a.example.org x main", kWord},
      {"deb https://a.example.org $RELEASE. main", kWord},
      {"deb https://a.example.org $release main", kWord},
      {"deb https://a.example.org x main\x01", "it has a control character"},
      {"Types: deb\nSuites: x\n", kField},
      {"Types: deb\nURIs: a:\nSuites: x\nnonsense\n", kField},
      {"Types: deb\nURIs: a:\nSuites: x\ndeb https://a.example.org x main\n", kField},
  };
  for (const auto& row : rows) {
    CAPTURE(row.source);
    const auto text = read_apt_source_text(row.source, kKeyFile);
    REQUIRE_FALSE(text.has_value());
    CHECK(text.error().why == row.why);
    CHECK(!text.error().advice.empty());
  }
  const auto unsigned_source =
      read_apt_source_text("deb [signed-by=$KEY_FILE] https://a.example.org x main", "");
  REQUIRE_FALSE(unsigned_source.has_value());
  CHECK(unsigned_source.error().why == "it has '$KEY_FILE', and there is no 'key'");
}

TEST_CASE("the name of the release takes its place") {
  CHECK(replace_apt_release("a ${RELEASE} b ${RELEASE}-x\n", "noble") == "a noble b noble-x\n");
  CHECK(replace_apt_release("$RELEASE", "noble") == "$RELEASE");
  CHECK(replace_apt_release("", "noble").empty());
}

}  // namespace
}  // namespace azl::provision::custom_data
