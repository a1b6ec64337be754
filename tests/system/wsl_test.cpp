// In WSL, which is not an Azure VM, no unit starts and every command says that it is not
// applicable.
#include <filesystem>
#include <set>
#include <sstream>

#include "tests/system/lab.h"

namespace azl::test {
namespace {

TEST_SUITE_BEGIN("wsl" * needs_root());

constexpr std::string_view kSays = "not applicable here: the kernel ";

/// Makes the tree one of WSL: its kernel, and no firmware.
void move_to_wsl(Lab& lab) {
  lab.remove("sys/class").write("proc/sys/kernel/osrelease", "6.6.87.2-microsoft-standard-WSL2\n");
}

/// The commands that --help lists, with their other names.
std::set<std::string> listed_commands() {
  TemporaryTree work;
  Program program({program_under_test(), "--help"}, work.path(), "help", {});
  std::istringstream lines(program.wait().out);
  std::set<std::string> names;
  bool listing = false;
  for (std::string line; std::getline(lines, line);) {
    if (line == "Subcommands:") {
      listing = true;
    } else if (listing && line.starts_with("  ")) {
      std::istringstream words(line);
      std::string name;
      while (words >> name && name.ends_with(',')) names.insert(name.substr(0, name.size() - 1));
      names.insert(name);
    } else if (!line.empty()) {
      listing = false;
    }
  }
  return names;
}

struct Row {
  Strings arguments;
  int status = 0;
  bool says = true;  ///< that it is not applicable; false: it works as elsewhere
};

TEST_CASE("every command says in WSL that it is not applicable, or works on files as elsewhere") {
  Lab lab;
  move_to_wsl(lab);
  lab.write("custom.yaml", "#cloud-config\nwrite_files: [{path: /etc/motd, content: hello}]\n");
  TemporaryTree work;
  work.write("instance.json", instance({{"computerName", "web"}}).dump());
  const std::vector<Row> rows = {
      {{"run"}, 0},
      {{"report"}, 0},
      {{"report", "--format=json"}, 0},
      {{"--report"}, 0},
      {{"status"}, 3},
      {{"status", "--format=json"}, 3},
      {{"status", "--wait"}, 3},
      {{"plan"}, 3},
      {{"plan", "--dump-links"}, 3},
      {{"plan", "--dump-disks"}, 3},
      {{"render-network"}, 3},
      {{"custom-data", "list"}, 3},
      {{"custom-data", "log"}, 3},
      {{"custom-data", "rerun", "1"}, 0},
      {{"deprovision", "--force"}, 0},
      {{"clean", "--dry-run"}, 0},
      {{"migrate", "--force"}, 0},
      {{"check-image"}, 3},
      {{"kvp", "dump"}, 3},
      {{"config"}, 0, false},
      {{"render-network", "--imds", work.path("instance.json")}, 0, false},
  };
  std::set<std::string> tested = {"validate"};  // has no --root, see below
  const auto before = snapshot(lab.root());
  for (const auto& row : rows) {
    CAPTURE(row.arguments);
    if (!row.arguments[0].starts_with('-')) tested.insert(row.arguments[0]);
    const auto ended = lab.command(row.arguments);
    INFO(ended);
    CHECK(ended.status == row.status);
    // The text of a report is wrapped, and may break the sentence after these words.
    CHECK(contains(ended.out + ended.err, kSays) == row.says);
  }
  CHECK(differences(before, snapshot(lab.root())) == Strings{});
  // A new command needs a row here, and a rule in provision/cli/applicable.cpp.
  CHECK(tested == listed_commands());

  Program validate({program_under_test(), "validate", lab.path("custom.yaml")}, work.path(),
                   "validate", {});
  CHECK(validate.wait().status == 0);
}

TEST_CASE("an image can be checked and captured in WSL, because it is not WSL itself") {
  Lab lab;
  lab.remove("sys/class").remove("proc/sys");
  CHECK_FALSE(contains(lab.command({"check-image"}).err, kSays));
  CHECK_FALSE(contains(lab.command({"deprovision", "--dry-run"}).err, kSays));
}

TEST_CASE("systemd skips every service in WSL") {
  std::size_t services = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator("units")) {
    const auto name = entry.path().filename().string();
    if (!contains(name, ".service")) continue;
    CAPTURE(name);
    const auto text = read_file(entry.path().string());
    if (!contains(text, "\nExecStart=")) continue;
    ++services;
    CHECK(contains(text, "\nConditionVirtualization=!wsl\n"));
  }
  CHECK(services >= 7);
}

}  // namespace
}  // namespace azl::test
