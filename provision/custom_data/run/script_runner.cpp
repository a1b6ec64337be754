#include "provision/custom_data/run/script_runner.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "provision/custom_data/plan/interpreter.h"
#include "provision/custom_data/run/stored.h"

namespace azl::provision::custom_data {
namespace {

/// Whether its file system forbids execution.
bool is_on_noexec(const UniqueFd& file) {
  struct statvfs status{};
  return ::fstatvfs(file.get(), &status) == 0 && (status.f_flag & ST_NOEXEC) != 0;
}

/// The file of a script. Removed on destruction.
class ScriptFile {
 public:
  static Result<ScriptFile> make(const Root& root, const RunScript& script) {
    OR_RETURN(root.make_directory(kScriptDirectory, {.mode = 0700}));
    std::string path = std::string(kScriptDirectory) + "/" + script.name;
    OR_RETURN(root.write(path, script.text.reveal(), {.mode = 0700, .durable = false}));
    return ScriptFile(root, std::move(path));
  }
  ScriptFile(ScriptFile&& other) noexcept
      : root_(other.root_), path_(std::exchange(other.path_, {})) {}
  ScriptFile& operator=(ScriptFile&&) = delete;
  ~ScriptFile() {
    if (!path_.empty()) (void)root_.remove(path_);
  }
  /// The path as the kernel sees it.
  [[nodiscard]] std::string path() const {
    return root_.live() ? path_ : root_.directory() + path_;
  }
  /// Whether its file system forbids execution.
  [[nodiscard]] bool is_noexec() const {
    const auto fd = root_.open_file(path_, O_PATH);
    return fd && is_on_noexec(*fd);
  }

 private:
  ScriptFile(const Root& root, std::string path) : root_(root), path_(std::move(path)) {}

  const Root& root_;
  std::string path_;
};

/// `text`: at least the first line of the program's file.
std::unexpected<Error> fail_start(std::string_view text, int error) {
  const auto interpreter = parse_interpreter(text);
  const bool missing = error == ENOENT || error == ENOTDIR;
  if (missing && !interpreter.path.empty())
    return fail(Reason::kCustomData,
                "its interpreter " + printable(interpreter.path) + " does not exist");
  if (error == ENOEXEC)
    return fail(Reason::kCustomData, "its first line names no interpreter, such as #!/bin/sh");
  return fail(Reason::kCustomData, std::string("it cannot be started: ") + std::strerror(error));
}

/// A file that is run.
struct ProgramFile {
  std::string path;       ///< as the kernel sees it
  std::string_view text;  ///< at least its first line
  bool noexec = false;    ///< its file system forbids execution
};

/// The command line of a file.
Result<std::vector<std::string>> make_arguments(const ProgramFile& file) {
  std::vector<std::string> arguments;
  if (file.noexec) {
    auto interpreter = parse_interpreter(file.text);
    if (interpreter.path.empty()) return fail_start(file.text, ENOEXEC);
    arguments.push_back(std::move(interpreter.path));
    if (!interpreter.argument.empty()) arguments.push_back(std::move(interpreter.argument));
  }
  arguments.push_back(file.path);
  return arguments;
}

Result<ProgramEnd> run_program_file(const ProgramFile& file, OutputLog& log,
                                    const ProgramRun& run) {
  const Program program{.argv = OR_RETURN(make_arguments(file))};
  bool started = false;
  auto end = run_to_end(program, log,
                        {.instance_id = run.instance_id,
                         .before_start = [&]() -> Result<void> {
                           OR_RETURN(run.before_start());
                           started = true;
                           return {};
                         },
                         .while_running = run.while_running,
                         .stop = run.stop});
  if (!end && started) return fail_start(file.text, end.error().errno_value().value_or(0));
  return end;
}

}  // namespace

Result<ProgramEnd> run_script(const Root& root, const RunScript& script, OutputLog& log,
                              const ProgramRun& run) {
  const auto file = OR_RETURN(ScriptFile::make(root, script), "writing the script");
  return run_program_file(
      {.path = file.path(), .text = script.text.reveal(), .noexec = file.is_noexec()}, log, run);
}

Result<ProgramEnd> run_file(const Root& root, const std::string& path, OutputLog& log,
                            const ProgramRun& run) {
  const auto file = OR_RETURN(root.open_file(path, O_RDONLY));
  std::array<char, 512> start{};
  const auto got = ::read(file.get(), start.data(), start.size());
  if (got < 0) return fail_errno(errno, "reading " + printable(path));
  return run_program_file({.path = root.live() ? path : root.directory() + path,
                           .text = {start.data(), static_cast<std::size_t>(got)},
                           .noexec = is_on_noexec(file)},
                          log, run);
}

}  // namespace azl::provision::custom_data
