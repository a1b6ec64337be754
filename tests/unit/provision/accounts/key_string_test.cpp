#include "provision/accounts/key_string.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "base/text.h"
#include "tests/unit/provision/accounts/account_tree.h"

namespace azl::provision {
namespace {

// Made with ssh-keygen for these tests.
const std::string kOne =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILNwrZ3EVoRNEHLnslvwe7r+gvvgODvn5IpD0A6PxMSh";
const std::string kTwo =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPQ3F8Ii76JDowRJ2jsd9FC7ISg2Lf/dxO6They901BG";
const std::string kSecret = "THE-SECRET-PART";
const std::string kBom = "\xEF\xBB\xBF";

/// The lines of the keys in a string; "refused" for each that is refused.
std::vector<std::string> lines_in(const std::string& text) {
  std::vector<std::string> lines;
  for (const auto& key : parse_key_string(text)) {
    lines.push_back(key ? key->line() : "refused");
    if (!key) CHECK(key.error().to_string().find(kSecret) == std::string::npos);
  }
  return lines;
}

/// Returns a key with a line break in its base64.
std::string broken(std::string key, const std::string& line_break) {
  return key.insert(40, line_break);
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("a key string may hold several keys, with any line breaks between and inside them") {
  for (const std::string line_break : {"\n", "\r\n", "\r", "\n\r", "\r\r\n", "\n\n"}) {
    CAPTURE(line_break);
    CHECK(lines_in(kOne + line_break + kTwo) == Lines{kOne, kTwo});
    CHECK(lines_in(line_break + kOne + " ann" + line_break + kTwo + " bob" + line_break) ==
          Lines{kOne + " ann", kTwo + " bob"});
    CHECK(lines_in(broken(kOne, line_break)) == Lines{kOne});
    CHECK(lines_in(broken(kOne, line_break) + " ann" + line_break + broken(kTwo, line_break)) ==
          Lines{kOne + " ann", kTwo});
    // After the type too.
    CHECK(lines_in("ssh-ed25519" + line_break + kOne.substr(12)) == Lines{kOne});
  }
}

TEST_CASE("comment lines and byte order marks in a key string are skipped") {
  const Lines both = {kOne, kTwo};
  CHECK(lines_in("# my keys\n" + kOne + "\n  # old: " + kTwo + "\n" + kTwo) == both);
  CHECK(lines_in(kBom + kOne + "\r\n" + kBom + kTwo) == both);
  CHECK(lines_in(kBom + "# a\r" + kOne + "\r\n" + kTwo) == both);
}

TEST_CASE("what is wrong with one key of a string costs only that key") {
  const struct {
    const char* what;
    std::string text;
    Lines lines;
  } rows[] = {
      {"empty", "", {"refused"}},
      {"only comments", "# a\n#b\n", {"refused"}},
      {"text before", "hello\nworld\n" + kOne, {"refused", kOne}},
      {"text after a key", kOne + "\n" + kSecret + "\nmore", {kOne, "refused"}},
      {"text after a key with a comment", kOne + " ann\n" + kSecret, {kOne + " ann", "refused"}},
      {"base64 after a key", kOne + "\nAAAA\nBBBB", {kOne, "refused"}},
      {"a damaged key between", kOne + "\nssh-ed25519 AAAA\n" + kTwo, {kOne, "refused", kTwo}},
      {"options", "no-pty " + kOne + "\n" + kTwo, {"refused", kTwo}},
      {"options after a broken key",
       broken(kTwo, "\n") + "\ncommand=\"a b\" " + kOne,
       {kTwo, "refused"}},
      {"a type that OpenSSH does not accept",
       "ssh-dss AAAAB3NzaC1kc3M=\n" + kOne,
       {"refused", kOne}},
      {"a private key before",
       "-----BEGIN OPENSSH PRIVATE KEY-----\n" + kSecret + "\n-----END OPENSSH PRIVATE KEY-----\n" +
           kOne,
       {"refused", kOne}},
      {"a private key without its end",
       "-----BEGIN RSA PRIVATE KEY-----\n" + kSecret + "\n" + kOne,
       {"refused", kOne}},
      {"an SSH2 public key without its end",
       "---- BEGIN SSH2 PUBLIC KEY ----\nAAAA\n" + kOne,
       {"refused", kOne}},
      {"a key after an END on its line",
       "-----BEGIN X-----A-----END X----- " + kOne,
       {"refused", kOne}},
      {"an option that looks like base64",
       broken(kTwo, "\n") + "\nrestrict " + kOne,
       {kTwo, "refused"}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    CHECK(lines_in(row.text) == row.lines);
  }
}

TEST_CASE("a private key is refused as one, and nothing of it is printed") {
  const auto openssh = test::make_key_pair("ed25519").secret;
  for (const std::string& text :
       {openssh, "-----BEGIN PRIVATE KEY-----\n" + kSecret + "\n-----END PRIVATE KEY-----",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----" + kSecret + "-----END ENCRYPTED PRIVATE KEY-----",
        "-----BEGIN EC PRIVATE KEY-----\r\n" + kSecret,
        "---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\n" + kSecret +
            "\n---- END SSH2 ENCRYPTED PRIVATE KEY ----",
        "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nPrivate-Lines: 1\n" + kSecret}) {
    CAPTURE(text.substr(0, 40));
    const auto keys = parse_key_string(text);
    REQUIRE(keys.size() == 1);
    REQUIRE_FALSE(keys[0]);
    CHECK(keys[0].error().reason() == Reason::kSshKey);
    CHECK(keys[0].error().to_string() ==
          "it is a private key, which must never be given to a VM: give its public key, the file "
          "whose name ends in .pub");
  }
}

TEST_CASE("a PEM key without its END line is refused, because the rest may be lost") {
  // RFC 8410: SubjectPublicKeyInfo of an ed25519 key.
  const std::string head("\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00", 12);
  const auto body = base64_encode(head + std::string(32, 'x'));
  const auto whole =
      parse_key_string("-----BEGIN PUBLIC KEY-----\n" + body + "\n-----END PUBLIC KEY-----");
  REQUIRE(whole.size() == 1);
  CHECK(whole[0].has_value());
  const auto cut = parse_key_string("-----BEGIN PUBLIC KEY-----\n" + body + "\n");
  REQUIRE(cut.size() == 1);
  REQUIRE_FALSE(cut[0]);
  CHECK(cut[0].error().to_string() == "it has a BEGIN line and no END line");
}

TEST_CASE("the size and the number of the keys in a string are bounded") {
  const auto many = [](std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += kOne + "\n";
    return text;
  };
  CHECK(parse_key_string(many(kSshKeysMost)).size() == kSshKeysMost);
  CHECK(parse_key_string(many(kSshKeysMost)).back().has_value());
  const auto more = parse_key_string(many(kSshKeysMost + 2));
  CHECK(more.size() == kSshKeysMost + 1);
  CHECK_FALSE(more.back().has_value());
  const auto huge = parse_key_string(std::string(kKeyStringLimit + 1, 'A'));
  REQUIRE(huge.size() == 1);
  CHECK(huge[0].error().to_string() == "the key is longer than 262144 bytes");
  // A bad key of many lines must not take long.
  std::string lines = "ssh-ed25519 ";
  while (lines.size() < kKeyStringLimit - 2) lines += "A\n";
  CHECK(lines_in(lines) == Lines{"refused", "refused"});
}

}  // namespace azl::provision
