#include "provision/accounts/keys_file.h"

#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

#include "base/text.h"

namespace azl::provision {

namespace {

struct Expanded {
  std::string path;
  bool has_user = false;  ///< a token stands for the user
};

/// Expands the tokens of AuthorizedKeysFile: sshd_config(5), TOKENS.
std::optional<Expanded> expand(std::string_view text, const Account& account) {
  Expanded expanded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      expanded.path += text[i];
      continue;
    }
    if (++i == text.size()) return std::nullopt;
    switch (text[i]) {
      case '%':
        expanded.path += '%';
        continue;
      case 'h':
        expanded.path += account.home;
        break;
      case 'u':
        expanded.path += account.name;
        break;
      case 'U':
        expanded.path += std::to_string(account.uid);
        break;
      default:
        return std::nullopt;
    }
    expanded.has_user = true;
  }
  return expanded;
}

/// Returns the path without empty and "." components; nullopt if it has a ".." or no component.
std::optional<std::string> normalise(std::string_view path) {
  std::string normal;
  for (const std::string_view part : split(path, '/')) {
    if (part == ".") continue;
    if (part == "..") return std::nullopt;
    normal += "/";
    normal += part;
  }
  if (normal.empty()) return std::nullopt;
  return normal;
}

std::optional<KeysFile> find_keys_file(std::string_view text, const Account& account) {
  const auto expanded = expand(text, account);
  if (!expanded || expanded->path.empty()) return std::nullopt;
  const bool relative = expanded->path.front() != '/';
  const auto path = normalise(relative ? account.home + "/" + expanded->path : expanded->path);
  const auto home = normalise(account.home);
  if (!path) return std::nullopt;
  const bool in_home = home && path->starts_with(*home + "/");
  if (!in_home && !expanded->has_user) return std::nullopt;
  return KeysFile{*path, in_home ? path->substr(home->size()) : ""};
}

}  // namespace

KeysFile usual_keys_file(const Account& account) {
  constexpr const char* kUsual = "/.ssh/authorized_keys";
  return {account.home + kUsual, kUsual};
}

std::vector<KeysFile> find_keys_files(const SshdAnswer& answer, const Account& account) {
  std::vector<KeysFile> files;
  for (const std::string& text : answer.authorized_keys_files) {
    if (auto file = find_keys_file(text, account)) files.push_back(std::move(*file));
  }
  return files;
}

}  // namespace azl::provision
