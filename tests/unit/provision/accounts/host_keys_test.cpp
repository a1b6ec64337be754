#include "provision/accounts/host_keys.h"

#include <chrono>
#include <string>
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

/// A tree with the keys of its image, among them one of a type that nobody makes any more.
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

/// Each asked type has a pair of its own, and no key of the image is left.
void check_replaced(const ImageTree& tree, const std::vector<HostKey>& keys) {
  CHECK(keys.size() == kTypes.size());
  for (const HostKey& key : keys) {
    const std::string name = "etc/ssh/ssh_host_" + key.type + "_key";
    CAPTURE(name);
    CHECK(tree.mode(name) == 0600);
    CHECK(tree.mode(name + ".pub") == 0644);
    CHECK(tree.status(name).st_uid == 0);
    CHECK(key.fingerprint != tree.old_fingerprint);
    // From the private file alone, then from the public one.
    CHECK(test::output_of({"ssh-keygen", "-y", "-f", tree.path(name)}) == tree.read(name + ".pub"));
    CHECK(real_fingerprint(tree, name + ".pub") == key.fingerprint);
  }
  for (const char* name : {"rsa", "dsa"}) {
    CHECK_FALSE(tree.exists("etc/ssh/ssh_host_" + std::string(name) + "_key"));
    CHECK_FALSE(tree.exists("etc/ssh/ssh_host_" + std::string(name) + "_key.pub"));
  }
  CHECK(tree.exists("etc/ssh/sshd_config"));
  CHECK_FALSE(tree.exists("run/azl-provision/host-keys"));
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
    CHECK(tree.mode("run/azl-provision/host-keys") == 0700);
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

TEST_CASE("a job that is dropped leaves all as it was, and nothing behind") {
  AZL_NEEDS_ROOT();
  const ImageTree tree;
  const auto before = test::snapshot(tree.path("etc"));
  SystemProcesses processes;
  {
    const HostKeyJob job(tree.root(), processes, {"rsa", "ed25519"});
  }
  CHECK(test::snapshot(tree.path("etc")) == before);
  CHECK_FALSE(tree.exists("run/azl-provision/host-keys"));
}

TEST_CASE("host keys interrupted at any point are replaced by the next run") {
  AZL_NEEDS_ROOT();
  struct Row {
    std::string what;
    void (*leave)(ImageTree&);
  };
  const std::vector<Row> rows = {
      {"staged keys",
       [](ImageTree& t) {
         t.write("run/azl-provision/host-keys/ssh_host_ed25519_key", "half");
         t.write("run/azl-provision/host-keys/ssh_host_ed25519_key.pub", "half");
       }},
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

TEST_CASE("keys that are not ready in time leave the present ones, and the next run makes them") {
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

TEST_CASE("a type that can't be made is left out, and none at all is an error") {
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
    CHECK_FALSE(tree.exists("etc/ssh/ssh_host_rsa_key"));  // the image's own must not stay
  }
  HostKeyJob none(root, processes, {});
  CHECK_FALSE(none.install(patience()).has_value());
  HostKeyJob unknown(root, processes, {"dsa"});
  const auto refused = unknown.install(patience());
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().to_string().find("'dsa' is no type of host keys") != std::string::npos);
}

TEST_CASE("without ssh-keygen the cause is told and the keys stay") {
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

TEST_CASE("the distribution's own generation is found where systemd looks") {
  struct Row {
    std::string what;
    std::vector<std::string> files;
    std::vector<std::string> masked;
    const char* unit;
  };
  const std::vector<Row> rows = {
      {"none", {}, {}, ""},
      {"Fedora", {"usr/lib/systemd/system/sshd-keygen@.service"}, {}, "sshd-keygen@.service"},
      {"SUSE", {"usr/lib/systemd/system/sshd-keygen.service"}, {}, "sshd-keygen.service"},
      {"both",
       {"usr/lib/systemd/system/sshd-keygen.service", "lib/systemd/system/sshd-keygen@.service"},
       {},
       "sshd-keygen@.service"},
      {"masked",
       {"usr/lib/systemd/system/sshd-keygen@.service"},
       {"etc/systemd/system/sshd-keygen@.service"},
       ""},
      {"an administrator's own",
       {"etc/systemd/system/sshd-keygen.service"},
       {},
       "sshd-keygen.service"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    test::TemporaryTree tree;
    for (const std::string& name : row.files) tree.write(name, "[Service]\n");
    for (const std::string& name : row.masked) tree.symlink("/dev/null", name);
    CHECK(distribution_keygen_unit(Root::open(tree.path()).value()) == row.unit);
  }
  test::TemporaryTree empty;
  empty.write("etc/systemd/system/sshd-keygen.service", "");
  empty.write("usr/lib/systemd/system/sshd-keygen.service", "[Service]\n");
  CHECK(distribution_keygen_unit(Root::open(empty.path()).value()).empty());
}

TEST_CASE("a unit that makes host keys at systemd's first boot only makes none on Azure") {
  test::TemporaryTree debian;
  debian.write("usr/lib/systemd/system/sshd-keygen.service",
               "[Unit]\nDescription=Generate sshd host keys on first boot\nConditionFirstBoot=yes\n"
               "[Service]\nExecStart=ssh-keygen -A\n");
  CHECK(distribution_keygen_unit(Root::open(debian.path()).value()).empty());
  test::TemporaryTree other;
  other.write("usr/lib/systemd/system/sshd-keygen.service",
              "[Unit]\n# ConditionFirstBoot=yes\n[Service]\nExecStart=ssh-keygen -A\n");
  CHECK(distribution_keygen_unit(Root::open(other.path()).value()) == "sshd-keygen.service");
}

TEST_CASE("live, the distribution's units make the keys if they make them all") {
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
      {"a condition keeps them from it", false, false, ours, "ssh-keygen"},
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
                      // stopped, so that a slow one does not write over ours
                      (row.units_fail ? " sshd-keygen@ed25519.service" : ""));
    CHECK(tree.read("etc/ssh/ssh_host_ed25519_key") == row.kept.secret);
    CHECK_FALSE(tree.exists("etc/ssh/ssh_host_rsa_key"));
    CHECK_FALSE(tree.exists("run/azl-provision/host-keys"));
  }
}

TEST_CASE("only whole pairs are host keys") {
  test::TemporaryTree tree;
  const test::KeyPair pair = test::make_key_pair("ed25519");
  tree.write("etc/ssh/ssh_host_ed25519_key", pair.secret);
  tree.write("etc/ssh/ssh_host_ed25519_key.pub", pair.line);
  tree.write("etc/ssh/ssh_host_rsa_key.pub", pair.line);
  tree.write("etc/ssh/ssh_host_ecdsa_key", "x").write("etc/ssh/ssh_host_ecdsa_key.pub", "junk");
  tree.write("etc/ssh/ssh_host_empty_key", "").write("etc/ssh/ssh_host_empty_key.pub", pair.line);
  tree.write("etc/ssh/ssh_host__key.pub", pair.line).write("etc/ssh/moduli", "x");
  const auto keys = read_host_keys(Root::open(tree.path()).value());
  REQUIRE(keys.size() == 1);
  CHECK(keys[0].type == "ed25519");
  CHECK(keys[0].fingerprint == parse_ssh_key(pair.line).value().fingerprint);
  CHECK(read_host_keys(Root::open(tree.path("etc")).value()).empty());
}

}  // namespace azl::provision
