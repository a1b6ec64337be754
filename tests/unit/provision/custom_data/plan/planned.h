// Plans a document for a test, and shows the plan as lines of text.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "provision/custom_data/plan/custom_data_plan.h"

namespace azl::test {

using Lines = std::vector<std::string>;

inline provision::custom_data::CustomDataPlan plan_of(std::string_view document) {
  return provision::custom_data::make_custom_data_plan(
      document, nlohmann::json{{"v1", {{"local_hostname", "vm"}}}});
}

/// "ID PHASE REPEAT" of each item.
inline Lines items_of(const provision::custom_data::CustomDataPlan& plan) {
  Lines lines;
  for (const auto& item : plan.items) {
    lines.push_back(item.id + " " + std::string(to_string(item.phase)) + " " +
                    std::string(to_string(item.repeat)));
  }
  return lines;
}
inline Lines items_of(std::string_view document) { return items_of(plan_of(document)); }

/// "LEVEL LINE:COLUMN RULE" of each remark. The level is a letter: n, w or e.
inline Lines remarks_of(const provision::custom_data::CustomDataPlan& plan) {
  Lines lines;
  for (const auto& remark : plan.remarks) {
    lines.push_back(std::string(1, "nwe"[static_cast<int>(remark.level)]) + " " +
                    std::to_string(remark.place.line) + ":" + std::to_string(remark.place.column) +
                    " " + remark.rule);
  }
  return lines;
}
inline Lines remarks_of(std::string_view document) { return remarks_of(plan_of(document)); }

/// The text of the script with this id. Fails the test if there is none.
inline std::string script_of(const provision::custom_data::CustomDataPlan& plan,
                             std::string_view id) {
  for (const auto& item : plan.items) {
    const auto* script = std::get_if<provision::custom_data::RunScript>(&item.action);
    if (item.id == id && script != nullptr) return std::string(script->text.reveal());
  }
  FAIL("no script " << id);
  return {};
}

/// A MIME message of these parts, each a header without "Content-" and a body.
struct MimeText {
  std::string header;  ///< lines such as "Content-Type: text/x-shellscript"
  std::string body;
};
inline std::string make_message(const std::vector<MimeText>& parts) {
  std::string text = "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"b\"\n\n";
  for (const auto& part : parts) text += "--b\n" + part.header + "\n\n" + part.body + "\n";
  return text + "--b--\n";
}

}  // namespace azl::test
