#include "provision/custom_data/run/script_runner.h"

#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/statvfs.h>

#include "base/text.h"
#include "provision/custom_data/plan/interpreter.h"
#include "provision/custom_data/run/stored.h"

namespace azl::provision::custom_data {
namespace {

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
    struct statvfs status{};
    return fd && ::fstatvfs(fd->get(), &status) == 0 && (status.f_flag & ST_NOEXEC) != 0;
  }

 private:
  ScriptFile(const Root& root, std::string path) : root_(root), path_(std::move(path)) {}

  const Root& root_;
  std::string path_;
};

std::unexpected<Error> fail_start(const RunScript& script, int error) {
  const auto interpreter = parse_interpreter(script.text.reveal());
  const bool missing = error == ENOENT || error == ENOTDIR;
  if (missing && !interpreter.path.empty())
    return fail(Reason::kCustomData,
                "its interpreter " + printable(interpreter.path) + " does not exist");
  if (error == ENOEXEC)
    return fail(Reason::kCustomData, "its first line names no interpreter, such as #!/bin/sh");
  return fail(Reason::kCustomData, std::string("it cannot be started: ") + std::strerror(error));
}

/// The command line of a script.
Result<std::vector<std::string>> make_arguments(const ScriptFile& file, const RunScript& script) {
  std::vector<std::string> arguments;
  if (file.is_noexec()) {
    auto interpreter = parse_interpreter(script.text.reveal());
    if (interpreter.path.empty()) return fail_start(script, ENOEXEC);
    arguments.push_back(std::move(interpreter.path));
    if (!interpreter.argument.empty()) arguments.push_back(std::move(interpreter.argument));
  }
  arguments.push_back(file.path());
  return arguments;
}

}  // namespace

Result<ProgramEnd> run_script(const Root& root, const RunScript& script, OutputLog& log,
                              const ProgramRun& run) {
  const auto file = OR_RETURN(ScriptFile::make(root, script), "writing the script");
  const Program program{.argv = OR_RETURN(make_arguments(file, script))};
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
  if (!end && started) return fail_start(script, end.error().errno_value().value_or(0));
  return end;
}

}  // namespace azl::provision::custom_data
