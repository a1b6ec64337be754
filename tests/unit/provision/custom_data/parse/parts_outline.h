// Parts of custom data as text, for tests.
#pragma once

#include <string>

#include "provision/custom_data/parse/parts.h"
#include "tests/unit/provision/custom_data/parse/lines.h"

namespace azl::test {

/// The header of a multipart with the boundary "b".
inline const std::string kMultipart =
    "Content-Type: multipart/mixed; boundary=\"b\"\nMIME-Version: 1.0\n\n";

/// One line for each part: "name kind[text]", and for each remark: "place: level rule".
inline Lines outline(const provision::custom_data::Parts& parts) {
  using provision::custom_data::RemarkLevel;
  Lines lines;
  for (const auto& part : parts.parts) {
    lines.push_back(part.name + " " + std::string(to_string(part.kind)) + "[" +
                    std::string(part.text.reveal()) + "]");
    if (!part.merge_type.empty()) lines.back() += " " + part.merge_type;
  }
  for (const auto& [level, rule, place, text, advice] : parts.remarks) {
    std::string line = place.part;
    if (place.line > 0) line += ":" + std::to_string(place.line);
    if (place.column > 0) line += ":" + std::to_string(place.column);
    line += level == RemarkLevel::kError     ? ": error "
            : level == RemarkLevel::kWarning ? ": warning "
                                             : ": note ";
    lines.push_back(line + rule);
  }
  return lines;
}

}  // namespace azl::test
