#include "provision/accounts/key_conversion.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "base/text.h"
#include "provision/accounts/key_string.h"
#include "tests/unit/provision/accounts/account_tree.h"

namespace azl::provision {
namespace {

/// Returns "TYPE BASE64" of the only key in a string.
std::string converted(const std::string& text) {
  const auto keys = parse_key_string(text);
  REQUIRE(keys.size() == 1);
  REQUIRE_MESSAGE(keys[0].has_value(), keys[0].error().to_string());
  return keys[0]->type + " " + keys[0]->base64;
}

std::string refusal(const std::string& text) {
  const auto keys = parse_key_string(text);
  REQUIRE(keys.size() == 1);
  REQUIRE_FALSE(keys[0].has_value());
  CHECK(keys[0].error().reason() == Reason::kSshKey);
  return keys[0].error().to_string();
}

/// "TYPE BASE64" of a line, without the comment.
std::string without_comment(const std::string& line) {
  const auto words = split(trim(line), ' ');
  REQUIRE(words.size() >= 2);
  return std::string(words[0]) + " " + std::string(words[1]);
}

/// What ssh-keygen makes of a public key in PEM.
std::string ssh_keygen_import(const std::string& pem) {
  test::TemporaryTree directory;
  directory.write("key.pem", pem);
  return without_comment(
      test::output_of({"ssh-keygen", "-i", "-m", "PKCS8", "-f", directory.path("key.pem")}));
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

struct KeyRow {
  const char* type;
  const char* bits;
};
constexpr KeyRow kRows[] = {{"rsa", "2048"}, {"ecdsa", "256"}, {"ecdsa", "384"}, {"ecdsa", "521"}};

}  // namespace

TEST_CASE("PKCS#8 public keys that ssh-keygen -e makes give the key that it was made from") {
  for (const auto& row : kRows) {
    CAPTURE(row.type);
    CAPTURE(row.bits);
    test::TemporaryTree directory;
    const auto line = test::make_key_pair(row.type, row.bits).line;
    directory.write("key.pub", line);
    const auto pem =
        test::output_of({"ssh-keygen", "-e", "-m", "PKCS8", "-f", directory.path("key.pub")});
    REQUIRE(pem.starts_with("-----BEGIN PUBLIC KEY-----\n"));
    CHECK(converted(pem) == without_comment(line));
    CHECK(converted(pem) == ssh_keygen_import(pem));
    // As a template may mangle it.
    CHECK(converted(replaced(pem, "\n", "\r\n")) == without_comment(line));
    CHECK(converted(replaced(pem, "\n", "\r")) == without_comment(line));
    CHECK(converted(replaced(pem, "\n", " ")) == without_comment(line));
    CHECK(converted(replaced(pem, "\n", "")) == without_comment(line));
  }
}

TEST_CASE("a PKCS#1 public key that ssh-keygen -e makes gives the key that it was made from") {
  test::TemporaryTree directory;
  const auto line = test::make_key_pair("rsa", "3072").line;
  directory.write("key.pub", line);
  const auto pem =
      test::output_of({"ssh-keygen", "-e", "-m", "PEM", "-f", directory.path("key.pub")});
  REQUIRE(pem.starts_with("-----BEGIN RSA PUBLIC KEY-----\n"));
  CHECK(converted(pem) == without_comment(line));
}

TEST_CASE("SSH2 public keys that ssh-keygen -e makes give the key that they were made from") {
  const std::vector<KeyRow> rows = {
      {"rsa", "2048"}, {"ecdsa", "256"}, {"ecdsa", "521"}, {"ed25519", ""}};
  for (const auto& row : rows) {
    CAPTURE(row.type);
    test::TemporaryTree directory;
    const auto line = test::make_key_pair(row.type, row.bits).line;
    directory.write("key.pub", line);
    const auto ssh2 =
        test::output_of({"ssh-keygen", "-e", "-m", "RFC4716", "-f", directory.path("key.pub")});
    REQUIRE(ssh2.starts_with("---- BEGIN SSH2 PUBLIC KEY ----\n"));
    CHECK(converted(ssh2) == without_comment(line));
    CHECK(converted(replaced(ssh2, "\n", "\r\n")) == without_comment(line));
  }
}

TEST_CASE("an SSH2 public key keeps its comment, also from a header of several lines") {
  const auto line = without_comment(test::make_key_pair("ed25519").line);
  const auto base64 = line.substr(line.find(' ') + 1);
  const std::string begin = "---- BEGIN SSH2 PUBLIC KEY ----\n";
  const std::string end = "\n---- END SSH2 PUBLIC KEY ----\n";
  for (const std::string headers :
       {"Comment: \"bob at work\"\n", "comment: bob at work\n",
        "Subject: x\nComment: \"bob \\\nat \\\nwork\"\nx-other: a\\\nb:c\n"}) {
    CAPTURE(headers);
    const auto keys = parse_key_string(begin + headers + base64 + end);
    REQUIRE(keys.size() == 1);
    REQUIRE(keys[0]);
    CHECK(keys[0]->line() == line + " bob at work");
  }
}

TEST_CASE("the public key of a certificate that openssl makes is what openssl says") {
  const std::vector<std::vector<std::string>> rows = {
      {"-newkey", "rsa:2048"},
      {"-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"},
      {"-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384"},
      {"-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-521"}};
  for (const auto& kind : rows) {
    CAPTURE(kind.back());
    test::TemporaryTree directory;
    std::vector<std::string> argv = {"openssl",
                                     "req",
                                     "-x509",
                                     "-nodes",
                                     "-sha256",
                                     "-subj",
                                     "/CN=x",
                                     "-keyout",
                                     directory.path("key"),
                                     "-out",
                                     directory.path("cert")};
    argv.insert(argv.end(), kind.begin(), kind.end());
    test::output_of(argv);
    const auto public_key =
        test::output_of({"openssl", "x509", "-in", directory.path("cert"), "-pubkey", "-noout"});
    CHECK(converted(directory.read("cert")) == ssh_keygen_import(public_key));
    CHECK(refusal(directory.read("key")).find("private key") != std::string::npos);
  }
}

TEST_CASE("an Ed25519 public key and certificate of openssl give the 32 bytes at their end") {
  test::TemporaryTree directory;
  test::output_of({"openssl", "req", "-x509", "-nodes", "-subj", "/CN=x", "-newkey", "ed25519",
                   "-keyout", directory.path("key"), "-out", directory.path("cert")});
  const auto pem = test::output_of({"openssl", "pkey", "-in", directory.path("key"), "-pubout"});
  const auto lines = split(pem, '\n');
  REQUIRE(lines.size() == 3);
  const auto der = base64_decode(lines[1]).value_or("");
  REQUIRE(der.size() > 32);
  const std::string expected =
      "ssh-ed25519 " + base64_encode(std::string("\0\0\0\x0bssh-ed25519\0\0\0\x20", 19) +
                                     der.substr(der.size() - 32));
  CHECK(converted(pem) == expected);
  CHECK(converted(directory.read("cert")) == expected);
}

TEST_CASE("a point in compressed form gives the whole point") {
  test::TemporaryTree directory;
  test::output_of({"openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256",
                   "-out", directory.path("key")});
  const auto whole = test::output_of({"openssl", "pkey", "-in", directory.path("key"), "-pubout"});
  const auto compressed = test::output_of(
      {"openssl", "ec", "-in", directory.path("key"), "-pubout", "-conv_form", "compressed"});
  REQUIRE(compressed.size() < whole.size());
  CHECK(converted(compressed) == ssh_keygen_import(whole));
}

TEST_CASE("keys that SSH has no form for, and what is no key, are refused with the reason") {
  test::TemporaryTree directory;
  const auto public_key = [&](const std::vector<std::string>& options) {
    std::vector<std::string> argv = {"openssl", "genpkey", "-out", directory.path("key")};
    argv.insert(argv.end(), options.begin(), options.end());
    test::output_of(argv);
    return test::output_of({"openssl", "pkey", "-in", directory.path("key"), "-pubout"});
  };
  const std::string pem = "-----BEGIN PUBLIC KEY-----\n";
  const std::string end = "\n-----END PUBLIC KEY-----\n";
  const struct {
    std::string text;
    const char* why;
  } rows[] = {
      {public_key({"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:secp256k1"}),
       "not on one of the curves"},
      {public_key({"-algorithm", "ED448"}), "neither RSA nor EC nor Ed25519"},
      {public_key({"-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:512"}), "damaged, or has a"},
      {pem + "AAAA" + end, "OpenSSL cannot read it"},
      {pem + "THE SECRET!" + end, "not valid base64"},
      {pem + end, "not valid base64"},
      {pem + "AAAA", "no END line"},
      {"-----BEGIN PGP PUBLIC KEY BLOCK-----\nTHESECRET\n-----END PGP PUBLIC KEY BLOCK-----\n",
       "its kind is not supported"},
      {"---- BEGIN SSH2 PUBLIC KEY ----\nAAAA\n---- END SSH2 PUBLIC KEY ----\n",
       "not valid base64"},
      {"---- BEGIN SSH2 PUBLIC KEY ----\nAAAAC3Nz\n---- END SSH2 PUBLIC KEY ----\n",
       "does not begin with a key type"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    const auto why = refusal(row.text);
    CHECK_MESSAGE(why.find(row.why) != std::string::npos, why);
    CHECK(why.find("SECRET") == std::string::npos);
  }
  auto trailing = base64_decode(split(public_key({"-algorithm", "ED25519"}), '\n')[1]).value_or("");
  CHECK(refusal(pem + base64_encode(trailing + "x") + end).find("OpenSSL cannot read it") !=
        std::string::npos);
}

}  // namespace azl::provision
