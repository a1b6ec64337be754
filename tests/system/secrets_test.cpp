// Planted secrets must not appear in any file or output. A password may remain only as the hash in
// /etc/shadow, and custom data not at all.
#include <algorithm>
#include <fstream>

#include <crypt.h>
#include <unistd.h>

#include "base/text.h"
#include "tests/system/lab.h"

namespace azl::test {
namespace {

TEST_SUITE_BEGIN("secrets" * needs_root());

const std::string kPassword = "Pl4nted-Passw0rd-9f3kQ";
const std::string kCustom = "planted-custom-data-7hVx2";
const std::string kUserData = "planted-user-data-Zk81p";

/// Returns the secret itself, and its base64 forms at each of the three possible alignments. Any
/// base64 text that contains the secret contains one of them.
Strings forms(const std::string& secret) {
  Strings list = {secret};
  for (std::size_t shift = 0; shift < 3; ++shift) {
    auto text = base64_encode(std::string(shift, 'x') + secret);
    while (text.ends_with('=')) text.pop_back();
    list.push_back(text.substr(
        4, text.size() - 6));  // the first and last characters depend on the neighbouring bytes
  }
  return list;
}

Json secrets() {
  return Json{{"vm",
               {{"password", kPassword},
                {"disable_password_authentication", false},
                {"custom_data", "#cloud-config\nwrite_files:\n  - content: " + kCustom + "\n"},
                {"user_data", "#!/bin/sh\n# " + kUserData + "\n"}}}};
}

/// The programs of custom data stay due in a tree, for root's eyes only.
constexpr auto kDue = "var/lib/azl-provision/custom-data/items.json";

Strings files_with_but_for_due(const Lab& lab, const std::string& text) {
  auto files = lab.files_with(text);
  std::erase(files, std::string("root/") + kDue);
  return files;
}

void check_hidden(const Lab& lab) {
  for (const auto& form : forms(kPassword)) CHECK(lab.files_with(form) == Strings{});
  for (const auto& form : forms(kCustom)) CHECK(lab.files_with(form) == Strings{});
  for (const auto& form : forms(kUserData)) CHECK(files_with_but_for_due(lab, form) == Strings{});
  if (lab.exists(kDue))
    CHECK((std::filesystem::status(lab.root() + "/" + kDue).permissions() ==
           std::filesystem::perms{0600}));
}

/// Has the next runs write the log for debugging and cloud-init's files, so that check_hidden()
/// searches them too.
void log_everything(Lab& lab) {
  lab.configure("[Report]\nLogLevel=trace\n[CustomData]\nCloudInitFiles=yes\n");
}

/// Makes the bundle for support and unpacks it next to the tree, so that check_hidden() searches
/// it.
void unpack_bundle(Lab& lab) {
  const auto archive = lab.root() + ".tar.zst";
  const auto made = lab.command({"report", "--force", "--bundle", archive});
  INFO(made);
  REQUIRE(made.status == 0);
  const auto above = lab.root().substr(0, lab.root().rfind('/'));
  Program tar({"/usr/bin/tar", "--extract", "--zstd", "--file", archive, "--directory", above},
              above, "tar", {});
  REQUIRE(tar.wait().status == 0);
  REQUIRE(lab.files_with("support bundle of") == Strings{"azl-provision-bundle/manifest.txt"});
}

/// Runs every command that prints, so that check_hidden() also searches their output.
void run_printing_commands(Lab& lab) {
  (void)lab.command({"report"});
  (void)lab.command({"report", "--format=json"});
  (void)lab.command({"report", "--format=otlp"});
  (void)lab.command({"report", "--format=html"});
  (void)lab.command({"kvp", "dump"});
  (void)lab.command({"report", "--list"});
  (void)lab.command({"status"});
  (void)lab.command({"plan", "--log-level=trace", "--ovf", lab.media()});
  unpack_bundle(lab);
}

TEST_CASE("the search finds planted secrets in plain text and in base64") {
  Lab lab;
  lab.write("var/log/plain", "x" + kPassword + "x").write("run/b64", base64_encode("ab" + kCustom));
  for (const auto& form : {forms(kPassword)[0], forms(kCustom)[3]})
    CHECK(lab.files_with(form).size() == 1);
}

TEST_CASE("a first boot leaves no secret except the password's hash in /etc/shadow") {
  Lab lab(secrets());
  log_everything(lab);
  const auto run = lab.run();
  INFO(run.status);
  CHECK(contains(run.err, "imds debug: GET http://"));
  CHECK(run.status == 2);  // a warning: the custom data names no path for its file
  const auto hash = lab.account_field("shadow", "azureuser", 1);
  CHECK(hash == crypt(kPassword.c_str(), hash.c_str()));
  CHECK(lab.exists("var/lib/waagent/ovf-env.xml"));
  run_printing_commands(lab);
  check_hidden(lab);
  // The hash may be in /etc/shadow and in its backup /etc/shadow-.
  for (const auto& name : lab.files_with(hash))
    CHECK_MESSAGE(name.starts_with("root/etc/shadow"), name);
}

struct Mishap {
  std::string what;
  void (*plan)(Json&);
  void (*prepare)(Lab&);
};

TEST_CASE("failures reveal no secret") {
  constexpr auto kNothing = [](Lab& /*lab*/) {};
  const std::vector<Mishap> rows = {
      {"a bad user name", [](Json& s) { s["vm"]["admin_username"] = "root"; }, kNothing},
      {"a user who can't be made", [](Json&) {},
       [](Lab& lab) { lab.remove("home").write("home", ""); }},
      {"a password that is too long",
       [](Json& s) { s["vm"]["password"] = kPassword + std::string(60, '!'); }, kNothing},
      {"a password with a line break",
       [](Json& s) { s["vm"]["password"] = kPassword + "\nroot:x"; }, kNothing},
      {"a shadow file that can't be written", [](Json&) {},
       [](Lab& lab) { lab.obstruct("etc/shadow"); }},
      // The media has a good key, because its copy for WALinuxAgent contains the media's keys.
      {"a password in place of a key",
       [](Json& s) {
         s["vm"]["ssh_keys"] = Strings{kPassword, "ssh-ed25519 " + kPassword};
         s["ovf"]["ssh_keys"] = Strings{public_key()};
       },
       kNothing},
      {"custom data that is not base64",
       [](Json& s) { s["ovf"]["custom_data_base64"] = "!!! " + kCustom; }, kNothing},
      {"hand-over files that can't be written", [](Json&) {},
       [](Lab& lab) { lab.obstruct("var/lib/waagent/ovf-env.xml"); }},
      {"truncated media", [](Json&) {},
       [](Lab& lab) {
         const auto file = lab.media() + "/ovf-env.xml";
         auto text = read_file(file);
         text.resize(text.find(kPassword) + kPassword.size() + 3);
         std::ofstream(file, std::ios::trunc) << text;
       }},
      {"media with a password twice", [](Json&) {},
       [](Lab& lab) {
         const auto file = lab.media() + "/ovf-env.xml";
         auto text = read_file(file);
         const std::string element = "<wa:UserPassword>" + kPassword + "</wa:UserPassword>";
         text.insert(text.find(element), element);
         std::ofstream(file, std::ios::trunc) << text;
       }},
      {"IMDS that is down", [](Json& s) { s["imds"]["enabled"] = false; },
       [](Lab& lab) { lab.configure("[Imds]\nTimeoutWithMedia=300ms\n"); }},
      {"IMDS that truncates its answer",
       [](Json& s) { s["imds"]["faults"] = R"([{"do": "truncate"}])"_json; },
       [](Lab& lab) { lab.configure("[Imds]\nTimeoutWithMedia=300ms\n"); }},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    auto scenario = secrets();
    row.plan(scenario);
    Lab lab(scenario);
    log_everything(lab);
    row.prepare(lab);
    const auto run = lab.run();
    INFO(run.status);
    CHECK((run.status == 1 || run.status == 2));
    run_printing_commands(lab);
    check_hidden(lab);
  }
}

TEST_CASE("no password or hash is ever an argument of a program") {
  if (access("/usr/bin/strace", X_OK) != 0) {
    MESSAGE("skipped: strace is not installed");
    return;
  }
  Lab lab(secrets());
  const auto trace = lab.root() + ".strace";  // next to the tree, so that files_with() searches it
  const auto run = lab.run({.under = {"/usr/bin/strace", "-f", "-qq", "-s", "100000", "-e",
                                      "trace=execve", "-o", trace}});
  INFO(run);
  CHECK(run.status == 2);
  const auto programs = lab.files_with(R"("chpasswd", "-R")");
  CHECK(programs == Strings{"root.strace"});  // shows that the trace contains arguments
  check_hidden(lab);
  CHECK(std::ranges::count(lab.files_with(lab.account_field("shadow", "azureuser", 1)),
                           "root.strace") == 0);
}

TEST_SUITE_END();

}  // namespace
}  // namespace azl::test
