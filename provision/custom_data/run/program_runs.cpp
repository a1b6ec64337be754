#include "provision/custom_data/run/program_runs.h"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "provision/record/record.h"

namespace azl::provision::custom_data {
namespace {

constexpr std::size_t kProgramsLimit = std::size_t{16} << 20;

/// It begins with a newline, so that a line that was cut off does not swallow it.
std::string make_line(RunEvent event, std::string_view scope, std::string_view path) {
  return (event == RunEvent::kEnded ? "\nended " : "\nbegun ") + std::string(scope) + " " +
         std::string(path) + " .\n";
}

}  // namespace

std::string scope_of(Frequency frequency, const Root& root, const imds::Identity& identity) {
  if (frequency == Frequency::kBoot) return "boot-" + boot_id_of(root);
  return frequency == Frequency::kOnce ? "once" : "vm-" + imds::instance_id(identity);
}

Result<ProgramRuns> read_runs(const Root& root) {
  ProgramRuns runs;
  const auto text = OR_RETURN(root.read_if_exists(kProgramsFile, kProgramsLimit));
  if (!text) return runs;
  for (auto line : split(*text, '\n')) {
    if (!line.ends_with(" .") || line.size() < 8) continue;
    line.remove_suffix(2);
    const bool ended = line.starts_with("ended ");
    if (ended || line.starts_with("begun ")) runs[std::string(line.substr(6))] = ended;
  }
  return runs;
}

Result<void> record_run(const Root& root, const imds::Identity& identity, RunEvent event,
                        Frequency frequency, std::string_view path) {
  const bool is_new = !root.exists(kProgramsFile);
  const auto file =
      OR_RETURN(root.open_file(kProgramsFile, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0600));
  const auto line = make_line(event, scope_of(frequency, root, identity), path);
  if (!write_fully(file.get(), line))
    return fail_errno(errno, "writing " + std::string(kProgramsFile));
  // Another boot has another id.
  if (frequency != Frequency::kBoot && ::fsync(file.get()) != 0)
    return fail_errno(errno, "writing " + std::string(kProgramsFile));
  // The file's name, for the lines to come too.
  return is_new ? root.sync() : Result<void>();
}

Result<void> forget_other_runs(const Root& root, const imds::Identity& identity) {
  const auto runs = OR_RETURN(read_runs(root));
  std::string kept;
  bool forgets = false;
  for (const auto& [key, ended] : runs) {
    const bool counts = std::ranges::any_of(kFrequencies, [&](Frequency frequency) {
      return key.starts_with(scope_of(frequency, root, identity) + " ");
    });
    const auto space = key.find(' ');
    if (counts && space != std::string::npos) {
      kept += make_line(ended ? RunEvent::kEnded : RunEvent::kBegun,
                        std::string_view(key).substr(0, space),
                        std::string_view(key).substr(space + 1));
    } else {
      forgets = true;
    }
  }
  if (!forgets) return {};
  OR_RETURN(root.write(kProgramsFile, kept, {.mode = 0600}));
  // Lines that are added after a rename that is not durable would be lost with it.
  return root.sync();
}

}  // namespace azl::provision::custom_data
