// The file that has the output of a user's programs: /var/log/azl-provision/custom-data.log.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/root.h"

namespace azl::provision::custom_data {

inline constexpr std::string_view kOutputLog = "/var/log/azl-provision/custom-data.log";

/// The programs write to the file themselves, so that one that goes on in the background keeps its
/// output when the agent ends. The agent follows the file and copies what is added to its own
/// standard output, which is the journal.
class OutputLog {
 public:
  /// Opens the file, or makes it with mode 0640. `copied`: false if the output may contain a
  /// secret, which the journal must not get. Errors: as Root::open_file.
  [[nodiscard]] static Result<OutputLog> open(const Root& root, bool copied = true);

  /// The file for programs, open for appending.
  [[nodiscard]] int fd() const { return file_.get(); }
  /// A descriptor that becomes readable when the file grows; -1 if there is none.
  [[nodiscard]] int changes() const { return changes_.get(); }
  /// Writes a line. If a program's last line has no end, that is written first. Errors are ignored.
  void write_line(std::string_view line) const;
  /// Writes a line of the agent's own: "== TIME azl-provision: TEXT". Errors are ignored: the
  /// report has it too.
  void tell(WallTime now, std::string_view text);
  /// Copies what was added since the last call to standard output, at most 1 MiB. Returns whether
  /// there was anything.
  bool follow();

 private:
  /// Whether the last line of the file has no end yet.
  [[nodiscard]] bool is_line_open() const;
  OutputLog(UniqueFd file, UniqueFd reading, UniqueFd changes, std::int64_t offset, bool copied);

  UniqueFd file_;
  UniqueFd reading_;
  UniqueFd changes_;  ///< inotify(7)
  std::int64_t offset_;
  bool copied_;
};

}  // namespace azl::provision::custom_data
