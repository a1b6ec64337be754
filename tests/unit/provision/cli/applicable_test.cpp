#include "provision/cli/applicable.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace azl::provision;

TEST_CASE("each command has its rule for WSL") {
  Options from_files{.command = Command::kPlan};
  from_files.plan.imds_file = "instance.json";
  Options rendered = from_files;
  rendered.command = Command::kRenderNetwork;
  Options explains{.command = Command::kCheckImage};
  explains.check_image.explain = "no-dhcp";
  Options lists{.command = Command::kCheckImage};
  lists.check_image.list = true;
  Options rerun{.command = Command::kCustomData};
  rerun.custom_data.action = "rerun";
  Options log{.command = Command::kCustomData};
  log.custom_data.action = "log";
  Options named_pool{.command = Command::kKvp};
  named_pool.kvp.file = "pool";
  struct Row {
    std::string what;
    Options options;
    InWsl expected;
  };
  for (const auto& row : std::vector<Row>{
           {"run", {.command = Command::kRun}, InWsl::kSaysSo},
           {"report", {.command = Command::kReport}, InWsl::kSaysSo},
           {"status", {.command = Command::kStatus}, InWsl::kSaysSo},
           {"plan", {.command = Command::kPlan}, InWsl::kNothingToTell},
           {"plan of a file", from_files, InWsl::kUsable},
           {"render-network", {.command = Command::kRenderNetwork}, InWsl::kNothingToTell},
           {"render-network of a file", rendered, InWsl::kUsable},
           {"plan --dump-links", {.command = Command::kDumpLinks}, InWsl::kNothingToTell},
           {"plan --dump-disks", {.command = Command::kDumpDisks}, InWsl::kNothingToTell},
           {"custom-data rerun", rerun, InWsl::kNothingToDo},
           {"custom-data log", log, InWsl::kNothingToTell},
           {"deprovision", {.command = Command::kDeprovision}, InWsl::kNothingToDo},
           {"migrate", {.command = Command::kMigrate}, InWsl::kNothingToDo},
           {"check-image", {.command = Command::kCheckImage}, InWsl::kNothingToTell},
           {"check-image --explain", explains, InWsl::kUsable},
           {"check-image --list", lists, InWsl::kUsable},
           {"kvp dump", {.command = Command::kKvp}, InWsl::kNothingToTell},
           {"kvp dump of a file", named_pool, InWsl::kUsable},
           {"link-role", {.command = Command::kLinkRole}, InWsl::kNothingToDo},
           {"tune-link", {.command = Command::kTuneLink}, InWsl::kNothingToDo},
           {"config", {.command = Command::kConfig}, InWsl::kUsable},
           {"validate", {.command = Command::kValidate}, InWsl::kUsable},
           {"--help", {.command = Command::kHelp}, InWsl::kUsable},
       }) {
    CAPTURE(row.what);
    CHECK(wsl_rule(row.options).what == row.expected);
  }
}

TEST_CASE("the tree that a command works on decides whether it is in WSL") {
  Options options{.command = Command::kDeprovision};
  options.deprovision.root = "/mnt/image";
  CHECK(wsl_rule(options).root == "/mnt/image");
  options = {.command = Command::kCheckImage};
  options.check_image.root = "/mnt/image";
  CHECK(wsl_rule(options).root == "/mnt/image");
  CHECK(wsl_rule({.command = Command::kTuneLink}).root == "/");
}
