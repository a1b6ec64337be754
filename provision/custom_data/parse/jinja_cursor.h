// A place in an expression of a Jinja template, and the words that can be read there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace azl::provision::custom_data {

struct ExpressionFailure {
  std::size_t offset = 0;  ///< in the template
  std::string text;        ///< a sentence without a final period
  std::string advice;      ///< what to write instead; empty: nothing
};

/// Reads forward. After a failure it stands at the end of the text, so that all reading ends; the
/// first failure counts.
class JinjaCursor {
 public:
  /// `begin` is the offset after "{{".
  JinjaCursor(std::string_view text, std::size_t begin) : text_(text), begin_(begin), at_(begin) {}

  [[nodiscard]] std::size_t at() const { return at_; }
  void go_back(std::size_t at) { at_ = at; }
  [[nodiscard]] char peek() const { return at_end() ? '\0' : text_[at_]; }
  [[nodiscard]] bool at_digit() const;
  [[nodiscard]] bool at_name() const;

  void skip_space();
  /// Takes `expected` if it stands here.
  bool take(std::string_view expected);
  /// Skips space and takes `expected`. Fails if something else stands here.
  void expect(std::string_view expected);
  /// Returns an empty text if no name stands here.
  std::string_view read_name();
  /// Reads digits, maybe after '-'. Fails like Jinja for other numbers with a leading zero.
  std::int64_t read_number();
  /// Reads text in quotes. The first quote is at the cursor. Line ends in the text become LF.
  std::string read_text();

  void fail(std::size_t offset, std::string text, std::string advice = {});
  /// Fails because something else was expected here.
  void fail_here();
  [[nodiscard]] const std::optional<ExpressionFailure>& failure() const { return failure_; }
  [[nodiscard]] std::size_t begin() const { return begin_; }

 private:
  [[nodiscard]] bool at_end() const { return at_ >= text_.size(); }
  std::string read_escape();

  std::string_view text_;
  std::size_t begin_;
  std::size_t at_;
  std::optional<ExpressionFailure> failure_ = {};
};

}  // namespace azl::provision::custom_data
