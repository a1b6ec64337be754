#include "provision/custom_data/parse/not_run.h"

#include <string>
#include <utility>

#include "base/text.h"
#include "provision/custom_data/parse/shown_name.h"
#include "provision/custom_data/parse/text_encoding.h"

namespace azl::provision::custom_data {
namespace {

struct Sentence {
  std::string text;
  std::string advice;
};

std::string quoted(std::string_view text) { return "'" + printable(text) + "'"; }

/// Of a part whose type is none for custom data.
Sentence describe_type(std::string_view type) {
  const auto meant = find_meant_type(type);
  return {"the type " + quote_type(type, "of this part") +
              " is none for custom data, so the part is not run",
          meant.empty() ? "declare the type 'text/cloud-config' or 'text/x-shellscript'"
                        : "did you mean " + quoted(meant) + "?"};
}

Sentence describe_first_line(std::string_view content) {
  std::string text =
      "the first line says neither that this is cloud-config nor that it is a script, "
      "so it is not run";
  const std::string start = lower(skip_leading_space(content).substr(0, 64));
  if (start.starts_with("content-type:"))
    return {std::move(text), "add the header 'MIME-Version: 1.0' to the MIME message"};
  if (const auto meant = find_meant_first_line(content); !meant.empty())
    return {std::move(text), "did you mean " + quoted(meant) + " in the first line?"};
  return {
      std::move(text),
      "start cloud-config with the line '#cloud-config', and a script with its interpreter, such "
      "as '#!/bin/sh'"};
}

Sentence describe_text(std::string_view type, std::string_view content) {
  const bool plain = type.empty() || type == "text/plain" || type == "text/x-not-multipart";
  return plain ? describe_first_line(content) : describe_type(type);
}

std::optional<Sentence> describe(PartKind kind, std::string_view type, std::string_view content) {
  switch (kind) {
    case PartKind::kInclude:
      return Sentence{
          "an include file ('#include') is not run: azl-provision fetches no other documents",
          "write the documents themselves as parts of a MIME message, or fetch them in "
          "a script"};
    case PartKind::kArchive:
      return Sentence{"a cloud-config archive ('#cloud-config-archive') is not run",
                      "write its items as parts of a MIME message"};
    case PartKind::kPartHandler:
      return Sentence{
          "a part handler ('#part-handler') is Python code for cloud-init, and is not run",
          "do its work in a script that starts with '#!'"};
    case PartKind::kJsonPatch:
      return Sentence{
          "a JSON patch ('#cloud-config-jsonp') is not applied",
          "write the changed values as cloud-config; the header Merge-Type says how they "
          "are merged"};
    case PartKind::kIgnition:
      return Sentence{"an Ignition configuration is not run",
                      "write it as cloud-config, or use an image that has Ignition"};
    case PartKind::kText:
      return describe_text(type, content);
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<Remark> describe_not_run(PartKind kind, std::string_view type,
                                       std::string_view content) {
  auto sentence = describe(kind, type, content);
  if (!sentence) return std::nullopt;
  return Remark{.level = RemarkLevel::kWarning,
                .rule = "not-run-" + std::string(to_string(kind)),
                .place = {},
                .text = std::move(sentence->text),
                .advice = std::move(sentence->advice)};
}

}  // namespace azl::provision::custom_data
