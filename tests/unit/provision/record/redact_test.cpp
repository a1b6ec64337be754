#include "provision/record/redact.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

namespace azl::provision {
namespace {

struct Row {
  std::string text;
  std::string expected;
};

TEST_CASE("a secret is removed, and the text around it stays") {
  const std::vector<Row> rows = {
      // Known by their names.
      {"adminPassword=Hunter-2 next", "adminPassword=[removed] next"},
      {"password: Hunter 2, all of it\nnext", "password: [removed]\nnext"},
      {R"({"adminPassword": "Hun\"ter2", "a": 1})", R"({"adminPassword": "[removed]", "a": 1})"},
      {R"({"m": "{\"password\":\"Hun\\\"ter2\",\"a\":1}"})",
       R"({"m": "{\"password\":\"[removed]\",\"a\":1}"})"},
      {R"({"m": "password=Hunter2"})", R"({"m": "password=[removed]"})"},
      {R"({"m": "password: Hunter2\nnext"})", R"({"m": "password: [removed]\nnext"})"},
      {"password='Hunter 2' next", "password='[removed]' next"},
      {"password='Hunter 2\nnext", "password='[removed]\nnext"},
      {"<wa:UserPassword>Hunter2</wa:UserPassword>",
       "<wa:UserPassword>[removed]</wa:UserPassword>"},
      {R"({"a": "<password>Hunter2", "b": "</x>"})",
       R"({"a": "<password>[removed]", "b": "</x>"})"},
      {R"({"a": "-----BEGIN PRIVATE KEY-----", "b": "-----END PRIVATE KEY-----"})",
       R"({"a": "[removed]", "b": "-----END PRIVATE KEY-----"})"},
      {"<CustomData xsi:type=\"a\">SGk=</CustomData>",
       "<CustomData xsi:type=\"a\">[removed]</CustomData>"},
      {"run --password Hunter2 --x", "run --password [removed] --x"},
      {"run --admin-password=Hunter2", "run --admin-password=[removed]"},
      {"AZURE_CLIENT_SECRET=abc", "AZURE_CLIENT_SECRET=[removed]"},
      {"AccountName=x;AccountKey=abc==;EndpointSuffix=y", "AccountName=x;AccountKey=[removed]"},
      {R"("protectedSettings": "MIIB")", R"("protectedSettings": "[removed]")"},
      {R"({"protectedSettings": {"a": ["}", 1]}, "b": 2})",
       R"({"protectedSettings": "[removed]", "b": 2})"},
      {R"({"m": "{\"protectedSettings\":{\"a\":\"}\"},\"b\":2}"})",
       R"({"m": "{\"protectedSettings\":\"[removed]\",\"b\":2}"})"},
      {"user_data: abc", "user_data: [removed]"},
      {"Authorization: Basic dXNlcjpwYXNz", "Authorization: [removed]"},
      {"GET https://a/b?sv=1&sig=ab%2Bc&se=2 200", "GET https://a/b?sv=1&sig=[removed]&se=2 200"},
      {"https://a/b?sv=1&amp;sig=abc&amp;se=2", "https://a/b?sv=1&amp;sig=[removed]&amp;se=2"},
      {"u=a%3Fsig%3Dabc", "u=a%3Fsig%3D[removed]"},
      {"/osProfile/adminPassword: Hunter 2", "/osProfile/adminPassword: [removed]"},
      {"cannot read /run/secret: No such file or Hunter2", "cannot read /run/secret: [removed]"},
      // Known by their form.
      {"root:$6$salt$abcdefghij./:1", "root:[removed]:1"},
      {"x $y$j9T$abc$defghijkl.", "x [removed]"},
      {"header: bearer abcdefgh.123 next", "header: bearer [removed] next"},
      {"x eyJhbGciOi.eyJzdWIi.c2ln y", "x [removed] y"},
      {"https://user:pass@host/x", "https://[removed]@host/x"},
      {"a\n-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\nb",
       "a\n[removed]\nb"},
      {R"({"k": "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"})",
       R"({"k": "[removed]\n"})"},
      {R"({"k": "-----BEGIN RSA PRIVATE KEY-----\nAAAA"})", R"({"k": "[removed]"})"},
      {R"({"k": "-----BEGIN PRIVATE KEY-----\nAAAA\"x"})", R"({"k": "[removed]\"x"})"},
      {"b3BlbnNzaC1rZXktdjEAAAAABG5vbmU=; x", "[removed]; x"},
  };
  for (const auto& [text, expected] : rows) {
    CAPTURE(text);
    const auto redacted = redact(text);
    CHECK(redacted.text == expected);
    CHECK(redacted.removed == 1);
    CHECK(redact(redacted.text).text == expected);
    if (nlohmann::json::accept(text)) CHECK(nlohmann::json::accept(redacted.text));
  }
}

TEST_CASE("what is no secret stays") {
  const std::vector<std::string> texts = {
      "",
      "passwordauthentication yes\npermitemptypasswords no",
      "PasswordAgeing=auto\nSudo=nopasswd",
      "ann ALL=(ALL) NOPASSWD: ALL",
      "chpasswd: (user ann) failed",
      R"({"password": "locked", "password_why": "the media has none", "token": null, "pwd": 5})",
      R"({"why": "no password", "x": "password:", "y": "password=", "z": "password"})",
      "password=set",
      "cannot open /etc/passwd: No space left on device",
      "making bob: useradd: cannot open /etc/passwd: Read-only file system\nnext",
      R"({"chain": ["cannot open /run/secrets/token: Permission denied"]})",
      "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
      "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKa key0",
      "http://169.254.169.254/metadata/instance?api-version=2023-11-15&format=json",
      "costs $5$ or $x",
      "mail to ann@example.com, see https://example.com/a@b",
      "<UserPassword/><UserPassword></UserPassword>",
      "the bearer of this",
      "2: eth0: <BROADCAST,MULTICAST,UP> mtu 1500 link/ether 00:0d:3a:5c:7e:10",
  };
  for (const auto& text : texts) {
    CAPTURE(text);
    const auto redacted = redact(text);
    CHECK(redacted.text == text);
    CHECK(redacted.removed == 0);
  }
}

TEST_CASE("each secret of a text is removed, and counted") {
  const auto redacted = redact("password=a\nsecret=b\nx=c\n");
  CHECK(redacted.text == "password=[removed]\nsecret=[removed]\nx=c\n");
  CHECK(redacted.removed == 2);
}

TEST_CASE("text that ends in the middle of a secret is redacted up to its end") {
  for (const std::string text :
       {"password", "password:", "password=\"", "<password>", "--password ",
        "-----BEGIN PRIVATE KEY-----", "{\"password\":{", "$6$", "eyJ.", "sig%3D", "\"password\\",
        R"({\"password\":\"x\)"}) {
    CAPTURE(text);
    CHECK(redact(text).removed <= 1);
  }
}

}  // namespace
}  // namespace azl::provision
