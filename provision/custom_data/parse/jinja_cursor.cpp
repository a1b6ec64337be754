#include "provision/custom_data/parse/jinja_cursor.h"

#include <charconv>
#include <system_error>
#include <utility>

namespace azl::provision::custom_data {

namespace {

constexpr std::string_view kRawAdvice =
    "if this is not meant for Jinja, put it between {% raw %} and {% endraw %}";

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool starts_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

}  // namespace

bool JinjaCursor::at_digit() const { return is_digit(peek()); }
bool JinjaCursor::at_name() const { return starts_name(peek()); }

void JinjaCursor::skip_space() {
  while (!at_end() && is_space(text_[at_])) ++at_;
}

bool JinjaCursor::take(std::string_view expected) {
  const bool taken = text_.substr(at_).starts_with(expected);
  if (taken) at_ += expected.size();
  return taken;
}

void JinjaCursor::expect(std::string_view expected) {
  skip_space();
  if (!take(expected)) fail_here();
}

std::string_view JinjaCursor::read_name() {
  const auto first = at_;
  while (at_name() || (at_ > first && at_digit())) ++at_;
  return text_.substr(first, at_ - first);
}

std::int64_t JinjaCursor::read_number() {
  const auto offset = at_;
  take("-");
  const auto first = at_;
  while (at_digit()) ++at_;
  const auto digits = text_.substr(first, at_ - first);
  const auto other = digits.find_first_not_of('0');
  if (digits.empty() || (other != std::string_view::npos && other > 0)) {
    fail(offset, "this is not a whole number", std::string(kRawAdvice));
    return 0;
  }
  std::int64_t number = 0;
  const auto whole = text_.substr(offset, at_ - offset);
  const auto read = std::from_chars(whole.data(), whole.data() + whole.size(), number);
  if (read.ec != std::errc()) fail(offset, "the number is too large");
  return number;
}

std::string JinjaCursor::read_text() {
  const auto offset = at_;
  const auto quote = text_.substr(at_++, 1);
  std::string result;
  while (!take(quote)) {
    if (at_end()) {
      fail(offset, "the text has no closing quote", std::string(kRawAdvice));
      break;
    }
    const char c = text_[at_++];
    if (c == '\\') {
      result += read_escape();
    } else if (c == '\r') {
      take("\n");
      result += '\n';
    } else {
      result += c;
    }
  }
  return result;
}

/// What a backslash and the next character stand for. Like Python, keeps both if they are no
/// escape. Python has more escapes.
std::string JinjaCursor::read_escape() {
  const char c = peek();
  if (at_end()) return {};
  ++at_;
  switch (c) {
    case '\\':
    case '\'':
    case '"':
      return {c};
    case 'n':
      return "\n";
    case 'r':
      return "\r";
    case 't':
      return "\t";
    default:
      break;
  }
  constexpr std::string_view kOthers = "abfvxuUN01234567\r\n";
  if (kOthers.find(c) == std::string_view::npos) return {'\\', c};
  fail(at_ - 1, "this escape is not supported",
       R"(write the character, or one of \\ \' \" \n \r \t)");
  return {};
}

void JinjaCursor::fail(std::size_t offset, std::string text, std::string advice) {
  if (!failure_) failure_ = {offset, std::move(text), std::move(advice)};
  at_ = text_.size();
}

void JinjaCursor::fail_here() {
  if (at_end()) return fail(begin_, "the expression has no end", std::string(kRawAdvice));
  constexpr std::string_view kOperators = "+-*/~%=<>!";
  if (peek() == '-')
    return fail(at_, "operators are not supported", R"(for a hyphen in a name, write "_")");
  if (at_name() || kOperators.find(peek()) != std::string_view::npos)
    return fail(at_, "operators are not supported");
  fail(at_, "this is not an expression that is supported", std::string(kRawAdvice));
}

}  // namespace azl::provision::custom_data
