#include "provision/cli/validation.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace azl::provision {
namespace {

using custom_data::Place;
using custom_data::Remark;
using custom_data::RemarkLevel;

/// Azure's bound of customData. https://learn.microsoft.com/azure/virtual-machines/custom-data
constexpr std::size_t kAzureLimit = 65535;

/// A byte-order mark may come first.
std::string_view skip_mark(std::string_view bytes) {
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  return bytes.starts_with(kMark) ? bytes.substr(kMark.size()) : bytes;
}

/// Whether nothing but white space comes before an offset in its line.
bool is_at_line_start(std::string_view bytes, std::size_t at) {
  const auto line = bytes.substr(0, at).find_last_not_of(" \t\r\v\f");
  return line == std::string_view::npos || bytes[line] == '\n' || trim(bytes.substr(0, at)).empty();
}

/// The parts that stand in the file as they are. Their offsets ascend.
std::vector<PartInFile> find_in_file(std::string_view bytes,
                                     const std::vector<custom_data::PartSummary>& summaries) {
  std::vector<PartInFile> parts;
  const auto text = skip_mark(bytes);
  std::size_t counted = 0;
  int line = 1;
  for (const auto& summary : summaries) {
    auto& part = parts.emplace_back();
    if (!summary.offset) continue;
    const auto at = *summary.offset - std::min(*summary.offset, bytes.size() - text.size());
    if (at < counted || !is_at_line_start(text, at)) continue;
    const auto passed = text.substr(counted, at - counted);
    line += static_cast<int>(std::count(passed.begin(), passed.end(), '\n'));
    counted = at;
    part = {.first_line = line, .whole = trim(text).size() <= summary.text.reveal().size()};
  }
  return parts;
}

void add_remarks_about_file(Validation& validation, std::size_t size) {
  auto& remarks = validation.plan.remarks;
  const auto add = [&](RemarkLevel level, std::string rule, std::string text, std::string advice) {
    remarks.insert(remarks.begin(), Remark{.level = level,
                                           .rule = std::move(rule),
                                           .place = {},
                                           .text = std::move(text),
                                           .advice = std::move(advice)});
  };
  const auto& parts = validation.plan.parts;
  const bool rendered =
      std::any_of(parts.begin(), parts.end(), [](const auto& p) { return p.rendered; });
  if (rendered && validation.sample_variables)
    add(RemarkLevel::kNote, "sample-variables",
        "templates are rendered here with the values of a sample VM",
        "give others with '--variables FILE'");
  if (size > kAzureLimit)
    add(RemarkLevel::kWarning, "too-large-for-azure",
        "Azure takes at most " + std::to_string(kAzureLimit) +
            " bytes of custom data, and this file has " + std::to_string(size),
        "pack it with 'gzip -9', or fetch the larger files in a script");
  if (parts.empty() && remarks.empty())
    add(RemarkLevel::kNote, "empty", "there is no custom data in the file", "");
}

}  // namespace

Validation validate(std::string file, std::string_view bytes, const nlohmann::json& variables,
                    bool sample_variables) {
  Validation validation{.file = std::move(file), .sample_variables = sample_variables};
  validation.plan = custom_data::make_custom_data_plan(bytes, variables);
  validation.parts = find_in_file(bytes, validation.plan.parts);
  add_remarks_about_file(validation, bytes.size());
  return validation;
}

Counts count_remarks(const Validation& validation) {
  Counts counts;
  for (const auto& remark : validation.plan.remarks) {
    if (remark.level == RemarkLevel::kNote) ++counts.notes;
    if (remark.level == RemarkLevel::kWarning) ++counts.warnings;
    if (remark.level == RemarkLevel::kError) ++counts.errors;
  }
  return counts;
}

int find_exit_status(const Validation& validation) {
  constexpr int kWarnings = 1;
  constexpr int kErrors = 2;
  const auto counts = count_remarks(validation);
  return counts.errors > 0 ? kErrors : counts.warnings > 0 ? kWarnings : 0;
}

std::string_view to_string(RemarkLevel level) {
  switch (level) {
    case RemarkLevel::kNote:
      return "note";
    case RemarkLevel::kWarning:
      return "warning";
    case RemarkLevel::kError:
      break;
  }
  return "error";
}

std::size_t find_part(const Validation& validation, std::string_view name) {
  const auto& parts = validation.plan.parts;
  const auto found =
      std::find_if(parts.begin(), parts.end(), [&](const auto& p) { return p.name == name; });
  return static_cast<std::size_t>(found - parts.begin());
}

std::optional<FilePlace> find_file_place(const Validation& validation, const Place& place) {
  if (place.line <= 0) return std::nullopt;
  if (place.part.empty()) return FilePlace{place.line, place.column};
  const auto part = find_part(validation, place.part);
  if (part >= validation.parts.size() || !validation.parts[part].first_line) return std::nullopt;
  return FilePlace{place.line + *validation.parts[part].first_line - 1, place.column};
}

void LineFinder::go_to_start(std::size_t part) {
  part_ = part;
  const auto& parts = validation_.plan.parts;
  rest_ = part < parts.size() ? parts[part].text.reveal() : std::string_view();
  current_ = rest_.substr(0, rest_.find('\n'));
  line_ = 1;
  bytes_ = 0;
  characters_ = 0;
}

std::string_view LineFinder::find(const Place& place) {
  const auto part = find_part(validation_, place.part);
  if (place.line <= 0) return {};
  if (part != part_ || place.line < line_) go_to_start(part);
  for (; line_ < place.line && !rest_.empty(); ++line_) {
    rest_.remove_prefix(std::min(current_.size() + 1, rest_.size()));
    current_ = rest_.substr(0, rest_.find('\n'));
    bytes_ = 0;
    characters_ = 0;
  }
  return current_;
}

int LineFinder::count_characters(const Place& place) {
  const auto line = find(place);
  const auto end = std::min(line.size(), static_cast<std::size_t>(std::max(place.column - 1, 0)));
  if (end < bytes_) {
    bytes_ = 0;
    characters_ = 0;
  }
  for (; bytes_ < end; ++characters_)
    bytes_ += std::max<std::size_t>(utf8_length(line.substr(bytes_, end - bytes_)), 1);
  return characters_ + 1;
}

}  // namespace azl::provision
