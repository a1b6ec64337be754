#include "provision/accounts/ssh_key.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "base/text.h"
#include "tests/unit/provision/accounts/account_tree.h"

namespace azl::provision {

namespace {

/// Encodes a `string` of RFC 4251.
std::string field(std::string_view value) {
  const auto size = static_cast<std::uint32_t>(value.size());
  std::string text;
  for (int shift = 24; shift >= 0; shift -= 8) text += static_cast<char>((size >> shift) & 0xffU);
  return text + std::string(value);
}

std::string key_line(std::string_view type, std::string_view blob) {
  return std::string(type) + " " + base64_encode(blob);
}

std::string ed25519(std::size_t size = 32) {
  return field("ssh-ed25519") + field(std::string(size, 'k'));
}
std::string rsa(std::string_view exponent, std::string_view modulus) {
  return field("ssh-rsa") + field(exponent) + field(modulus);
}
/// A modulus of `bytes` bytes that begins with `first`.
std::string modulus(std::size_t bytes, char first = '\x7f') {
  return first + std::string(bytes - 1, '\x55');
}
std::string point(std::size_t coordinate) { return "\x04" + std::string(2 * coordinate, 'p'); }

const std::string kSkEd25519 = "sk-ssh-ed25519@openssh.com";
const std::string kSkP256 = "sk-ecdsa-sha2-nistp256@openssh.com";

SshKey key_of(std::string_view line) {
  auto key = parse_ssh_key(line);
  REQUIRE_MESSAGE(key.has_value(), line);
  return std::move(*key);
}

/// Returns the fingerprint that ssh-keygen prints: "SHA256:…".
std::string real_fingerprint(const std::string& line) {
  test::TemporaryTree directory;
  directory.write("key.pub", line + "\n");
  const std::string said = test::output_of({"ssh-keygen", "-l", "-f", directory.path("key.pub")});
  const auto words = split(said, ' ');
  return words.size() > 1 ? std::string(words[1]) : said;
}

}  // namespace

TEST_CASE("every key type of ssh-keygen is accepted, with the same fingerprint") {
  struct Row {
    const char* option;
    const char* bits;
    const char* type;
  };
  const std::vector<Row> rows = {
      {"ed25519", "", "ssh-ed25519"},
      {"rsa", "1024", "ssh-rsa"},
      {"rsa", "2048", "ssh-rsa"},
      {"ecdsa", "256", "ecdsa-sha2-nistp256"},
      {"ecdsa", "384", "ecdsa-sha2-nistp384"},
      {"ecdsa", "521", "ecdsa-sha2-nistp521"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.type);
    const std::string line = test::make_key_pair(row.option, row.bits).line;
    const SshKey key = key_of(line);
    CHECK(key.type == row.type);
    CHECK(key.comment == "a comment");
    CHECK(key.line() + "\n" == line);
    CHECK(key.fingerprint == real_fingerprint(key.line()));
  }
}

TEST_CASE("keys of security tokens are accepted, with ssh-keygen's fingerprint") {
  const std::string ed =
      key_line(kSkEd25519, field(kSkEd25519) + field(std::string(32, 'k')) + field("ssh:"));
  CHECK(key_of(ed).fingerprint == real_fingerprint(ed));
  // The generator of P-256, because ssh-keygen checks that the point is on the curve.
  const std::string generator =
      "\x04"
      "\x6b\x17\xd1\xf2\xe1\x2c\x42\x47\xf8\xbc\xe6\xe5\x63\xa4\x40\xf2"
      "\x77\x03\x7d\x81\x2d\xeb\x33\xa0\xf4\xa1\x39\x45\xd8\x98\xc2\x96"
      "\x4f\xe3\x42\xe2\xfe\x1a\x7f\x9b\x8e\xe7\xeb\x4a\x7c\x0f\x9e\x16"
      "\x2b\xce\x33\x57\x6b\x31\x5e\xce\xcb\xb6\x40\x68\x37\xbf\x51\xf5";
  const std::string ec =
      key_line(kSkP256, field(kSkP256) + field("nistp256") + field(generator) + field("ssh:"));
  CHECK(key_of(ec).fingerprint == real_fingerprint(ec));
}

TEST_CASE("line breaks in and around a key, as Azure adds them, are removed") {
  const std::string line = key_line("ssh-ed25519", ed25519());
  const std::string half = line.substr(0, 30) + "\r\n" + line.substr(30);
  for (const std::string& text :
       {line, line + "\n", "\r\n" + line + "\r\n\r\n", half, "  " + line, "\t" + line + " \t"}) {
    CAPTURE(text);
    CHECK(key_of(text).line() == line);
  }
  CHECK(key_of(line + " bob@host").line() == line + " bob@host");
  CHECK(key_of("ssh-ed25519 \t " + base64_encode(ed25519()) + "\t bob  smith ").line() ==
        line + " bob  smith");
}

TEST_CASE("a comment keeps only printable characters") {
  struct Row {
    std::string given;
    std::string kept;
  };
  const std::vector<Row> rows = {
      {"bob's \"key\"", "bob's \"key\""},
      {"jos\xc3\xa9@h\xc3\xb4te", "jos\xc3\xa9@h\xc3\xb4te"},
      {"\xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x94\x91", "\xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x94\x91"},
      {"a\x1b[31mb\x07", "a[31mb"},
      {std::string("a\0b", 3), "ab"},
      {"a\x7f", "a"},
      {"a\xc2\x9b"
       "b",
       "ab"},  // CSI as one C1 character
      {"\xff\xfe"
       "ab",
       "ab"},  // not UTF-8
      {"\xc0\xaf"
       "a",
       "a"},  // overlong
      {"\xed\xa0\x80"
       "a",
       "a"},  // a surrogate
      {"\xf4\x90\x80\x80"
       "a",
       "a"},               // beyond Unicode
      {"a\xe6\x97", "a"},  // cut off
  };
  for (const Row& row : rows) {
    CAPTURE(row.given);
    CHECK(key_of(key_line("ssh-ed25519", ed25519()) + " " + row.given).comment == row.kept);
  }
}

TEST_CASE("text that is not a user's public key is refused and never quoted") {
  const std::string good = ed25519();
  const std::string secret = "THE-SECRET-PART";
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"", "is empty"},
      {" \r\n ", "is empty"},
      {"ssh-ed25519", "nothing after its type"},
      {"ssh-ed25519 ", "nothing after its type"},
      {base64_encode(good), "does not begin with a key type"},
      {"no-pty " + key_line("ssh-ed25519", good), "does not begin with a key type"},
      {"command=\"sh\" " + key_line("ssh-ed25519", good), "does not begin with a key type"},
      {"SSH-ED25519 " + base64_encode(good), "does not begin with a key type"},
      {"rm -rf / # " + secret, "does not begin with a key type"},
      {"-----BEGIN OPENSSH PRIVATE KEY-----\n" + secret, "does not begin with a key type"},
      {"#" + key_line("ssh-ed25519", good), "does not begin with a key type"},
      {"ssh-dss AAAA", "no longer supports"},
      {"ssh-ed25519-cert-v01@openssh.com AAAA", "does not begin with a key type"},
      {"ssh-ed25519 " + secret, "not valid base64"},
      {"ssh-ed25519 " + base64_encode(good) + "=", "not valid base64"},
      {"ssh-ed25519 A\vA" + base64_encode(good), "not valid base64"},
      {"ssh-rsa " + base64_encode(good), "contains a key of another type"},
      {key_line("ssh-ed25519", ""), "nothing after its type"},
      {key_line("ssh-ed25519", "\xff\xff\xff\xff"), "contains a key of another type"},
      {key_line("ssh-ed25519", field("ssh-ed25519")), "damaged"},
      {key_line("ssh-ed25519", ed25519(31)), "damaged"},
      {key_line("ssh-ed25519", ed25519(33)), "damaged"},
      {key_line("ssh-ed25519", good + "x"), "damaged"},
      {key_line("ssh-ed25519", good + field("")), "damaged"},
      {"ssh-ed25519 " + std::string(kSshKeyLimit, 'A'), "longer than 16384 bytes"},
  };
  for (const auto& [text, wrong] : rows) {
    CAPTURE(text);
    const auto key = parse_ssh_key(text);
    REQUIRE_FALSE(key.has_value());
    CHECK(key.error().reason() == Reason::kSshKey);
    CHECK(key.error().to_string().find(wrong) != std::string::npos);
    CHECK(key.error().to_string().find(secret) == std::string::npos);
  }
}

TEST_CASE("numbers and points in a key must have sizes that OpenSSH accepts") {
  const std::string three("\x03");
  const std::string p256 = "ecdsa-sha2-nistp256";
  struct Row {
    std::string what;
    std::string line;
    bool good;
  };
  const auto of_rsa = [](const std::string& blob) { return key_line("ssh-rsa", blob); };
  const auto of_p256 = [&p256](const std::string& rest) {
    return key_line(p256, field(p256) + rest);
  };
  const std::vector<Row> rows = {
      {"1023 bits", of_rsa(rsa(three, modulus(128))), false},
      {"1024 bits", of_rsa(rsa(three, std::string(1, '\0') + modulus(128, '\x80'))), true},
      {"1031 bits", of_rsa(rsa(three, modulus(129))), true},
      {"16384 bits", of_rsa(rsa(three, std::string(1, '\0') + modulus(2048, '\xff'))), true},
      {"16391 bits", of_rsa(rsa(three, modulus(2049))), false},
      {"negative modulus", of_rsa(rsa(three, modulus(256, '\x80'))), false},
      {"padded modulus", of_rsa(rsa(three, std::string(1, '\0') + modulus(256))), false},
      {"no modulus", of_rsa(field("ssh-rsa") + field(three)), false},
      {"empty modulus", of_rsa(rsa(three, "")), false},
      {"even exponent", of_rsa(rsa("\x02", modulus(256))), false},
      {"exponent 1", of_rsa(rsa("\x01", modulus(256))), false},
      {"exponent 0", of_rsa(rsa(std::string(1, '\0'), modulus(256))), false},
      {"exponent 65537", of_rsa(rsa(std::string("\x01\x00\x01", 3), modulus(256))), true},
      {"P-256", of_p256(field("nistp256") + field(point(32))), true},
      {"a point too short", of_p256(field("nistp256") + field(point(31))), false},
      {"another curve", of_p256(field("nistp384") + field(point(48))), false},
      {"compressed", of_p256(field("nistp256") + field("\x02" + std::string(64, 'p'))), false},
      {"no application", key_line(kSkEd25519, field(kSkEd25519) + field(std::string(32, 'k'))),
       false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    CHECK(parse_ssh_key(row.line).has_value() == row.good);
  }
}

TEST_CASE("a truncated key is refused") {
  const std::string blob = rsa("\x03", modulus(129));
  for (std::size_t size = 0; size < blob.size(); ++size) {
    CAPTURE(size);
    CHECK_FALSE(parse_ssh_key(key_line("ssh-rsa", blob.substr(0, size))).has_value());
  }
}

TEST_CASE("authorized_keys keeps its text byte for byte and gets the missing keys") {
  const SshKey a = key_of(key_line("ssh-ed25519", ed25519()) + " a");
  const SshKey b = key_of(key_line("ssh-rsa", rsa("\x03", modulus(129))) + " b");
  const std::string line_a = a.line() + "\n";
  const std::string line_b = b.line() + "\n";
  struct Row {
    std::string what;
    std::string present;
    std::vector<SshKey> keys;
    std::string merged;
  };
  const std::vector<Row> rows = {
      {"nothing to nothing", "", {}, ""},
      {"into an empty file", "", {a, b}, line_a + line_b},
      {"the same key twice", "", {a, a}, line_a},
      {"present", line_a, {a}, line_a},
      {"present with another comment",
       "ssh-ed25519 " + a.base64 + " x y z",
       {a},
       "ssh-ed25519 " + a.base64 + " x y z"},
      {"present with options",
       "no-pty,command=\"echo ssh-rsa x\" " + line_a,
       {a, b},
       line_a + "no-pty,command=\"echo ssh-rsa x\" " + line_a + line_b},
      {"present with options, and without them before",
       line_a + "restrict " + line_a,
       {a},
       line_a + "restrict " + line_a},
      {"present with options in a last line without newline",
       "restrict ssh-ed25519 " + a.base64,
       {a},
       line_a + "restrict ssh-ed25519 " + a.base64},
      {"present after a quoted quote",
       "command=\"say \\\"a b\\\"\"\t" + line_a,
       {a},
       line_a + "command=\"say \\\"a b\\\"\"\t" + line_a},
      {"present with blanks",
       " \tssh-ed25519 \t" + a.base64 + "\r\n",
       {a},
       " \tssh-ed25519 \t" + a.base64 + "\r\n"},
      {"in a comment", "# " + line_a, {a}, "# " + line_a + line_a},
      {"in an option's text",
       "command=\"x ssh-ed25519 " + a.base64 + " y\" " + line_b,
       {a},
       "command=\"x ssh-ed25519 " + a.base64 + " y\" " + line_b + line_a},
      {"without a last newline", "# mine", {a}, "# mine\n" + line_a},
      {"odd bytes",
       std::string("\0\xff\r\n\n\n", 6),
       {a},
       std::string("\0\xff\r\n\n\n", 6) + line_a},
      {"an open quote",
       "command=\"x ssh-ed25519 " + a.base64,
       {a},
       "command=\"x ssh-ed25519 " + a.base64 + "\n" + line_a},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    CHECK(merge_authorized_keys(row.present, row.keys) == row.merged);
  }
}

}  // namespace azl::provision
