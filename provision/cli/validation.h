// What `validate` found, for all of its formats.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "provision/custom_data/plan/custom_data_plan.h"

namespace azl::provision {

/// Where a part stands in the file, if its text is there as it is.
struct PartInFile {
  std::optional<int> first_line = {};  ///< from 1; nullopt: the part was decoded
  bool whole = false;                  ///< the file is this part
};

struct Validation {
  std::string file;               ///< as the command line names it; "-": standard input
  bool sample_variables = false;  ///< templates were rendered for a sample VM
  custom_data::CustomDataPlan plan = {};
  std::vector<PartInFile> parts = {};  ///< of plan.parts
};

/// Plans the bytes of a file, and adds what counts for a file only: that it has no custom data,
/// that it is larger than Azure takes, and that its templates were rendered for a sample VM.
[[nodiscard]] Validation validate(std::string file, std::string_view bytes,
                                  const nlohmann::json& variables, bool sample_variables);

struct Counts {
  std::size_t notes = 0;
  std::size_t warnings = 0;
  std::size_t errors = 0;
};
[[nodiscard]] Counts count_remarks(const Validation& validation);

/// The exit status: 0 for nothing but notes, 1 for warnings, 2 for errors.
[[nodiscard]] int find_exit_status(const Validation& validation);

/// "note", "warning" or "error".
[[nodiscard]] std::string_view to_string(custom_data::RemarkLevel level);

/// A line of the file.
struct FilePlace {
  int line = 0;    ///< from 1
  int column = 0;  ///< from 1, in bytes; 0: the whole line
};
/// Where a place of a remark is in the file. Returns nullopt if it is no line, or stands in a part
/// that was decoded.
[[nodiscard]] std::optional<FilePlace> find_file_place(const Validation& validation,
                                                       const custom_data::Place& place);
/// Returns the index of the part of this name, or the number of parts if no part has it.
[[nodiscard]] std::size_t find_part(const Validation& validation, std::string_view name);

/// Finds the lines of places. Remembers where it is, so that all remarks, which are in order, take
/// one pass over the text.
class LineFinder {
 public:
  /// `validation` outlives this.
  explicit LineFinder(const Validation& validation) : validation_(validation) {}

  /// Returns a line of a part's text, or an empty one if the part has no such line.
  std::string_view find(const custom_data::Place& place);
  /// The column of a place in characters, from 1, for programs that do not count bytes.
  int count_characters(const custom_data::Place& place);

 private:
  void go_to_start(std::size_t part);

  const Validation& validation_;
  std::size_t part_ = std::string_view::npos;
  std::string_view rest_ = {};     ///< of the part's text, from line_ on
  std::string_view current_ = {};  ///< the line
  int line_ = 1;
  std::size_t bytes_ = 0;  ///< of the line, which are characters_
  int characters_ = 0;
};

}  // namespace azl::provision
