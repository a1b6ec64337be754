#include "provision/cli/validation_formats.h"

#include <algorithm>
#include <set>
#include <string_view>

#include <nlohmann/json.hpp>

#include "provision/cli/sarif.h"

namespace azl::provision {
namespace {

using Json = nlohmann::ordered_json;
using custom_data::Place;
using custom_data::Remark;
using custom_data::RemarkLevel;

std::string file_name(const Validation& validation) {
  return validation.file == "-" ? "stdin" : validation.file;
}

/// "part-001:2:1"; empty if the place is that of the file or of no part.
std::string describe_place_in_part(const Validation& validation, const Place& place) {
  if (place.part.empty() || find_file_place(validation, place)) return {};
  std::string text = place.part;
  if (place.line > 0) text += ":" + std::to_string(place.line);
  if (place.line > 0 && place.column > 0) text += ":" + std::to_string(place.column);
  return text;
}

/// The remark and its advice.
std::string describe(const Validation& validation, const Remark& remark) {
  const auto where = describe_place_in_part(validation, remark.place);
  return (where.empty() ? "" : where + ": ") + remark.text +
         (remark.advice.empty() ? "" : "\nhelp: " + remark.advice);
}

Json sarif_location(const Validation& validation, LineFinder& lines, const Remark& remark) {
  Json physical = {{"artifactLocation", {{"uri", encode_uri(file_name(validation))}}}};
  if (const auto place = find_file_place(validation, remark.place)) {
    physical["region"] = {{"startLine", place->line}};
    if (place->column > 0) physical["region"]["startColumn"] = lines.count_characters(remark.place);
  }
  Json location = {{"physicalLocation", std::move(physical)}};
  if (!remark.place.part.empty())
    location["logicalLocations"] = Json::array({{{"name", remark.place.part}}});
  return location;
}

Json sarif_rules(const Validation& validation) {
  std::set<std::string> names;
  for (const auto& remark : validation.plan.remarks) names.insert(remark.rule);
  Json rules = Json::array();
  for (const auto& name : names) rules.push_back({{"id", name}});
  return rules;
}

/// https://docs.github.com/actions/reference/workflow-commands-for-github-actions
std::string escape_message(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '%':
        escaped += "%25";
        break;
      case '\r':
        escaped += "%0D";
        break;
      case '\n':
        escaped += "%0A";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string escape_property(std::string_view text) {
  std::string escaped;
  for (const char c : escape_message(text)) {
    if (c == ':')
      escaped += "%3A";
    else if (c == ',')
      escaped += "%2C";
    else
      escaped += c;
  }
  return escaped;
}

Json item_json(const custom_data::Item& item) {
  return {{"id", item.id},
          {"phase", to_string(item.phase)},
          {"repeat", to_string(item.repeat)},
          {"what", item.what},
          {"part", item.place.part},
          {"line", item.place.line},
          {"column", item.place.column}};
}

Json remark_json(const Validation& validation, const Remark& remark) {
  const auto place = find_file_place(validation, remark.place);
  return {{"level", to_string(remark.level)},
          {"rule", remark.rule},
          {"part", remark.place.part},
          {"line", remark.place.line},
          {"column", remark.place.column},
          {"file_line", place ? place->line : 0},
          {"text", remark.text},
          {"advice", remark.advice}};
}

}  // namespace

std::string validation_to_json(const Validation& validation) {
  const auto counts = count_remarks(validation);
  const auto& plan = validation.plan;
  Json json = {{"schema_version", 1},
               {"file", validation.file},
               {"sample_variables", validation.sample_variables},
               {"exit_status", find_exit_status(validation)},
               {"notes", counts.notes},
               {"warnings", counts.warnings},
               {"errors", counts.errors},
               {"parts", Json::array()},
               {"items", Json::array()},
               {"remarks", Json::array()}};
  for (const auto& part : plan.parts)
    json["parts"].push_back(
        {{"name", part.name}, {"kind", to_string(part.kind)}, {"rendered", part.rendered}});
  for (const auto& item : plan.items) json["items"].push_back(item_json(item));
  for (const auto& remark : plan.remarks)
    json["remarks"].push_back(remark_json(validation, remark));
  return dump_document(json);
}

std::string validation_to_sarif(const Validation& validation) {
  Json results = Json::array();
  LineFinder lines(validation);
  for (const auto& remark : validation.plan.remarks) {
    results.push_back({{"ruleId", remark.rule},
                       {"level", to_string(remark.level)},
                       {"message", {{"text", describe(validation, remark)}}},
                       {"locations", Json::array({sarif_location(validation, lines, remark)})}});
  }
  return dump_document(make_sarif(sarif_rules(validation), {{"columnKind", "unicodeCodePoints"},
                                                            {"results", std::move(results)}}));
}

std::string validation_to_github(const Validation& validation) {
  std::string text;
  LineFinder lines(validation);
  for (const auto& remark : validation.plan.remarks) {
    text += remark.level == RemarkLevel::kNote ? "::notice"
                                               : "::" + std::string(to_string(remark.level));
    text += " file=" + escape_property(file_name(validation));
    if (const auto place = find_file_place(validation, remark.place)) {
      text += ",line=" + std::to_string(place->line);
      if (place->column > 0) text += ",col=" + std::to_string(lines.count_characters(remark.place));
    }
    text += ",title=" + escape_property(remark.rule) +
            "::" + escape_message(describe(validation, remark)) + "\n";
  }
  return text;
}

}  // namespace azl::provision
