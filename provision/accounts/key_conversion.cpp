#include "provision/accounts/key_conversion.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/fd.h"
#include "base/text.h"

namespace azl::provision {
namespace {

using Pkey = Handle<EVP_PKEY, EVP_PKEY_free>;
using Certificate = Handle<X509, X509_free>;
using Number = Handle<BIGNUM, BN_free>;

std::unexpected<Error> refuse(std::string why) { return fail(Reason::kSshKey, std::move(why)); }

/// Encodes a `string` of RFC 4251.
std::string field(std::string_view value) {
  const auto size = static_cast<std::uint32_t>(value.size());
  std::string text;
  for (int shift = 24; shift >= 0; shift -= 8)
    text += static_cast<char>((size >> static_cast<unsigned>(shift)) & 0xffU);
  return text + std::string(value);
}

/// Returns a number in big endian, with zeros before it if it is shorter than `size` bytes; empty
/// if the key has no such number or it is longer.
std::string number(const EVP_PKEY* key, const char* name, std::size_t size = 0) {
  BIGNUM* raw = nullptr;
  if (EVP_PKEY_get_bn_param(key, name, &raw) != 1) return {};
  const Number value(raw);
  const auto own = static_cast<std::size_t>(BN_num_bytes(value.get()));
  std::string bytes(size == 0 ? own : size, '\0');
  if (own > bytes.size()) return {};
  auto* into = reinterpret_cast<unsigned char*>(bytes.data());
  if (BN_bn2binpad(value.get(), into, static_cast<int>(bytes.size())) < 0) return {};
  return bytes;
}

/// Encodes a positive `mpint` of RFC 4251.
std::string mpint(const std::string& bytes) {
  const bool high = !bytes.empty() && (static_cast<unsigned char>(bytes.front()) & 0x80U) != 0;
  return field(high ? std::string(1, '\0') + bytes : bytes);
}

std::string line_of(std::string_view type, std::string_view fields) {
  return std::string(type) + " " + base64_encode(field(type) + std::string(fields));
}

Result<std::string> rsa_line(const EVP_PKEY* key) {
  const auto exponent = number(key, OSSL_PKEY_PARAM_RSA_E);
  const auto modulus = number(key, OSSL_PKEY_PARAM_RSA_N);
  if (exponent.empty() || modulus.empty()) return refuse("its RSA key is damaged");
  return line_of("ssh-rsa", mpint(exponent) + mpint(modulus));
}

struct Curve {
  std::string_view group;  ///< OpenSSL's name
  std::string_view name;   ///< SSH's
  std::size_t coordinate;  ///< bytes
};
constexpr std::array kCurves = {Curve{"prime256v1", "nistp256", 32},
                                Curve{"secp384r1", "nistp384", 48},
                                Curve{"secp521r1", "nistp521", 66}};

Result<std::string> ec_line(const EVP_PKEY* key) {
  std::array<char, 64> group{};
  std::size_t size = 0;
  const bool named = EVP_PKEY_get_group_name(key, group.data(), group.size(), &size) == 1;
  for (const auto& curve : kCurves) {
    if (!named || curve.group != std::string_view(group.data(), size)) continue;
    const auto x = number(key, OSSL_PKEY_PARAM_EC_PUB_X, curve.coordinate);
    const auto y = number(key, OSSL_PKEY_PARAM_EC_PUB_Y, curve.coordinate);
    if (x.empty() || y.empty()) return refuse("its EC key is damaged");
    return line_of("ecdsa-sha2-" + std::string(curve.name),
                   field(curve.name) + field("\x04" + x + y));
  }
  return refuse("its EC key is not on one of the curves P-256, P-384 and P-521");
}

Result<std::string> ed25519_line(const EVP_PKEY* key) {
  std::array<unsigned char, 32> raw{};
  std::size_t size = raw.size();
  if (EVP_PKEY_get_raw_public_key(key, raw.data(), &size) != 1 || size != raw.size())
    return refuse("its Ed25519 key is damaged");
  return line_of("ssh-ed25519", field({reinterpret_cast<const char*>(raw.data()), raw.size()}));
}

Result<std::string> line_of_key(const EVP_PKEY* key) {
  if (EVP_PKEY_is_a(key, "RSA") == 1) return rsa_line(key);
  if (EVP_PKEY_is_a(key, "EC") == 1) return ec_line(key);
  if (EVP_PKEY_is_a(key, "ED25519") == 1) return ed25519_line(key);
  const char* kind = EVP_PKEY_get0_type_name(key);
  return refuse("its key is neither RSA nor EC nor Ed25519" +
                (kind != nullptr ? ", but " + std::string(kind) : ""));
}

enum class Kind { kPkcs8, kPkcs1, kCertificate };

std::optional<Kind> kind_of(std::string_view label) {
  if (label == "PUBLIC KEY") return Kind::kPkcs8;
  if (label == "RSA PUBLIC KEY") return Kind::kPkcs1;
  if (label == "CERTIFICATE" || label == "X509 CERTIFICATE") return Kind::kCertificate;
  return std::nullopt;
}

/// Returns null unless all of `der` is one key or certificate.
Pkey decode(Kind kind, std::string_view der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const auto* const end = at + der.size();
  const auto size = static_cast<long>(der.size());
  Pkey key;
  if (kind == Kind::kPkcs8) key.reset(d2i_PUBKEY(nullptr, &at, size));
  if (kind == Kind::kPkcs1) key.reset(d2i_PublicKey(EVP_PKEY_RSA, nullptr, &at, size));
  if (kind == Kind::kCertificate) {
    const Certificate certificate(d2i_X509(nullptr, &at, size));
    if (certificate) key.reset(X509_get_pubkey(certificate.get()));
  }
  if (at != end) key.reset();
  return key;
}

/// Removes the quotes around the value of a header.
std::string_view unquoted(std::string_view value) {
  if (value.size() < 2 || value.front() != '"' || value.back() != '"') return value;
  return value.substr(1, value.size() - 2);
}

}  // namespace

Result<std::string> convert_pem(std::string_view label, std::string_view body) {
  const auto kind = kind_of(label);
  if (!kind) {
    return refuse(
        "its kind is not supported (PUBLIC KEY, RSA PUBLIC KEY and CERTIFICATE are supported)");
  }
  const auto der = base64_decode(body);
  if (!der || der->empty()) return refuse("it is not valid base64");
  const auto key = decode(*kind, *der);
  // OpenSSL keeps its errors in a queue. It is cleared, so that no other code finds them there.
  Result<std::string> line = refuse("OpenSSL cannot read it");
  if (key) line = line_of_key(key.get());
  ERR_clear_error();
  return line;
}

Result<std::string> convert_ssh2(std::string_view body) {
  std::string comment;
  std::string base64;
  bool in_header = false;  // the header before goes on in this line
  bool in_comment = false;
  for (auto line : split(body, '\n')) {
    line = trim(line);
    const auto colon = line.find(':');
    // The base64 has no colon, and no header follows it.
    if (!in_header && (colon == std::string_view::npos || !base64.empty())) {
      base64 += line;
      continue;
    }
    auto value = line;
    if (!in_header) {
      in_comment = lower(trim(line.substr(0, colon))) == "comment";
      value = trim(line.substr(colon + 1));
    }
    in_header = value.ends_with('\\');
    if (in_header) value.remove_suffix(1);
    if (in_comment) comment += value;
  }
  const auto blob = base64_decode(base64);
  constexpr std::size_t kLength = 4;
  if (!blob || blob->size() < kLength) return refuse("it is not valid base64");
  const auto size = static_cast<unsigned char>((*blob)[kLength - 1]);
  const bool small = blob->starts_with(std::string_view("\0\0\0", kLength - 1));
  if (!small || size > blob->size() - kLength) return refuse("it does not begin with a key type");
  const auto type = std::string_view(*blob).substr(kLength, size);
  const auto shown = trim(unquoted(comment));
  return std::string(type) + " " + base64_encode(*blob) +
         (shown.empty() ? "" : " " + std::string(shown));
}

}  // namespace azl::provision
