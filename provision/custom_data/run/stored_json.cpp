#include "provision/custom_data/run/stored_json.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "base/json.h"
#include "base/text.h"

namespace azl::provision::custom_data {

std::unexpected<Error> damaged(std::string_view what) {
  return fail(Reason::kState, "the stored custom data is damaged: " + std::string(what));
}

Result<std::string> read_bytes(const nlohmann::json& action, std::string_view name) {
  auto bytes = base64_decode(text_member(action, name));
  if (!bytes) return damaged("a member of an item is not base64");
  return std::move(*bytes);
}

std::vector<std::string> read_texts(const nlohmann::json& action, std::string_view name) {
  std::vector<std::string> texts;
  const auto* list = find_member(action, name);
  if (list == nullptr || !list->is_array()) return texts;
  for (const auto& text : *list) {
    if (text.is_string()) texts.push_back(text.get<std::string>());
  }
  return texts;
}

}  // namespace azl::provision::custom_data
