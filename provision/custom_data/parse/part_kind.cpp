#include "provision/custom_data/parse/part_kind.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>

#include "base/closest.h"
#include "base/text.h"
#include "provision/custom_data/parse/gzip.h"
#include "provision/custom_data/parse/mime.h"
#include "provision/custom_data/parse/text_encoding.h"

namespace azl::provision::custom_data {
namespace {

struct Row {
  std::string_view text;
  PartKind kind;
};

/// Starts of the first line. A start that is longer stands before those that it starts with.
constexpr auto kFirstLines = std::to_array<Row>({
    {"#cloud-config-archive", PartKind::kArchive},
    {"#cloud-config-jsonp", PartKind::kJsonPatch},
    {"#cloud-config", PartKind::kCloudConfig},
    {"#cloud-boothook", PartKind::kBoothook},
    {"#include", PartKind::kInclude},  // also #include-once
    {"#part-handler", PartKind::kPartHandler},
    {"## template: jinja", PartKind::kTemplate},
    {"#!", PartKind::kScript},
});

constexpr auto kTypes = std::to_array<Row>({
    {"text/cloud-config", PartKind::kCloudConfig},
    {"text/x-shellscript", PartKind::kScript},
    {"text/x-shellscript-per-boot", PartKind::kPerBootScript},
    {"text/x-shellscript-per-instance", PartKind::kPerInstanceScript},
    {"text/x-shellscript-per-once", PartKind::kPerOnceScript},
    {"text/cloud-boothook", PartKind::kBoothook},
    {"text/jinja2", PartKind::kTemplate},
    {"text/cloud-config-archive", PartKind::kArchive},
    {"text/cloud-config-jsonp", PartKind::kJsonPatch},
    {"text/part-handler", PartKind::kPartHandler},
    {"text/x-include-url", PartKind::kInclude},
    {"text/x-include-once-url", PartKind::kInclude},
    {"application/vnd.coreos.ignition+json", PartKind::kIgnition},
    {"application/gzip", PartKind::kGzip},
    {"application/x-gzip", PartKind::kGzip},
    // Further names of gzip that cloud-init takes.
    {"application/gzip-compressed", PartKind::kGzip},
    {"application/gzipped", PartKind::kGzip},
    {"application/x-compress", PartKind::kGzip},
    {"application/x-compressed", PartKind::kGzip},
    {"application/x-gunzip", PartKind::kGzip},
    {"application/x-gzip-compressed", PartKind::kGzip},
});

constexpr std::string_view kShellScript = "text/x-shellscript";

std::optional<PartKind> find_kind_of_type(std::string_view type) {
  if (type.starts_with("multipart/")) return PartKind::kMultipart;
  const auto* const row =
      std::find_if(kTypes.begin(), kTypes.end(), [&](const Row& r) { return r.text == type; });
  if (row == kTypes.end()) return std::nullopt;
  return row->kind;
}

std::optional<PartKind> find_kind_of_first_line(std::string_view content) {
  for (const auto& [start, kind] : kFirstLines) {
    if (lower(content.substr(0, start.size())) == start) return kind;
  }
  return std::nullopt;
}

/// The offset of the quote that ends the JSON string whose quote is at `start`.
std::size_t find_string_end(std::string_view json, std::size_t start) {
  for (auto at = start + 1; at < json.size(); ++at) {
    if (json[at] == '"') return at;
    if (json[at] == '\\') ++at;
  }
  return json.size();
}

/// Whether the text is an object with a member "ignition". Does not check the rest of the syntax.
bool is_ignition(std::string_view json) {
  if (!json.starts_with('{')) return false;
  std::size_t depth = 0;
  for (std::size_t at = 0; at < json.size(); ++at) {
    const char c = json[at];
    if (c == '{' || c == '[') ++depth;
    if ((c == '}' || c == ']') && --depth == 0) return false;
    if (c != '"') continue;
    const std::size_t end = find_string_end(json, at);
    const bool named = depth == 1 && json.substr(at, end - at) == "\"ignition";
    at = end;
    if (named && skip_leading_space(json.substr(std::min(end + 1, json.size()))).starts_with(':'))
      return true;
  }
  return false;
}

bool type_decides(std::string_view type) {
  // Python's email package, and so cloud-init, takes a type without exactly one slash as
  // text/plain.
  const bool valid = std::count(type.begin(), type.end(), '/') == 1;
  return valid && type != "text/plain" && type != "text/x-not-multipart" && type != kShellScript;
}

}  // namespace

std::string_view to_string(PartKind kind) {
  switch (kind) {
    case PartKind::kCloudConfig:
      return "cloud-config";
    case PartKind::kScript:
      return "script";
    case PartKind::kBoothook:
      return "boothook";
    case PartKind::kPerBootScript:
      return "per-boot-script";
    case PartKind::kPerInstanceScript:
      return "per-instance-script";
    case PartKind::kPerOnceScript:
      return "per-once-script";
    case PartKind::kTemplate:
      return "template";
    case PartKind::kMultipart:
      return "multipart";
    case PartKind::kGzip:
      return "gzip";
    case PartKind::kInclude:
      return "include";
    case PartKind::kArchive:
      return "archive";
    case PartKind::kPartHandler:
      return "part-handler";
    case PartKind::kJsonPatch:
      return "json-patch";
    case PartKind::kIgnition:
      return "ignition";
    case PartKind::kText:
      break;
  }
  return "text";
}

bool is_script(PartKind kind) {
  return kind == PartKind::kScript || kind == PartKind::kPerBootScript ||
         kind == PartKind::kPerInstanceScript || kind == PartKind::kPerOnceScript;
}

PartKind find_part_kind(std::string_view type, std::string_view content) {
  if (type_decides(type)) {
    const auto kind = find_kind_of_type(type);
    if (!kind) return PartKind::kText;
    return is_gzip(content) ? PartKind::kGzip : *kind;
  }
  if (is_gzip(content)) return PartKind::kGzip;
  content = skip_leading_space(content);
  // A script may contain a message, so the first line counts first.
  if (const auto kind = find_kind_of_first_line(content)) return *kind;
  if (type == kShellScript) return PartKind::kScript;
  if (is_mime(content)) return PartKind::kMultipart;
  return is_ignition(content) ? PartKind::kIgnition : PartKind::kText;
}

std::string_view find_meant_type(std::string_view type) {
  std::array<std::string_view, kTypes.size()> names;
  std::transform(kTypes.begin(), kTypes.end(), names.begin(),
                 [](const Row& row) { return row.text; });
  return find_closest(type, names);
}

std::string_view find_meant_first_line(std::string_view content) {
  static constexpr auto kMeant =
      std::to_array<std::string_view>({"#cloud-config", "#cloud-boothook", "## template: jinja",
                                       "#!/bin/sh", "#!/bin/bash", "#!/usr/bin/env bash"});
  content = skip_leading_space(content);
  return find_closest(trim(content.substr(0, content.find('\n'))), kMeant);
}

}  // namespace azl::provision::custom_data
