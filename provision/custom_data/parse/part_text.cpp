#include "provision/custom_data/parse/part_text.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

#include "provision/custom_data/parse/text_encoding.h"

namespace azl::provision::custom_data {
namespace {

Place find_place(std::string_view text, std::size_t offset) {
  const auto before = text.substr(0, offset);
  const auto line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  return {.line = static_cast<int>(std::count(before.begin(), before.end(), '\n')) + 1,
          .column = static_cast<int>(offset - line_start) + 1};
}

/// Cloud-config and templates are text. Scripts may hold any bytes, for example an archive after
/// their last line.
void check_characters(PartText& part) {
  const auto refuse = [&](std::size_t at, std::string rule, std::string text, std::string advice) {
    part.readable = false;
    part.remarks.push_back({.level = RemarkLevel::kError,
                            .rule = std::move(rule),
                            .place = find_place(part.text, at),
                            .text = std::move(text),
                            .advice = std::move(advice)});
  };
  if (const auto at = find_invalid_utf8(part.text); at != std::string_view::npos)
    return refuse(at, "not-utf-8", "the text is not valid UTF-8",
                  "save the file as UTF-8, and write other bytes as base64");
  if (const auto at = part.text.find('\0'); at != std::string_view::npos)
    refuse(at, "nul-byte", "the text contains a NUL byte", "remove it, or write it as base64");
}

/// The kernel wants "#!" at the very start. plan/scripts.h says what becomes of a script without
/// it.
void check_script(PartText& part) {
  const auto text = skip_leading_space(part.text);
  if (!text.starts_with("#!") || text.size() == part.text.size()) return;
  part.remarks.push_back(
      {.level = RemarkLevel::kNote,
       .rule = "script-space",
       .text =
           "white space before the script's '#!' is removed; cloud-init cannot run it with that",
       .advice = "start the file with '#!'"});
  part.text = text;
}

/// The declared type decides, also if the first line says something else.
void check_first_line(PartKind kind, PartText& part) {
  const PartKind other = find_part_kind({}, part.text);
  if (kind == PartKind::kTemplate && other != PartKind::kTemplate) {
    part.remarks.push_back(
        {.rule = "template-no-header",
         .text = "the part's type says template, but its first line is not '## template: jinja'",
         .advice = "write that line first, or declare the type 'text/plain'"});
  }
  const bool differs = (kind != PartKind::kTemplate && other == PartKind::kTemplate) ||
                       (kind == PartKind::kCloudConfig && other == PartKind::kScript);
  if (!differs) return;
  part.remarks.push_back(
      {.rule = "type-differs",
       .text = "the part's type says " + std::string(to_string(kind)) +
               ", and its first line says " + std::string(to_string(other)) + "; the type decides",
       .advice = "declare the type 'text/plain', so that the first line decides"});
}

}  // namespace

PartText find_part_text(PartKind kind, std::string_view content) {
  PartText part{.text = skip_byte_order_mark(content), .remarks = {}};
  const bool runs = is_script(kind) || kind == PartKind::kCloudConfig ||
                    kind == PartKind::kBoothook || kind == PartKind::kTemplate;
  if (runs) check_first_line(kind, part);
  if (is_script(kind)) check_script(part);
  if (kind == PartKind::kCloudConfig || kind == PartKind::kTemplate) check_characters(part);
  return part;
}

Remark describe_utf16() {
  return {.level = RemarkLevel::kError,
          .rule = "utf-16",
          .text = "the text is UTF-16; custom data must be UTF-8",
          .advice = "save the file as UTF-8, or convert it: 'iconv -f UTF-16 -t UTF-8 FILE'"};
}

}  // namespace azl::provision::custom_data
