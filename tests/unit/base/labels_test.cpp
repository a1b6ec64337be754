#include "base/labels.h"

#include <array>
#include <filesystem>
#include <memory>
#include <string>

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/root.h"
#include "tests/unit/temporary_tree.h"

using azl::Labels;
using azl::Reason;
using azl::Result;
using azl::Root;
using azl::test::TemporaryTree;

namespace {

constexpr const char* kContexts = "etc/selinux/targeted/contexts/files/file_contexts";

/// A tree with a policy of a few lines.
void add_policy(TemporaryTree& tree) {
  tree.write("etc/selinux/config", "# comment\nSELINUX=enforcing\nSELINUXTYPE=targeted\n");
  tree.write(kContexts,
             "/.*\tsystem_u:object_r:default_t:s0\n"
             "/etc(/.*)?\tsystem_u:object_r:etc_t:s0\n"
             "/etc/hostname\t--\tsystem_u:object_r:hostname_etc_t:s0\n"
             "/home/[^/]+/\\.ssh(/.*)?\tunconfined_u:object_r:ssh_home_t:s0\n"
             "/run/lock\t-d\tsystem_u:object_r:var_lock_t:s0\n"
             "/tmp/.*\t<<none>>\n");
}

Result<std::unique_ptr<Labels>> policy_of(const TemporaryTree& tree) {
  return Labels::open(Root::open(tree.path()).value());
}

/// Returns the label of a path, without following a link; empty if it has none.
std::string label_of(const std::string& path) {
  std::array<char, 256> buffer{};
  const ssize_t length = lgetxattr(path.c_str(), "security.selinux", buffer.data(), buffer.size());
  return length < 0 ? std::string() : std::string(buffer.data());
}

bool can_label() {
  const TemporaryTree tree;
  const bool can = setxattr(tree.path().c_str(), "security.selinux", "a:b:c:s0", 9, 0) == 0;
  if (!can) MESSAGE("skipped: this user or file system cannot set SELinux labels");
  return can;
}

}  // namespace

TEST_CASE("a tree without a policy has no labels") {
  TemporaryTree tree;
  CHECK(policy_of(tree).value() == nullptr);

  tree.write("etc/selinux/config", "SELINUX=enforcing\nSELINUXTYPE=targeted\n");
  CHECK(policy_of(tree).value() == nullptr);  // no file contexts
}

TEST_CASE("a tree with SELinux disabled has no labels") {
  TemporaryTree tree;
  add_policy(tree);
  tree.write("etc/selinux/config", "SELINUX=disabled\nSELINUXTYPE=targeted\n");
  CHECK(policy_of(tree).value() == nullptr);
}

TEST_CASE("the policy of a tree gives labels by path and type") {
  TemporaryTree tree;
  add_policy(tree);
  const auto labels = policy_of(tree);
  REQUIRE(labels.has_value());
  REQUIRE(*labels != nullptr);
  CHECK((*labels)->lookup("/etc/hostname", S_IFREG | 0644) ==
        "system_u:object_r:hostname_etc_t:s0");
  CHECK((*labels)->lookup("/etc/hostname", S_IFDIR | 0755) == "system_u:object_r:etc_t:s0");
  CHECK((*labels)->lookup("/home/bob/.ssh/authorized_keys", S_IFREG) ==
        "unconfined_u:object_r:ssh_home_t:s0");
  CHECK((*labels)->lookup("/tmp/x", S_IFREG).empty());
}

TEST_CASE("a policy type that is a path is ignored") {
  TemporaryTree tree;
  add_policy(tree);
  for (const std::string type : {"../../..", "a/../targeted", "..", "."}) {
    tree.write("etc/selinux/config", "SELINUX=enforcing\nSELINUXTYPE=" + type + "\n");
    CAPTURE(type);
    CHECK(policy_of(tree).value() == nullptr);
  }
}

TEST_CASE("a link to a policy is followed inside the tree only") {
  TemporaryTree outside;
  add_policy(outside);
  TemporaryTree tree;
  tree.write("etc/selinux/config", "SELINUX=enforcing\nSELINUXTYPE=targeted\n");
  tree.symlink(outside.path("etc/selinux/targeted"), "etc/selinux/targeted");
  CHECK(policy_of(tree).value() == nullptr);
}

TEST_CASE("file contexts that are a link are read inside the tree only") {
  TemporaryTree outside;
  outside.write("contexts", "/etc/hostname\tsystem_u:object_r:outside_t:s0\n");
  TemporaryTree tree;
  add_policy(tree);
  tree.symlink(outside.path("contexts"), std::string(kContexts) + ".local");
  const auto labels = policy_of(tree);
  REQUIRE(labels.has_value());
  CHECK((*labels)->lookup("/etc/hostname", S_IFREG | 0644) ==
        "system_u:object_r:hostname_etc_t:s0");
}

TEST_CASE("a FIFO in place of file contexts is an error, and nothing waits for it") {
  for (const std::string suffix : {"", ".local", ".homedirs", ".subs", ".subs_dist"}) {
    CAPTURE(suffix);
    TemporaryTree tree;
    add_policy(tree);
    const auto path = tree.path(kContexts + suffix);
    std::filesystem::remove(path);
    REQUIRE(mkfifo(path.c_str(), 0644) == 0);
    const auto labels = policy_of(tree);
    REQUIRE_FALSE(labels.has_value());
    CHECK(labels.error().reason() == Reason::kInvalidInput);
    CHECK(labels.error().to_string().find("a FIFO") != std::string::npos);
  }
}

TEST_CASE("the compiled file contexts of a tree are not loaded") {
  TemporaryTree tree;
  add_policy(tree);
  tree.write(std::string(kContexts) + ".bin", "not what the library expects");
  const auto labels = policy_of(tree);
  REQUIRE(labels.has_value());
  CHECK((*labels)->lookup("/etc/hostname", S_IFREG | 0644) ==
        "system_u:object_r:hostname_etc_t:s0");
}

TEST_CASE("a file that Root writes has its label") {
  if (!can_label()) return;
  TemporaryTree tree;
  add_policy(tree);
  const auto root = Root::open(tree.path());
  REQUIRE(root.has_value());
  REQUIRE(root->write("/etc/hostname", "web-1\n").value());
  CHECK(label_of(tree.path("etc/hostname")) == "system_u:object_r:hostname_etc_t:s0");
  REQUIRE(root->make_directory("/etc/ssh/sshd_config.d").value());
  CHECK(label_of(tree.path("etc/ssh")) == "system_u:object_r:etc_t:s0");
  CHECK(label_of(tree.path("etc/ssh/sshd_config.d")) == "system_u:object_r:etc_t:s0");
}

TEST_CASE("a file written through a linked directory has the label of its real path") {
  if (!can_label()) return;
  TemporaryTree tree;
  add_policy(tree);
  tree.mkdir("run").symlink("/run", "var/run");
  const auto root = Root::open(tree.path());
  REQUIRE(root->make_directory("/var/run/lock").value());
  CHECK(label_of(tree.path("run/lock")) == "system_u:object_r:var_lock_t:s0");
}

TEST_CASE("a file written below a home has the label of its path in the whole tree") {
  if (!can_label()) return;
  TemporaryTree tree;
  add_policy(tree);
  tree.mkdir("home/bob");
  const auto root = Root::open(tree.path());
  const auto home = root->open_home("/home/bob");
  REQUIRE(home.has_value());
  REQUIRE(home->make_directory(".ssh", {.mode = 0700}).value());
  REQUIRE(home->write(".ssh/authorized_keys", "key\n", {.mode = 0600}).value());
  CHECK(label_of(tree.path("home/bob/.ssh")) == "unconfined_u:object_r:ssh_home_t:s0");
  CHECK(label_of(tree.path("home/bob/.ssh/authorized_keys")) ==
        "unconfined_u:object_r:ssh_home_t:s0");
}

TEST_CASE("relabel labels everything below a directory and follows no link") {
  if (!can_label()) return;
  TemporaryTree tree;
  add_policy(tree);
  tree.write("outside/file", "");
  tree.write("home/bob/.ssh/keys/one", "").symlink("../../../outside", "home/bob/.ssh/link");
  const auto root = Root::open(tree.path());
  REQUIRE(root->relabel("/home/bob/.ssh").has_value());
  const std::string expected = "unconfined_u:object_r:ssh_home_t:s0";
  CHECK(label_of(tree.path("home/bob/.ssh")) == expected);
  CHECK(label_of(tree.path("home/bob/.ssh/keys")) == expected);
  CHECK(label_of(tree.path("home/bob/.ssh/keys/one")) == expected);
  CHECK(label_of(tree.path("home/bob/.ssh/link")) == expected);
  CHECK(label_of(tree.path("outside")).empty());
  CHECK(label_of(tree.path("outside/file")).empty());
}

TEST_CASE("relabelling a missing path is an error only if there is a policy") {
  TemporaryTree tree;
  const auto plain = Root::open(tree.path());
  CHECK(plain->relabel("/nowhere").has_value());
  add_policy(tree);
  const auto labelled = Root::open(tree.path());
  CHECK_FALSE(labelled->relabel("/nowhere").has_value());
}
