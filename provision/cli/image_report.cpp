#include "provision/cli/image_report.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/ascii.h"
#include "base/count.h"
#include "base/text.h"
#include "provision/cli/sarif.h"

namespace azl::provision {
namespace {

using Json = nlohmann::ordered_json;

std::string_view colour_of(CheckSeverity severity) {
  switch (severity) {
    case CheckSeverity::kNote:
      return "36";
    case CheckSeverity::kWarning:
      return "1;33";
    case CheckSeverity::kError:
      break;
  }
  return "1;31";
}

/// The path of a finding on the machine that runs the check.
std::string full_path(const ImageReport& report, const CheckFinding& finding) {
  std::string_view directory = report.directory;
  if (finding.path.empty()) return report.directory;
  while (directory.ends_with('/')) directory.remove_suffix(1);
  return std::string(directory) + finding.path;
}

class Writer {
 public:
  Writer(const ImageReport& report, const TextStyle& style) : report_(report), style_(style) {}

  std::string write() {
    for (const auto& fix : report_.fixes) write_fix(fix);
    for (const auto& finding : report_.findings) write_finding(finding);
    write_numbers();
    return std::move(text_);
  }

 private:
  [[nodiscard]] std::string coloured(std::string_view code, const std::string& text) const {
    return style_.colour ? "\x1b[" + std::string(code) + "m" + text + "\x1b[0m" : text;
  }
  [[nodiscard]] std::string shown(std::string_view text) const {
    return style_.ascii ? to_ascii(printable_line(text)) : printable_line(text);
  }

  void write_fix(const CheckFix& fix) {
    const bool done = fix.error.empty();
    text_ += coloured(done ? "1;32" : "1;31", done ? "fixed:" : "not fixed:") + " " +
             shown(fix.what) + (done ? "" : ": " + shown(fix.error)) + " [" +
             std::string(info_of(fix.check).code) + "]\n";
  }

  void write_finding(const CheckFinding& finding) {
    const auto& info = info_of(finding.check);
    auto place = full_path(report_, finding);
    if (finding.line > 0) place += ":" + std::to_string(finding.line);
    auto remedy = describe_remedy(finding, report_.directory);
    // Several findings in turn may have one remedy. It stands below the last of them.
    if (remedy != last_remedy_) write_remedy();
    last_remedy_ = std::move(remedy);
    text_ += coloured("1", shown(place) + ":") + " " +
             coloured(colour_of(info.severity), std::string(to_string(info.severity)) + ":") + " " +
             shown(finding.detail) + " [" + std::string(info.code) + "]\n";
  }

  void write_remedy() {
    if (!last_remedy_.empty()) text_ += "    " + shown(last_remedy_) + "\n";
    last_remedy_.clear();
  }

  void write_numbers() {
    write_remedy();
    if (!text_.empty()) text_ += "\n";
    const auto counts = count_findings(report_.findings);
    const auto fixable = std::ranges::count_if(
        report_.findings, [](const auto& finding) { return !info_of(finding.check).fix.empty(); });
    text_ += describe_count(counts.errors, "error") + ", " +
             describe_count(counts.warnings, "warning") + ", " +
             describe_count(counts.notes, "note");
    if (fixable > 0 && report_.fixes.empty())
      text_ += "; --fix repairs " + std::to_string(fixable) + " of them";
    text_ += "\n";
  }

  const ImageReport& report_;
  const TextStyle& style_;
  std::string last_remedy_;
  std::string text_;
};

Json finding_json(const ImageReport& report, const CheckFinding& finding) {
  const auto& info = info_of(finding.check);
  return {{"code", info.code},
          {"severity", to_string(info.severity)},
          {"path", finding.path},
          {"line", finding.line},
          {"text", finding.detail},
          {"name", finding.name},
          {"remedy", describe_remedy(finding, report.directory)},
          {"fixable", !info.fix.empty()}};
}

Json sarif_rules() {
  Json rules = Json::array();
  for (const auto& info : checks()) {
    rules.push_back({{"id", info.code},
                     {"shortDescription", {{"text", info.title}}},
                     {"fullDescription", {{"text", info.why}}},
                     {"defaultConfiguration", {{"level", to_string(info.severity)}}}});
  }
  return rules;
}

Json sarif_result(const ImageReport& report, const CheckFinding& finding) {
  const auto& info = info_of(finding.check);
  Json locations = Json::array();
  if (!finding.path.empty()) {
    Json place = {
        {"artifactLocation",
         {{"uri", encode_uri(std::string_view(finding.path).substr(1))}, {"uriBaseId", "IMAGE"}}}};
    if (finding.line > 0) place["region"] = {{"startLine", finding.line}};
    locations.push_back({{"physicalLocation", std::move(place)}});
  }
  return {{"ruleId", info.code},
          {"level", to_string(info.severity)},
          {"message",
           {{"text", finding.detail + "\nhelp: " + describe_remedy(finding, report.directory)}}},
          {"locations", std::move(locations)}};
}

/// Breaks a text into lines.
std::string wrapped(std::string_view text, std::size_t width) {
  std::string lines;
  std::size_t column = 0;
  for (const auto word : split(text, ' ')) {
    const bool fits = column + 1 + word.size() <= width;
    if (column > 0) lines += fits ? " " : "\n";
    column = (column > 0 && fits ? column + 1 : 0) + word.size();
    lines += word;
  }
  return lines + "\n";
}

}  // namespace

std::string image_report_to_text(const ImageReport& report, const TextStyle& style) {
  return Writer(report, style).write();
}

std::string image_report_to_json(const ImageReport& report) {
  const auto counts = count_findings(report.findings);
  Json json = {{"schema_version", 1},
               {"directory", report.directory},
               {"exit_status", exit_status_of(counts)},
               {"notes", counts.notes},
               {"warnings", counts.warnings},
               {"errors", counts.errors},
               {"fixes", Json::array()},
               {"findings", Json::array()}};
  for (const auto& fix : report.fixes)
    json["fixes"].push_back(
        {{"code", info_of(fix.check).code}, {"text", fix.what}, {"error", fix.error}});
  for (const auto& finding : report.findings)
    json["findings"].push_back(finding_json(report, finding));
  return dump_document(json);
}

std::string image_report_to_sarif(const ImageReport& report) {
  Json results = Json::array();
  for (const auto& finding : report.findings) results.push_back(sarif_result(report, finding));
  auto directory = report.directory;
  if (!directory.ends_with('/')) directory += '/';
  const Json base = {{"IMAGE", {{"uri", "file://" + encode_uri(directory)}}}};
  return dump_document(
      make_sarif(sarif_rules(), {{"originalUriBaseIds", base}, {"results", std::move(results)}}));
}

std::string list_checks() {
  std::size_t width = 0;
  for (const auto& info : checks()) width = std::max(width, info.code.size());
  std::string text;
  for (const auto& info : checks()) {
    const auto severity = to_string(info.severity);
    text += std::string(info.code) + std::string(width - info.code.size() + 2, ' ') +
            std::string(severity) + std::string(9 - severity.size(), ' ') +
            (info.fix.empty() ? "     " : "fix  ") + std::string(info.title) + "\n";
  }
  return text;
}

std::string explain_check(const CheckInfo& check, const TextStyle& style) {
  const auto width = static_cast<std::size_t>(std::max(style.width, 40));
  const auto remedy = describe_remedy({.check = check.check}, "DIR");
  std::string text = std::string(check.code) + ": " + std::string(to_string(check.severity)) +
                     "\n\n" + wrapped(std::string(check.title) + ".", width) + "\n" +
                     wrapped(check.why, width) + "\n" + wrapped("What to do: " + remedy, width);
  if (!check.fix.empty()) text += "\n" + wrapped("--fix " + std::string(check.fix) + ".", width);
  return style.ascii ? to_ascii(text) : text;
}

}  // namespace azl::provision
