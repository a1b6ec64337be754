#include "provision/custom_data/plan/users.h"

#include <algorithm>
#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "provision/accounts/user_name.h"
#include "provision/custom_data/plan/map_reader.h"
#include "provision/custom_data/plan/user_reader.h"

namespace azl::provision::custom_data {
namespace {

constexpr std::string_view kDefault = "default";
constexpr std::string_view kRule = "user";

constexpr std::string_view kAzureAdvice =
    "make another user in 'users', or create the VM with --admin-username";

void add_user(const std::string& id, const Place& place, MakeUser user, ModuleOutput& out) {
  if (user.name == "root")
    out.remark(RemarkLevel::kWarning, kRule, place,
               "this changes root, who can do everything without sudo" +
                   std::string(user.lock_passwd.value_or(true) ? "; its password is locked" : ""),
               "give another user 'sudo' instead");
  auto what = describe_user(user);
  out.add({.id = id,
           .place = place,
           .phase = ItemPhase::kEarly,
           .what = std::move(what),
           .action = std::move(user)});
}

/// Warns of what the map of the default user has and cannot change.
void remark_unused(const MapReader& reader, const MakeUser& user) {
  for (const auto key : list_unused_keys(user, true))
    reader.warn(*reader.find(key),
                "'" + std::string(key) +
                    "' is ignored: it is for new users, and Azure's user is made before",
                std::string(kAzureAdvice));
  if (user.no_sudo)
    reader.warn(*reader.find_given("sudo"),
                "'sudo' takes nothing away: the user that Azure names keeps the rule that "
                "azl-provision.conf(5) gives it",
                "set Sudo=no in [User] of azl-provision.conf(5) in the image");
}

/// Plans a map that changes the user that Azure names.
void plan_default_user(const YamlNode& map, const std::string& id, const std::string& subject,
                       const Place& place, ModuleOutput& out) {
  const MapReader reader(map, kRule, subject, out);
  if (const auto* name = reader.find("name"); name != nullptr && name->text.reveal() != kDefault)
    reader.warn(*name, "'name' is ignored: the default user is the one that Azure names",
                std::string(kAzureAdvice));
  auto user = read_user(reader, "");
  if (!user) return;
  remark_unused(reader, *user);
  add_user(id, place, std::move(*user), out);
}

class UsersReader {
 public:
  explicit UsersReader(ModuleOutput& out) : out_(out) {}

  void read(const YamlNode& users);
  [[nodiscard]] bool has_default() const { return has_default_; }

 private:
  void read_item(const YamlNode& item);
  void read_entry(const YamlMember& entry);
  void read_names_of(const YamlNode& node);
  void read_map(const std::string& name, const YamlNode& map, const YamlNode& at);
  /// Returns false, with a remark, if no user can have this name, or a user before this one has it.
  [[nodiscard]] bool take_name(const std::string& name, const Place& place);
  void add_named(const std::string& name, const Place& place);
  void remark(const Place& place, const std::string& text, std::string advice);
  [[nodiscard]] std::string subject() const { return "user " + std::to_string(number_); }

  ModuleOutput& out_;
  std::size_t number_ = 0;  ///< of the user, from 1
  bool has_default_ = false;
  std::set<std::string> names_;
};

void UsersReader::remark(const Place& place, const std::string& text, std::string advice) {
  out_.remark(RemarkLevel::kError, kRule, place,
              subject() + ": " + text + ", so that it is not made", std::move(advice));
}

bool UsersReader::take_name(const std::string& name, const Place& place) {
  if (!is_account_name(name)) {
    remark(place, "no user can have this name",
           "begin it with a letter or '_', and use at most 32 letters, digits, '_', '.' and '-'");
    return false;
  }
  if (names_.insert(name).second) return true;
  remark(place, "a user before it has the same name", "join both into one");
  return false;
}

void UsersReader::add_named(const std::string& name, const Place& place) {
  if (name == kDefault) {
    has_default_ = true;  // and a map may follow that changes it
    return;
  }
  if (!take_name(name, place)) return;
  add_user("users/" + name, place, {.name = name}, out_);
}

void UsersReader::read_names_of(const YamlNode& node) {
  const auto list = read_names(node);
  for (const auto& name : list.names) {
    ++number_;
    add_named(name, out_.place_of(node));
  }
  if (list.wrong == nullptr) return;
  ++number_;
  remark(out_.place_of(*list.wrong),
         "it is " + std::string(to_string(list.wrong->kind)) + ", and has to be a name or a map",
         "write '- name: NAME'");
}

void UsersReader::read_map(const std::string& name, const YamlNode& map, const YamlNode& at) {
  ++number_;
  const auto place = out_.place_of(at);
  if (!take_name(name, place)) return;
  if (name == kDefault) {
    has_default_ = true;
    plan_default_user(map, "users/default", subject(), place, out_);
    return;
  }
  const MapReader reader(map, kRule, subject(), out_);
  if (const auto* inner = reader.find("name"); inner != nullptr && inner->text.reveal() != name)
    reader.warn(*inner, "'name' is ignored: the key before the map is the user's name",
                "let that key be the name");
  if (auto user = read_user(reader, name)) add_user("users/" + name, place, std::move(*user), out_);
}

void UsersReader::read_item(const YamlNode& item) {
  if (item.kind != YamlKind::kMap) return read_names_of(item);
  const MapReader reader(item, kRule, "user " + std::to_string(number_ + 1), out_);
  const auto* name = reader.find_given("name");
  if (name == nullptr) {
    out_.remark(
        RemarkLevel::kNote, kRule, out_.place_of(item),
        reader.subject() + ": it has no 'name', so that it changes the user that Azure names",
        "write 'name: default' if it is meant to");
    return read_map(std::string(kDefault), item, item);
  }
  if (name->kind == YamlKind::kText && !name->text.empty())
    return read_map(std::string(name->text.reveal()), item, item);
  ++number_;
  remark(out_.place_of(*name),
         name->kind == YamlKind::kText ? "'name' is empty"
                                       : describe_wrong_kind("name", name->kind, "text"),
         "write the name of a user, or 'name: default' for the user that Azure names");
}

/// A member of a map of users: "NAME: true" or "NAME: {…}".
void UsersReader::read_entry(const YamlMember& entry) {
  if (entry.value.kind == YamlKind::kMap) return read_map(entry.name, entry.value, entry.value);
  ++number_;
  const auto flag = parse_flag(entry.value);
  if (!flag) {
    remark(out_.place_of(entry),
           "it is " + std::string(to_string(entry.value.kind)) + ", and has to be a map",
           "write 'NAME: {gecos: …}'");
  } else if (*flag) {
    add_named(entry.name, out_.place_of(entry));
  }
}

void UsersReader::read(const YamlNode& users) {
  if (users.kind == YamlKind::kList) {
    for (const auto& item : users.items) read_item(item);
  } else if (users.kind == YamlKind::kMap) {
    for (const auto& entry : users.members) read_entry(entry);
  } else if (users.kind != YamlKind::kNull) {
    read_names_of(users);
  }
}

}  // namespace

void plan_users(const YamlMember& member, ModuleOutput& out) {
  UsersReader reader(out);
  reader.read(member.value);
  const auto* user = out.find_key("user");
  if (reader.has_default() || (user != nullptr && user->kind != YamlKind::kNull)) return;
  out.remark(RemarkLevel::kNote, "default-user", out.place_of(member),
             "'users' does not list 'default'; the user that Azure names is made all the same");
}

void plan_user(const YamlMember& member, ModuleOutput& out) {
  const auto& value = member.value;
  if (value.kind == YamlKind::kMap)
    return plan_default_user(value, "user", "user", out.place_of(member), out);
  if (value.kind == YamlKind::kNull) return;
  out.remark(RemarkLevel::kWarning, kRule, out.place_of(member),
             value.kind == YamlKind::kText
                 ? "'user' is ignored: the default user is the one that Azure names"
                 : describe_wrong_kind(member.name, value.kind, "a map") + "; it is ignored",
             std::string(kAzureAdvice));
}

void plan_system_info(const YamlMember& member, ModuleOutput& out) {
  for (const auto& each : member.value.members) {
    if (each.name == "default_user" && each.value.kind == YamlKind::kMap) {
      plan_default_user(each.value, "system_info", "default_user", out.place_of(each), out);
    } else {
      out.remark(RemarkLevel::kWarning, "ignored-key", out.place_of(each),
                 each.name == "default_user"
                     ? describe_wrong_kind(each.name, each.value.kind, "a map") + "; it is ignored"
                     : "of 'system_info', only 'default_user' is used");
    }
  }
  if (member.value.kind == YamlKind::kMap) return;
  out.remark(RemarkLevel::kWarning, kRule, out.place_of(member),
             describe_wrong_kind(member.name, member.value.kind, "a map") + "; it is ignored",
             "write 'default_user:' and its keys below it");
}

}  // namespace azl::provision::custom_data
