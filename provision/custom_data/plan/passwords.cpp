#include "provision/custom_data/plan/passwords.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "provision/accounts/user_name.h"
#include "provision/custom_data/plan/map_reader.h"
#include "provision/custom_data/plan/password_text.h"

namespace azl::provision::custom_data {
namespace {

constexpr std::string_view kRule = "password";

std::string describe_password(const SetPassword& password) {
  const std::string who = password.user.empty() ? "the user that Azure names" : password.user;
  auto what = password.kind == PasswordKind::kRandom
                  ? "make a random password for " + who + " and print it on the console"
                  : "set the password of " + who;
  if (password.expire) what += "; it has to be changed at the next login";
  return what;
}

void add_password(std::string id, const Place& place, SetPassword password, ModuleOutput& out) {
  auto what = describe_password(password);
  out.add({.id = std::move(id),
           .place = place,
           .phase = ItemPhase::kEarly,
           .what = std::move(what),
           .action = std::move(password)});
}

/// Whether passwords have to be changed at the next login. That is cloud-init's default.
bool read_expire(const YamlNode* chpasswd) {
  const auto* expire = chpasswd == nullptr ? nullptr : chpasswd->find("expire");
  return expire == nullptr || parse_flag(*expire).value_or(true);
}

bool has_entries(const YamlNode* list) {
  return list != nullptr && (!list->items.empty() || !trim(list->text.reveal()).empty());
}

class ChpasswdReader {
 public:
  ChpasswdReader(bool expire, ModuleOutput& out) : expire_(expire), out_(out) {}

  void read_users(const YamlNode& users);
  void read_list(const YamlNode& list);

 private:
  void read_user(const YamlNode& user);
  void read_line(std::string_view line, const YamlNode& at);
  void add(const std::string& name, PasswordKind kind, Secret text, const YamlNode& at);
  void warn_of_cut(const PasswordText& password, const YamlNode& at);
  [[nodiscard]] std::optional<PasswordKind> read_type(const MapReader& reader) const;
  void refuse(const YamlNode& at, const std::string& why, std::string advice);

  bool expire_;
  ModuleOutput& out_;
  std::size_t number_ = 0;  ///< of the password, from 1
  std::set<std::string> names_;
};

void ChpasswdReader::refuse(const YamlNode& at, const std::string& why, std::string advice) {
  out_.remark(RemarkLevel::kError, kRule, out_.place_of(at),
              "password " + std::to_string(number_) + ": " + why + ", so that it is not set",
              std::move(advice));
}

/// Later passwords of a user replace earlier ones, as chpasswd(8) does.
void ChpasswdReader::add(const std::string& name, PasswordKind kind, Secret text,
                         const YamlNode& at) {
  if (!is_account_name(name)) return refuse(at, "no user can have this name", "");
  if (kind == PasswordKind::kHash && !is_password_hash(text.reveal()))
    return refuse(at, "it is no hash", "make one with 'openssl passwd -6', or write 'type: text'");
  auto id = "chpasswd/" + name;
  if (!names_.insert(name).second) id += "/" + std::to_string(number_);
  add_password(std::move(id), out_.place_of(at),
               {.user = name, .kind = kind, .password = std::move(text), .expire = expire_}, out_);
}

void ChpasswdReader::warn_of_cut(const PasswordText& password, const YamlNode& at) {
  if (!password.cut) return;
  out_.remark(RemarkLevel::kWarning, kRule, out_.place_of(at),
              "password " + std::to_string(number_) + ": it " + std::string(kCutPassword),
              std::string(kCutPasswordAdvice));
}

std::optional<PasswordKind> ChpasswdReader::read_type(const MapReader& reader) const {
  const auto type = reader.read_text("type");
  if (type.empty() || type == "hash") return PasswordKind::kHash;
  if (type == "text") return PasswordKind::kText;
  if (type == "RANDOM") return PasswordKind::kRandom;
  return std::nullopt;
}

void ChpasswdReader::read_user(const YamlNode& user) {
  ++number_;
  if (user.kind != YamlKind::kMap)
    return refuse(user, "it is " + std::string(to_string(user.kind)) + ", and has to be a map",
                  "write '- {name: NAME, password: HASH}'");
  const MapReader reader(user, kRule, "password " + std::to_string(number_), out_);
  constexpr auto kKeys = std::to_array<std::string_view>({"name", "password", "type"});
  reader.remark_unknown_keys("a user of chpasswd", kKeys);
  const auto kind = read_type(reader);
  if (!kind)
    return refuse(*reader.find("type"), "its type is unknown", "write 'hash', 'text' or 'RANDOM'");
  const auto* password = reader.find("password");
  if (*kind == PasswordKind::kRandom) return add(reader.read_text("name"), *kind, Secret(), user);
  if (password == nullptr)
    return refuse(user, "there is no 'password'", "add it, or write 'type: RANDOM'");
  if (password->kind == YamlKind::kList || password->kind == YamlKind::kMap)
    return refuse(*password, describe_wrong_kind("password", password->kind, "text"), "quote it");
  if (password->kind != YamlKind::kText)
    reader.warn(*password,
                "'password' is " + std::string(to_string(password->kind)) +
                    " for YAML; it is taken as it stands there",
                "quote it");
  auto text = read_password_text(password->text.reveal());
  if (!text.wrong.empty()) return refuse(*password, "it " + text.wrong, "");
  warn_of_cut(text, *password);
  add(reader.read_text("name"), *kind, std::move(text.text), *password);
}

void ChpasswdReader::read_users(const YamlNode& users) {
  if (users.kind == YamlKind::kList) {
    for (const auto& user : users.items) read_user(user);
  } else if (users.kind != YamlKind::kNull) {
    ++number_;
    refuse(users, describe_wrong_kind("users", users.kind, "a list"),
           "write '- {name: NAME, password: HASH}' for each user");
  }
}

void ChpasswdReader::read_line(std::string_view line, const YamlNode& at) {
  ++number_;
  const auto colon = line.find(':');
  if (colon == std::string_view::npos)
    return refuse(at, "it has no ':' between name and password", "write 'NAME:PASSWORD'");
  auto password = read_password_text(line.substr(colon + 1));
  if (!password.wrong.empty()) return refuse(at, "it " + password.wrong, "");
  warn_of_cut(password, at);
  const auto kind = find_password_kind(password.text.reveal());
  add(std::string(line.substr(0, colon)), kind,
      kind == PasswordKind::kRandom ? Secret() : std::move(password.text), at);
}

void ChpasswdReader::read_list(const YamlNode& list) {
  if (list.kind == YamlKind::kList) {
    for (const auto& item : list.items) {
      if (item.kind == YamlKind::kText) {
        read_line(item.text.reveal(), item);
        continue;
      }
      ++number_;
      refuse(item, "it is " + std::string(to_string(item.kind)) + ", and has to be text",
             "quote 'NAME:PASSWORD', and write no blank after ':'");
    }
  } else if (list.kind == YamlKind::kText) {
    for (auto line : split(list.text.reveal(), '\n')) {
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (!line.empty()) read_line(line, list);
    }
  } else if (list.kind != YamlKind::kNull) {
    ++number_;
    refuse(list, describe_wrong_kind("list", list.kind, "a list"), "write '- NAME:PASSWORD'");
  }
}

}  // namespace

void plan_ssh_pwauth(const YamlMember& member, ModuleOutput& out) {
  const auto& value = member.value;
  const auto flag = parse_flag(value);
  if (!flag) {
    const bool unchanged =
        value.kind == YamlKind::kNull ||
        (value.kind == YamlKind::kText && lower(value.text.reveal()) == "unchanged");
    if (!unchanged)
      out.remark(RemarkLevel::kWarning, "ssh-pwauth", out.place_of(member),
                 "'ssh_pwauth' is neither true nor false; sshd stays as it is",
                 "write 'true' or 'false'");
    return;
  }
  out.add({.id = "ssh_pwauth",
           .place = out.place_of(member),
           .phase = ItemPhase::kEarly,
           .what = std::string(*flag ? "allow" : "forbid") + " logins by password over SSH",
           .action = SetPasswordLogins{.allowed = *flag}});
}

void plan_chpasswd(const YamlMember& member, ModuleOutput& out) {
  const auto& value = member.value;
  if (value.kind != YamlKind::kMap) {
    out.remark(
        RemarkLevel::kError, kRule, out.place_of(member),
        describe_wrong_kind(member.name, value.kind, "a map") + ", so that no password is set",
        "write 'users:' and the list of users below it");
    return;
  }
  constexpr auto kKeys = std::to_array<std::string_view>({"expire", "list", "users"});
  const MapReader reader(value, kRule, "chpasswd", out);
  reader.remark_unknown_keys("chpasswd", kKeys);
  (void)reader.read_flag("expire");  // for its remark
  ChpasswdReader passwords(read_expire(&value), out);
  if (const auto* users = reader.find("users"); users != nullptr) passwords.read_users(*users);
  if (const auto* list = reader.find("list"); list != nullptr) passwords.read_list(*list);
}

void plan_password(const YamlMember& member, ModuleOutput& out) {
  const auto& value = member.value;
  const auto* chpasswd = out.find_key("chpasswd");
  if (chpasswd != nullptr &&
      (has_entries(chpasswd->find("users")) || has_entries(chpasswd->find("list")))) {
    out.remark(RemarkLevel::kWarning, kRule, out.place_of(member),
               "'password' is ignored, because 'chpasswd' has passwords",
               "add the user to chpasswd's 'users'");
    return;
  }
  if (value.kind == YamlKind::kList || value.kind == YamlKind::kMap) {
    out.remark(RemarkLevel::kError, kRule, out.place_of(member),
               describe_wrong_kind(member.name, value.kind, "text") + ", so that it is not set",
               "quote it");
    return;
  }
  if (value.kind == YamlKind::kNull) return;
  auto password = read_password_text(value.text.reveal());
  const auto warn = [&](std::string_view what, std::string_view advice) {
    out.remark(RemarkLevel::kWarning, kRule, out.place_of(member),
               "'password' " + std::string(what), std::string(advice));
  };
  if (password.text.empty()) return warn(kEmptyPassword, kEmptyPasswordAdvice);
  if (!password.wrong.empty()) {
    out.remark(RemarkLevel::kError, kRule, out.place_of(member),
               "'password' " + password.wrong + ", so that it is not set");
    return;
  }
  if (value.kind != YamlKind::kText)
    warn("is " + std::string(to_string(value.kind)) + " for YAML; it is taken as it stands there",
         "quote it");
  if (password.cut) warn(kCutPassword, kCutPasswordAdvice);
  const auto kind = find_password_kind(password.text.reveal());
  add_password("password", out.place_of(member),
               {.user = {},
                .kind = kind,
                .password = kind == PasswordKind::kRandom ? Secret() : std::move(password.text),
                .expire = read_expire(chpasswd)},
               out);
}

}  // namespace azl::provision::custom_data
