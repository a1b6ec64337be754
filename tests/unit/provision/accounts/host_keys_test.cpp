#include "provision/accounts/host_keys.h"

#include <chrono>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "provision/accounts/ssh_key.h"
#include "tests/unit/provision/accounts/account_tree.h"
#include "tests/unit/provision/accounts/in_chroot.h"

namespace azl::provision {

using test::AccountTree;
using test::patience;
using test::PlayedProcesses;
using test::RecordingProcesses;

namespace {

const std::vector<std::string> kTypes = {"ed25519", "ecdsa"};

/// A tree with the host keys of its image. One has a type that is no longer made.
struct ImageTree : AccountTree {
  ImageTree() {
    static const test::KeyPair old_key = test::make_key_pair("ed25519");
    for (const std::string type : {"ed25519", "rsa", "dsa"}) {
      const std::string name = "etc/ssh/ssh_host_" + type + "_key";
      write(name, old_key.secret).write(name + ".pub", old_key.line);
      chmod_to(name, 0600);
    }
    old_fingerprint = parse_ssh_key(old_key.line).value().fingerprint;
  }
  std::string old_fingerprint;
};

std::string real_fingerprint(const AccountTree& tree, const std::string& name) {
  const std::string said = test::output_of({"ssh-keygen", "-l", "-f", tree.path(name)});
  const auto begin = said.find("SHA256:");
  return said.substr(begin, said.find(' ', begin) - begin);
}

/// Checks that each type asked for has a new pair, and that no key of the image is left.
void check_replaced(const ImageTree& tree, const std::vector<HostKey>& keys) {
  CHECK(keys.size() == kTypes.size());
  for (const HostKey& key : keys) {
    const std::string name = "etc/ssh/ssh_host_" + key.type + "_key";
    CAPTURE(name);
    CHECK(tree.mode(name) == 0600);
    CHECK(tree.mode(name + ".pub") == 0644);
    CHECK(tree.status(name).st_uid == 0);
    CHECK(tree.status(name).st_gid == 0);
    CHECK(tree.status(name + ".pub").st_uid == 0);
    CHECK(tree.status(name + ".pub").st_gid == 0);
    CHECK(key.fingerprint != tree.old_fingerprint);
    // Check the private file, then the public one.
    CHECK(test::output_of({"ssh-keygen", "-y", "-f", tree.path(name)}) == tree.read(name + ".pub"));
    CHECK(real_fingerprint(tree, name + ".pub") == key.fingerprint);
  }
  for (const char* name : {"rsa", "dsa"}) {
    CHECK_FALSE(tree.exists("etc/ssh/ssh_host_" + std::string(name) + "_key"));
    CHECK_FALSE(tree.exists("etc/ssh/ssh_host_" + std::string(name) + "_key.pub"));
  }
  CHECK(tree.exists("etc/ssh/sshd_config"));
  CHECK_FALSE(tree.exists("run/azl-provision"));
}

}  // namespace

TEST_CASE("an image's host keys are replaced by this VM's own") {
  AZL_NEEDS_ROOT();
  const ImageTree tree;
  const Root root = tree.root();
  RecordingProcesses processes;
  std::vector<HostKey> keys;
  {
    HostKeyJob job(root, processes, kTypes);
    CHECK_FALSE(tree.exists("run/azl-provision"));  // keys are never staged in a tree
    CHECK(job.made_by().empty());
    // Nothing is replaced before the decision.
    CHECK(real_fingerprint(tree, "etc/ssh/ssh_host_ed25519_key.pub") == tree.old_fingerprint);
    auto installed = job.install(patience());
    REQUIRE_MESSAGE(installed.has_value(), installed.error().to_string());
    keys = std::move(*installed);
    CHECK(job.made_by() == "ssh-keygen");
  }
  CHECK(processes.count("ssh-keygen") == 2);
  CHECK(processes.count("systemctl") == 0);
  check_replaced(tree, keys);
  const auto standing = read_host_keys(root);
  REQUIRE(standing.size() == 2);
  CHECK(standing[0].type == "ecdsa");
  CHECK(standing[1].type == "ed25519");
}

TEST_CASE("keys are added beside those that are there, and a type that cannot be made is named") {
  AZL_NEEDS_ROOT();
  ImageTree tree;
  const Root root = tree.root();
  SystemProcesses processes;
  const auto old = tree.read("etc/ssh/ssh_host_ed25519_key");
  std::filesystem::remove(tree.path("etc/ssh/ssh_host_rsa_key"));
  std::filesystem::remove(tree.path("etc/ssh/ssh_host_rsa_key.pub"));
  tree.mkdir("etc/ssh/ssh_host_ecdsa_key/in-the-way");
  HostKeyJob job(root, processes, {"rsa", "ecdsa"}, true);
  const auto keys = job.install(patience());
  REQUIRE_MESSAGE(keys.has_value(), keys.error().to_string());
  REQUIRE(keys->size() == 1);
  CHECK(keys->front().type == "rsa");
  CHECK(tree.exists("etc/ssh/ssh_host_rsa_key.pub"));
  CHECK(tree.read("etc/ssh/ssh_host_ed25519_key") == old);
  REQUIRE(job.missing().size() == 1);
  CHECK(job.missing().front().type == "ecdsa");
  CHECK(job.missing().front().error.to_string().find("ssh_host_ecdsa_key") != std::string::npos);
}

TEST_CASE("the owner of a tree cannot make ssh-keygen write elsewhere") {
  AZL_NEEDS_ROOT();
  const test::TemporaryTree outside;
  ImageTree tree;
  const Root root = tree.root();
  // Replaces the tree's directories as soon as ssh-keygen is started.
  class Swapping final : public Processes {
   public:
    Swapping(ImageTree& tree, std::string target) : tree_(tree), target_(std::move(target)) {}
    Result<std::unique_ptr<Child>> start(const Command& command) override {
      const std::string& file = command.argv.back();
      CHECK_FALSE(file.starts_with(tree_.path()));
      CHECK(file.starts_with("/run/azl-provision."));
      CHECK(std::filesystem::status(std::filesystem::path(file).parent_path()).permissions() ==
            std::filesystem::perms::owner_all);
      tree_.plant(target_, "run");
      return system_.start(command);
    }

   private:
    ImageTree& tree_;
    std::string target_;
    SystemProcesses system_;
  } processes(tree, outside.path());
  HostKeyJob job(root, processes, kTypes);
  const auto keys = job.install(patience());
  REQUIRE_MESSAGE(keys.has_value(), keys.error().to_string());
  CHECK(std::filesystem::is_empty(outside.path()));
  CHECK(real_fingerprint(tree, "etc/ssh/ssh_host_ed25519_key.pub") != tree.old_fingerprint);
}

TEST_CASE("a job that is never installed changes nothing and leaves no files") {
  AZL_NEEDS_ROOT();
  const ImageTree tree;
  const auto before = test::snapshot(tree.path("etc"));
  SystemProcesses processes;
  {
    const HostKeyJob job(tree.root(), processes, {"rsa", "ed25519"});
  }
  CHECK(test::snapshot(tree.path("etc")) == before);
  CHECK_FALSE(tree.exists("run/azl-provision"));
}

TEST_CASE("the next run replaces host keys after an interruption at any point") {
  AZL_NEEDS_ROOT();
  struct Row {
    std::string what;
    void (*leave)(ImageTree&);
  };
  const std::vector<Row> rows = {
      {"only the private one is new",
       [](ImageTree& t) {
         t.write("etc/ssh/ssh_host_ed25519_key", test::make_key_pair("ed25519").secret);
       }},
      {"a temporary file",
       [](ImageTree& t) { t.write("etc/ssh/.ssh_host_ed25519_key.azl-new", "half"); }},
      {"no keys at all",
       [](ImageTree& t) {
         for (const std::string type : {"ed25519", "rsa", "dsa"}) {
           std::filesystem::remove(t.path("etc/ssh/ssh_host_" + type + "_key"));
           std::filesystem::remove(t.path("etc/ssh/ssh_host_" + type + "_key.pub"));
         }
       }},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    ImageTree tree;
    row.leave(tree);
    const Root root = tree.root();
    SystemProcesses processes;
    auto job = std::make_unique<HostKeyJob>(root, processes, kTypes);
    const auto keys = job->install(patience());
    job.reset();
    REQUIRE_MESSAGE(keys.has_value(), keys.error().to_string());
    check_replaced(tree, *keys);
    CHECK_FALSE(tree.exists("etc/ssh/.ssh_host_ed25519_key.azl-new"));
  }
}

TEST_CASE("if keys are not ready in time, the present ones stay and the next run makes them") {
  AZL_NEEDS_ROOT();
  const ImageTree tree;
  const Root root = tree.root();
  const SystemClock clock;
  SystemProcesses processes;
  const auto before = test::snapshot(tree.path("etc"));
  {
    HostKeyJob job(root, processes, {"rsa"});
    const auto keys = job.install(Deadline(clock, std::chrono::microseconds(0)));
    REQUIRE_FALSE(keys.has_value());
    CHECK(keys.error().reason() == Reason::kHostKeys);
    CHECK(keys.error().to_string().find("making the rsa key") != std::string::npos);
  }
  CHECK(test::snapshot(tree.path("etc")) == before);
  HostKeyJob again(root, processes, kTypes);
  CHECK(again.install(patience()).has_value());
}

TEST_CASE("a type that cannot be made is skipped; it is an error if none can") {
  AZL_NEEDS_ROOT();
  const ImageTree tree;
  const Root root = tree.root();
  SystemProcesses processes;
  {
    HostKeyJob job(root, processes, {"dsa", "ed25519", "../x"});
    const auto keys = job.install(patience());
    REQUIRE(keys.has_value());
    REQUIRE(keys->size() == 1);
    CHECK(keys->front().type == "ed25519");
    CHECK_FALSE(tree.exists("etc/ssh/ssh_host_rsa_key"));  // the image's key must not stay
  }
  HostKeyJob none(root, processes, {});
  CHECK_FALSE(none.install(patience()).has_value());
  HostKeyJob unknown(root, processes, {"dsa"});
  const auto refused = unknown.install(patience());
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().to_string().find("'dsa' is not a known type of host key") !=
        std::string::npos);
}

TEST_CASE("without ssh-keygen the error says so and the keys stay") {
  AZL_NEEDS_ROOT();
  const ImageTree tree;
  const Root root = tree.root();
  const auto before = test::snapshot(tree.path("etc"));
  PlayedProcesses processes(
      [](const Command&) { return fail(Reason::kToolMissing, "ssh-keygen is not installed"); });
  HostKeyJob job(root, processes, kTypes);
  const auto keys = job.install(patience());
  REQUIRE_FALSE(keys.has_value());
  CHECK(keys.error().reason() == Reason::kHostKeys);
  CHECK(keys.error().to_string().find("ssh-keygen is not installed") != std::string::npos);
  CHECK(test::snapshot(tree.path("etc")) == before);
}

TEST_CASE("live, the keys of the distribution's units are used if they make every type") {
  AZL_NEEDS_ROOT();
  const test::KeyPair ours = test::make_key_pair("ed25519");
  const test::KeyPair theirs = test::make_key_pair("ed25519");
  struct Row {
    std::string what;
    bool units_make;  ///< whether the units make the keys
    bool units_fail;
    const test::KeyPair& kept;
    const char* made_by;
  };
  const std::vector<Row> rows = {
      {"they do", true, false, theirs, "sshd-keygen@.service"},
      {"a condition of theirs fails", false, false, ours, "ssh-keygen"},
      {"they fail", false, true, ours, "ssh-keygen"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    ImageTree tree;
    tree.write("usr/lib/systemd/system/sshd-keygen@.service", "[Service]\n");
    const std::string said = test::in_chroot(tree.path(), [&] {
      const auto root = Root::open("/");
      if (!root || !root->live()) return std::string("not live");
      PlayedProcesses processes([&](const Command& command) -> Result<ProcessOutput> {
        const bool unit = command.argv.front() == "systemctl";
        if (unit && row.units_fail) return fail(Reason::kToolFailed, "failed");
        if (unit && !row.units_make) return ProcessOutput();
        if (unit && root->exists("/etc/ssh/ssh_host_ed25519_key")) {
          return fail(Reason::kToolFailed, "the old key is still there");
        }
        const test::KeyPair& pair = unit ? theirs : ours;
        const std::string path = unit ? "/etc/ssh/ssh_host_ed25519_key" : command.argv.back();
        if (!root->write(path, pair.secret, {.mode = 0600}) ||
            !root->write(path + ".pub", pair.line)) {
          return fail(Reason::kToolFailed, "no key");
        }
        return ProcessOutput();
      });
      HostKeyJob job(*root, processes, {"ed25519"});
      const auto keys = job.install(patience());
      if (!keys) return keys.error().to_string();
      std::string text = job.made_by();
      for (const HostKey& key : *keys) text += " " + key.fingerprint;
      for (const auto& argv : processes.commands) {
        if (argv.front() == "systemctl") text += " " + argv.back();
      }
      return text;
    });
    CHECK(said == row.made_by + (" " + parse_ssh_key(row.kept.line).value().fingerprint) +
                      " sshd-keygen@ed25519.service" +
                      // stopped, so that a slow one does not overwrite ours
                      (row.units_fail ? " sshd-keygen@ed25519.service" : ""));
    CHECK(tree.read("etc/ssh/ssh_host_ed25519_key") == row.kept.secret);
    CHECK_FALSE(tree.exists("etc/ssh/ssh_host_rsa_key"));
    const std::string staging = tree.path("run/azl-provision");
    CHECK((!std::filesystem::exists(staging) || std::filesystem::is_empty(staging)));
  }
}

}  // namespace azl::provision
