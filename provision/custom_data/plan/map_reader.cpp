#include "provision/custom_data/plan/map_reader.h"

#include <algorithm>

#include "base/closest.h"
#include "base/text.h"
#include "provision/custom_data/parse/shown_name.h"

namespace azl::provision::custom_data {
namespace {

std::string underscored(std::string_view name) {
  std::string key(trim(name));
  std::replace(key.begin(), key.end(), '-', '_');
  return key;
}

void add_name(std::string_view name, std::vector<std::string>& names) {
  name = trim(name);
  if (name.empty() || std::ranges::find(names, name) != names.end()) return;
  names.emplace_back(name);
}

void add_names(const YamlNode& node, NameList& list) {
  const bool is_scalar = node.kind == YamlKind::kText || node.kind == YamlKind::kInt;
  if (!is_scalar) {
    if (list.wrong == nullptr) list.wrong = &node;
    return;
  }
  for (const auto name : split(node.text.reveal(), ',')) add_name(name, list.names);
}

}  // namespace

const YamlNode* MapReader::find_given(std::string_view key) const {
  const YamlNode* found = nullptr;
  for (const auto& member : map_.members) {
    if (underscored(member.name) == key) found = &member.value;
  }
  return found;
}

const YamlNode* MapReader::find(std::string_view key) const {
  const auto* found = find_given(key);
  return found == nullptr || found->kind == YamlKind::kNull ? nullptr : found;
}

std::string MapReader::read_text(std::string_view key) const {
  const auto* node = find(key);
  if (node == nullptr) return {};
  if (node->kind != YamlKind::kList && node->kind != YamlKind::kMap)
    return std::string(node->text.reveal());
  warn(*node, describe_wrong_kind(key, node->kind, "text") + "; it is ignored");
  return {};
}

std::optional<bool> MapReader::read_flag(std::string_view key) const {
  const auto* node = find(key);
  if (node == nullptr) return std::nullopt;
  const auto flag = parse_flag(*node);
  if (!flag)
    warn(*node, "'" + std::string(key) + "' is neither true nor false; it is ignored",
         "write 'true' or 'false'");
  return flag;
}

void MapReader::remark_unknown_keys(std::string_view map_name,
                                    std::span<const std::string_view> known) const {
  for (const auto& member : map_.members) {
    const auto key = underscored(member.name);
    if (std::ranges::find(known, key) != known.end()) continue;
    const auto meant = out_.may_suggest() ? find_closest(key, known) : std::string_view();
    out_.remark(RemarkLevel::kWarning, "unknown-key", out_.place_of(member),
                std::string(map_name) + " has no key " + quote_name(member.name, kUnshownKey) +
                    "; it is ignored",
                meant.empty() ? "" : "did you mean '" + std::string(meant) + "'?");
  }
}

void MapReader::warn(const YamlNode& at, const std::string& text, std::string advice) const {
  out_.remark(RemarkLevel::kWarning, rule_, out_.place_of(at), subject_ + ": " + text,
              std::move(advice));
}

void MapReader::refuse(const YamlNode& at, const std::string& text, std::string advice) const {
  out_.remark(RemarkLevel::kError, rule_, out_.place_of(at),
              subject_ + ": " + text + ", so that it is not made", std::move(advice));
}

std::optional<bool> parse_flag(const YamlNode& node) {
  if (node.kind == YamlKind::kBool) return node.boolean;
  if (node.kind == YamlKind::kInt) return node.integer != 0;
  if (node.kind != YamlKind::kText) return std::nullopt;
  // Source: is_true() and is_false() of cloud-init.
  const auto word = lower(trim(node.text.reveal()));
  if (word == "true" || word == "1" || word == "on" || word == "yes") return true;
  if (word == "false" || word == "0" || word == "off" || word == "no") return false;
  return std::nullopt;
}

bool breaks_account_files(std::string_view text) {
  return std::ranges::any_of(
      text, [](char c) { return c == ':' || static_cast<unsigned char>(c) < 0x20U || c == 0x7f; });
}

NameList read_names(const YamlNode& node) {
  NameList list;
  if (node.kind == YamlKind::kNull) return list;
  if (node.kind == YamlKind::kList) {
    for (const auto& item : node.items) add_names(item, list);
  } else if (node.kind == YamlKind::kMap) {
    for (const auto& member : node.members) add_name(member.name, list.names);
  } else {
    add_names(node, list);
  }
  return list;
}

}  // namespace azl::provision::custom_data
