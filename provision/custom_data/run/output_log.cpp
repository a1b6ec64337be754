#include "provision/custom_data/run/output_log.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <utility>

#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"

namespace azl::provision::custom_data {
namespace {

constexpr std::string_view kDirectory = "/var/log/azl-provision";
constexpr mode_t kMode = 0640;

/// Watches the file for what is added. Without it, the output reaches the journal later.
UniqueFd watch(int file) {
  UniqueFd changes(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  const auto path = "/proc/self/fd/" + std::to_string(file);
  if (changes && ::inotify_add_watch(changes.get(), path.c_str(), IN_MODIFY) < 0) changes.reset();
  return changes;
}

/// Forgets the changes that were signalled.
void drain(int changes) {
  std::array<char, 4096> events;
  while (::read(changes, events.data(), events.size()) > 0) continue;
}

}  // namespace

OutputLog::OutputLog(UniqueFd file, UniqueFd reading, UniqueFd changes, std::int64_t offset,
                     bool copied)
    : file_(std::move(file)),
      reading_(std::move(reading)),
      changes_(std::move(changes)),
      offset_(offset),
      copied_(copied) {}

Result<OutputLog> OutputLog::open(const Root& root, bool copied) {
  OR_RETURN(root.make_directory(kDirectory));
  auto file =
      OR_RETURN(root.open_file(kOutputLog, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, kMode));
  auto reading = OR_RETURN(root.open_file(kOutputLog, O_RDONLY | O_NOFOLLOW));
  struct stat status{};
  if (::fstat(file.get(), &status) != 0)
    return fail_errno(errno, "examining " + std::string(kOutputLog));
  auto changes = watch(reading.get());
  return OutputLog(std::move(file), std::move(reading), std::move(changes), status.st_size, copied);
}

void OutputLog::write_line(std::string_view line) const {
  (void)write_fully(file_.get(), (is_line_open() ? "\n" : "") + std::string(line) + "\n");
}

bool OutputLog::is_line_open() const {
  struct stat status{};
  char last = '\n';
  return ::fstat(reading_.get(), &status) == 0 && status.st_size > 0 &&
         ::pread(reading_.get(), &last, 1, status.st_size - 1) == 1 && last != '\n';
}

void OutputLog::tell(WallTime now, std::string_view text) {
  write_line("== " + iso8601(now) + " azl-provision: " + std::string(text));
  follow();
}

bool OutputLog::follow() {
  constexpr int kPieces = 16;
  if (changes_) drain(changes_.get());
  // A program may have made the file shorter.
  if (struct stat status{}; ::fstat(reading_.get(), &status) == 0)
    offset_ = std::min<std::int64_t>(offset_, status.st_size);
  std::array<char, 65536> piece;
  bool any = false;
  for (int i = 0; i < kPieces; ++i) {
    const auto got = ::pread(reading_.get(), piece.data(), piece.size(), offset_);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    any = true;
    offset_ += got;
    if (copied_) (void)write_fully(STDOUT_FILENO, {piece.data(), static_cast<std::size_t>(got)});
  }
  return any;
}

}  // namespace azl::provision::custom_data
