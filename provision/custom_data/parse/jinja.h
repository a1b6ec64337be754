// Templates: custom data that starts with "## template: jinja".
//
//   auto text = render_jinja(part.text.reveal(), make_instance_variables(facts));
//   if (!text) … text.error().line, text.error().text
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/secret.h"
#include "provision/custom_data/parse/line_map.h"
#include "provision/custom_data/parse/remark.h"

namespace azl::provision::custom_data {

struct RenderedTemplate {
  Secret text;  ///< without the header
  /// A warning for each use of an undefined variable, in order, at most kTemplateRemarks and one
  /// more that says so. The places have no part; lines count from the header.
  Remarks remarks;
  LineMap lines;  ///< of the text; the header is line 1
};

/// What is wrong with the template, and where. Quotes the names of variables, filters and
/// statements, and no value.
struct TemplateFailure {
  int line = 0;        ///< from 1; the header is line 1
  int column = 0;      ///< from 1, in bytes
  std::string text;    ///< a sentence without a final period
  std::string advice;  ///< what to write instead; empty: nothing
};

/// Most that a template renders to, in bytes.
inline constexpr std::size_t kRenderedLimit = std::size_t{8} << 20;
/// Most that all values together come to while they are computed, in bytes. This bounds the time.
inline constexpr std::size_t kTemplateWork = 2 * kRenderedLimit;
/// Deepest nesting of parentheses and indexes.
inline constexpr std::size_t kTemplateDepth = 32;
inline constexpr std::size_t kTemplateRemarks = 100;

/// Renders any bytes as cloud-init does with Jinja 3, as far as expressions go:
///
///   {{ a.b["c"][0].split(".")[-1] | default("x") }}   {# comment #}   {% raw %}{{ }}{% endraw %}
///
/// Values: names, text, whole numbers, true, false, none. Filters: default and d, lower, upper,
/// trim, replace, join, int, string, length and count, first, last. Methods of text: split, lower,
/// upper, strip, replace. "-" inside of a tag removes white space beside it. The line end after a
/// comment and after endraw is removed (trim_blocks), that at the end of the text is kept, and CRLF
/// becomes LF. Letters beyond ASCII have no upper and lower case here.
///
/// A variable that is undefined becomes "CI_MISSING_JINJA_VAR/" and its last name. Fails for
/// anything else: statements, operators, members of what is undefined, wrong syntax, and what is
/// beyond the bounds. cloud-init drops the part then.
///
/// `variables` is nested no deeper than kJsonDepth and a few levels. Source: cloud-init's
/// explanation of instance-data, and its templater, which sets trim_blocks.
[[nodiscard]] std::expected<RenderedTemplate, TemplateFailure> render_jinja(
    std::string_view text, const nlohmann::json& variables);

}  // namespace azl::provision::custom_data
