// A public key of OpenPGP that was made for these tests; its private key is erased.
#pragma once

#include <string_view>

namespace azl::test {

/// As "gpg --armor --export" prints it.
inline constexpr std::string_view kShopKey =
    "-----BEGIN PGP PUBLIC KEY BLOCK-----\n"
    "\n"
    "mDMEawx7NhYJKwYBBAHaRw8BAQdAfFaekJJ2VOzYmY4LO6a0a2BFOYuqwk6pf0UR\n"
    "4T9THRu0MFBhY2thZ2VzIG9mIHRoZSBzaG9wIDxwYWNrYWdlc0BzaG9wLmV4YW1w\n"
    "bGUub3JnPoiQBBMWCAA4FiEENQC44o8vL2bMb2VGfwokPa137wUFAmsMezYCGwMF\n"
    "CwkIBwIGFQoJCAsCBBYCAwECHgECF4AACgkQfwokPa137wWvpQD/QUMXTioyNPe2\n"
    "BojpkADucp+7gZxG5wDlOJzipVDQxb0A/1OV47TCRQwJ0jXCweYED+JFzdJQ6iqt\n"
    "HCF9436t91YC\n"
    "=jYcF\n"
    "-----END PGP PUBLIC KEY BLOCK-----\n";

/// The packets, as "gpg --export | base64" prints them.
inline constexpr std::string_view kShopKeyBase64 =
    "mDMEawx7NhYJKwYBBAHaRw8BAQdAfFaekJJ2VOzYmY4LO6a0a2BFOYuqwk6pf0UR"
    "4T9THRu0MFBhY2thZ2VzIG9mIHRoZSBzaG9wIDxwYWNrYWdlc0BzaG9wLmV4YW1w"
    "bGUub3JnPoiQBBMWCAA4FiEENQC44o8vL2bMb2VGfwokPa137wUFAmsMezYCGwMF"
    "CwkIBwIGFQoJCAsCBBYCAwECHgECF4AACgkQfwokPa137wWvpQD/QUMXTioyNPe2"
    "BojpkADucp+7gZxG5wDlOJzipVDQxb0A/1OV47TCRQwJ0jXCweYED+JFzdJQ6iqt"
    "HCF9436t91YC";

}  // namespace azl::test
