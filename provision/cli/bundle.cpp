#include "provision/cli/bundle.h"

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "base/private_directory.h"
#include "base/process.h"
#include "base/root.h"
#include "base/text.h"
#include "provision/cli/output.h"
#include "provision/cli/plan.h"
#include "provision/cli/report.h"
#include "provision/config/config.h"
#include "provision/config/listing.h"
#include "provision/report/bundle.h"
#include "provision/tell/debug_log.h"

namespace azl::provision {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr Duration kPackingTime = 60s;
constexpr std::size_t kLargestBundle = 64 << 20;
constexpr std::size_t kLongestOutput = 1 << 20;  // of ProcessOutput::out
/// The directory in the archive, so that unpacking it puts no file among others.
constexpr std::string_view kTop = "azl-provision-bundle";

/// What a file would have is about the machine, and the bundle is about a tree.
constexpr const char* kNotAsked = "not asked: a tree";

/// Where the archive goes.
struct Destination {
  Root directory;
  std::string name;  ///< "/NAME"
};

std::unexpected<Error> refuse(const std::string& message) {
  return fail(Cause::kOutputFile, message);
}

/// Opens the directory of the archive. Refuses what the archive must not replace.
Result<Destination> open_destination(const ReportOptions& options) {
  const fs::path file(options.bundle);
  const auto name = file.filename().string();
  if (name.empty() || name == "." || name == "..")
    return refuse("'" + printable(options.bundle) + "' does not name a file");
  auto directory = Root::open(file.has_parent_path() ? file.parent_path().string() : ".");
  if (!directory)
    return fail(std::move(directory.error()).with_cause(Cause::kOutputFile), "writing the bundle");
  std::error_code error;
  const auto status = fs::symlink_status(file, error);
  if (fs::exists(status) && !fs::is_regular_file(status))
    return refuse(printable(options.bundle) + " is not a regular file");
  if (fs::exists(status) && !options.force)
    return refuse(printable(options.bundle) + " exists already; add --force to replace it");
  return Destination{std::move(*directory), "/" + name};
}

/// Fails if a program that makes the archive is not installed, before anything is collected.
Result<void> check_packers(Processes& processes, const Clock& clock) {
  for (const auto* program : {"tar", "zstd"})
    OR_RETURN(processes.run({.argv = {program, "--version"}}, Deadline(clock, kPackingTime)),
              "the bundle is packed by tar and zstd");
  return {};
}

BundleFile collect(std::string name, std::string what, const Result<std::string>& text) {
  return text ? make_bundle_file(std::move(name), std::move(what), *text)
              : make_missing_file(std::move(name), std::move(what), text.error().to_string());
}

/// Keeps the output of a program whatever its exit status is.
BundleFile collect_output(const BundleProgram& program, Processes& processes, const Clock& clock) {
  ::azl::Command command{.argv = program.argv};
  for (int status = 1; status < 256; ++status) command.good_statuses.push_back(status);
  const auto output = processes.run(command, Deadline(clock, program.time_limit));
  if (!output) return collect(program.file, program.what, std::unexpected(output.error()));
  std::string outcome = "complete";
  if (output->out.size() >= kLongestOutput) outcome = "cut after 1 MiB";
  if (output->status != 0)
    outcome = "ended with status " + std::to_string(output->status) + ": " +
              std::string(trim(output->err_tail));
  return make_bundle_file(program.file, program.what, output->out, outcome);
}

BundleFile collect_config(const Root& root) {
  const auto config = load_config(root);
  std::string text = list_config(config);
  for (const auto& warning : config.warnings) text += "# " + warning.text + "\n";
  for (const auto& error : config.unread) text += "# " + error.to_string() + "\n";
  return make_bundle_file("config.txt", "configuration in effect", text);
}

/// Adds the debug log, if the machine has one: it is written only where no journal runs.
void collect_debug_log(const Root& root, std::vector<BundleFile>& files) {
  constexpr std::size_t kLimit = 2 << 20;  // twice what the log may have
  auto text = root.read_if_exists(kDebugLogFile, kLimit);
  if (text && !*text) return;
  files.push_back(collect(
      "debug.log", "the log for debugging",
      text ? Result<std::string>(std::move(**text)) : std::unexpected(std::move(text.error()))));
}

/// Collects all files except the manifest.
std::vector<BundleFile> collect_all(const Root& root, const std::string& tree) {
  SystemMachine machine;
  auto files = bundle_reports(read_report_inputs(root));
  PlanOptions options;
  options.root = tree;
  files.push_back(collect("plan.json", "what 'azl-provision plan' prints", describe_plan(options)));
  files.push_back(
      collect("links.json", "network links, for 'plan --links'", describe_links(options)));
  files.push_back(root.live()
                      ? collect("disks.json", "disks, for 'plan --disks'", describe_disks(options))
                      : make_missing_file("disks.json", "disks", kNotAsked));
  files.push_back(collect_config(root));
  collect_debug_log(root, files);
  for (const auto& program : bundle_programs()) {
    files.push_back(root.live() ? collect_output(program, machine.processes, machine.clock)
                                : make_missing_file(program.file, program.what, kNotAsked));
  }
  return files;
}

/// Packs the files in a private directory. Returns the archive.
Result<std::string> pack(const std::vector<BundleFile>& files, Processes& processes,
                         const Clock& clock) {
  const auto staging = OR_RETURN(PrivateDirectory::make({"/run", "/tmp"}));
  const std::string top = "/" + std::string(kTop);
  OR_RETURN(staging.files().make_directory(top));
  const auto archive = staging.path() + "/bundle.tar";
  std::vector<std::string> tar = {
      "tar",          "--create",       "--file",    archive,           "--directory",
      staging.path(), "--owner=0",      "--group=0", "--numeric-owner", "--no-recursion",
      "--",           std::string(kTop)};
  for (const auto& file : files) {
    if (!file.is_there) continue;
    const auto path = top + "/" + file.name;
    OR_RETURN(staging.files().write(path, file.text, {.mode = 0600, .durable = false}));
    tar.push_back(path.substr(1));
  }
  const Deadline deadline(clock, kPackingTime);
  OR_RETURN(processes.run({.argv = std::move(tar)}, deadline));
  OR_RETURN(
      processes.run({.argv = {"zstd", "--quiet", archive, "-o", archive + ".zst"}}, deadline));
  return staging.files().read("/bundle.tar.zst", kLargestBundle);
}

/// Writes the archive. Nothing stays of one that cannot be written completely.
Result<void> write_archive(const Destination& to, const std::string& archive) {
  auto written = to.directory.write(to.name, archive, {.mode = 0600});
  if (!written)
    return fail(std::move(written.error()).with_cause(Cause::kOutputFile), "writing the bundle");
  return {};
}

Result<int> make_bundle(const ReportOptions& options) {
  SystemMachine machine;
  const auto root = OR_RETURN(Root::open(options.root));
  const auto to = OR_RETURN(open_destination(options));
  OR_RETURN(check_packers(machine.processes, machine.clock));
  auto files = collect_all(root, options.root);
  files.insert(files.begin(), make_manifest({.tree = root.live() ? "" : root.directory(),
                                             .made = machine.clock.wall()},
                                            files));
  if (const int status = write_output(list_bundle(files)); status != kExitDone) return status;
  const auto archive = OR_RETURN(pack(files, machine.processes, machine.clock));
  OR_RETURN(write_archive(to, archive));
  return write_output("\nWrote " + printable_line(options.bundle) + ", " +
                      std::to_string(archive.size()) + " bytes. Look at it before you send it.\n");
}

}  // namespace

int bundle_command(const ReportOptions& options) {
  const auto status = make_bundle(options);
  return status ? *status : print_error(status.error());
}

}  // namespace azl::provision
