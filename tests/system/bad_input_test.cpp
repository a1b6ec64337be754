// The platform is not trusted: invalid, hostile and oversized values.
#include <algorithm>
#include <fstream>

#include "tests/system/lab.h"

namespace azl::test {
namespace {

TEST_SUITE_BEGIN("bad input" * needs_root());

/// A VM without media whose IMDS has these values.
Json only_imds(const Json& os_profile, const Strings& keys = {public_key()}) {
  return Json{{"imds", {{"body", instance(os_profile, keys)}}}, {"ovf", {{"enabled", false}}}};
}

struct BadName {
  std::string what;
  std::string name;
};

std::vector<BadName> bad_user_names() {
  return {
      {"the superuser", "root"},
      {"a path", "../x"},
      {"a path in the middle", "bob/../x"},
      {"an absolute path", "/etc/passwd"},
      {"33 characters", std::string(33, 'a')},
      {"300 characters", std::string(300, 'a')},
      {"a million characters", std::string(1'000'000, 'a')},
      {"a newline inside", "bob\nmallory:x:0:0::/:/bin/sh"},
      {"a newline at its end", "bob\n"},
      {"a colon", "bob:x"},
      {"a blank", "bob smith"},
      {"a command-line option", "-rf"},
      {"a digit first", "1bob"},
      {"only digits", "1000"},
      {"dots", ".."},
      {"a NUL", std::string("bob\0x", 5)},
      {"not ASCII",
       "b\xc3\xb6"
       "b"},
      {"a shell command", "$(reboot)"},
      {"a system user of the image", "sshd"},
      {"a system user with the name of an admin group", "adm"},
      {"a user above UID_MAX", "nobody"},
      {"blanks only", "   "},
  };
}

TEST_CASE("an invalid user name is a failure that names the cause, and no account changes") {
  for (const auto& row : bad_user_names()) {
    CAPTURE(row.what);
    Lab lab(only_imds({{"adminUsername", row.name}, {"computerName", "new-name"}}));
    const auto run = lab.run();
    lab.check_refused(run, "user-name");
    CHECK(lab.kvp().at("reason").starts_with("invalid user name: "));
    CHECK(lab.told_description().find("adminUsername") != std::string::npos);
    for (const char c : lab.told_description()) CHECK(static_cast<unsigned char>(c) >= 0x20);
  }
}

TEST_CASE("an invalid user name in the media is refused, too") {
  for (const std::string name : {"root", "../x", "sshd"}) {
    CAPTURE(name);
    Lab lab(Json{{"vm", {{"admin_username", name}}}, {"imds", {{"enabled", false}}}});
    lab.configure("[Imds]\nTimeoutWithMedia=500ms\n");
    const auto run = lab.run();
    lab.check_refused(run, "user-name");
    CHECK(lab.told_description().find("UserName in ovf-env.xml") != std::string::npos);
  }
}

TEST_CASE("a user name that is not a string is a failure, not a specialized VM") {
  for (const auto& value :
       {R"({"a": 1})"_json, R"(["root"])"_json, R"(true)"_json, R"(1.5)"_json}) {
    CAPTURE(value);
    Lab lab(only_imds({{"adminUsername", value}, {"computerName", "new-name"}}));
    const auto run = lab.run();
    lab.check_refused(run, "user-name");
  }
}

TEST_CASE("an empty user name in both IMDS and the media is a failure") {
  Lab lab(R"({"vm": {"admin_username": ""}})"_json);
  const auto run = lab.run();
  lab.check_refused(run, "user-name");
}

TEST_CASE("the user ALL, which sudo would read as everybody, is in sudoers by its number") {
  Lab lab(only_imds({{"adminUsername", "ALL"}, {"computerName", "vm"}}));
  const auto run = lab.run();
  INFO(run);
  CHECK(run.status == 0);
  CHECK(lab.account_field("passwd", "ALL", 2) == "1000");
  const auto sudoers = lab.read("etc/sudoers.d/90-azl-provision");
  CHECK(sudoers.ends_with("\n#1000 ALL=(ALL:ALL) NOPASSWD: ALL\n"));
}

TEST_CASE("a user name of 32 characters with every allowed kind of character is accepted") {
  const std::string name = "Abc_9.x-" + std::string(24, 'z');
  Lab lab(only_imds({{"adminUsername", name}, {"computerName", "vm"}}));
  const auto run = lab.run();
  INFO(run);
  CHECK(run.status == 0);
  CHECK(lab.account_field("passwd", name, 5) == "/home/" + name);
  CHECK(lab.read("home/" + name + "/.ssh/authorized_keys") == public_key() + "\n");
}

TEST_CASE("an invalid host name is a warning, and the old host name stays") {
  const std::vector<BadName> rows = {
      {"a newline", "web\n127.0.0.1 evil"},
      {"an underscore", "web_1"},
      {"300 characters in one label", std::string(300, 'a')},
      {"a million characters", std::string(1'000'000, 'a')},
      {"65 characters in one label", std::string(65, 'a')},
      {"only dots", "..."},
      {"one dot", "."},
      {"an empty label", "web..example"},
      {"a dot first", ".web"},
      {"a hyphen first", "-web"},
      {"a hyphen at the end of a label", "web-.example"},
      {"a slash", "../../etc"},
      {"a blank", "web 1"},
      {"not ASCII",
       "w\xc3\xa4"
       "b"},
      {"a NUL", std::string("web\0x", 5)},
      {"an escape sequence", "web\x1b[31m"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    Lab lab(only_imds({{"adminUsername", "ida"}, {"computerName", row.name}}));
    const auto run = lab.run();
    INFO(run);
    CHECK(run.status == 2);
    CHECK(lab.told() == "Ready");
    CHECK(lab.findings() == Strings{"degraded host-name"});
    CHECK(lab.read("etc/hostname") == "localhost\n");
    CHECK(lab.read("var/lib/waagent/published_hostname") == "localhost\n");
    CHECK(lab.account_field("passwd", "ida", 0) == "ida");
    CHECK(lab.report_text().find('\x1b') == std::string::npos);
  }
}

TEST_CASE("the local stage does not set an invalid host name from the media") {
  Lab lab(R"({"vm": {"name": "ok"}, "ovf": {"host_name": "bad_name"}})"_json);
  CHECK(lab.run({.stage = "local"}).status == 0);
  CHECK(lab.read("etc/hostname") == "localhost\n");
  const auto run = lab.run({.stage = "main"});
  INFO(run);
  CHECK(run.status == 0);
  CHECK(lab.read("etc/hostname") == "ok\n");
}

TEST_CASE("a long host name is shortened to at most 64 characters, after a whole label") {
  const struct {
    std::string given;
    std::string set;
    bool cut;
  } rows[] = {
      {"web.example.com", "web.example.com", false},
      {std::string(63, 'a'), std::string(63, 'a'), false},
      // Linux accepts one label of 64 characters, DNS does not.
      {std::string(64, 'a'), std::string(63, 'a'), true},
      // 31 + 1 + 32 = 64 characters; another label does not fit.
      {std::string(31, 'a') + "." + std::string(32, 'b') + ".c",
       std::string(31, 'a') + "." + std::string(32, 'b'), true},
      // 31 + 1 + 33 = 65 characters.
      {std::string(31, 'a') + "." + std::string(33, 'b'), std::string(31, 'a'), true},
  };
  for (const auto& row : rows) {
    CAPTURE(row.given);
    Lab lab(only_imds({{"adminUsername", "ida"}, {"computerName", row.given}}));
    const auto run = lab.run();
    INFO(run);
    CHECK(run.status == 0);
    CHECK(lab.read("etc/hostname") == row.set + "\n");
    CHECK(lab.findings() == (row.cut ? Strings{"note host-name"} : Strings{}));
  }
}

const std::string kBlob = public_key(3).substr(0, public_key(3).rfind(' '));

std::vector<BadName> bad_keys() {
  const auto base64 = kBlob.substr(kBlob.find(' ') + 1);
  return {
      {"options", "command=\"/bin/sh\",no-pty " + kBlob},
      {"an environment option", "environment=\"LD_PRELOAD=/tmp/x\" " + kBlob},
      {"bytes", std::string("ssh-ed25519 \x01\x02\x7f\x00zz", 17)},
      {"a type that differs from the key data", "ssh-rsa " + base64},
      {"invalid base64", "ssh-ed25519 !!!!"},
      {"half of the base64", kBlob.substr(0, kBlob.size() / 2)},
      {"bytes after the key", "ssh-ed25519 " + base64 + "AAAA"},
      {"the type only", "ssh-ed25519"},
      {"DSA", "ssh-dss AAAAB3NzaC1kc3MAAACB"},
      {"a certificate", "ssh-ed25519-cert-v01@openssh.com " + base64},
      {"a private key", "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk=\n"},
      {"a shell command", "$(touch /tmp/azl-owned)"},
      {"a comment", "# " + kBlob},
      {"blanks", "  \n\r\n "},
      {"16 KiB and one byte", kBlob + " " + std::string(16UL * 1024, 'c')},
  };
}

TEST_CASE("only bad keys and no password is a failure, and Ready is not told") {
  for (const auto& row : bad_keys()) {
    CAPTURE(row.what);
    Lab lab(only_imds({{"adminUsername", "ida"}, {"computerName", "new-name"}}, {row.name}));
    const auto run = lab.run();
    lab.check_refused(run, "no-way-in");
    CHECK(lab.kvp().at("reason") == "no usable SSH key and no password");
  }
}

TEST_CASE("no key at all and no password is a failure") {
  Lab lab(only_imds({{"adminUsername", "ida"}, {"computerName", "new-name"}}, {}));
  const auto run = lab.run();
  lab.check_refused(run, "no-way-in");
}

TEST_CASE("a bad key among good ones is left out with a warning") {
  for (const auto& row : bad_keys()) {
    CAPTURE(row.what);
    Lab lab(only_imds({{"adminUsername", "ida"}, {"computerName", "vm"}},
                      {public_key(1), row.name, public_key(2)}));
    const auto run = lab.run();
    INFO(run);
    CHECK(run.status == 2);
    CHECK(lab.told() == "Ready");
    CHECK(lab.read("home/ida/.ssh/authorized_keys") == public_key(1) + "\n" + public_key(2) + "\n");
    CHECK(std::ranges::count(lab.findings(), "degraded ssh-key") +
              std::ranges::count(lab.findings(), "note imds-invalid-key") >=
          1);
  }
}

TEST_CASE("the keys of the media are used if all keys in IMDS are bad") {
  Lab lab(Json{{"vm", {{"ssh_keys", Strings{"no key"}}}},
               {"ovf", {{"ssh_keys", Strings{public_key(5)}}}}});
  const auto run = lab.run();
  INFO(run);
  CHECK(run.status == 2);
  CHECK(lab.read("home/azureuser/.ssh/authorized_keys") == public_key(5) + "\n");
}

TEST_CASE("line breaks inside a key are removed, and a duplicate key is written once") {
  const auto key = public_key(4);
  Lab lab(only_imds({{"adminUsername", "ida"}, {"computerName", "vm"}},
                    {key.substr(0, 30) + "\r\n" + key.substr(30) + "\r\n", key}));
  const auto run = lab.run();
  INFO(run);
  CHECK(run.status == 0);
  CHECK(lab.read("home/ida/.ssh/authorized_keys") == key + "\n");
}

TEST_CASE("two keys in one string, with LF, CRLF or CR between them, are two keys") {
  for (const std::string line_break : {"\n", "\r\n", "\r"}) {
    CAPTURE(line_break);
    Lab lab(only_imds({{"adminUsername", "ida"}, {"computerName", "vm"}},
                      {public_key(1) + line_break + public_key(2) + line_break}));
    const auto run = lab.run();
    INFO(run);
    CHECK(run.status == 0);
    CHECK(lab.read("home/ida/.ssh/authorized_keys") == public_key(1) + "\n" + public_key(2) + "\n");
  }
}

TEST_CASE("only the first 1000 of 5000 keys are used, with a warning") {
  Strings keys;
  std::string first;
  for (unsigned i = 0; i < 5000; ++i) {
    keys.push_back(public_key(i));
    if (i < 1000) first += keys.back() + "\n";
  }
  Lab lab(only_imds({{"adminUsername", "ida"}, {"computerName", "vm"}}, keys));
  const auto run = lab.run();
  INFO(run);
  CHECK(run.status == 2);
  CHECK(lab.told() == "Ready");
  CHECK(lab.read("home/ida/.ssh/authorized_keys") == first);
  CHECK(std::ranges::count(lab.findings(), "degraded ssh-key") == 1);
}

/// An instance document with many keys.
std::string many_keys(std::size_t count) {
  auto text = instance(R"({"adminUsername": "ida", "computerName": "vm"})"_json, {"@"}).dump();
  const std::string one = R"({"keyData":"ssh-ed25519 AAAA"},)";
  std::string many;
  many.reserve(count * one.size());
  for (std::size_t i = 0; i < count; ++i) many += one;
  return text.insert(text.find('[') + 1, many);
}

TEST_CASE("an IMDS answer with a million keys is refused, without much time or memory") {
  REQUIRE(Json::accept(many_keys(2)));
  const TemporaryTree beside;
  // Larger than the agent's limit for answers.
  std::ofstream(beside.path("body.json")) << many_keys(1'000'000);
  const Json imds = {{"body_file", beside.path("body.json")}};
  Lab alone(Json{{"imds", imds}, {"ovf", {{"enabled", false}}}});
  alone.configure("[Imds]\nTimeout=5s\n");  // enough for one answer on a busy machine
  // A shell starts the program, because a program's peak memory includes the peak of its parent. A
  // small quarantine keeps the sanitizer's share of the memory low.
  const auto failed = alone.run({.environment = {"ASAN_OPTIONS=exitcode=99:quarantine_size_mb=1"},
                                 .under = {"/bin/sh", "-c", "\"$@\"; exit $?", "sh"}});
  alone.check_refused(failed, "imds-malformed");
  CHECK(alone.stage().at("max_rss_kib") < 200'000);  // includes the sanitizer's share

  Lab lab(Json{{"imds", imds}});
  lab.configure("[Imds]\nTimeoutWithMedia=1s\n");
  const auto run = lab.run();
  INFO(run);
  CHECK(run.status == 2);
  CHECK(lab.told() == "Ready");
  CHECK(lab.account_field("passwd", "azureuser", 0) == "azureuser");
}

TEST_CASE("a password of 72 bytes is set, and one of 73 is refused") {
  for (const bool key : {true, false}) {
    for (const std::size_t size : {72U, 73U}) {
      CAPTURE(key);
      CAPTURE(size);
      Lab lab(Json{{"vm",
                    {{"password", std::string(size, 'p')},
                     {"disable_password_authentication", false},
                     {"ssh_keys", key ? Strings{public_key()} : Strings{}}}}});
      const auto run = lab.run();
      if (size == 73 && !key) {
        lab.check_refused(run, "password-length");
        CHECK(lab.kvp().at("reason") == "unsupported password length=73 max=72");
        continue;
      }
      INFO(run);
      CHECK(run.status == (size == 72 ? 0 : 2));
      CHECK(lab.told() == "Ready");
      CHECK(lab.findings() == (size == 72 ? Strings{} : Strings{"degraded password-length"}));
      CHECK(lab.account_field("shadow", "azureuser", 1).starts_with(size == 72 ? "$6$" : "!"));
    }
  }
}

TEST_SUITE_END();

}  // namespace
}  // namespace azl::test
