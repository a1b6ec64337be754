#include "provision/custom_data/parse/yaml_event_value.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "provision/custom_data/parse/loose_base64.h"
#include "provision/custom_data/parse/text_encoding.h"
#include "provision/custom_data/parse/yaml_scalar.h"

namespace azl::provision::custom_data {
namespace {

/// Puts UTF-8 for what yaml-cpp makes of the escapes \N and \_: single bytes.
Secret repair_escapes(const Secret& scalar) {
  auto rest = scalar.reveal();
  std::string repaired;
  repaired.reserve(2 * rest.size());  // so that no part of it stays behind in memory
  while (!rest.empty()) {
    const auto length = utf8_length(rest);
    if (length == 0) repaired += '\xc2';
    const auto taken = std::max<std::size_t>(length, 1);
    repaired += rest.substr(0, taken);
    rest.remove_prefix(taken);
  }
  return Secret(std::move(repaired));
}

void set_plain(YamlNode& node) {
  const auto scalar = resolve_plain_scalar(node.text.reveal());
  using Kind = PlainScalar::Kind;
  switch (scalar.kind) {
    case Kind::kNull:
      node.kind = YamlKind::kNull;
      break;
    case Kind::kBool:
      node.kind = YamlKind::kBool;
      break;
    case Kind::kInt:
      node.kind = YamlKind::kInt;
      break;
    case Kind::kFloat:
      node.kind = YamlKind::kFloat;
      break;
    case Kind::kText:
      node.kind = YamlKind::kText;
      break;
  }
  node.boolean = scalar.boolean;
  node.integer = scalar.integer;
  node.number = scalar.number;
  node.plain = true;
  node.date = scalar.date;
}

/// Sets the value of a node whose text has a tag. Returns false if the tag does not fit the text.
bool set_tagged(YamlNode& node, YamlTag tag) {
  const auto set = [&node](YamlKind kind, auto& member, const auto& value) {
    node.kind = kind;
    if (value) member = *value;
    return value.has_value();
  };
  const auto text = node.text.reveal();
  switch (tag) {
    case YamlTag::kInt:
      return set(YamlKind::kInt, node.integer, parse_yaml_int(text));
    case YamlTag::kFloat:
      return set(YamlKind::kFloat, node.number, parse_yaml_float(text));
    case YamlTag::kBool:
      return set(YamlKind::kBool, node.boolean, parse_yaml_bool(text));
    case YamlTag::kNull:
      node.kind = YamlKind::kNull;
      return true;
    case YamlTag::kBinary: {
      auto bytes = decode_loose_base64(text);
      if (bytes) node.text = Secret(std::move(*bytes));
      node.kind = YamlKind::kText;
      return bytes.has_value();
    }
    default:
      node.kind = YamlKind::kText;
      node.date = tag == YamlTag::kTimestamp;
      return true;
  }
}

}  // namespace

std::expected<YamlNode, YamlFailure> make_yaml_scalar(const YamlEvent& event) {
  YamlNode node{.exclaimed = event.exclaimed,
                .text = find_invalid_utf8(event.text.reveal()) == std::string_view::npos
                            ? event.text.clone()
                            : repair_escapes(event.text),
                .line = event.line,
                .column = event.column};
  if (event.tag == YamlTag::kPlain)
    set_plain(node);
  else if (event.tag == YamlTag::kMerge)
    return refuse_event(event, "the tag '!!merge' belongs to a key");
  else if (!set_tagged(node, event.tag))
    return event.tag == YamlTag::kBinary
               ? refuse_event(event, "the value of '!!binary' is not base64")
               : refuse_event(event, "the value does not fit its tag", "remove the tag");
  return node;
}

std::unexpected<YamlFailure> refuse_event(const YamlEvent& event, std::string text,
                                          std::string advice) {
  return std::unexpected(YamlFailure{.line = event.line,
                                     .column = event.column,
                                     .text = std::move(text),
                                     .advice = std::move(advice)});
}

}  // namespace azl::provision::custom_data
