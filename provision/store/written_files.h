// What the steps wrote outside of this program's own directories, kept in
// /var/lib/azl-provision/written.json, so that 'azl-provision deprovision' can remove it.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/root.h"

namespace azl::provision {

inline constexpr std::string_view kWrittenFile = "/var/lib/azl-provision/written.json";

/// A file or directory that a step wrote.
struct WrittenEntry {
  std::string step;          ///< the step that wrote it last
  std::string sha256;        ///< of a file's content, 64 hexadecimal digits; empty: a directory
  bool had_existed = false;  ///< the file was there before, and the step changed it
  [[nodiscard]] bool is_directory() const { return sha256.empty(); }
  bool operator==(const WrittenEntry&) const = default;
};
/// The entries by their path.
using WrittenFiles = std::map<std::string, WrittenEntry>;

/// Returns the SHA-256 of a text as 64 hexadecimal digits. Pure.
[[nodiscard]] std::string sha256_of(std::string_view text);

/// Whether a path is recorded. Not recorded is what lies below /run, /var/log and the directories
/// of this and other agents, and the files that deprovision knows by their name. Pure.
[[nodiscard]] bool is_recorded(std::string_view path);

/// Errors: kState, also for another schema version. Pure.
[[nodiscard]] Result<WrittenFiles> parse_written_files(std::string_view json);
[[nodiscard]] std::string to_json(const WrittenFiles& files);

/// Returns no entry if there is no file. Errors: kState, kIo.
[[nodiscard]] Result<WrittenFiles> load_written_files(const Root& root);

/// Removes what a killed run left of the file that it was writing. A later run that has nothing to
/// record would leave it. Errors: kIo, kReadOnly.
[[nodiscard]] Result<void> remove_unfinished_written_files(const Root& root);

/// Collects what a run of a stage writes. Set it as the observer of the root while a step runs.
class WrittenFilesLog final : public RootObserver {
 public:
  /// Names the step to which the following belongs.
  void enter(std::string_view step) { step_ = step; }
  void on_write(const std::string& path, std::string_view content, bool is_new) override;
  void on_make_directory(const std::string& path) override;
  void on_remove(const std::string& path) override;

  /// Adds what was collected to the entries, and forgets it.
  void apply_to(WrittenFiles& files);
  /// Adds what was collected to the file. Does nothing, and reads nothing, if nothing was
  /// collected. A file that cannot be read is replaced, and its error returned. Errors: kState,
  /// kIo, kDiskFull, kReadOnly.
  [[nodiscard]] Result<void> save(const Root& root);

 private:
  struct Change {
    std::string path;
    WrittenEntry entry;
    bool removed = false;
  };
  std::string step_;
  std::vector<Change> changes_;
};

}  // namespace azl::provision
