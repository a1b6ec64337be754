// What the modules of cloud-config are given: one module plans the items of one or a few keys.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "provision/custom_data/parse/merge.h"
#include "provision/custom_data/parse/remark.h"
#include "provision/custom_data/parse/yaml_tree.h"
#include "provision/custom_data/plan/item.h"
#include "provision/custom_data/plan/remark_list.h"

namespace azl::provision::custom_data {

/// For how many wrong keys of a document the meant one is looked for.
inline constexpr std::size_t kSuggestions = 100;

/// Collects what a module plans and remarks.
class ModuleOutput {
 public:
  /// All outlive this. `config` has the values that the modules are given.
  ModuleOutput(const MergedConfig& config, std::vector<Item>& items, RemarkList& remarks)
      : config_(config), items_(items), remarks_(remarks) {}

  void add(Item item) { items_.push_back(std::move(item)); }
  /// Whether there is an item with this id.
  [[nodiscard]] bool has(std::string_view id) const;
  /// Removes the item with this id. Returns nullopt if there is none.
  std::optional<Item> take(std::string_view id);
  void remark(RemarkLevel level, std::string_view rule, Place place, std::string text,
              std::string advice = {}) {
    remarks_.add({level, std::string(rule), std::move(place), std::move(text), std::move(advice)});
  }

  [[nodiscard]] Place place_of(const YamlNode& node) const { return find_place(config_, node); }
  /// The place of the member's name.
  [[nodiscard]] Place place_of(const YamlMember& member) const {
    return find_place(config_, member);
  }

  /// The value of another top-level key. Returns nullptr if the document has no such key.
  [[nodiscard]] const YamlNode* find_key(std::string_view key) const {
    return config_.root.find(key);
  }
  /// Whether to look for the key that a wrong one may stand for. That takes time, so a document
  /// with many wrong keys gets it for the first kSuggestions.
  [[nodiscard]] bool may_suggest() { return suggestions_++ < kSuggestions; }

  /// All keys of the document. One key can depend on another.
  [[nodiscard]] const YamlNode& config() const { return config_.root; }

  /// Scripts and runcmd are carried out on each boot instead of once.
  void repeat_scripts() { scripts_repeat_ = true; }
  [[nodiscard]] bool do_scripts_repeat() const { return scripts_repeat_; }

 private:
  const MergedConfig& config_;
  std::vector<Item>& items_;
  RemarkList& remarks_;
  bool scripts_repeat_ = false;
  std::size_t suggestions_ = 0;
};

/// Says that a value has another kind than its key can have, for example "'runcmd' is text, and has
/// to be a list". `key` is the name of a key.
[[nodiscard]] std::string describe_wrong_kind(std::string_view key, YamlKind is,
                                              std::string_view expected);

/// Reads a boolean as cloud-init does: true, and the words "true", "1", "on" and "yes" in any case.
/// False: null, false, and the words "false", "0", "off" and "no". Returns nullopt for anything
/// else, which cloud-init takes for false. Source: cloudinit/util.py, translate_bool().
[[nodiscard]] std::optional<bool> read_boolean(const YamlNode& node);

}  // namespace azl::provision::custom_data
