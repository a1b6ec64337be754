// A page of text for a terminal: its width, its colours, and nothing that could harm the terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "provision/report/style.h"

namespace azl::provision {

enum class Colour { kPlain, kGood, kWarning, kBad, kDim, kBold };

/// Builds a page from top to bottom. All text may contain any bytes: control characters are
/// escaped.
class Page {
 public:
  explicit Page(const TextStyle& style);

  /// Columns.
  [[nodiscard]] std::size_t width() const { return width_; }
  [[nodiscard]] const std::string& text() const { return text_; }

  void add_blank();
  /// Adds a blank line and a heading.
  void add_heading(std::string_view text);
  /// Adds a sentence that begins with a coloured word.
  void add_headline(std::string_view word, Colour colour, std::string_view rest);
  /// Adds words after a label. They wrap at the page's width, and each line is indented by the
  /// width of the label. A label that leaves them too little room gets a line of its own. URLs,
  /// paths and fingerprints are never broken, so that they can be copied.
  void add_paragraph(std::string_view label, std::string_view words,
                     Colour colour = Colour::kPlain);
  /// Adds one line: text, and a coloured word at its end.
  void add_row(std::string_view text, std::string_view word, Colour colour);

  /// Returns a name for the head of a line, cut or padded to `width`, one blank at its end.
  [[nodiscard]] std::string column(std::string_view name, std::size_t width) const;

 private:
  static constexpr std::size_t kLongestWord = 4096;  // bytes

  /// Makes text fit for a terminal: records quote what the platform and programs said.
  [[nodiscard]] std::string clean(std::string_view text, std::size_t limit = kLongestWord) const;
  /// Splits words into rows that leave room for an indent, and calls `put` with each; at least
  /// once, with an empty row if there are no words.
  template <class Put>
  void wrap(std::size_t indent, std::string_view words, Put put) const;
  [[nodiscard]] std::string paint(std::string_view text, Colour colour) const;

  bool colour_;
  bool ascii_;
  std::size_t width_;
  std::string text_;
};

}  // namespace azl::provision
