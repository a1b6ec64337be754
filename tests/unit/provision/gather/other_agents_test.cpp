#include "provision/gather/other_agents.h"

#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/provision/gather/tree_files.h"

using namespace azl::provision;
using namespace azl::test;

TEST_CASE("an agent's record counts if it names this VM") {
  struct Row {
    std::string what;
    Make make;
    std::string agent;  ///< empty: none
    std::string record;
  };
  const std::string cloud = "var/lib/cloud/data/instance-id";
  const std::string waagent = "var/lib/waagent/provisioned";
  const std::vector<Row> rows = {
      {"an empty tree", [](TemporaryTree&) {}, "", ""},
      {"cloud-init", file(cloud, std::string(kVm) + "\n"), "cloud-init", "/" + cloud},
      {"upper case", file(cloud, "91267C52-9F02-4CFE-B1F4-A4DA7EBAC2CF"), "cloud-init",
       "/" + cloud},
      {"the id in the other byte order", file(cloud, std::string(kSwapped) + "\n"), "cloud-init",
       "/" + cloud},
      {"another VM's id", file(cloud, std::string(kOther) + "\n"), "", ""},
      {"an empty record", file(cloud, ""), "", ""},
      {"not an id", file(cloud, "i-87018aed\n"), "", ""},
      {"the id in the second line", file(cloud, "x\n" + std::string(kVm)), "", ""},
      {"a record that is too long", file(cloud, std::string(kVm) + "\n" + std::string(5000, 'x')),
       "", ""},
      {"a directory", [&](TemporaryTree& tree) { tree.mkdir(cloud); }, "", ""},
      {"WALinuxAgent", file(waagent, kVm), "WALinuxAgent", "/" + waagent},
      {"WALinuxAgent, another VM", file(waagent, kOther), "", ""},
      {"azure-init", file("var/lib/azure-init/" + std::string(kVm) + ".provisioned", ""),
       "azure-init", "/var/lib/azure-init/" + std::string(kVm) + ".provisioned"},
      {"azure-init, another VM",
       file("var/lib/azure-init/" + std::string(kOther) + ".provisioned", ""), "", ""},
      {"azure-init, another suffix", file("var/lib/azure-init/" + std::string(kVm) + ".log", ""),
       "", ""},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    TemporaryTree tree;
    row.make(tree);
    const auto found = find_other_records(root_of(tree), kVm).of_this_vm;
    CHECK((found ? found->name : "") == row.agent);
    CHECK((found ? found->record : "") == row.record);
  }
}

TEST_CASE("no record counts if the VM id is unknown") {
  TemporaryTree tree;
  tree.write("var/lib/cloud/data/instance-id", "\n").write("var/lib/azure-init/.provisioned", "");
  CHECK_FALSE(find_other_records(root_of(tree), "").of_this_vm);
  CHECK_FALSE(find_other_records(root_of(tree), "").of_another_vm);
}

TEST_CASE("a record of another VM shows that the disk belonged to another VM") {
  const std::string other = "var/lib/azure-init/" + std::string(kOther) + ".provisioned";
  for (const auto& [path, content] :
       std::vector<std::pair<std::string, std::string>>{{"var/lib/cloud/data/instance-id", kOther},
                                                        {"var/lib/waagent/provisioned", kOther},
                                                        {other, ""}}) {
    CAPTURE(path);
    TemporaryTree tree;
    tree.write(path, content);
    Facts facts;
    CHECK_FALSE(was_another_vm(facts));
    auto records = find_other_records(root_of(tree), kVm);
    CHECK_FALSE(records.of_this_vm);
    REQUIRE(records.of_another_vm);
    CHECK(records.of_another_vm->record == "/" + path);
    facts.earlier_record = std::move(records.of_another_vm);
    CHECK(was_another_vm(facts));
    CHECK(is_lived_in(facts));
  }
}

TEST_CASE("a rival is another agent that would act on this boot") {
  struct Row {
    std::string what;
    Make make;
    std::string command_line;
    std::string rival;  ///< unit that the sentence names; empty: none
  };
  const auto cloud_init = [](TemporaryTree& tree) { enable(tree, kLocal, kWants); };
  const std::vector<Row> rows = {
      {"nothing", [](TemporaryTree&) {}, "", ""},
      {"installed, not enabled", file("usr/lib/systemd/system/cloud-init-local.service", ""), "",
       ""},
      {"enabled", cloud_init, "quiet", kLocal},
      {"enabled in /usr",
       [](TemporaryTree& t) { enable(t, kLocal, "usr/lib/systemd/system/sysinit.target.wants"); },
       "", kLocal},
      {"enabled by a .requires link",
       [](TemporaryTree& t) { enable(t, kLocal, "etc/systemd/system/x.target.requires"); }, "",
       kLocal},
      {"enabled by a generator",
       [](TemporaryTree& t) { enable(t, kLocal, "run/systemd/generator/multi-user.target.wants"); },
       "", kLocal},
      {"enabled by an early generator",
       [](TemporaryTree& t) { enable(t, kLocal, "run/systemd/generator.early/x.target.wants"); },
       "", kLocal},
      {"enabled at run time",
       [](TemporaryTree& t) { enable(t, kLocal, "run/systemd/system/x.target.wants"); }, "",
       kLocal},
      {"one process for all stages, as since cloud-init 24.3",
       [](TemporaryTree& t) { enable(t, "cloud-init-main.service", kWants); }, "",
       "cloud-init-main.service"},
      {"a leftover link of a removed package",
       [](TemporaryTree& t) {
         t.symlink("/usr/lib/systemd/system/cloud-init-local.service",
                   std::string(kWants) + "/" + kLocal);
       },
       "", ""},
      {"masked",
       [&](TemporaryTree& t) {
         cloud_init(t);
         t.symlink("/dev/null", "etc/systemd/system/cloud-init-local.service");
       },
       "", ""},
      {"masked at run time",
       [&](TemporaryTree& t) {
         cloud_init(t);
         t.symlink("/dev/null", "run/systemd/system/cloud-init-local.service");
       },
       "", ""},
      {"switched off by its file",
       [&](TemporaryTree& t) {
         cloud_init(t);
         t.write("etc/cloud/cloud-init.disabled", "");
       },
       "", ""},
      {"switched off on the command line", cloud_init, "ro cloud-init=disabled quiet\n", ""},
      {"switched off by the last word of the command line", cloud_init, "ro cloud-init=disabled\n",
       ""},
      {"a word that only contains the switch", cloud_init,
       "xcloud-init=disabled cloud-init=disabledx", kLocal},
      {"azure-init",
       [](TemporaryTree& t) {
         enable(t, "azure-init.service", "etc/systemd/system/multi-user.target.wants");
       },
       "cloud-init=disabled", "azure-init.service"},
      {"azure-init, not enabled", file("usr/lib/systemd/system/azure-init.service", ""), "", ""},
      {"azure-init, masked",
       [](TemporaryTree& t) {
         enable(t, "azure-init.service", "etc/systemd/system/multi-user.target.wants");
         t.symlink("/dev/null", "etc/systemd/system/azure-init.service");
       },
       "", ""},
      {"azl-provision's own units with cloud-init's names",
       [](TemporaryTree& t) {
         enable(t, "cloud-init.target", "etc/systemd/system/multi-user.target.wants");
         enable(t, "cloud-final.service", "usr/lib/systemd/system/cloud-init.target.wants");
       },
       "", ""},
      {"WALinuxAgent is not a rival",
       [](TemporaryTree& t) {
         enable(t, "waagent.service", "etc/systemd/system/multi-user.target.wants");
       },
       "", ""},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    TemporaryTree tree;
    row.make(tree);
    const auto rival = find_rival(root_of(tree), row.command_line);
    CHECK(rival.empty() == row.rival.empty());
    CHECK(rival.find(row.rival) != std::string::npos);
  }
}

TEST_CASE("the kernel command line or a file switches the agent off") {
  struct Row {
    std::string command_line;
    bool file;
    std::string why;
  };
  const std::vector<Row> rows = {
      {"", false, ""},
      {"azl-provision.provision=yes", false, ""},
      {"azl-provision.provision=", false, ""},
      {"azl-provision.provision=maybe", false, ""},
      {"azl-provision.provisioned=no xazl-provision.provision=no", false, ""},
      {"ro azl-provision.provision=no\n", false,
       "switched off by azl-provision.provision=no on the kernel command line"},
      {"azl-provision.provision=0 quiet", false,
       "switched off by azl-provision.provision=0 on the kernel command line"},
      {"azl-provision.provision=False", false,
       "switched off by azl-provision.provision=False on the kernel command line"},
      {"", true, "switched off by /etc/azl-provision/disabled"},
      {"azl-provision.provision=yes", true, "switched off by /etc/azl-provision/disabled"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.command_line);
    TemporaryTree tree;
    if (row.file) tree.write("etc/azl-provision/disabled", "");
    CHECK(find_off_switch(root_of(tree), row.command_line) == row.why);
  }
}
