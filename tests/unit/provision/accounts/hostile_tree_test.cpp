// Provisions trees with planted links and checks that nothing outside them changes.

#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "provision/accounts/authorized_keys.h"
#include "provision/accounts/host_keys.h"
#include "provision/accounts/password.h"
#include "provision/accounts/sshd.h"
#include "provision/accounts/sudoers.h"
#include "provision/accounts/user.h"
#include "tests/unit/provision/accounts/account_tree.h"

namespace azl::provision {

using test::AccountTree;
using test::patience;

namespace {

constexpr const char* kKey =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl azure";

/// The files outside the tree that would change if a link were followed.
class Sentinel : public AccountTree {
 public:
  Sentinel() {
    write("precious", "do not touch").write("bob/.bashrc", "theirs").mkdir("bob/.ssh");
    write("bob/.ssh/authorized_keys", "# theirs\n").write("authorized_keys", "# theirs\n");
    write("sshd_config", "Port 22\n").write("90-azl-provision", "# theirs\n");
    write("ssh_host_rsa_key", "old").write("ssh_host_rsa_key.pub", "old");
    write("host-keys/ssh_host_rsa_key", "old").write("azl-provision/host-keys/x", "old");
    chown_to("bob", 1000, 1000).chown_to("bob/.ssh", 1000, 1000);
    chown_to("bob/.ssh/authorized_keys", 1000, 1000).chown_to("authorized_keys", 1000, 1000);
  }
};

/// The files of the running system that a tool without its chroot option would change.
std::map<std::string, std::string> running_system() {
  std::map<std::string, std::string> seen;
  for (const char* path :
       {"/etc/passwd", "/etc/shadow", "/etc/group", "/etc/gshadow", "/etc/subuid", "/etc/subgid",
        "/etc/ssh", "/etc/sudoers.d", "/etc/skel", "/home", "/run/sshd"}) {
    seen.merge(test::snapshot(path));
  }
  return seen;
}

/// The result of each step of provisioning a tree.
struct Outcome {
  Result<Account> account = fail(Reason::kUnexpected, "not tried");
  Result<bool> password = false;
  Result<bool> keys = false;
  Result<bool> sudoers = false;
  Result<std::vector<HostKey>> host_keys = std::vector<HostKey>();
  Result<SshdOutcome> sshd = SshdOutcome();
};

Outcome provision_tree(const Root& root) {
  SystemProcesses processes;
  const Secret password{std::string("Correct-Horse-9-Battery")};
  Outcome outcome;
  auto made = ensure_user(root, processes,
                          {.name = "bob", .comment = "", .shell = "/bin/bash", .groups = {"wheel"}},
                          patience());
  outcome.account = made ? Result<Account>(made->account) : fail(std::move(made.error()));
  // Run each step, even if an earlier one failed.
  const Account bob = outcome.account.value_or(
      Account{.name = "bob", .uid = 1000, .gid = 1000, .home = "/home/bob", .shell = ""});
  outcome.password = ensure_password(root, processes, "bob", PasswordChange::kSet, password,
                                     PasswordHash::kSha512, patience());
  outcome.keys =
      install_keys(root, bob, std::vector{parse_ssh_key(kKey).value()}, usual_keys_file(bob));
  outcome.sudoers = ensure_sudoers(root, processes, bob, SudoRule::kNoPassword, patience());
  {
    HostKeyJob job(root, processes, {"ed25519"});
    outcome.host_keys = job.install(patience());
  }
  outcome.sshd = ensure_sshd(root, processes, {.user = "bob", .reason = "a test"}, patience());
  return outcome;
}

template <class T>
void check_message(const char* what, const Result<T>& result) {
  CAPTURE(what);
  if (result) return;
  CHECK_FALSE(result.error().to_string().empty());
  CHECK(result.error().reason() != Reason::kUnexpected);
}

/// Checks that each step that succeeded changed the tree.
void check_inside(const Root& root, const Outcome& outcome) {
  check_message("user", outcome.account);
  check_message("password", outcome.password);
  check_message("keys", outcome.keys);
  check_message("sudoers", outcome.sudoers);
  check_message("host keys", outcome.host_keys);
  check_message("sshd", outcome.sshd);
  if (outcome.account) CHECK(read_accounts(root).value().find("bob") != nullptr);
  if (outcome.password) CHECK(password_usable(root, "bob").value());
  if (outcome.account && outcome.keys) {
    const auto text = root.read(outcome.account->home + "/.ssh/authorized_keys");
    REQUIRE(text.has_value());
    CHECK(text->find(kKey) != std::string::npos);
  }
  if (outcome.sudoers) CHECK(root.exists("/etc/sudoers.d/90-azl-provision"));
  if (outcome.host_keys) CHECK(read_host_keys(root).size() == 1);
}

}  // namespace

TEST_CASE("planted links are not followed out of the tree") {
  AZL_NEEDS_ROOT();
  const std::vector<std::string> places = {
      "etc",
      "etc/passwd",
      "etc/shadow",
      "etc/group",
      "etc/gshadow",
      "etc/subuid",
      "etc/subgid",
      "etc/login.defs",
      "etc/passwd.lock",
      "etc/.pwd.lock",
      "etc/passwd+",
      "etc/passwd-",
      "etc/skel",
      "etc/skel/.bashrc",
      "etc/default",
      "home",
      "home/bob",
      "home/bob/.ssh",
      "home/bob/.ssh/authorized_keys",
      "etc/ssh",
      "etc/ssh/sshd_config",
      "etc/ssh/sshd_config.d",
      "etc/ssh/sshd_config.d/00-azl-provision.conf",
      "etc/ssh/sshd_config.d/50-cloud-init.conf",
      "etc/ssh/ssh_host_ed25519_key",
      "etc/ssh/ssh_host_rsa_key.pub",
      "etc/sudoers.d",
      "etc/sudoers.d/90-azl-provision",
      "var",
      "var/mail",
      "var/log",
      "run",
      "run/azl-provision",
      "run/azl-provision/host-keys",
      "run/azl-provision/sshd",
      "bin/bash",
  };
  const Sentinel outside;
  const std::string up = "../../../../../../../..";
  // An absolute path that exists in the tree too, so that the step can succeed, and a path up and
  // out that does not.
  const std::vector<std::pair<std::string, bool>> targets = {{outside.path(), true},
                                                             {up + outside.path(), false}};
  const auto system_before = running_system();
  const auto before = test::snapshot(outside.path());
  int refused = 0;
  int done = 0;
  for (const std::string& place : places) {
    for (const auto& [target, exists_inside] : targets) {
      CAPTURE(place);
      CAPTURE(target);
      CAPTURE(exists_inside);
      AccountTree tree;
      tree.mkdir("var/mail").mkdir("var/log").mkdir("etc/default");
      if (place.starts_with("home/bob/")) {
        tree.mkdir("home/bob/.ssh");
        tree.chown_to("home/bob", 1000, 1000).chown_to("home/bob/.ssh", 1000, 1000);
      }
      if (exists_inside) {
        // Make the directory in the tree too, with the content of the place.
        const auto copy = std::filesystem::path(tree.path(outside.path()));
        std::filesystem::create_directories(copy.parent_path());
        const auto original = std::filesystem::path(tree.path(place));
        if (std::filesystem::is_directory(original)) {
          std::filesystem::copy(original, copy, std::filesystem::copy_options::recursive);
        } else {
          std::filesystem::create_directories(copy);
        }
      }
      tree.plant(target, place);
      const Root root = tree.root();
      const Outcome outcome = provision_tree(root);
      check_inside(root, outcome);
      (outcome.account && outcome.keys ? done : refused)++;
      CHECK(test::snapshot(outside.path()) == before);
    }
  }
  CHECK(done > 0);
  CHECK(refused > 0);
  CHECK(running_system() == system_before);
}

TEST_CASE("a file outside the tree is not written, and its text is copied nowhere") {
  AZL_NEEDS_ROOT();
  const Sentinel outside;
  const auto before = test::snapshot(outside.path());
  for (const std::string name : {"precious", "etc/shadow", "bob/.ssh/authorized_keys"}) {
    for (const std::string place :
         {"etc/passwd", "etc/shadow", "etc/sudoers.d/90-azl-provision", "etc/skel/.bashrc",
          "etc/ssh/ssh_host_ed25519_key", "etc/ssh/sshd_config.d/00-azl-provision.conf",
          "etc/ssh/sshd_config.d/50-cloud-init.conf", "home/bob/.ssh/authorized_keys",
          "home/bob/.bashrc"}) {
      CAPTURE(name);
      CAPTURE(place);
      AccountTree tree;
      tree.plant(outside.path(name), place);
      const Root root = tree.root();
      check_inside(root, provision_tree(root));
      CHECK(test::snapshot(outside.path()) == before);
    }
  }
}

}  // namespace azl::provision
