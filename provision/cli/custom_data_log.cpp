#include "provision/cli/custom_data_log.h"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "provision/custom_data/run/output_log.h"

namespace azl::provision {
namespace {

/// A line of azl-provision's own: "== TIME azl-provision: NAME begins" or "…: NAME: TEXT".
struct LogMark {
  std::string_view name;
  bool begins = false;
};

std::optional<LogMark> parse_mark(std::string_view line) {
  constexpr std::string_view kAgent = " azl-provision: ";
  const auto at = line.find(kAgent);
  if (!line.starts_with("== ") || at == std::string_view::npos) return std::nullopt;
  line.remove_prefix(at + kAgent.size());
  if (line.ends_with(" begins")) return LogMark{line.substr(0, line.size() - 7), true};
  const auto colon = line.find(": ");
  if (colon == std::string_view::npos) return std::nullopt;
  return LogMark{line.substr(0, colon), false};
}

Result<UniqueFd> open_log(const Root& root) {
  auto file = root.open_file(custom_data::kOutputLog, O_RDONLY | O_NOFOLLOW);
  if (!file && file.error().errno_value() == EACCES)
    return fail(Reason::kUsage, "only root can read " + std::string(custom_data::kOutputLog) +
                                    ": run this with sudo");
  return file;
}

Result<std::string> read_from(const UniqueFd& file, std::int64_t at, std::int64_t limit) {
  std::string text;
  std::string block(std::size_t{64} << 10, '\0');
  while (static_cast<std::int64_t>(text.size()) < limit) {
    const auto got = ::pread(file.get(), block.data(), block.size(), at);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno(errno, "reading " + std::string(custom_data::kOutputLog));
    if (got == 0) break;
    text.append(block, 0, static_cast<std::size_t>(got));
    at += got;
  }
  return text;
}

}  // namespace

Result<CustomDataLog> read_custom_data_log(const Root& root, std::int64_t limit) {
  const auto file = open_log(root);
  if (!file && file.error().errno_value() == ENOENT) return CustomDataLog{};
  if (!file) return std::unexpected(file.error());
  struct stat status{};
  if (::fstat(file->get(), &status) != 0) return fail_errno(errno, "examining the log");
  CustomDataLog log{.cut = status.st_size > limit};
  log.text = OR_RETURN(read_from(*file, log.cut ? status.st_size - limit : 0, limit));
  if (!log.cut) return log;
  const auto end = log.text.find('\n');
  if (end != std::string::npos) log.text.erase(0, end + 1);
  return log;
}

std::string find_log_of(std::string_view log, std::string_view id) {
  std::string found;
  bool open = false;
  bool by_begin = false;
  for (const auto line : split_lines(log)) {
    const auto mark = parse_mark(line);
    const bool ours = mark && mark->name == id;
    if (mark && !ours) open = false;
    if (open || ours) found.append(line).append("\n");
    if (!ours) continue;
    // Packages have a line before each of their commands, and none that begins or ends.
    open = mark->begins || !by_begin;
    by_begin = mark->begins;
  }
  return found;
}

std::string make_printable_log(std::string_view log) {
  std::string text;
  for (const auto line : split_lines(log)) text += printable_line(line) + "\n";
  return text;
}

}  // namespace azl::provision
