#include "provision/custom_data/plan/final_modules.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "base/text.h"

namespace azl::provision::custom_data {
namespace {

/// A module and its frequency: a name, a list that starts with name and frequency, or a map with
/// "name" and "frequency".
struct Entry {
  std::string name = {};       ///< with "_" for "-", as cloud-init reads it
  std::string frequency = {};  ///< empty: the module's own
};

std::string read_word(const YamlNode* node) {
  return node == nullptr || node->kind != YamlKind::kText ? std::string()
                                                          : std::string(trim(node->text.reveal()));
}

Entry read_entry(const YamlNode& node) {
  Entry entry;
  if (node.kind == YamlKind::kMap) {
    entry = {.name = read_word(node.find("name")), .frequency = read_word(node.find("frequency"))};
  } else if (node.kind == YamlKind::kList) {
    if (!node.items.empty()) entry.name = read_word(node.items.data());
    if (node.items.size() > 1) entry.frequency = read_word(&node.items[1]);
  } else {
    entry.name = read_word(&node);
  }
  std::replace(entry.name.begin(), entry.name.end(), '-', '_');
  return entry;
}

/// Says that the frequencies of other modules stay.
void remark_frequencies(const YamlNode& list, ModuleOutput& out) {
  for (const auto& item : list.items) {
    const auto entry = read_entry(item);
    if (entry.frequency.empty() || (entry.name == "scripts_user" && entry.frequency == "always"))
      continue;
    out.remark(RemarkLevel::kWarning, "module-frequency", out.place_of(item),
               "only scripts-user can get another frequency, which is 'always'; this one stays as "
               "it is",
               "do in bootcmd what is to be done on each boot");
  }
}

}  // namespace

void plan_final_modules(const YamlMember& member, ModuleOutput& out) {
  const auto& items = member.value.items;
  const auto is_always = [](const YamlNode& item) {
    const auto entry = read_entry(item);
    return entry.name == "scripts_user" && entry.frequency == "always";
  };
  remark_frequencies(member.value, out);
  if (std::any_of(items.begin(), items.end(), is_always)) {
    out.repeat_scripts();
    out.remark(RemarkLevel::kNote, "module-list", out.place_of(member),
               "scripts and runcmd are run on each boot; the rest of the list has no effect");
    return;
  }
  const bool has_always_as_name = std::any_of(
      items.begin(), items.end(), [](const YamlNode& i) { return read_entry(i).name == "always"; });
  out.remark(RemarkLevel::kWarning, "module-list", out.place_of(member),
             "'" + member.name + "' is ignored: the keys of the document decide what is done",
             has_always_as_name
                 ? "to run scripts on each boot, write '- [scripts-user, always]' as one item"
                 : "remove it");
}

}  // namespace azl::provision::custom_data
