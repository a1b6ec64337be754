// The kinds of custom data, and how they are told apart.
#pragma once

#include <cstdint>
#include <string_view>

namespace azl::provision::custom_data {

enum class PartKind : std::uint8_t {
  kCloudConfig,
  kScript,         ///< starts with "#!"
  kBoothook,       ///< a script for each boot, before everything else
  kPerBootScript,  ///< text/x-shellscript-per-boot
  kPerInstanceScript,
  kPerOnceScript,
  kTemplate,   ///< "## template: jinja"; its text is one of the others once it is rendered
  kMultipart,  ///< a MIME message
  kGzip,
  // Recognised and reported, but not run.
  kInclude,      ///< #include, #include-once
  kArchive,      ///< #cloud-config-archive
  kPartHandler,  ///< Python code for cloud-init
  kJsonPatch,    ///< #cloud-config-jsonp
  kIgnition,     ///< a JSON object with the member "ignition"
  kText,         ///< anything else
};

/// The word for a kind in messages and JSON, for example "cloud-config".
[[nodiscard]] std::string_view to_string(PartKind kind);

/// Returns true for the kinds whose text is a script: kScript and the three per-… kinds.
[[nodiscard]] bool is_script(PartKind kind);

/// The kind of a part. `type` is the declared MIME type in lower case; empty if none is declared.
/// A type that says what the part is decides; "text/plain", "text/x-shellscript", an invalid type
/// and no type at all are decided by the first line after white space, of which only the start
/// counts, in any case. Gzip data is recognised under each of the types for custom data.
/// Source: cloud-init's user-data formats.
[[nodiscard]] PartKind find_part_kind(std::string_view type, std::string_view content);

/// The type for custom data that the writer probably meant; empty if none is close.
[[nodiscard]] std::string_view find_meant_type(std::string_view type);
/// The first line that the writer probably meant, for example "#cloud-config"; empty if none is
/// close.
[[nodiscard]] std::string_view find_meant_first_line(std::string_view content);

}  // namespace azl::provision::custom_data
