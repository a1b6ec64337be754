// Reads the members of a map in cloud-config.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "provision/custom_data/parse/yaml_tree.h"
#include "provision/custom_data/plan/module.h"

namespace azl::provision::custom_data {

/// Reads values, and remarks on those that cannot be used. In names of keys, "-" counts as "_", as
/// cloud-init takes them in users.
class MapReader {
 public:
  /// The first and the last outlive this. `rule`: of the remarks. `subject` begins them: "user 2".
  MapReader(const YamlNode& map, std::string_view rule, std::string subject, ModuleOutput& out)
      : map_(map), rule_(rule), subject_(std::move(subject)), out_(out) {}

  /// Returns the value of a key. If the key stands there in several spellings, the last one counts.
  /// Returns nullptr if the key is missing or its value is null.
  [[nodiscard]] const YamlNode* find(std::string_view key) const;
  /// As find(), but returns a null too.
  [[nodiscard]] const YamlNode* find_given(std::string_view key) const;
  /// The text of a scalar as it is written. Returns an empty text, with a warning, for a list or a
  /// map.
  [[nodiscard]] std::string read_text(std::string_view key) const;
  /// Returns nullopt if there is no such key, or, with a warning, if it is neither true nor false.
  [[nodiscard]] std::optional<bool> read_flag(std::string_view key) const;
  /// Warns of keys that are not among these.
  void remark_unknown_keys(std::string_view map_name,
                           std::span<const std::string_view> known) const;

  void warn(const YamlNode& at, const std::string& text, std::string advice = {}) const;
  /// Remarks that the subject is not made: "user 2: TEXT, so that it is not made".
  void refuse(const YamlNode& at, const std::string& text, std::string advice = {}) const;

  [[nodiscard]] const YamlNode& map() const { return map_; }
  [[nodiscard]] const std::string& subject() const { return subject_; }
  [[nodiscard]] ModuleOutput& out() const { return out_; }

 private:
  const YamlNode& map_;
  std::string_view rule_;
  std::string subject_;
  ModuleOutput& out_;
};

/// Whether a scalar is true or false: a boolean, a number, or one of cloud-init's words for them.
/// Returns nullopt for everything else.
[[nodiscard]] std::optional<bool> parse_flag(const YamlNode& node);

/// Whether text has a control character or a ':', which no field of passwd(5) can hold.
[[nodiscard]] bool breaks_account_files(std::string_view text);

/// The names in text with commas, in a list of such texts, or of a map. Leaves out empty names and
/// repeated ones. The second is the first value that is neither, or nullptr.
struct NameList {
  std::vector<std::string> names = {};
  const YamlNode* wrong = nullptr;
};
[[nodiscard]] NameList read_names(const YamlNode& node);

}  // namespace azl::provision::custom_data
