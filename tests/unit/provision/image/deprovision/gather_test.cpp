#include "provision/image/deprovision/gather.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "provision/image/deprovision/carry_out.h"
#include "tests/unit/fake_clock.h"
#include "tests/unit/temporary_tree.h"

using namespace azl::provision;
using azl::Deadline;
using azl::Root;
using azl::test::FakeClock;
using azl::test::TemporaryTree;

namespace {

using Lines = std::vector<std::string>;

/// No program is run in a tree without a user to remove.
class NoProcesses final : public azl::Processes {
 public:
  azl::Result<std::unique_ptr<azl::Child>> start(const azl::Command& /*command*/) override {
    return azl::fail(azl::Reason::kToolMissing, "no program here");
  }
};

Root root_of(const TemporaryTree& tree) { return std::move(Root::open(tree.path()).value()); }

Lines decide(const TemporaryTree& tree, const DeprovisionOptions& options = {}) {
  NoProcesses processes;
  const FakeClock clock;
  const auto gathered =
      gather_deprovision(root_of(tree), processes, Deadline(clock, std::chrono::seconds(1)));
  Lines lines = gathered.unread;
  for (const auto& each : decide_deprovision(gathered.facts, options))
    lines.push_back((each.warning ? "! " : "") + std::string(to_string(each.action)) + " " +
                    each.what);
  return lines;
}

std::string manifest(const std::vector<std::pair<std::string, std::string>>& entries) {
  WrittenFiles files;
  for (const auto& [path, content] : entries)
    files[path] = {.step = "x", .sha256 = sha256_of(content)};
  return to_json(files);
}

}  // namespace

TEST_CASE("an empty tree has nothing to remove") {
  const TemporaryTree tree;
  CHECK(decide(tree, {.user = false, .logs = true, .programs = true}).empty());
}

TEST_CASE("what is found decides") {
  TemporaryTree tree;
  tree.write("etc/machine-id", "0123456789abcdef0123456789abcdef\n")
      .write("etc/hostname", "web-1\n")
      .write("var/lib/waagent/published_hostname", "web-1\n")
      .write("etc/ssh/ssh_host_rsa_key", "x")
      .write("etc/ssh/sshd_config.d/50-cloud-init.conf", "# the image's\n")
      .write("etc/sudoers.d/90-azl-provision", "# Written by azl-provision for …\n")
      .write("etc/.hostname.azl-new", "web-2")
      .write("var/log/journal/0123/system.journal", "x")
      .symlink("/etc/machine-id", "var/lib/dbus/machine-id");
  CHECK(decide(tree) == Lines{"remove /etc/ssh/ssh_host_rsa_key", "empty /etc/machine-id",
                              "remove /etc/sudoers.d/90-azl-provision",
                              "remove /etc/.hostname.azl-new", "remove-tree /var/lib/waagent",
                              "remove /etc/hostname"});
  CHECK(decide(tree, {.logs = true}).back() == "remove-tree /var/log/journal/0123");
}

TEST_CASE("a machine id that is empty or uninitialized stays as it is") {
  for (const std::string text : {"", "uninitialized\n"}) {
    TemporaryTree tree;
    tree.write("etc/machine-id", text);
    CHECK(decide(tree).empty());
  }
}

TEST_CASE("an entry of written.json counts by what is at its path now") {
  TemporaryTree tree;
  tree.write("etc/same", "1")
      .write("etc/changed", "2")
      .write("etc/passwd", "root:x:0:0::/root:/bin/sh\n")
      .write("other/same", "1")
      .symlink("same", "etc/link")
      .symlink("/other", "etc/dir");
  tree.write(kWrittenFile, manifest({{"/etc/same", "1"},
                                     {"/etc/changed", "1"},
                                     {"/etc/gone", "1"},
                                     {"/etc/link", "1"},
                                     {"/etc/dir/same", "1"},
                                     {"/etc/passwd", "root:x:0:0::/root:/bin/sh\n"},
                                     {"/../../etc/same", "1"}}));
  CHECK(decide(tree) == Lines{"! keep /etc/changed", "! keep /etc/dir/same", "! keep /etc/link",
                              "! keep /etc/passwd", "remove /etc/same",
                              "remove /var/lib/azl-provision/written.json"});
}

TEST_CASE("a damaged written.json is said, and the rest goes on") {
  TemporaryTree tree;
  tree.write(kWrittenFile, "{").write("etc/ssh/ssh_host_rsa_key", "x");
  const auto lines = decide(tree);
  REQUIRE(lines.size() == 3);
  CHECK(lines[0].find("written.json") != std::string::npos);
  CHECK(lines[1] == "remove /etc/ssh/ssh_host_rsa_key");
}

TEST_CASE("a directory that is a link is not followed, and that is said") {
  TemporaryTree tree;
  tree.write("elsewhere/ssh_host_rsa_key", "x").symlink("/elsewhere", "etc/ssh");
  CHECK(decide(tree) == Lines{"! keep /etc/ssh/ssh_host_rsa_key"});
}

TEST_CASE("the list is carried out, a second time changes nothing, and an error stops nothing") {
  TemporaryTree tree;
  tree.write("etc/machine-id", "0123456789abcdef0123456789abcdef\n")
      .write("etc/hosts", "::1 a\n127.0.1.1\tweb-1  # azl-provision\n")
      .write("etc/made", "1")
      .write("etc/busy/file", "1")
      .write("var/lib/waagent/provisioned", "x")
      .write(kStateFile, R"({"schema_version": 1, "vm_id": "v", "host_name": "web-1"})")
      .write(kWrittenFile, manifest({{"/etc/made", "1"}}));
  const auto root = root_of(tree);
  NoProcesses processes;
  const FakeClock clock;
  const Deadline deadline(clock, std::chrono::seconds(1));
  REQUIRE(forget_provisioning(root));
  CHECK(load_state(root).value().vm_id.empty());
  CHECK(load_state(root).value().host_name == "web-1");
  CHECK_FALSE(tree.exists("var/lib/waagent/provisioned"));

  auto removals = decide_deprovision(gather_deprovision(root, processes, deadline).facts, {});
  removals.insert(removals.begin(),
                  {.what = "/etc/busy", .action = RemovalAction::kRemove, .why = "x"});
  auto ends = carry_out_removals(root, processes, deadline, removals);
  CHECK(std::ranges::count_if(ends, [](const auto& end) { return end.error.has_value(); }) == 1);
  CHECK(ends.front().error.has_value());
  CHECK(tree.read("etc/machine-id").empty());
  CHECK(tree.read("etc/hosts") == "::1 a\n");
  CHECK_FALSE(tree.exists("etc/made"));
  CHECK_FALSE(tree.exists("var/lib/waagent"));
  CHECK(tree.exists(kStateFile));  // because something is left
  CHECK(tree.exists(kWrittenFile));

  removals.erase(removals.begin());
  ends = carry_out_removals(root, processes, deadline, removals);
  CHECK(std::ranges::none_of(ends, [](const auto& end) { return end.error.has_value(); }));
  CHECK_FALSE(tree.exists(kStateFile));
  CHECK_FALSE(tree.exists(kWrittenFile));
  CHECK(decide(tree).empty());
}
