// The text of a YAML document: what may be in it, and where its lines are.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "base/secret.h"
#include "provision/custom_data/parse/yaml_failure.h"

namespace azl::provision::custom_data {

/// The first character for which PyYAML refuses a text: a byte that is not UTF-8, or a control
/// character. yaml-cpp would end the text at some of them without a word. Returns nullopt if there
/// is none.
[[nodiscard]] std::optional<YamlFailure> find_bad_character(std::string_view text);

/// The first line that starts with "%" and is none of the directives %YAML and %TAG before the
/// document, or is longer than 1,024 bytes. Does not look at other lines in the document, where
/// quoted text may continue. Returns nullopt if there is none.
[[nodiscard]] std::optional<YamlFailure> find_bad_directive(std::string_view text);

/// Replaces CR LF and single CR by LF, as PyYAML does. yaml-cpp before 0.8 knows no single CR, and
/// later ones count lines wrongly after one.
[[nodiscard]] Secret with_line_feeds(std::string_view text);

/// A place in a text.
struct YamlPlace {
  int line = 0;
  int column = 0;
};

/// The line and column, from 1, of an offset. An offset beyond the text is the last character
/// before it that is no white space.
[[nodiscard]] YamlPlace find_place(std::string_view text, std::size_t at);

/// The offset at which the line of an offset starts.
[[nodiscard]] std::size_t find_line_start(std::string_view text, std::size_t at);

/// The line of an offset, without its line feed.
[[nodiscard]] std::string_view find_line(std::string_view text, std::size_t at);

/// The offset of the last character before `at` that is neither white space nor in a line that has
/// only a comment. Returns nullopt if there is none.
[[nodiscard]] std::optional<std::size_t> find_content_before(std::string_view text, std::size_t at);

}  // namespace azl::provision::custom_data
