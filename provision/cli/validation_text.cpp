#include "provision/cli/validation_text.h"

#include <algorithm>
#include <string_view>

#include "base/ascii.h"
#include "base/count.h"
#include "base/text.h"
#include "provision/cli/masked_line.h"

namespace azl::provision {
namespace {

using custom_data::ItemPhase;
using custom_data::ItemRepeat;
using custom_data::Remark;
using custom_data::RemarkLevel;

class Writer {
 public:
  Writer(const Validation& validation, const TextStyle& style)
      : validation_(validation), style_(style), lines_(validation) {}

  std::string write();

 private:
  void write_remark(const Remark& remark);
  void write_source(const Remark& remark);
  void write_items();
  void write_numbers();
  [[nodiscard]] std::string describe_place(const Remark& remark) const;
  [[nodiscard]] std::string coloured(std::string_view code, const std::string& text) const;
  [[nodiscard]] std::string shown(std::string_view text) const;

  const Validation& validation_;
  const TextStyle& style_;
  LineFinder lines_;
  const char* last_line_ = nullptr;  ///< the start of the line that was shown last
  std::string text_;
};

std::string_view colour_of(RemarkLevel level) {
  switch (level) {
    case RemarkLevel::kNote:
      return "36";
    case RemarkLevel::kWarning:
      return "1;33";
    case RemarkLevel::kError:
      break;
  }
  return "1;31";
}

std::string Writer::coloured(std::string_view code, const std::string& text) const {
  return style_.colour ? "\x1b[" + std::string(code) + "m" + text + "\x1b[0m" : text;
}

std::string Writer::shown(std::string_view text) const {
  return style_.ascii ? to_ascii(printable_line(text)) : printable_line(text);
}

/// "app.yaml:part-001:2:1".
std::string Writer::describe_place(const Remark& remark) const {
  std::string where = validation_.file == "-" ? "<stdin>" : validation_.file;
  const auto part = find_part(validation_, remark.place.part);
  const bool whole = part < validation_.parts.size() && validation_.parts[part].whole;
  const auto in_file = whole ? find_file_place(validation_, remark.place) : std::nullopt;
  if (!remark.place.part.empty() && !whole) where += ":" + remark.place.part;
  const int line = in_file ? in_file->line : remark.place.line;
  if (line > 0) where += ":" + std::to_string(line);
  if (line > 0 && remark.place.column > 0) where += ":" + std::to_string(remark.place.column);
  return shown(where);
}

void Writer::write_source(const Remark& remark) {
  const auto line = lines_.find(remark.place);
  // A long line with many mistakes is shown once: a piece of it does not say more for each.
  constexpr std::size_t kLongLine = 400;
  const bool shown_before = line.data() == last_line_ && line.size() > kLongLine;
  last_line_ = line.data();
  if (shown_before || trim(line.substr(0, kLongLine)).empty()) return;
  constexpr std::size_t kNumberWidth = 5;
  auto number = std::to_string(remark.place.line);
  number.insert(0, kNumberWidth - std::min(kNumberWidth, number.size()), ' ');
  const auto masked = mask_line(line, remark.place.column, remark.text, style_.ascii ? "..." : "…");
  text_ += number + " | " + masked.text + "\n";
  text_ += std::string(number.size(), ' ') + " | " + std::string(masked.caret, ' ') +
           coloured("1;32", "^") + "\n";
}

void Writer::write_remark(const Remark& remark) {
  text_ += coloured("1", describe_place(remark) + ":") + " " +
           coloured(colour_of(remark.level), std::string(to_string(remark.level)) + ":") + " " +
           shown(remark.text) + " [" + shown(remark.rule) + "]\n";
  write_source(remark);
  if (!remark.advice.empty())
    text_ += "  " + coloured("1", "help:") + " " + shown(remark.advice) + "\n";
}

void Writer::write_items() {
  const auto& items = validation_.plan.items;
  if (items.empty()) return;
  constexpr std::size_t kLongestId = 32;
  std::size_t width = 0;
  for (const auto& item : items) width = std::max(width, std::min(kLongestId, item.id.size()));
  if (!text_.empty()) text_ += "\n";
  text_ += coloured("1", "What it does, in this order:") + "\n";
  for (const auto& item : items) {
    const auto id = shown(item.id);
    text_ += std::string("  ") + (item.phase == ItemPhase::kEarly ? "early  " : "final  ") +
             (item.repeat == ItemRepeat::kOnce ? "once       " : "each boot  ") + id +
             std::string(width - std::min(width, id.size()) + 2, ' ') + shown(item.what) + "\n";
  }
}

void Writer::write_numbers() {
  const auto counts = count_remarks(validation_);
  if (!text_.empty()) text_ += "\n";
  text_ += describe_count(validation_.plan.items.size(), "item") + ", " +
           describe_count(counts.warnings, "warning") + ", " +
           describe_count(counts.errors, "error") + "\n";
}

std::string Writer::write() {
  for (const auto& remark : validation_.plan.remarks) write_remark(remark);
  write_items();
  write_numbers();
  return std::move(text_);
}

}  // namespace

std::string describe_validation(const Validation& validation, const TextStyle& style) {
  return Writer(validation, style).write();
}

}  // namespace azl::provision
