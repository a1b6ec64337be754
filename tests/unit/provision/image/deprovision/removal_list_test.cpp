#include "provision/image/deprovision/removal_list.h"

#include <string>

#include <doctest/doctest.h>

using namespace azl::provision;
using azl::Error;
using azl::Reason;

namespace {

RemovalReport sample() {
  return {.root = "/",
          .ends = {{.removal = {"/etc/x", RemovalAction::kRemove, "it is ours"}},
                   {.removal = {"/etc/y", RemovalAction::kKeep, "it was changed", true}},
                   {.removal = {"ida", RemovalAction::kKeep, "she stays"}}}};
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("the exit status is that of the worst end, and that of a dry run is 0") {
  RemovalReport report;
  CHECK(report.exit_status() == kExitDone);
  report.ends = {{.removal = {"ida", RemovalAction::kKeep, "she stays"}}};
  CHECK(report.exit_status() == kExitDone);
  report = sample();
  CHECK(report.exit_status() == kExitDegraded);
  report.ends[0].error = Error(Reason::kIo, "no");
  CHECK(report.exit_status() == kExitFailed);
  report.dry_run = true;
  CHECK(report.exit_status() == kExitDone);
  RemovalReport unread;
  unread.unread = {"it is damaged"};
  CHECK(unread.exit_status() == kExitDegraded);
}

TEST_CASE("each line has the action, the path and the reason") {
  CHECK(describe_removals(sample()) ==
        "remove /etc/x: it is ours\nKEEP /etc/y: it was changed\nkeep ida: she stays\n");
  CHECK(describe_removals({}) == "nothing is left to remove\n");
  auto failed = sample();
  failed.ends[0].removal.what = "/etc/\033x\n";
  failed.ends[0].error = Error(Reason::kIo, "the disk is read-only");
  const auto text = describe_removals(failed);
  CHECK(has(text, "remove /etc/\\x1bx\\x0a: it is ours; FAILED: the disk is read-only\n"));
}

TEST_CASE("the end says what comes next") {
  CHECK(describe_end(sample()) ==
        "1 thing of this VM removed, 1 warning. Shut this machine down now, and do not reboot it: "
        "the next boot provisions it as a new VM.\n");
  auto tree = sample();
  tree.root = "/mnt/image";
  CHECK(has(describe_end(tree), "The next boot provisions this image as a new VM.\n"));
  tree.ends[0].error = Error(Reason::kIo, "no");
  CHECK(has(describe_end(tree), "1 failure. Do not capture this image"));
  tree.dry_run = true;
  CHECK(describe_end(tree).empty());
}
