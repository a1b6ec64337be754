#include "provision/accounts/host_key_files.h"

#include <algorithm>
#include <utility>

#include "provision/accounts/ssh_key.h"

namespace azl::provision {

namespace {

constexpr std::string_view kDirectory = "/etc/ssh";
constexpr std::string_view kPrefix = "ssh_host_";
constexpr std::string_view kPrivate = "_key";
constexpr std::string_view kPublic = "_key.pub";

/// Returns the type in the name of a host key file: "rsa" for "ssh_host_rsa_key" with the suffix
/// "_key". Returns nullopt for other names.
std::optional<std::string> type_of_file(std::string_view name, std::string_view suffix) {
  if (name.size() <= kPrefix.size() + suffix.size() || !name.starts_with(kPrefix) ||
      !name.ends_with(suffix)) {
    return std::nullopt;
  }
  name.remove_prefix(kPrefix.size());
  name.remove_suffix(suffix.size());
  return std::string(name);
}

}  // namespace

std::string host_key_name(std::string_view type) {
  return std::string(kPrefix) + std::string(type) + std::string(kPrivate);
}

std::string host_key_path(std::string_view type) {
  return std::string(kDirectory) + "/" + host_key_name(type);
}

std::optional<HostKey> read_host_key(const Root& root, const std::string& type) {
  const auto info = root.stat(host_key_path(type));
  if (!info || !*info || !(*info)->is_regular() || (*info)->size == 0) return std::nullopt;
  const auto line = root.read_if_exists(host_key_path(type) + ".pub", kHostKeyLimit);
  if (!line || !*line) return std::nullopt;
  auto key = parse_ssh_key(**line);
  if (!key) return std::nullopt;
  return HostKey{.type = type, .fingerprint = std::move(key->fingerprint)};
}

std::vector<HostKey> read_host_keys(const Root& root) {
  std::vector<HostKey> keys;
  // If the directory cannot be listed, whoever writes keys to it gets the error.
  const auto names = root.list(kDirectory).value_or(std::vector<std::string>());
  for (const std::string& name : names) {
    const auto type = type_of_file(name, kPublic);
    auto key = type ? read_host_key(root, *type) : std::nullopt;
    if (key) keys.push_back(std::move(*key));
  }
  return keys;
}

Result<void> remove_host_keys_except(const Root& root, const std::vector<HostKey>& kept) {
  const auto names = OR_RETURN(root.list(kDirectory));
  for (const std::string& name : names) {
    auto type = type_of_file(name, kPrivate);
    if (!type) type = type_of_file(name, kPublic);
    if (!type || std::ranges::find(kept, *type, &HostKey::type) != kept.end()) continue;
    OR_RETURN(root.remove(std::string(kDirectory) + "/" + name));
  }
  return {};
}

}  // namespace azl::provision
