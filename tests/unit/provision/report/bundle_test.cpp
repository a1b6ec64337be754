#include "provision/report/bundle.h"

#include <algorithm>
#include <set>
#include <string>

#include <doctest/doctest.h>

#include "tests/unit/provision/report/report_samples.h"

namespace azl::provision {
namespace {

using test::boot_of;
using test::inputs_with;
using test::stage_record;

TEST_CASE("the programs of a bundle have file names of their own, and need no shell") {
  std::set<std::string> names;
  for (const auto& program : bundle_programs()) {
    CAPTURE(program.file);
    CHECK(names.insert(program.file).second);
    CHECK(program.file.ends_with(".txt"));
    REQUIRE_FALSE(program.argv.empty());
    CHECK(program.argv.front() != "sh");
    CHECK(program.time_limit > Duration::zero());
  }
  for (const auto* wanted : {"journal.txt", "networkd.txt", "sshd.txt", "lsblk.txt", "ip-addr.txt",
                             "ip-route.txt", "ip-rule.txt", "networkctl.txt"})
    CHECK_MESSAGE(names.contains(wanted), wanted);
}

TEST_CASE("the journal is searched only by fields that the journal itself adds") {
  bool pid_1 = false;
  for (const auto& program : bundle_programs()) {
    if (program.argv.front() != "journalctl") continue;
    for (const auto& argument : program.argv) {
      CAPTURE(argument);
      pid_1 = argument == "+" ? false : pid_1 || argument == "_PID=1";
      const bool trusted = argument.starts_with('_') || argument.starts_with("--") ||
                           argument == "journalctl" || argument == "+";
      CHECK((trusted || (pid_1 && argument.starts_with("UNIT="))));
    }
  }
}

TEST_CASE("a bundle has the report of each boot, as text and as JSON") {
  const auto record = stage_record(Stage::kMain, StageOutcome::kReady);
  const auto files = bundle_reports(
      inputs_with({boot_of("b1", {record}), boot_of("b2", {record}), boot_of("now", {record})}));
  std::vector<std::string> names;
  for (const auto& file : files) names.push_back(file.name);
  CHECK(names == std::vector<std::string>{"boots.txt", "report-1.txt", "report-1.json",
                                          "report-2.txt", "report-2.json", "report-3.txt",
                                          "report-3.json"});
  CHECK(files[1].what == "report of boot b1");
  CHECK(files[2].text.find("\"b1\"") != std::string::npos);
  CHECK(files[4].text.find("\"b2\"") != std::string::npos);
}

TEST_CASE("a bundle of a machine without records has a report that says so") {
  const auto files = bundle_reports(inputs_with({}));
  REQUIRE(files.size() == 3);
  CHECK(files[1].name == "report.txt");
  CHECK_FALSE(files[1].text.empty());
}

TEST_CASE("text, and the reason why a file is not complete, go through the redactor") {
  const auto file = make_bundle_file("a", "b", "password=x\n", "failed: token=y");
  CHECK(file.text == "password=[removed]\n");
  CHECK(file.removed == 1);
  CHECK(file.outcome == "failed: token=[removed]");
}

TEST_CASE("the manifest and the list name each file and what is missing") {
  const std::vector<BundleFile> files = {
      make_bundle_file("sshd.txt", "settings of sshd", "password=x\n"),
      make_missing_file("lsblk.txt", "disks", "lsblk is not installed\x1b[2J")};
  const auto manifest = make_manifest({.tree = {}, .made = {}}, files);
  CHECK(manifest.name == "manifest.txt");
  CHECK(manifest.text.find("Of the running machine.") != std::string::npos);
  CHECK(manifest.text.find(
            "sshd.txt                 19  settings of sshd: complete; 1 [removed]\n") !=
        std::string::npos);
  CHECK(manifest.text.find("disks: lsblk is not installed\\x1b[2J\n") != std::string::npos);
  CHECK(list_bundle(files) ==
        "sshd.txt                 19  settings of sshd\n"
        "lsblk.txt                 -  disks\n"
        "    lsblk is not installed\\x1b[2J\n");
  const auto of_tree = make_manifest({.tree = "/mnt/disk", .made = {}}, files);
  CHECK(of_tree.text.find("Of the tree /mnt/disk.") != std::string::npos);
}

}  // namespace
}  // namespace azl::provision
