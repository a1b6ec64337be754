// Where the lines of a rendered template come from.
#pragma once

#include <string_view>
#include <vector>

namespace azl::provision::custom_data {

/// Gives the line of the template for a line of what it renders to. Without any text, each line is
/// itself. Lines count from 1.
class LineMap {
 public:
  /// Appends rendered text that comes from the line `source` of the template. `moves`: each line
  /// end in the text is one of the template too; else all of it comes from one line.
  void add(std::string_view text, int source, bool moves);

  /// The line of the template in which a rendered line starts. 0 stays 0.
  [[nodiscard]] int find(int line) const;

 private:
  /// Rendered lines that follow each other as their sources do.
  struct Run {
    int line;
    int source;
    bool moves;
    [[nodiscard]] int find(int at) const { return moves ? source + (at - line) : source; }
  };
  void start_line(int line, int source, bool moves);

  std::vector<Run> runs_;
  int line_ = 1;          ///< of the end of the rendered text
  bool at_start_ = true;  ///< this line has no text yet
};

}  // namespace azl::provision::custom_data
