#include "provision/custom_data/plan/user_keys.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "base/count.h"
#include "base/text.h"
#include "provision/accounts/ssh_key.h"
#include "provision/custom_data/plan/map_reader.h"

namespace azl::provision::custom_data {
namespace {

/// Reads the keys of one place in the document.
class KeyReader {
 public:
  KeyReader(std::string_view subject, ModuleOutput& out) : subject_(subject), out_(out) {}

  void read(const YamlNode& node) {
    ++number_;
    if (node.kind != YamlKind::kText)
      return refuse(node, "is " + std::string(to_string(node.kind)) + ", and has to be text");
    for (const auto line : list_lines(node.text.reveal())) read_line(node, line);
  }
  [[nodiscard]] std::vector<std::string> take() && { return std::move(keys_); }

 private:
  /// A key that is folded over several lines is one; several keys have a line each.
  static std::vector<std::string_view> list_lines(std::string_view text) {
    std::vector<std::string_view> lines;
    for (const auto line : split(text, '\n')) {
      if (!trim(line).empty() && !trim(line).starts_with('#')) lines.push_back(line);
    }
    const bool each = std::ranges::all_of(lines, begins_ssh_key);
    return each && lines.size() > 1 ? lines : std::vector<std::string_view>{text};
  }

  void read_line(const YamlNode& node, std::string_view line) {
    const auto key = parse_ssh_key(line);
    if (!key) return refuse(node, "is refused: " + key.error().cause());
    if (std::ranges::find(keys_, key->line()) == keys_.end()) keys_.push_back(key->line());
  }

  void refuse(const YamlNode& node, const std::string& why) {
    out_.remark(RemarkLevel::kError, "ssh-key", out_.place_of(node),
                std::string(subject_) + ": SSH key " + std::to_string(number_) + " " + why,
                "write the line of the .pub file, such as 'ssh-ed25519 AAAA… name'");
  }

  std::string_view subject_;
  ModuleOutput& out_;
  std::size_t number_ = 0;  ///< of the key, from 1
  std::vector<std::string> keys_;
};

}  // namespace

std::vector<std::string> read_ssh_keys(const YamlNode& keys, std::string_view subject,
                                       ModuleOutput& out) {
  KeyReader reader(subject, out);
  if (keys.kind == YamlKind::kList) {
    for (const auto& key : keys.items) reader.read(key);
  } else if (keys.kind == YamlKind::kMap) {
    for (const auto& member : keys.members) reader.read(member.value);
  } else if (keys.kind != YamlKind::kNull) {
    reader.read(keys);
  }
  return std::move(reader).take();
}

void plan_ssh_authorized_keys(const YamlMember& member, ModuleOutput& out) {
  auto keys = read_ssh_keys(member.value, member.name, out);
  if (keys.empty()) return;
  out.add(
      {.id = "ssh_authorized_keys",
       .place = out.place_of(member),
       .phase = ItemPhase::kEarly,
       .what = "add " + describe_count(keys.size(), "SSH key") + " to the user that Azure names",
       .action = AddSshKeys{.keys = std::move(keys)}});
}

void plan_disable_root(const YamlMember& member, ModuleOutput& out) {
  const auto flag = parse_flag(member.value);
  if (!flag) {
    out.remark(RemarkLevel::kWarning, "disable-root", out.place_of(member),
               "'disable_root' is neither true nor false; root gets no SSH keys",
               "write 'true' or 'false'");
    return;
  }
  if (*flag) return;  // as always here: root gets no keys
  out.add({.id = "disable_root",
           .place = out.place_of(member),
           .phase = ItemPhase::kEarly,
           .what = "give root the SSH keys of the user that Azure names",
           .action = AllowRootLogin{}});
}

}  // namespace azl::provision::custom_data
