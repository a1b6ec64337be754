#include "provision/custom_data/parse/yaml_tag.h"

#include <algorithm>
#include <iterator>
#include <string>

namespace azl::provision::custom_data {
namespace {

struct NamedTag {
  std::string_view name;
  YamlTag tag;
};
constexpr NamedTag kTags[] = {
    {"?", YamlTag::kPlain},
    {"!", YamlTag::kQuoted},
    {"tag:yaml.org,2002:str", YamlTag::kText},
    {"tag:yaml.org,2002:binary", YamlTag::kBinary},
    {"tag:yaml.org,2002:timestamp", YamlTag::kTimestamp},
    {"tag:yaml.org,2002:int", YamlTag::kInt},
    {"tag:yaml.org,2002:float", YamlTag::kFloat},
    {"tag:yaml.org,2002:bool", YamlTag::kBool},
    {"tag:yaml.org,2002:null", YamlTag::kNull},
    {"tag:yaml.org,2002:seq", YamlTag::kList},
    {"tag:yaml.org,2002:map", YamlTag::kMap},
    {"tag:yaml.org,2002:merge", YamlTag::kMerge},
};

}  // namespace

std::optional<YamlTag> find_yaml_tag(std::string_view name) {
  const auto* const found = std::ranges::find(kTags, name, &NamedTag::name);
  return found == std::end(kTags) ? std::nullopt : std::optional(found->tag);
}

YamlFailure describe_unknown_tag(std::string_view name) {
  if (name.starts_with("tag:yaml.org,2002:python/"))
    return {.text = "'!!python' tags are refused: they would run code",
            .advice = "write the value as text, a list or a map"};
  for (const std::string_view known : {"set", "omap", "pairs"})
    if (name == "tag:yaml.org,2002:" + std::string(known))
      return {.text = "no key takes a value with the tag '!!" + std::string(known) + "'",
              .advice = "write a list or a map without the tag"};
  // Does not quote it: it may be a password that starts with "!".
  return {.text = "the tag of this value is not known",
          .advice = "put a text that starts with ! in quotes"};
}

}  // namespace azl::provision::custom_data
