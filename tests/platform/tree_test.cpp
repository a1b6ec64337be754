#include "tests/platform/tree.h"

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <stdexcept>

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/process.h"
#include "tests/unit/temporary_tree.h"

namespace azl::platform {
namespace {

namespace fs = std::filesystem;

/// The tree of a scenario, in "root" below a temporary directory.
struct TestTree {
  explicit TestTree(const char* text) {
    const auto scenario = parse_scenario(text);
    if (!scenario) throw std::runtime_error(scenario.error());
    const auto written = write_tree(*scenario, tree.path("root"));
    if (!written) throw std::runtime_error(written.error());
  }
  [[nodiscard]] std::string read(const std::string& path) const {
    return tree.read("root/" + path);
  }
  [[nodiscard]] unsigned mode(const std::string& path) const {
    return static_cast<unsigned>(fs::status(tree.path("root/" + path)).permissions());
  }
  azl::test::TemporaryTree tree;
};

TEST_CASE("a generation 2 tree has the VM id unchanged, and has EFI") {
  const TestTree tree(R"({"vm": {"vm_id": "91267c52-9f02-4cfe-b1f4-a4da7ebac2cf"}})");
  CHECK(tree.read("sys/class/dmi/id/product_uuid") == "91267c52-9f02-4cfe-b1f4-a4da7ebac2cf\n");
  CHECK(tree.read("sys/class/dmi/id/chassis_asset_tag") == "7783-7084-3265-9085-8269-3286-77\n");
  CHECK(tree.tree.exists("root/sys/firmware/efi"));
}

TEST_CASE("a generation 1 tree has the VM id byte-swapped, and has no EFI") {
  const TestTree tree(
      R"({"vm": {"vm_id": "91267c52-9f02-4cfe-b1f4-a4da7ebac2cf", "generation": 1}})");
  CHECK(tree.read("sys/class/dmi/id/product_uuid") == "527c2691-029f-fe4c-b1f4-a4da7ebac2cf\n");
  CHECK_FALSE(tree.tree.exists("root/sys/firmware"));
}

TEST_CASE("a tree has the files of an image before its first boot, with their modes") {
  const mode_t before = umask(0077);
  const TestTree tree("{}");
  umask(before);
  struct Row {
    std::string path;
    unsigned mode;
  };
  const Row rows[] = {
      {".", 0755},
      {"etc", 0755},
      {"etc/passwd", 0644},
      {"etc/shadow", 0600},
      {"etc/gshadow", 0600},
      {"etc/sudoers", 0440},
      {"etc/sudoers.d", 0750},
      {"etc/ssh", 0755},
      {"etc/ssh/sshd_config.d", 0700},
      {"etc/skel/.bashrc", 0644},
      {"root", 0700},
      {"tmp", 01777},
      {"usr/lib/systemd/network", 0755},
      {"usr/sbin/sshd", 0755},
      {"bin/bash", 0755},
      {"var/lib/hyperv/.kvp_pool_0", 0644},
      {"var/lib/hyperv/.kvp_pool_4", 0644},
      {"proc/cmdline", 0444},
  };
  for (const Row& row : rows) {
    CAPTURE(row.path);
    CHECK(tree.mode(row.path) == row.mode);
  }
  CHECK(tree.read("etc/machine-id").empty());
  CHECK(tree.read("etc/ssh/sshd_config").starts_with("Include /etc/ssh/sshd_config.d/*.conf\n"));
  CHECK(tree.read("etc/os-release").find("VARIANT_ID=cloud\n") != std::string::npos);
  CHECK(tree.read("proc/sys/kernel/random/boot_id").size() == 37);
}

TEST_CASE("the copy of an image's files becomes a VM, and its links lead nowhere else") {
  azl::test::TemporaryTree tree;
  tree.write("image/usr/var/lib/hyperv/.kvp_pool_1", "kept")
      .write("image/sys/class/dmi/id/product_uuid", "another one")
      .write("elsewhere/file", "kept");
  tree.symlink("/usr/var", "image/var").symlink(tree.path("elsewhere"), "image/run");
  auto scenario = parse_scenario(R"({"vm": {"vm_id": "91267c52-9f02-4cfe-b1f4-a4da7ebac2cf"}})");
  REQUIRE(scenario);
  const auto made = become_machine(scenario->vm, tree.path("image"));
  if (!made) FAIL(made.error());
  CHECK(tree.read("image/sys/class/dmi/id/product_uuid") ==
        "91267c52-9f02-4cfe-b1f4-a4da7ebac2cf\n");
  CHECK(tree.read("image/proc/sys/kernel/random/boot_id").size() == 37);
  CHECK(tree.read("image/usr/var/lib/hyperv/.kvp_pool_1") == "kept");
  CHECK(tree.exists("image/usr/var/lib/hyperv/.kvp_pool_0"));
  CHECK(std::filesystem::is_empty(tree.path("image/run")));
  CHECK(tree.read("elsewhere/file") == "kept");
}

TEST_CASE("every account has a shadow entry, and every group a gshadow entry") {
  const TestTree tree("{}");
  const auto names = [&](const char* path) {
    std::vector<std::string> result;
    std::istringstream text(tree.read(path));
    for (std::string line; std::getline(text, line);)
      result.push_back(line.substr(0, line.find(':')));
    return result;
  };
  CHECK(names("etc/passwd") == names("etc/shadow"));
  CHECK(names("etc/group") == names("etc/gshadow"));
  const auto groups = names("etc/group");
  for (const std::string name : {"wheel", "adm", "systemd-journal", "sshd"}) {
    CAPTURE(name);
    CHECK(std::ranges::count(groups, name) == 1);
  }
}

TEST_CASE("no symbolic link leads out of the tree") {
  const TestTree tree("{}");
  for (const auto& entry : fs::recursive_directory_iterator(tree.tree.path("root"))) {
    if (!entry.is_symlink()) continue;
    CAPTURE(entry.path());
    const std::string target = fs::canonical(entry.path());
    CHECK(target.starts_with(fs::canonical(tree.tree.path("root")).string() + "/"));
  }
}

TEST_CASE("a directory that is not empty is refused and not changed") {
  azl::test::TemporaryTree tree;
  tree.write("mine", "x");
  const auto written = write_tree(Scenario{}, tree.path());
  REQUIRE_FALSE(written);
  CHECK(written.error() == tree.path() + " is not empty; name a missing or empty directory");
  CHECK_FALSE(tree.exists("etc"));
}

TEST_CASE("the account tools work on the tree" * doctest::skip(geteuid() != 0)) {
  const TestTree tree("{}");
  const std::string root = tree.tree.path("root");
  const SystemClock clock;
  const Deadline deadline(clock, std::chrono::seconds(30));
  SystemProcesses processes;
  const auto run = [&](Command command) {
    const auto output = processes.run(command, deadline);
    if (!output) FAIL(output.error().to_string());
  };
  run({.argv = {"useradd", "-R", root, "-m", "-G", "wheel,adm,systemd-journal", "-s", "/bin/bash",
                "ann"}});
  run({.argv = {"chpasswd", "-R", root, "-e"}, .input = Secret("ann:$6$salt$hash\n")});
  run({.argv = {"usermod", "-R", root, "-aG", "users", "ann"}});
  CHECK(tree.read("etc/passwd").find("ann:x:1000:1000::/home/ann:/bin/bash\n") !=
        std::string::npos);
  CHECK(tree.read("etc/shadow").find("ann:$6$salt$hash:") != std::string::npos);
  CHECK(tree.read("etc/group").find("wheel:x:10:ann\n") != std::string::npos);
  CHECK(tree.read("etc/group").find("users:x:100:ann\n") != std::string::npos);
  CHECK(tree.mode("home/ann") == 0700);
  CHECK(tree.tree.exists("root/home/ann/.bashrc"));
}

}  // namespace
}  // namespace azl::platform
