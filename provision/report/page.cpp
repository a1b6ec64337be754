#include "provision/report/page.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/ascii.h"
#include "base/text.h"

namespace azl::provision {
namespace {

constexpr std::size_t kIndent = 4;  // below a label on a line of its own

/// Splits a word that is longer than `limit`, if possible after a dot. URLs, paths and fingerprints
/// stay whole.
std::vector<std::string_view> break_word(std::string_view word, std::size_t limit) {
  std::vector<std::string_view> parts;
  const bool whole = word.find_first_of("/:") != std::string_view::npos;
  while (!whole && word.size() > limit) {
    auto part = cut_utf8(word, limit);
    const auto dot = part.rfind('.');
    if (dot != std::string_view::npos) part = part.substr(0, dot + 1);
    parts.push_back(part);
    word.remove_prefix(part.size());
  }
  parts.push_back(word);
  return parts;
}

}  // namespace

Page::Page(const TextStyle& style)
    : colour_(style.colour),
      ascii_(style.ascii),
      width_(static_cast<std::size_t>(std::clamp(style.width, 40, 200))) {}

std::string Page::clean(std::string_view text, std::size_t limit) const {
  if (!ascii_) return printable(text, limit, Quotes::kKept);
  // Escaped before it is cut, because an escape is longer than what it stands for.
  const auto escaped = to_ascii(printable(text, kLongestWord, Quotes::kKept));
  return to_ascii(printable(escaped, limit, Quotes::kKept));
}

std::string Page::paint(std::string_view text, Colour colour) const {
  constexpr std::array<std::string_view, 6> kCodes = {"0", "1;32", "1;33", "1;31", "2", "1"};
  auto cleaned = clean(text);
  if (!colour_ || colour == Colour::kPlain) return cleaned;
  return "\x1b[" + std::string(kCodes.at(static_cast<std::size_t>(colour))) + "m" + cleaned +
         "\x1b[0m";
}

template <class Put>
void Page::wrap(std::size_t indent, std::string_view words, Put put) const {
  const auto limit = width_ - indent;
  std::string row;
  bool first = true;
  for (const auto raw : split(words, ' ')) {
    const auto word = clean(raw);
    for (const auto part : break_word(word, limit)) {
      if (!row.empty() && row.size() + 1 + part.size() > limit) {
        put(row, first);
        first = false;
        row.clear();
      }
      row += (row.empty() ? "" : " ") + std::string(part);
    }
  }
  if (!row.empty() || first) put(row, first);
}

void Page::add_blank() { text_ += "\n"; }

void Page::add_heading(std::string_view text) {
  add_blank();
  wrap(2, text, [&](const std::string& row, bool first) {
    text_ += (first ? "" : "  ") + paint(row, Colour::kBold) + "\n";
  });
}

void Page::add_headline(std::string_view word, Colour colour, std::string_view rest) {
  wrap(2, std::string(word) + std::string(rest), [&](const std::string& row, bool first) {
    text_ +=
        first && row.starts_with(word) ? paint(word, colour) + row.substr(word.size()) : "  " + row;
    text_ += "\n";
  });
}

void Page::add_paragraph(std::string_view label, std::string_view words, Colour colour) {
  const auto head = clean(label);
  // The longest word that fits into a line at all.
  std::size_t longest = 0;
  for (const auto word : split(words, ' ')) {
    const auto size = clean(word).size();
    if (size + kIndent <= width_) longest = std::max(longest, size);
  }
  const auto first_word = clean(words.substr(0, words.find(' '))).size();
  const bool beside =
      head.size() <= width_ / 2 && head.size() + std::max(first_word, longest) <= width_;
  const std::string indent(beside ? head.size() : kIndent, ' ');
  const auto head_end = head.find_last_not_of(' ') + 1;
  if (!beside && head_end > 0) text_ += head.substr(0, head_end) + "\n";
  wrap(indent.size(), words, [&](const std::string& row, bool first) {
    text_ += (first && beside ? head : indent) + paint(row, colour) + "\n";
  });
}

void Page::add_row(std::string_view text, std::string_view word, Colour colour) {
  text_ += std::string(text) + paint(word, colour) + "\n";
}

std::string Page::column(std::string_view name, std::size_t width) const {
  auto text = clean(name, width - 1);
  text.append(width - text.size(), ' ');
  return text;
}

}  // namespace azl::provision
