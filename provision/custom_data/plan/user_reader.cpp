#include "provision/custom_data/plan/user_reader.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "base/count.h"
#include "base/text.h"
#include "provision/accounts/user_name.h"
#include "provision/custom_data/plan/password_text.h"
#include "provision/custom_data/plan/user_keys.h"

namespace azl::provision::custom_data {
namespace {

constexpr auto kKeys = std::to_array<std::string_view>({"create_groups",
                                                        "doas",
                                                        "expiredate",
                                                        "gecos",
                                                        "groups",
                                                        "hashed_passwd",
                                                        "homedir",
                                                        "inactive",
                                                        "lock_passwd",
                                                        "name",
                                                        "no_create_home",
                                                        "no_log_init",
                                                        "no_user_group",
                                                        "passwd",
                                                        "plain_text_passwd",
                                                        "primary_group",
                                                        "selinux_user",
                                                        "shell",
                                                        "snapuser",
                                                        "ssh_authorized_keys",
                                                        "ssh_import_id",
                                                        "ssh_redirect_user",
                                                        "sudo",
                                                        "system",
                                                        "uid"});

/// Keys that are not carried out, and what to do instead.
struct NotDone {
  std::string_view key;
  std::string_view advice;
};
constexpr auto kNotDone = std::to_array<NotDone>({
    {"doas", "write /etc/doas.conf with write_files"},
    {"selinux_user", "run 'semanage login' in runcmd"},
    {"ssh_import_id", "fetch the keys in runcmd, or give them in ssh_authorized_keys"},
    {"ssh_redirect_user", "give the user no ssh_authorized_keys"},
});

/// A key that says something about a new account only.
struct NewAccountKey {
  std::string_view key;
  bool changes_azure_user;
  bool (*is_given)(const MakeUser& user);
};
constexpr auto kNewAccountKeys = std::to_array<NewAccountKey>({
    {"gecos", true, [](const MakeUser& user) { return !user.gecos.empty(); }},
    {"groups", true, [](const MakeUser& user) { return !user.groups.empty(); }},
    {"shell", true, [](const MakeUser& user) { return !user.shell.empty(); }},
    {"create_groups", false,
     [](const MakeUser& user) { return !user.create_groups && user.groups.empty(); }},
    {"expiredate", false, [](const MakeUser& user) { return !user.expiredate.empty(); }},
    {"homedir", false, [](const MakeUser& user) { return !user.homedir.empty(); }},
    {"inactive", false, [](const MakeUser& user) { return !user.inactive.empty(); }},
    {"no_create_home", false, [](const MakeUser& user) { return user.no_create_home; }},
    {"no_log_init", false, [](const MakeUser& user) { return user.no_log_init; }},
    {"no_user_group", false, [](const MakeUser& user) { return user.no_user_group; }},
    {"primary_group", false, [](const MakeUser& user) { return !user.primary_group.empty(); }},
    {"system", false, [](const MakeUser& user) { return user.system; }},
    {"uid", false, [](const MakeUser& user) { return user.uid.has_value(); }},
});

bool is_path(std::string_view path) {
  const auto parts = split(path, '/');
  return path.starts_with('/') && !parts.empty() && !breaks_account_files(path) &&
         std::ranges::find(parts, "..") == parts.end();
}

bool is_date(std::string_view text) {
  constexpr std::string_view kForm = "0000-00-00";
  return text.size() == kForm.size() && std::ranges::equal(text, kForm, [](char c, char form) {
           return form == '-' ? c == '-' : c >= '0' && c <= '9';
         });
}

std::vector<std::string> read_groups(const MapReader& reader) {
  const auto* node = reader.find("groups");
  if (node == nullptr) return {};
  auto list = read_names(*node);
  if (list.wrong != nullptr)
    reader.warn(*list.wrong, "a group is " + std::string(to_string(list.wrong->kind)) +
                                 ", and has to be a name; it is left out");
  const auto bad =
      std::erase_if(list.names, [](const auto& name) { return !is_account_name(name); });
  if (bad > 0)
    reader.warn(*node, "no group can have one of the names in 'groups'; it is left out",
                "begin a name with a letter or '_', and use at most 32 letters, digits, '_', '.' "
                "and '-'");
  return std::move(list.names);
}

/// Reads text of which `is_usable` says whether it can be used.
std::string read_checked(const MapReader& reader, std::string_view key,
                         bool (*is_usable)(std::string_view), std::string advice) {
  auto text = reader.read_text(key);
  if (text.empty() || is_usable(text)) return text;
  reader.warn(*reader.find(key), "'" + std::string(key) + "' cannot be used; it is ignored",
              std::move(advice));
  return {};
}

bool breaks_rule(char c) {
  return c != '\t' && (static_cast<unsigned char>(c) < 0x20U || c == 0x7f);
}

std::vector<std::string> read_sudo(const MapReader& reader) {
  const auto* node = reader.find("sudo");
  if (node == nullptr || (node->kind == YamlKind::kBool && !node->boolean)) return {};
  std::vector<std::string> rules;
  const auto add = [&](const YamlNode& rule) {
    const auto text = trim(rule.text.reveal());
    const auto word = lower(text);
    if (rule.kind != YamlKind::kText || word == "true" || word == "yes") {
      reader.warn(rule, "a rule in 'sudo' is no text for sudoers(5); it is left out",
                  "write \"sudo: ALL=(ALL) NOPASSWD:ALL\"");
    } else if (std::ranges::any_of(text, breaks_rule)) {
      reader.warn(rule,
                  "a rule in 'sudo' has more than one line, or a control character; it is left out",
                  "write a list with one rule in each item");
    } else if (!text.empty() && word != "false" && word != "no" && word != "none") {
      rules.emplace_back(text);
    }
  };
  if (node->kind == YamlKind::kList) {
    for (const auto& item : node->items) add(item);
  } else {
    add(*node);
  }
  return rules;
}

/// Reads a password or a hash. Numbers count as the text that Python makes of them.
Secret read_secret(const MapReader& reader, std::string_view key) {
  const auto* node = reader.find(key);
  if (node == nullptr) return {};
  if (node->kind == YamlKind::kInt) {
    reader.warn(*node, "'" + std::string(key) + "' is a number for YAML", "quote it");
    return Secret(std::to_string(node->integer));
  }
  if (node->kind != YamlKind::kText) {
    reader.warn(*node, describe_wrong_kind(key, node->kind, "text") + "; no password is set");
    return {};
  }
  auto password = read_password_text(node->text.reveal());
  const auto warn = [&](std::string_view what, std::string_view advice) {
    reader.warn(*node, "'" + std::string(key) + "' " + std::string(what), std::string(advice));
  };
  if (password.text.empty()) {
    warn(kEmptyPassword, kEmptyPasswordAdvice);
    return {};
  }
  if (!password.wrong.empty()) {
    warn(password.wrong + "; no password is set", "");
    return {};
  }
  if (password.cut) warn(kCutPassword, kCutPasswordAdvice);
  return std::move(password.text);
}

Secret read_hash(const MapReader& reader, std::string_view key) {
  auto hash = read_secret(reader, key);
  if (hash.empty() || is_password_hash(hash.reveal())) return hash;
  reader.warn(*reader.find(key), "'" + std::string(key) + "' is no hash; no password is set",
              "make one with 'openssl passwd -6', or use 'plain_text_passwd'");
  return {};
}

/// The number of an integer in YAML, where 01750 is 1000, or of text in digits. Returns nullopt for
/// everything else.
std::optional<std::int64_t> read_number(const YamlNode& node) {
  if (node.kind == YamlKind::kInt) return node.integer;
  if (node.kind != YamlKind::kText) return std::nullopt;
  const auto text = node.text.reveal();
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && end == text.data() + text.size() && !text.empty();
  return whole ? std::optional(number) : std::nullopt;
}

/// Reads the days after which an account with an expired password is closed.
std::string read_inactive(const MapReader& reader) {
  const auto* node = reader.find("inactive");
  if (node == nullptr) return {};
  const auto days = read_number(*node);
  if (days && *days >= -1 && *days < 1'000'000) return std::to_string(*days);
  reader.warn(*node, "'inactive' cannot be used; it is ignored", "write a number of days");
  return {};
}

/// Returns false, with a remark, if the user cannot be made with this uid.
bool read_uid(const MapReader& reader, MakeUser& user) {
  const auto* node = reader.find("uid");
  if (node == nullptr) return true;
  const auto uid = read_number(*node);
  if (!uid || *uid < 0 || *uid >= std::int64_t{UINT32_MAX}) {
    reader.refuse(*node, "'uid' is no number of a user", "write a number, such as 2000");
    return false;
  }
  if (*uid == 0) {
    reader.refuse(*node, "uid 0 is root's", "give the user 'sudo' instead");
    return false;
  }
  user.uid = static_cast<std::uint32_t>(*uid);
  return true;
}

/// Returns false, with a remark, if the keys contradict each other. cloud-init makes no such user.
bool check_home(const MapReader& reader, const MakeUser& user) {
  if (user.name.empty() || (!user.no_create_home && !user.system)) return true;
  for (const auto key : {"ssh_authorized_keys", "ssh_import_id", "ssh_redirect_user"}) {
    const auto* node = reader.find(key);
    if (node == nullptr) continue;
    reader.refuse(*node,
                  "'" + std::string(key) +
                      "' needs a home, which 'no_create_home' and 'system' "
                      "forbid",
                  "remove one of them");
    return false;
  }
  return true;
}

bool has_password(const MakeUser& user) {
  return !user.passwd.empty() || !user.hashed_passwd.empty() || !user.plain_text_passwd.empty();
}

void remark_lock(const MapReader& reader, const MakeUser& user) {
  if (user.name.empty()) return;
  if (has_password(user) && !user.lock_passwd)
    reader.warn(reader.map(), "the password is locked, because 'lock_passwd' defaults to true",
                "write 'lock_passwd: false'");
  if (!has_password(user) && user.lock_passwd == false)
    reader.out().remark(RemarkLevel::kNote, "user", reader.out().place_of(reader.map()),
                        reader.subject() +
                            ": a new user without a password stays locked in spite of "
                            "'lock_passwd: false'",
                        "give 'hashed_passwd', or use chpasswd");
}

void remark_not_done(const MapReader& reader) {
  for (const auto& [key, advice] : kNotDone) {
    const auto* node = reader.find(key);
    if (node == nullptr || (node->kind == YamlKind::kBool && !node->boolean)) continue;
    reader.warn(*node, "'" + std::string(key) + "' is not carried out", std::string(advice));
  }
}

void read_flags(const MapReader& reader, MakeUser& user) {
  user.create_groups = reader.read_flag("create_groups").value_or(true);
  user.no_create_home = reader.read_flag("no_create_home").value_or(false);
  user.no_user_group = reader.read_flag("no_user_group").value_or(false);
  user.no_log_init = reader.read_flag("no_log_init").value_or(false);
  user.system = reader.read_flag("system").value_or(false);
  user.lock_passwd = reader.read_flag("lock_passwd");
}

void read_account(const MapReader& reader, MakeUser& user) {
  const auto any = [](std::string_view text) { return text.find('\0') == std::string_view::npos; };
  user.gecos = read_checked(reader, "gecos", any, "remove the NUL byte");
  user.homedir = read_checked(reader, "homedir", is_path, "write an absolute path");
  user.shell = read_checked(reader, "shell", is_path, "write the path of a program");
  user.primary_group =
      read_checked(reader, "primary_group", is_account_name, "write the name of a group");
  user.expiredate = read_checked(reader, "expiredate", is_date, "write YYYY-MM-DD");
  user.inactive = read_inactive(reader);
  user.groups = read_groups(reader);
}

}  // namespace

std::optional<MakeUser> read_user(const MapReader& reader, const std::string& name) {
  reader.remark_unknown_keys("a user", kKeys);
  if (const auto* snap = reader.find("snapuser"); snap != nullptr) {
    reader.refuse(*snap, "users of snap are not supported", "run 'snap create-user' in runcmd");
    return std::nullopt;
  }
  MakeUser user = {.name = name};
  read_flags(reader, user);
  if (!read_uid(reader, user) || !check_home(reader, user)) return std::nullopt;
  read_account(reader, user);
  user.passwd = read_hash(reader, "passwd");
  user.hashed_passwd = read_hash(reader, "hashed_passwd");
  user.plain_text_passwd = read_secret(reader, "plain_text_passwd");
  user.sudo = read_sudo(reader);
  user.no_sudo = user.sudo.empty() && reader.find_given("sudo") != nullptr;
  if (const auto* keys = reader.find("ssh_authorized_keys"); keys != nullptr)
    user.keys = read_ssh_keys(*keys, reader.subject(), reader.out());
  remark_not_done(reader);
  remark_lock(reader, user);
  return user;
}

std::vector<std::string_view> list_unused_keys(const MakeUser& user, bool azure) {
  std::vector<std::string_view> keys;
  for (const auto& [key, changes_azure_user, is_given] : kNewAccountKeys) {
    if (is_given(user) && !(azure && changes_azure_user)) keys.push_back(key);
  }
  return keys;
}

std::string describe_user(const MakeUser& user) {
  std::vector<std::string> parts;
  if (!user.groups.empty()) parts.push_back("groups " + join(user.groups, ", "));
  if (!user.keys.empty()) parts.push_back(describe_count(user.keys.size(), "SSH key"));
  if (!user.sudo.empty()) parts.emplace_back("sudo");
  if (has_password(user)) parts.emplace_back("a password");
  if (user.lock_passwd.value_or(!user.name.empty())) parts.emplace_back("password locked");
  auto what = user.name.empty() ? std::string("change the user that Azure names")
                                : "make the user " + user.name;
  if (!parts.empty()) what += " (" + join(parts, "; ") + ")";
  return printable(what, 400, Quotes::kKept);
}

}  // namespace azl::provision::custom_data
