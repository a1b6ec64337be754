#include "provision/store/kept_custom_data.h"

namespace azl::provision {

Result<void> make_instance_directory(const Root& root) {
  if (root.link_target(kInstanceDirectory) && !root.exists(kInstanceDirectory))
    OR_RETURN(root.remove(kInstanceDirectory));
  OR_RETURN(root.make_directory(kInstanceDirectory));
  return {};
}

Result<void> keep_custom_data(const Root& root, std::string_view document,
                              std::span<const KeptScript> scripts) {
  if (root.link_target(kInstanceDirectory)) OR_RETURN(root.remove(kInstanceDirectory));
  (void)OR_RETURN(remove_kept_custom_data(root));
  OR_RETURN(root.make_directory(kInstanceDirectory));
  OR_RETURN(root.write(kUserDataFile, document, {.mode = 0600, .owner = 0, .group = 0}));
  if (scripts.empty()) return {};
  OR_RETURN(root.make_directory(kKeptScripts, {.mode = 0700, .owner = 0, .group = 0}));
  for (const auto& script : scripts)
    OR_RETURN(root.write(std::string(kKeptScripts).append("/").append(script.name), script.text,
                         {.mode = 0700, .owner = 0, .group = 0}));
  return {};
}

Result<std::vector<std::string>> remove_kept_custom_data(const Root& root) {
  std::vector<std::string> removed;
  if (root.link_target(kInstanceDirectory)) return removed;
  if (OR_RETURN(root.remove(kUserDataFile))) removed.emplace_back(kUserDataFile);
  const auto scripts = OR_RETURN(root.stat(kKeptScripts));
  if (!scripts || !scripts->is_directory()) return removed;
  for (const auto& name : OR_RETURN(root.list(kKeptScripts))) {
    auto path = std::string(kKeptScripts) + "/" + name;
    const auto info = OR_RETURN(root.stat(path));
    if (info && info->is_directory()) continue;
    if (OR_RETURN(root.remove(path))) removed.push_back(std::move(path));
  }
  if (OR_RETURN(root.list(kKeptScripts)).empty()) OR_RETURN(root.remove_directory(kKeptScripts));
  return removed;
}

}  // namespace azl::provision
