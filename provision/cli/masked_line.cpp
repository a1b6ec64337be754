#include "provision/cli/masked_line.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "provision/custom_data/plan/own_words.h"

namespace azl::provision {
namespace {

constexpr std::size_t kColumns = 100;
/// How many bytes are looked at from the start, and from the place.
constexpr std::size_t kLookedAt = 1024;
constexpr std::string_view kSpace = " \t\r";

bool is_word_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '+' || c == '.';
}

/// Puts the line together, piece by piece.
class Masker {
 public:
  Masker(std::string_view line, int column, std::string_view sentence, std::string_view ellipsis)
      : line_(line),
        place_(column > 0 ? static_cast<std::size_t>(column) - 1 : std::string_view::npos),
        sentence_(sentence),
        ellipsis_(ellipsis) {
    while (!ellipsis.empty()) {
      ++ellipsis_width_;
      ellipsis.remove_prefix(std::max<std::size_t>(utf8_length(ellipsis), 1));
    }
  }

  MaskedLine mask();

 private:
  void add_start();
  void add_piece();
  /// Adds pieces until `end`, or until there is no column left.
  void add_pieces(std::size_t end);
  void show(std::size_t size);
  void hide(std::size_t size);
  void add_gap();
  [[nodiscard]] bool is_shown(std::string_view word) const;
  /// Moves on in the line. `column` stands for the first of these bytes.
  void pass(std::size_t size, std::size_t column, bool shown);

  std::string_view line_;
  std::size_t place_;
  std::string_view sentence_;
  std::string_view ellipsis_;
  std::size_t ellipsis_width_ = 0;
  std::size_t at_ = 0;
  std::size_t columns_ = 0;
  std::size_t hidden_at_ = 0;  ///< the column of the last ellipsis
  bool gap_ = false;           ///< white space comes before the next piece
  bool hidden_ = false;        ///< the last piece is an ellipsis
  bool found_ = false;
  MaskedLine result_ = {};
};

void Masker::pass(std::size_t size, std::size_t column, bool shown) {
  if (!found_ && place_ >= at_ && place_ < at_ + size) {
    result_.caret = column + (shown ? place_ - at_ : 0);
    found_ = true;
  }
  at_ += size;
}

/// Indentation and the hyphens of list items.
void Masker::add_start() {
  while (at_ < line_.size() && columns_ < kColumns) {
    const bool is_item =
        line_[at_] == '-' && (at_ + 1 == line_.size() || kSpace.contains(line_[at_ + 1]));
    if (!is_item && !kSpace.contains(line_[at_])) break;
    result_.text += is_item ? '-' : ' ';
    pass(1, columns_++, true);
  }
}

bool Masker::is_shown(std::string_view word) const {
  const bool quoted = at_ == place_ && sentence_.contains("'" + std::string(word) + "'");
  const bool quoted_twice = at_ == place_ && sentence_.contains("\"" + std::string(word) + "\"");
  return quoted || quoted_twice || custom_data::is_own_word(word);
}

void Masker::add_gap() {
  if (!std::exchange(gap_, false)) return;
  result_.text += ' ';
  ++columns_;
}

void Masker::show(std::size_t size) {
  add_gap();
  result_.text += line_.substr(at_, size);
  pass(size, columns_, true);
  columns_ += size;
  hidden_ = false;
}

void Masker::hide(std::size_t size) {
  if (!hidden_) {
    add_gap();
    hidden_at_ = columns_;
    result_.text += ellipsis_;
    columns_ += ellipsis_width_;
  }
  gap_ = false;
  hidden_ = true;
  pass(size, hidden_at_, false);
}

void Masker::add_piece() {
  if (kSpace.contains(line_[at_])) {
    gap_ = true;
    return pass(1, hidden_ ? hidden_at_ : columns_, false);
  }
  std::size_t size = 0;
  const auto end = std::min(line_.size(), at_ + kLookedAt);
  while (at_ + size < end && is_word_character(line_[at_ + size])) ++size;
  if (size == 0 || !is_shown(line_.substr(at_, size))) return hide(std::max<std::size_t>(size, 1));
  show(size);
  if (at_ < line_.size() && line_[at_] == ':') show(1);
}

void Masker::add_pieces(std::size_t end) {
  while (at_ < std::min(end, line_.size()) && columns_ < kColumns) add_piece();
}

MaskedLine Masker::mask() {
  add_start();
  add_pieces(std::min(place_, kLookedAt));
  if (at_ < place_ && place_ < line_.size() && columns_ < kColumns) {
    hide(place_ - at_);
    gap_ = kSpace.contains(line_[place_ - 1]);
  }
  if (at_ < line_.size()) add_pieces(at_ + kLookedAt);
  if (at_ < line_.size()) hide(line_.size() - at_);
  if (!found_)
    result_.caret = place_ == std::string_view::npos
                        ? std::min(result_.text.find_first_not_of(' '), columns_)
                        : columns_;
  return std::move(result_);
}

}  // namespace

MaskedLine mask_line(std::string_view line, int column, std::string_view sentence,
                     std::string_view ellipsis) {
  return Masker(line, column, sentence, ellipsis).mask();
}

}  // namespace azl::provision
