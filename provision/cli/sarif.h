// What the JSON and SARIF formats of several commands share.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace azl::provision {

/// Prints a document with two spaces for each level, in valid UTF-8 and without control characters.
[[nodiscard]] std::string dump_document(const nlohmann::ordered_json& json);

/// Returns a path as a URI reference, RFC 3986.
[[nodiscard]] std::string encode_uri(std::string_view path);

/// Returns a SARIF 2.1.0 document with one run of azl-provision. `run` has the members of the run
/// beside the tool: its results and what they refer to.
[[nodiscard]] nlohmann::ordered_json make_sarif(nlohmann::ordered_json rules,
                                                const nlohmann::ordered_json& run);

}  // namespace azl::provision
