#include "provision/engine/gate.h"

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/provision/azure_firmware.h"
#include "tests/unit/provision/samples.h"

using namespace azl::provision;
using namespace azl::test;

namespace {

Gate gate_of(const TemporaryTree& tree) {
  auto root = azl::Root::open(tree.path());
  REQUIRE(root);
  return check_gate(*root);
}

}  // namespace

TEST_CASE("the gate is open on an Azure VM that no other agent provisions") {
  struct Row {
    std::string what;
    std::function<void(TemporaryTree&)> change;
    bool open;
    int status;
    std::string why;  ///< how Gate::why begins
  };
  const auto cloud_init = [](TemporaryTree& tree) {
    tree.write("usr/lib/systemd/system/cloud-init-local.service", "")
        .symlink("/usr/lib/systemd/system/cloud-init-local.service",
                 "etc/systemd/system/cloud-init.target.wants/cloud-init-local.service");
  };
  const std::vector<Row> rows = {
      {"Azure", [](TemporaryTree&) {}, true, 0, ""},
      {"another platform",
       [](TemporaryTree& t) { t.write("sys/class/dmi/id/chassis_asset_tag", "No Asset Tag\n"); },
       false, 3, "nothing to do: the chassis asset tag 'No Asset Tag' is not Azure's"},
      {"no firmware", [](TemporaryTree& t) { std::filesystem::remove_all(t.path("sys")); }, false,
       3, "cannot see the firmware of this disk's VM: there is no /sys/class/dmi/id in /tmp/"},
      {"no asset tag",
       [](TemporaryTree& t) {
         std::filesystem::remove(t.path("sys/class/dmi/id/chassis_asset_tag"));
       },
       false, 3, "nothing to do: there is no chassis asset tag"},
      {"WSL",
       [](TemporaryTree& t) {
         std::filesystem::remove_all(t.path("sys"));
         t.write("proc/sys/kernel/osrelease", "5.15.167.4-microsoft-standard-WSL2\n");
       },
       false, 0, "not applicable here: the kernel "},
      {"a container on Azure", [](TemporaryTree& t) { t.write("run/systemd/container", "podman"); },
       false, 3, "nothing to do: this is a container"},
      {"switched off on the command line",
       [](TemporaryTree& t) { t.write("proc/cmdline", "ro azl-provision.provision=no\n"); }, false,
       3, "switched off by azl-provision.provision=no"},
      {"switched off by its file",
       [](TemporaryTree& t) { t.write("etc/azl-provision/disabled", ""); }, false, 3,
       "switched off by /etc/azl-provision/disabled"},
      {"cloud-init is enabled too", cloud_init, false, 3, "cloud-init is enabled too"},
      {"cloud-init is switched off",
       [&](TemporaryTree& t) {
         cloud_init(t);
         t.write("proc/cmdline", "cloud-init=disabled\n");
       },
       true, 0, ""},
      {"the kernel command line cannot be read",
       [](TemporaryTree& t) { std::filesystem::remove(t.path("proc/cmdline")); }, true, 0, ""},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    TemporaryTree tree;
    azure(tree);
    row.change(tree);
    const auto gate = gate_of(tree);
    CHECK(gate.open == row.open);
    if (!row.open) CHECK(gate.exit_status == row.status);
    CHECK(gate.why.empty() == row.open);
    CHECK_MESSAGE(gate.why.starts_with(row.why), gate.why);
  }
}

TEST_CASE("a disk that was taken from its VM is told from a machine that is not Azure's") {
  TemporaryTree tree;
  azure(tree);
  CHECK(gate_of(tree).sees_firmware);
  tree.write("sys/class/dmi/id/chassis_asset_tag", "No Asset Tag\n");
  CHECK(gate_of(tree).sees_firmware);
  std::filesystem::remove_all(tree.path("sys"));
  CHECK_FALSE(gate_of(tree).sees_firmware);
}

TEST_CASE("the gate gives the VM's id") {
  TemporaryTree tree;
  azure(tree);
  CHECK(gate_of(tree).identity.vm_id == "527c2691-029f-fe4c-b1f4-a4da7ebac2cf");
  std::filesystem::remove_all(tree.path("sys/firmware"));  // generation 1
  CHECK(gate_of(tree).identity.vm_id == kVm);
}
