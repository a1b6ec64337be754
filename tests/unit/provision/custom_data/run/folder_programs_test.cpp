#include "provision/custom_data/run/folder_programs.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "provision/custom_data/run/phase.h"
#include "tests/unit/provision/bench.h"

using namespace azl::provision;
using namespace azl::provision::custom_data;
using namespace azl::test;

namespace {

using Words = std::vector<std::string>;

constexpr const char* kBoot = "tree";  // boot_id_of() a tree without /proc

void add_program(Bench& bench, const std::string& path, mode_t mode = 0755) {
  bench.tree.write(path, "#!/bin/sh\n");
  REQUIRE(::chmod(bench.tree.path(path).c_str(), mode) == 0);
}

/// The paths that are due. The others are "CAUSE" each.
Words look(Bench& bench) {
  const auto run = bench.run(Stage::kCustomData);
  const auto found = find_programs(run->context.root(), run->identity);
  Words result;
  for (const auto& program : found.due)
    result.push_back(program.path + (program.interrupted ? " interrupted" : ""));
  for (const auto& error : found.refused)
    result.emplace_back(to_string(error.known_cause().value()));
  for (const auto& error : found.not_executable)
    result.emplace_back(to_string(error.known_cause().value()));
  return result;
}

/// Adds a program whose file was made after another one, by the file system's clock, which ticks
/// slowly.
void add_later(Bench& bench, const std::string& path, const std::string& other) {
  const auto changed = [&](const std::string& file) {
    struct stat info{};
    REQUIRE(::stat(bench.tree.path(file).c_str(), &info) == 0);
    return std::pair(info.st_ctim.tv_sec, info.st_ctim.tv_nsec);
  };
  do {
    std::filesystem::remove(bench.tree.path(path));
    bench.tree.write(path, "#!/bin/sh\n");
  } while (changed(path) <= changed(other));
  REQUIRE(::chmod(bench.tree.path(path).c_str(), 0755) == 0);
}

bool knows_births(Bench& bench, const std::string& path) {
  struct statx info{};
  REQUIRE(::statx(AT_FDCWD, bench.tree.path(path).c_str(), 0, STATX_BTIME, &info) == 0);
  return (info.stx_mask & STATX_BTIME) != 0;
}

ino_t find_inode(Bench& bench) {
  struct stat info{};
  REQUIRE(::stat(bench.tree.path("var/lib/azl-provision/programs").c_str(), &info) == 0);
  return info.st_ino;
}

}  // namespace

TEST_CASE("programs of the image are due in the order of frequencies and file names") {
  Bench bench;
  CHECK_FALSE(has_folders(bench.run(Stage::kCustomData)->context.root()));
  for (const auto* path :
       {"var/lib/cloud/scripts/per-instance/a", "var/lib/cloud/scripts/per-boot/20",
        "etc/azl-provision/scripts/per-boot/10", "etc/azl-provision/scripts/per-boot/30 x",
        "var/lib/cloud/scripts/per-once/z", "var/lib/cloud/scripts/vendor/v"})
    add_program(bench, path);
  bench.tree.mkdir("etc/azl-provision/scripts/per-once/directory");
  CHECK(has_folders(bench.run(Stage::kCustomData)->context.root()));
  CHECK(look(bench) ==
        Words{"/var/lib/cloud/scripts/per-once/z", "/etc/azl-provision/scripts/per-boot/10",
              "/var/lib/cloud/scripts/per-boot/20", "/etc/azl-provision/scripts/per-boot/30 x",
              "/var/lib/cloud/scripts/per-instance/a"});
}

TEST_CASE("a program that others than root can change is refused") {
  const std::string folder = "etc/azl-provision/scripts/per-boot";
  struct {
    std::string path;
    mode_t mode;
    Words found;
  } const rows[] = {
      {folder + "/a", 0755, {"/" + folder + "/a"}},
      {folder + "/a", 0700, {"/" + folder + "/a"}},
      {folder + "/a", 0757, {"program-not-trusted"}},
      {folder + "/a", 0644, {"program-not-executable"}},
      {folder, 0777, {"program-not-trusted"}},
      {"etc", 01777, {"program-not-trusted"}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.path);
    CAPTURE(row.mode);
    Bench bench;
    add_program(bench, folder + "/a");
    REQUIRE(::chmod(bench.tree.path(row.path).c_str(), row.mode) == 0);
    CHECK(look(bench) == row.found);
  }
  Bench bench;
  add_program(bench, folder + "/a\x1b[2J");
  CHECK(look(bench) == Words{"program-not-trusted"});
  if (::geteuid() != 0) return;
  Bench other;
  add_program(other, folder + "/a");
  REQUIRE(::chown(other.tree.path(folder + "/a").c_str(), 1234, 0) == 0);
  CHECK(look(other) == Words{"program-not-trusted"});
}

TEST_CASE("the file that a link names counts") {
  Bench bench;
  add_program(bench, "opt/tools/a");
  bench.tree.symlink("/opt/tools/a", "etc/azl-provision/scripts/per-boot/a");
  CHECK(look(bench) == Words{"/etc/azl-provision/scripts/per-boot/a"});
  REQUIRE(::chmod(bench.tree.path("opt/tools").c_str(), 0777) == 0);
  CHECK(look(bench) == Words{"program-not-trusted"});
}

TEST_CASE("what was run is not due: once for the disk, a VM or a boot") {
  Bench bench;
  const auto instance = azl::imds::instance_id(bench.run(Stage::kCustomData)->identity);
  add_program(bench, "etc/azl-provision/scripts/per-once/o");
  add_program(bench, "etc/azl-provision/scripts/per-boot/b");
  add_program(bench, "etc/azl-provision/scripts/per-instance/i");
  const std::string o = "/etc/azl-provision/scripts/per-once/o";
  const std::string b = "/etc/azl-provision/scripts/per-boot/b";
  const std::string i = "/etc/azl-provision/scripts/per-instance/i";
  const std::string boot = kBoot;
  struct {
    std::string runs;
    Words due;
  } const rows[] = {
      {"", {o, b, i}},
      {"\nbegun once " + o + " .\n\nended once " + o + " .\n", {b, i}},
      {"\nbegun boot-" + boot + " " + b + " .\n\nended boot-" + boot + " " + b + " .\n", {o, i}},
      {"\nended boot-another " + b + " .\n", {o, b, i}},
      {"\nended vm-" + instance + " " + i + " .\n", {o, b}},
      {"\nended vm-another " + i + " .\n", {o, b, i}},
      {"\nbegun once " + o + " .\n", {o + " interrupted", b, i}},
      // A power failure cut the line off.
      {"\nended once " + o, {o, b, i}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.runs);
    bench.tree.write("var/lib/azl-provision/programs", row.runs);
    CHECK(look(bench) == row.due);
  }
}

TEST_CASE("what cloud-init ran on this disk or VM is not run again") {
  // cloudinit/helpers.py, FileSemaphores: the name of the module, and ".once".
  Bench bench;
  const auto instance = azl::imds::instance_id(bench.run(Stage::kCustomData)->identity);
  add_program(bench, "var/lib/cloud/scripts/per-once/o");
  add_program(bench, "var/lib/cloud/scripts/per-instance/i");
  bench.tree.write("var/lib/cloud/instances/another/sem/config_scripts_per_instance", "");
  CHECK(look(bench).size() == 2);
  bench.tree.write("var/lib/cloud/sem/config_scripts_per_once.once", "");
  CHECK(look(bench) == Words{"/var/lib/cloud/scripts/per-instance/i"});
  bench.tree.write("var/lib/cloud/instances/" + instance + "/sem/config_scripts_per_instance", "");
  CHECK(look(bench) == Words{});
}

TEST_CASE(
    "cloud-init's runs count neither for programs that came later nor for other directories") {
  Bench bench;
  const auto instance = azl::imds::instance_id(bench.run(Stage::kCustomData)->identity);
  const std::string once = "var/lib/cloud/sem/config_scripts_per_once.once";
  const std::string vm = "var/lib/cloud/instances/" + instance + "/sem/config_scripts_per_instance";
  add_program(bench, "var/lib/cloud/scripts/per-once/early");
  add_program(bench, "etc/azl-provision/scripts/per-once/o");
  add_program(bench, "etc/azl-provision/scripts/per-instance/i");
  bench.tree.write(once, "");
  bench.tree.write(vm, "");
  add_later(bench, "var/lib/cloud/scripts/per-once/later", once);
  add_later(bench, "var/lib/cloud/scripts/per-instance/later", vm);
  // As a package brings it.
  const timespec long_ago[2] = {{.tv_sec = 1, .tv_nsec = 0}, {.tv_sec = 1, .tv_nsec = 0}};
  if (knows_births(bench, once))
    REQUIRE(::utimensat(AT_FDCWD, bench.tree.path("var/lib/cloud/scripts/per-once/later").c_str(),
                        long_ago, 0) == 0);
  CHECK(look(bench) == Words{"/var/lib/cloud/scripts/per-once/later",
                             "/etc/azl-provision/scripts/per-once/o",
                             "/etc/azl-provision/scripts/per-instance/i",
                             "/var/lib/cloud/scripts/per-instance/later"});
}

TEST_CASE("hidden files and backups are no programs, as for the unit's conditions") {
  // systemd's path-util.c, hidden_or_backup_file().
  Bench bench;
  const std::string folder = "etc/azl-provision/scripts/per-boot/";
  for (const auto* name : {".setup", "x~", "x.bak", "x.rpmsave", "x.dpkg-old", "lost+found"})
    add_program(bench, folder + name);
  CHECK_FALSE(has_folders(bench.root));
  CHECK(look(bench) == Words{});
  for (const auto* name : {"bak", "x.bak.sh", "~x"}) add_program(bench, folder + name);
  CHECK(has_folders(bench.root));
  CHECK(look(bench) == Words{"/" + folder + "bak", "/" + folder + "x.bak.sh", "/" + folder + "~x"});
}

TEST_CASE("no program is run if it is not known which of them ran") {
  for (const bool is_long : {false, true}) {
    CAPTURE(is_long);
    Bench bench;
    add_program(bench, "etc/azl-provision/scripts/per-once/o");
    if (is_long) {
      bench.tree.write("var/lib/azl-provision/programs", std::string((16U << 20) + 1, '\n'));
    } else {
      bench.tree.mkdir("var/lib/azl-provision/programs");
    }
    auto run = bench.run(Stage::kCustomData);
    CHECK(is_due_in(Stage::kCustomData, bench.root, run->identity));
    ShownProgress progress;
    run_steps(*run, progress);
    CHECK(steps_of(run->record) == Words{"early skipped", "read skipped", "programs done"});
    CHECK(findings_of(run->record) == Words{"degraded programs"});
    CHECK_FALSE(forget_other_runs(bench.root, run->identity).has_value());
    CHECK_FALSE(read_runs(bench.root).has_value());
    // A person who asks for one of them by name gets it.
    CHECK(find_programs(bench.root, run->identity, WhichPrograms::kAll).due.size() == 1);
  }
}

TEST_CASE("the runs of other boots and VMs are forgotten, and nothing else is written") {
  Bench bench;
  const auto identity = bench.run(Stage::kCustomData)->identity;
  const auto record = [&](RunEvent event, Frequency frequency, std::string_view path) {
    REQUIRE(record_run(bench.root, identity, event, frequency, path));
  };
  bench.tree.mkdir("var/lib/azl-provision");
  record(RunEvent::kBegun, Frequency::kOnce, "/o x");
  record(RunEvent::kEnded, Frequency::kOnce, "/o x");
  record(RunEvent::kBegun, Frequency::kBoot, "/b");
  record(RunEvent::kBegun, Frequency::kInstance, "/i");
  const ProgramRuns ours = {{"once /o x", true},
                            {"boot-tree /b", false},
                            {"vm-" + azl::imds::instance_id(identity) + " /i", false}};
  CHECK(read_runs(bench.root).value() == ours);
  const auto before = find_inode(bench);
  REQUIRE(forget_other_runs(bench.root, identity));
  CHECK(find_inode(bench) == before);
  bench.tree.write("var/lib/azl-provision/programs",
                   bench.tree.read("var/lib/azl-provision/programs") +
                       "\nended boot-another /b .\n\nended vm-another /i .\n");
  REQUIRE(read_runs(bench.root).value().size() == 5);
  REQUIRE(forget_other_runs(bench.root, identity));
  CHECK(read_runs(bench.root).value() == ours);
}

TEST_CASE("programs of a tree are found however its directory is written") {
  Bench bench;
  add_program(bench, "etc/azl-provision/scripts/per-boot/a");
  const auto directory = bench.root.directory();
  const auto link = std::filesystem::path(directory + ".link");
  std::filesystem::create_symlink(directory, link);
  for (const auto& written :
       {directory, directory + "/",
        directory + "/../" + std::filesystem::path(directory).filename().string(),
        std::filesystem::relative(directory).string(), link.string()}) {
    CAPTURE(written);
    const auto root = azl::Root::open(written).value();
    const auto found = find_programs(root, bench.run(Stage::kCustomData)->identity);
    CHECK(found.refused.empty());
    REQUIRE(found.due.size() == 1);
    CHECK(found.due[0].file == "/etc/azl-provision/scripts/per-boot/a");
  }
  std::filesystem::remove(link);
}

TEST_CASE("a program that a deferred file brings is run on this boot") {
  Bench bench;
  auto run = bench.run(Stage::kCustomData);
  const std::string path = "/var/lib/cloud/scripts/per-boot/new";
  StoredItems items = {.vm_id = run->identity.vm_id, .source = "", .items = {}};
  items.items.push_back(
      {.item = {.id = "write_files/1",
                .phase = ItemPhase::kFinal,
                .what = "what",
                .action =
                    WriteFile{.path = path, .content = azl::Secret("#!/bin/sh\n"), .mode = 0755}}});
  items.items.push_back(
      {.item = {.id = "runcmd",
                .phase = ItemPhase::kFinal,
                .what = "what",
                .action = RunScript{.name = "runcmd", .text = azl::Secret("#!/bin/sh\n")}}});
  REQUIRE(store_items(run->context.root(), items));
  ShownProgress progress;
  run_steps(*run, progress);
  CHECK(steps_of(run->record) == Words{"early skipped", "read done", "lease skipped",
                                       "write_files done", "programs done", path + " skipped",
                                       "runcmd skipped", "erase done"});
}

TEST_CASE("programs run without custom data, and those of a tree when it boots") {
  Bench bench;
  auto run = bench.run(Stage::kCustomData);
  const auto& root = run->context.root();
  CHECK_FALSE(is_due_in(Stage::kCustomData, root, run->identity));
  add_program(bench, "var/lib/cloud/scripts/per-boot/b", 0644);
  CHECK_FALSE(is_due_in(Stage::kCustomData, root, run->identity));
  add_program(bench, "var/lib/cloud/scripts/per-boot/a");
  CHECK(is_due_in(Stage::kCustomData, root, run->identity));
  CHECK_FALSE(is_due_in(Stage::kCustomDataEarly, root, run->identity));
  ShownProgress progress;
  run_steps(*run, progress);
  CHECK(steps_of(run->record) == Words{"early skipped", "read skipped", "lease skipped",
                                       "programs done",
                                       "/var/lib/cloud/scripts/per-boot/a skipped"});
  CHECK(findings_of(run->record) == Words{"note programs"});
  CHECK(is_due_in(Stage::kCustomData, root, run->identity));
}

TEST_CASE("programs of the image stand where cloud-init runs them") {
  Bench bench;
  auto run = bench.run(Stage::kCustomData);
  const auto script = [](std::string id, std::string name) {
    return StoredItem{
        .item = {.id = std::move(id),
                 .phase = ItemPhase::kFinal,
                 .what = "what",
                 .action = RunScript{.name = std::move(name), .text = azl::Secret("#!/bin/sh\n")}}};
  };
  StoredItems items = {.vm_id = run->identity.vm_id, .source = "", .items = {}};
  items.items.push_back({.item = {.id = "packages",
                                  .phase = ItemPhase::kFinal,
                                  .what = "what",
                                  .action = InstallPackages{}}});
  items.items.push_back(script("per-boot/15", "15"));
  items.items.push_back(script("runcmd", "runcmd"));
  REQUIRE(store_items(run->context.root(), items));
  for (const auto* path : {"per-once/z", "per-boot/10", "per-boot/20", "per-instance/a"})
    add_program(bench, "var/lib/cloud/scripts/" + std::string(path));
  ShownProgress progress;
  run_steps(*run, progress);
  const std::string folder = "/var/lib/cloud/scripts/";
  CHECK(steps_of(run->record) ==
        Words{"early skipped", "read done", "lease skipped", "packages skipped", "programs done",
              folder + "per-once/z skipped", folder + "per-boot/10 skipped", "per-boot/15 skipped",
              folder + "per-boot/20 skipped", folder + "per-instance/a skipped", "runcmd skipped",
              "erase done"});
}
