// Values of Jinja's expressions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace azl::provision::custom_data {

/// A variable that is used, and not defined.
struct UndefinedVariable {
  std::size_t offset = 0;        ///< where the expression names it
  std::string path;              ///< "ds.meta_data.tags"
  std::string meant;             ///< the member that was probably meant; empty: none is close
  std::string placeholder = {};  ///< what takes its place; empty: nothing does
};

/// What the expressions of a template have in common.
struct JinjaContext {
  const nlohmann::json* variables;
  std::size_t work_left;  ///< bytes
  bool exhausted = false;
  std::vector<UndefinedVariable> undefined = {};
  std::size_t undefined_left;  ///< how many more are kept
  bool undefined_lost = false;

  /// Counts work. Returns false if there has been too much, now or before.
  bool work(std::size_t bytes);
};

struct JinjaValue {
  const nlohmann::json* tree = nullptr;  ///< a value of the variables; nullptr: `own` is the value
  nlohmann::json own = nullptr;
  bool undefined = false;

  // Of an undefined value.
  std::string name = {};  ///< the last name
  std::string path = {};
  std::size_t offset = 0;
  const nlohmann::json* parent = nullptr;  ///< what has no such member; nullptr: not a map

  [[nodiscard]] const nlohmann::json& get() const { return tree != nullptr ? *tree : own; }
  /// Returns null if the value is not text.
  [[nodiscard]] const std::string* text() const;
};

[[nodiscard]] JinjaValue owned(nlohmann::json value);
/// A value of the variables' tree, which outlives it.
[[nodiscard]] JinjaValue of_tree(const nlohmann::json& value);
/// Returns the number of characters. An invalid byte counts as one.
[[nodiscard]] std::size_t count_characters(std::string_view text);
/// The work of a walk through characters, for each byte: it takes longer than a copy.
inline constexpr std::size_t kCharacterWork = 4;
/// Returns whether Python takes the value for true. What is empty, 0 or undefined is not.
[[nodiscard]] bool is_true(const JinjaValue& value);
/// Returns the member that was probably meant by an undefined value; empty if none is close.
[[nodiscard]] std::string find_meant(const JinjaValue& value);
/// Records the use of an undefined value, and the text that takes its place, if any does.
void record_undefined(const JinjaValue& value, JinjaContext& context, std::string placeholder = {});

/// Returns what Python's str() makes of a value, and records a use if it is undefined.
[[nodiscard]] std::string to_text(const JinjaValue& value, JinjaContext& context);

/// Returns the item of a list, or the character of text, at `index`, which may count from the end.
/// Returns nullopt if there is none.
[[nodiscard]] std::optional<JinjaValue> find_item(const JinjaValue& value, std::int64_t index,
                                                  JinjaContext& context);

}  // namespace azl::provision::custom_data
