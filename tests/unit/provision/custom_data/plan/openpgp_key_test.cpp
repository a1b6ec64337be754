#include "provision/custom_data/plan/openpgp_key.h"

#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "base/text.h"
#include "tests/unit/provision/custom_data/plan/shop_key.h"

namespace azl::provision::custom_data {
namespace {

using test::kShopKey;
using test::kShopKeyBase64;

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

TEST_CASE("keys are read with armour, in base64 and as packets, and several of them") {
  const auto packets = base64_decode(kShopKeyBase64).value();
  const std::string armour(kShopKey);
  const std::string rows[] = {
      armour,
      std::string(kShopKeyBase64),
      packets,
      "The key of the shop:\n\n" + armour + "\nBye.\n",
      replaced(armour, "\n\n", "\nVersion: GnuPG v2\nComment: of the shop\n\n"),
      replaced(armour, "\n\n", "\n"),
      replaced(armour, "=jYcF\n", ""),
      replaced(armour, "\n", "\r\n"),
  };
  for (const auto& text : rows) {
    CAPTURE(text);
    const auto key = read_openpgp_key(text);
    REQUIRE(key.has_value());
    CHECK(*key == packets);
  }
  CHECK(read_openpgp_key(armour + armour).value() == packets + packets);
}

TEST_CASE("what is no public key is refused") {
  const std::string armour(kShopKey);
  const struct {
    std::string text;
    std::string_view why;
  } rows[] = {
      {"", "is no public key of OpenPGP"},
      {"https://packages.shop.example.org/key", "is no public key of OpenPGP"},
      {"c2hvcA==", "is no public key of OpenPGP"},
      {"ssh-ed25519 AAAA", "is no public key of OpenPGP"},
      // A signature.
      {"\x88\x90\x04", "is no public key of OpenPGP"},
      {replaced(armour, "mDME", "iJAE"), "is incomplete or damaged"},
      {replaced(replaced(armour, "mDME", "iJAE"), "=jYcF\n", ""), "is no public key of OpenPGP"},
      {replaced(armour, "=jYcF", "=jYcG"), "is incomplete or damaged"},
      {replaced(armour, "=jYcF", "=j"), "is incomplete or damaged"},
      {replaced(armour, "mDME", "mD-E"), "is incomplete or damaged"},
      {replaced(armour, "mDME", "mDM"), "is incomplete or damaged"},
      {armour.substr(0, armour.find("-----END")), "is incomplete or damaged"},
      {"-----BEGIN PGP PUBLIC KEY BLOCK-----\n-----END PGP PUBLIC KEY BLOCK-----\n",
       "is incomplete or damaged"},
      {armour + "-----BEGIN PGP PUBLIC KEY BLOCK-----\n", "is incomplete or damaged"},
      {"-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlFgE\n-----END PGP PRIVATE KEY BLOCK-----\n",
       "is a private key"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    const auto key = read_openpgp_key(row.text);
    REQUIRE_FALSE(key.has_value());
    CHECK(key.error() == row.why);
  }
}

}  // namespace
}  // namespace azl::provision::custom_data
