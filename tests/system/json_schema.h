// Compares JSON with the schemas in docs/.
#pragma once

#include <algorithm>
#include <stdexcept>
#include <string>

#include <nlohmann/json.hpp>

#include "tests/system/program.h"

namespace azl::test {

using Json = nlohmann::json;

inline bool has_type(const Json& value, const std::string& type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "integer") return value.is_number_integer();
  if (type == "boolean") return value.is_boolean();
  if (type == "null") return value.is_null();
  throw std::runtime_error("this test does not know the schema's type " + type);
}

/// Returns the differences between a value and a JSON schema. Knows only the keywords that our
/// schema uses.
inline Strings schema_errors(const Json& value, const Json& schema, const Json& whole,
                             const std::string& where = "") {
  if (schema.contains("$ref")) {
    const auto target = schema.at("$ref").get<std::string>().substr(1);  // without '#'
    return schema_errors(value, whole.at(Json::json_pointer(target)), whole, where);
  }
  Strings list;
  const auto complain = [&](const std::string& what) { list.push_back(where + ": " + what); };
  if (schema.contains("const") && value != schema.at("const")) complain("is not the constant");
  if (schema.contains("enum") &&
      std::ranges::find(schema.at("enum"), value) == schema.at("enum").end())
    complain(value.dump() + " is not one of the allowed values");
  if (schema.contains("type") && !has_type(value, schema.at("type"))) {
    complain("is not of type " + schema.at("type").get<std::string>());
    return list;
  }
  if (schema.contains("oneOf")) {
    const auto fits = std::ranges::count_if(schema.at("oneOf"), [&](const Json& each) {
      return schema_errors(value, each, whole, where).empty();
    });
    if (fits != 1) complain("matches " + std::to_string(fits) + " of the alternatives");
  }
  const auto add = [&](Strings more) { list.insert(list.end(), more.begin(), more.end()); };
  if (value.is_array() && schema.contains("items")) {
    for (std::size_t i = 0; i < value.size(); ++i)
      add(schema_errors(value[i], schema.at("items"), whole, where + "/" + std::to_string(i)));
  }
  if (!value.is_object() || !schema.contains("properties")) return list;
  for (const auto& name : schema.value("required", Json::array())) {
    if (!value.contains(name)) complain("lacks " + name.get<std::string>());
  }
  for (const auto& [name, member] : value.items()) {
    if (!schema.at("properties").contains(name)) {
      complain("has " + name + ", which is not documented");
    } else {
      add(schema_errors(member, schema.at("properties").at(name), whole, where + "/" + name));
    }
  }
  return list;
}

}  // namespace azl::test
