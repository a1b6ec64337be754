#include "provision/custom_data/run/folder_programs.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "provision/custom_data/run/logged_run.h"
#include "provision/custom_data/run/script_runner.h"
#include "provision/store/vm_state.h"

namespace azl::provision::custom_data {
namespace {

constexpr std::string_view kCloudInitFolder = "/var/lib/cloud/scripts/";
constexpr std::array<std::string_view, 2> kFolders = {"/etc/azl-provision/scripts/",
                                                      kCloudInitFolder};

std::string_view name_of(Frequency frequency) {
  switch (frequency) {
    case Frequency::kOnce:
      return "per-once";
    case Frequency::kBoot:
      return "per-boot";
    case Frequency::kInstance:
      return "per-instance";
  }
  std::unreachable();
}

std::string file_name_of(std::string_view path) {
  return std::string(path.substr(path.rfind('/') + 1));
}

/// Whether systemd's ConditionDirectoryNotEmpty= ignores a file of this name, so that the unit
/// would not start for it. Source: systemd's path-util.c, hidden_or_backup_file().
bool is_hidden_or_backup(std::string_view name) {
  constexpr auto kNames =
      std::to_array<std::string_view>({"lost+found", "aquota.user", "aquota.group"});
  constexpr auto kEndings = std::to_array<std::string_view>(
      {"ignore", "rpmnew", "rpmsave", "rpmorig", "dpkg-old", "dpkg-new", "dpkg-tmp", "dpkg-dist",
       "dpkg-bak", "dpkg-backup", "dpkg-remove", "ucf-new", "ucf-old", "ucf-dist", "swp", "bak",
       "old", "new"});
  if (name.starts_with('.') || name.ends_with('~')) return true;
  if (std::ranges::find(kNames, name) != kNames.end()) return true;
  const auto dot = name.rfind('.');
  return dot != std::string_view::npos &&
         std::ranges::find(kEndings, name.substr(dot + 1)) != kEndings.end();
}

std::vector<std::string> list(const Root& root, std::string_view folder, Frequency frequency) {
  auto names = root.list(std::string(folder) + std::string(name_of(frequency)));
  if (!names) return {};
  std::erase_if(*names, is_hidden_or_backup);
  return std::move(*names);
}

// What cloud-init ran.

/// When the entry of a directory was made on this disk, or last written if the file system does not
/// know that. A link is not followed. Nanoseconds of CLOCK_REALTIME.
struct EntryTimes {
  std::int64_t born;
  std::int64_t written;
};
std::optional<EntryTimes> find_times(const Root& root, const std::string& path) {
  const auto entry = root.open_file(path, O_PATH | O_NOFOLLOW);
  struct statx info{};
  if (!entry || ::statx(entry->get(), "", AT_EMPTY_PATH, STATX_BTIME | STATX_MTIME, &info) != 0)
    return std::nullopt;
  const auto count = [](const statx_timestamp& time) {
    return std::int64_t{time.tv_sec} * 1'000'000'000 + std::int64_t{time.tv_nsec};
  };
  const auto written = count(info.stx_mtime);
  const bool has_birth = (info.stx_mask & STATX_BTIME) != 0;
  return EntryTimes{.born = has_birth ? count(info.stx_btime) : written, .written = written};
}

/// When cloud-init ran the programs of a frequency in its own folder; nullopt if it did not.
/// Source: cloudinit/helpers.py, FileSemaphores: the name of the module, and ".once" if it is for
/// the disk. cloud-init writes the file also if there are no programs.
std::optional<std::int64_t> find_cloud_init_run(Frequency frequency, const Root& root,
                                                const imds::Identity& identity) {
  if (frequency == Frequency::kBoot) return std::nullopt;
  const auto times =
      find_times(root, frequency == Frequency::kOnce
                           ? "/var/lib/cloud/sem/config_scripts_per_once.once"
                           : "/var/lib/cloud/instances/" + imds::instance_id(identity) +
                                 "/sem/config_scripts_per_instance");
  // In a copied tree, everything is as young as the copy.
  return times ? std::optional(std::max(times->born, times->written)) : std::nullopt;
}

/// Whether the program was there when cloud-init ran its folder. Its birth counts, because packages
/// and archives bring files that were written long ago.
bool was_run_by_cloud_init(const Root& root, const FolderProgram& program,
                           std::optional<std::int64_t> run) {
  if (!run || !program.path.starts_with(kCloudInitFolder)) return false;
  const auto times = find_times(root, program.path);
  return times && times->born <= *run;
}

// Whom a program can be trusted to come from.

/// Says which component of a path is not root's alone; nullopt if none is. The agent is root.
std::optional<std::string> find_distrust(const Root& root, const std::string& path) {
  for (std::size_t end = 0; end != std::string::npos;) {
    end = path.find('/', end + 1);
    const auto part = path.substr(0, end);
    const auto info = root.stat(part);
    if (!info || !*info) return printable_line(part) + " cannot be examined";
    if ((*info)->uid != ::geteuid())
      return printable_line(part) + " belongs to another user than root";
    const bool group = ((*info)->mode & S_IWGRP) != 0 && (*info)->gid != 0;
    if (group || ((*info)->mode & S_IWOTH) != 0)
      return "others than root can write to " + printable_line(part);
  }
  return std::nullopt;
}

std::string read_own_link(const UniqueFd& file) {
  std::array<char, PATH_MAX> buffer{};
  const auto link = "/proc/self/fd/" + std::to_string(file.get());
  const auto length = ::readlink(link.c_str(), buffer.data(), buffer.size());
  return length <= 0 ? std::string() : std::string(buffer.data(), static_cast<std::size_t>(length));
}

/// The path of an open file, links resolved, as one of the root. Empty if it cannot be known.
std::string find_path(const Root& root, const UniqueFd& file) {
  auto path = read_own_link(file);
  if (root.live()) return path;
  // The root's directory is spelled as the caller wrote it.
  const auto top = root.open_file("/", O_PATH | O_DIRECTORY);
  const auto directory = top ? read_own_link(*top) : std::string();
  if (directory.empty() || !path.starts_with(directory + "/")) return {};
  return path.substr(directory.size());
}

Error make_refusal(const std::string& path, const std::string& why) {
  return {Cause::kProgramNotTrusted, printable_line(path) + " is not run: " + why};
}

/// Examines what has to be right before a program may run.
void examine(const Root& root, FolderProgram program, FoundPrograms& found) {
  const auto& path = program.path;
  if (printable_line(path) != path || path.size() >= PATH_MAX) {
    found.refused.push_back(make_refusal(path, "its name has other than printable characters"));
    return;
  }
  const auto info = root.stat(path);
  if (!info || !*info || !(*info)->is_regular()) return;
  if (((*info)->mode & 0111) == 0) {
    found.not_executable.emplace_back(Cause::kProgramNotExecutable,
                                      path + " is not run: it is not executable");
    return;
  }
  const auto file = root.open_file(path, O_PATH);
  if (file) program.file = find_path(root, *file);
  const auto folder = path.substr(0, path.rfind('/'));
  auto distrust = program.file.empty() ? std::optional<std::string>("it cannot be opened")
                                       : find_distrust(root, folder);
  if (!distrust) distrust = find_distrust(root, program.file);
  if (distrust) {
    found.refused.push_back(make_refusal(path, *distrust));
  } else {
    found.due.push_back(std::move(program));
  }
}

bool is_provisioned(const Root& root, const imds::Identity& identity) {
  const auto state = load_state(root);
  return state && state->provisioned && imds::same_vm(state->vm_id, identity.vm_id);
}

StepResult end_program(const FolderProgram& program, const Result<ProgramEnd>& end) {
  if (!end) return std::unexpected(Error(end.error()).with_context(program.path));
  auto how = describe_logged_end(*end);
  if (end->is_good() || end->running) return done(std::move(how));
  return fail(Cause::kCustomDataProgram,
              program.path + ": " + how + "; its output is in " + std::string(kOutputLog));
}

}  // namespace

std::string describe(const FolderProgram& program) {
  if (program.frequency == Frequency::kBoot) return "run it on each boot";
  return program.frequency == Frequency::kOnce ? "run it once" : "run it once for this VM";
}

Item make_order_item(const FolderProgram& program) {
  const auto name = file_name_of(program.path);
  return {.id = std::string(name_of(program.frequency)) + "/" + name,
          .phase = ItemPhase::kFinal,
          .action = RunScript{.name = name}};
}

bool has_folders(const Root& root) {
  return std::ranges::any_of(kFolders, [&](std::string_view folder) {
    return std::ranges::any_of(
        kFrequencies, [&](Frequency frequency) { return !list(root, folder, frequency).empty(); });
  });
}

FoundPrograms find_programs(const Root& root, const imds::Identity& identity, WhichPrograms which) {
  const bool all = which == WhichPrograms::kAll;
  FoundPrograms found;
  if (!has_folders(root)) return found;
  // A program that runs once would be used up on a VM without a user and a name.
  if (!all && root.live() && !is_provisioned(root, identity)) return found;
  auto runs = read_runs(root);
  if (!runs && !all) {
    found.refused.push_back(std::move(runs.error())
                                .with_context("no program of the image is run, because it is not "
                                              "known which of them ran; without " +
                                              std::string(kProgramsFile) + " all of them run"));
    return found;
  }
  for (const auto frequency : kFrequencies) {
    const auto scope = scope_of(frequency, root, identity);
    const auto cloud_init_run = find_cloud_init_run(frequency, root, identity);
    for (const auto folder : kFolders) {
      for (const auto& name : list(root, folder, frequency)) {
        FolderProgram program{
            .path = std::string(folder) + std::string(name_of(frequency)) + "/" + name,
            .frequency = frequency};
        if (!all) {
          const auto run = runs->find(scope + " " + program.path);
          if (run != runs->end() && run->second) continue;
          if (was_run_by_cloud_init(root, program, cloud_init_run)) continue;
          program.interrupted = run != runs->end();
        }
        examine(root, std::move(program), found);
      }
    }
  }
  std::ranges::stable_sort(found.due, {}, [](const FolderProgram& program) {
    return std::tuple(program.frequency, file_name_of(program.path));
  });
  return found;
}

bool has_programs(const FoundPrograms& programs) {
  return !programs.due.empty() || !programs.refused.empty();
}

StepResult run_folder_program(const Context& context, const FolderProgram& program,
                              const WhileRunning& while_running, StopSignal& stop) {
  const auto& root = context.root();
  if (!root.live()) return skipped("root tree: it is due when the tree boots");
  const auto record = [&](RunEvent event) {
    return record_run(root, context.identity, event, program.frequency, program.path);
  };
  if (program.interrupted) {
    OR_RETURN(record(RunEvent::kEnded));
    return fail(Cause::kCustomDataInterrupted,
                program.path + ": it was begun before and did not end; it is not begun again");
  }
  const auto end = run_logged({.context = context,
                               .name = program.path,
                               .begin = [&] { return record(RunEvent::kBegun); },
                               .while_running = while_running,
                               .stop = stop},
                              [&](OutputLog& log, const ProgramRun& run) {
                                return run_file(root, program.file, log, run);
                              });
  OR_RETURN(record(RunEvent::kEnded));
  return end_program(program, end);
}

}  // namespace azl::provision::custom_data
