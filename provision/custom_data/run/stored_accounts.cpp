#include "provision/custom_data/run/stored_accounts.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/json.h"
#include "base/text.h"
#include "provision/custom_data/run/stored_json.h"

namespace azl::provision::custom_data {
namespace {

using nlohmann::json;

Result<Secret> read_secret(const json& action, std::string_view name) {
  return Secret(OR_RETURN(read_bytes(action, name)));
}

std::string encode(const Secret& secret) { return base64_encode(secret.reveal()); }

std::string_view to_word(PasswordKind kind) {
  if (kind == PasswordKind::kHash) return "hash";
  return kind == PasswordKind::kText ? "text" : "random";
}

PasswordKind read_kind(std::string_view word) {
  if (word == "hash") return PasswordKind::kHash;
  return word == "text" ? PasswordKind::kText : PasswordKind::kRandom;
}

Result<MakeUser> read_user(const json& action) {
  MakeUser user = {.name = text_member(action, "name"),
                   .gecos = text_member(action, "gecos"),
                   .homedir = text_member(action, "homedir"),
                   .shell = text_member(action, "shell"),
                   .primary_group = text_member(action, "primary_group"),
                   .groups = read_texts(action, "groups"),
                   .expiredate = text_member(action, "expiredate"),
                   .inactive = text_member(action, "inactive"),
                   .create_groups = bool_member(action, "create_groups"),
                   .no_create_home = bool_member(action, "no_create_home"),
                   .no_user_group = bool_member(action, "no_user_group"),
                   .no_log_init = bool_member(action, "no_log_init"),
                   .system = bool_member(action, "system"),
                   .passwd = OR_RETURN(read_secret(action, "passwd")),
                   .hashed_passwd = OR_RETURN(read_secret(action, "hashed_passwd")),
                   .plain_text_passwd = OR_RETURN(read_secret(action, "plain_text_passwd")),
                   .sudo = read_texts(action, "sudo"),
                   .no_sudo = bool_member(action, "no_sudo"),
                   .keys = read_texts(action, "keys")};
  if (find_member(action, "uid") != nullptr)
    user.uid = static_cast<std::uint32_t>(number_member(action, "uid", UINT32_MAX));
  if (find_member(action, "lock_passwd") != nullptr)
    user.lock_passwd = bool_member(action, "lock_passwd", true);
  return user;
}

}  // namespace

json to_json(const MakeGroup& group) {
  return {{"kind", "make-group"}, {"name", group.name}, {"members", group.members}};
}

json to_json(const MakeUser& user) {
  json action = {{"kind", "make-user"},
                 {"name", user.name},
                 {"gecos", user.gecos},
                 {"homedir", user.homedir},
                 {"shell", user.shell},
                 {"primary_group", user.primary_group},
                 {"groups", user.groups},
                 {"expiredate", user.expiredate},
                 {"inactive", user.inactive},
                 {"create_groups", user.create_groups},
                 {"no_create_home", user.no_create_home},
                 {"no_user_group", user.no_user_group},
                 {"no_log_init", user.no_log_init},
                 {"system", user.system},
                 {"passwd", encode(user.passwd)},
                 {"hashed_passwd", encode(user.hashed_passwd)},
                 {"plain_text_passwd", encode(user.plain_text_passwd)},
                 {"sudo", user.sudo},
                 {"no_sudo", user.no_sudo},
                 {"keys", user.keys}};
  if (user.uid) action["uid"] = *user.uid;
  if (user.lock_passwd) action["lock_passwd"] = *user.lock_passwd;
  return action;
}

json to_json(const AddSshKeys& keys) { return {{"kind", "add-ssh-keys"}, {"keys", keys.keys}}; }

json to_json(const AllowRootLogin& /*login*/) { return {{"kind", "allow-root-login"}}; }

json to_json(const SetPasswordLogins& logins) {
  return {{"kind", "set-password-logins"}, {"allowed", logins.allowed}};
}

json to_json(const SetPassword& password) {
  return {{"kind", "set-password"},
          {"user", password.user},
          {"of", to_word(password.kind)},
          {"password", encode(password.password)},
          {"expire", password.expire}};
}

Result<std::optional<Action>> read_account_action(const json& action) {
  const auto kind = text_member(action, "kind");
  if (kind == "make-group")
    return MakeGroup{.name = text_member(action, "name"), .members = read_texts(action, "members")};
  if (kind == "make-user") return OR_RETURN(read_user(action));
  if (kind == "add-ssh-keys") return AddSshKeys{.keys = read_texts(action, "keys")};
  if (kind == "allow-root-login") return AllowRootLogin{};
  if (kind == "set-password-logins")
    return SetPasswordLogins{.allowed = bool_member(action, "allowed")};
  if (kind == "set-password") {
    return SetPassword{.user = text_member(action, "user"),
                       .kind = read_kind(text_member(action, "of")),
                       .password = OR_RETURN(read_secret(action, "password")),
                       .expire = bool_member(action, "expire", true)};
  }
  return std::nullopt;
}

}  // namespace azl::provision::custom_data
