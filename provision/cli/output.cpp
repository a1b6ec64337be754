#include "provision/cli/output.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "provision/cli/pager.h"
#include "provision/record/advice.h"

namespace azl::provision {

namespace {

int print(const Error& error, std::string_view advice) {
  std::fprintf(stderr, "azl-provision: %s\n", printable_line(error.to_string()).c_str());
  std::fprintf(stderr, "  %s.\n", std::string(advice).c_str());
  return kExitFailed;
}

int write_to_stdout(const std::string& text) {
  const bool written =
      std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  if (!written && errno == EPIPE)
    return std::freopen("/dev/null", "w", stdout) != nullptr ? kExitDone : kExitFailed;
  return written ? kExitDone : kExitFailed;
}

/// Writes to what cannot be replaced: a pipe, a terminal.
Result<void> write_to_device(const std::string& path, const std::string& text) {
  const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  std::size_t done = 0;
  while (file && done < text.size()) {
    const auto wrote = ::write(file.get(), text.data() + done, text.size() - done);
    if (wrote < 0) break;
    done += static_cast<std::size_t>(wrote);
  }
  if (!file || done < text.size()) return fail_errno(errno, "writing " + printable(path));
  return {};
}

/// Returns the mode of a new file.
mode_t new_file_mode() {
  const auto mask = ::umask(0);
  ::umask(mask);
  return 0644 & ~mask;
}

Result<void> write_file(const std::string& path, const std::string& text) {
  namespace fs = std::filesystem;
  const fs::path file(path);
  std::error_code error;
  const auto status = fs::status(file, error);
  if (fs::is_directory(status) || !file.has_filename())
    return fail(Reason::kIo, printable(path) + " is a directory, not a file");
  if (fs::exists(status) && !fs::is_regular_file(status)) return write_to_device(path, text);
  const auto mode =
      fs::exists(status) ? static_cast<mode_t>(status.permissions()) & 0777 : new_file_mode();
  const auto directory =
      OR_RETURN(Root::open(file.has_parent_path() ? file.parent_path().string() : "."));
  OR_RETURN(directory.write("/" + file.filename().string(), text, {.mode = mode}),
            "writing " + printable(path));
  return {};
}

}  // namespace

bool confirm(const char* question, const Root& root) {
  std::fprintf(stderr, "%s %s? Only 'yes' goes on: ", question,
               root.live() ? "this machine" : printable(root.directory(), 1000).c_str());
  std::array<char, 16> line{};
  return std::fgets(line.data(), line.size(), stdin) != nullptr &&
         trim(std::string_view(line.data())) == "yes";
}

int print_error(const Error& error) { return print(error, advice_for(error)); }

int print_argument_error(const Error& error) {
  return print(error, error.known_cause() ? advice_for(*error.known_cause())
                                          : advice_for(Reason::kUsage).text);
}

int write_output(const std::string& text, const std::string& path) {
  if (path.empty() || path == "-") return write_to_stdout(text);
  auto written = write_file(path, text);
  return written ? kExitDone
                 : print_error(std::move(written.error()).with_cause(Cause::kOutputFile));
}

int write_text(const std::string& text, const OutputStyle& style, const std::string& path) {
  const bool paged =
      path.empty() && style.paged && !fits_on_screen(text, style.text.width, style.rows);
  if (paged && std::fflush(stdout) == 0) {
    const auto pagers = choose_pagers(process_environment(), is_own_session(), !style.text.ascii);
    if (show_in_pager(text, pagers)) return kExitDone;
  }
  return write_output(text, path);
}

}  // namespace azl::provision
