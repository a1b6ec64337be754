#include "provision/custom_data/run/apt_sources.h"

#include <algorithm>
#include <string_view>
#include <variant>

#include "base/text.h"
#include "provision/custom_data/plan/apt_source_text.h"
#include "provision/custom_data/run/os_release.h"
#include "provision/custom_data/run/package_manager.h"

namespace azl::provision::custom_data {
namespace {

constexpr std::string_view kSourceDirectory = "/etc/apt/sources.list.d";
constexpr std::string_view kConfigurationDirectory = "/etc/apt/apt.conf.d";

bool is_release(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return is_letter_or_digit(c) || std::string_view("-_.").contains(c);
  });
}

Result<std::string> make_text(const Root& root, const AddAptSource& item) {
  const auto text = item.text.reveal();
  if (!text.contains(kAptRelease)) return std::string(text);
  const auto release = read_os_release(root).version_codename;
  if (!is_release(release))
    return fail(Reason::kCustomData,
                "the name for '$RELEASE' is not known: /etc/os-release has no VERSION_CODENAME");
  return replace_apt_release(text, release);
}

/// Whether a file has these lines, one after the other.
bool has_lines(std::string_view file, std::string_view lines) {
  return file.starts_with(lines) || file.contains("\n" + std::string(lines));
}

/// What a file gets that has `old`. Sources of several lines are separated by an empty line.
std::string append_source(std::string_view old, const std::string& text, bool deb822) {
  if (old.empty()) return text;
  if (has_lines(old, text) || has_lines(std::string(old) + "\n", text)) return std::string(old);
  return std::string(old) + (old.ends_with('\n') ? "" : "\n") + (deb822 ? "\n" : "") + text;
}

Result<void> write_key(const Root& root, const AddAptSource& item) {
  const std::string_view path = item.key_file;
  OR_RETURN(root.make_directory(path.substr(0, path.rfind('/'))));
  OR_RETURN(root.write(path, item.key));
  return {};
}

}  // namespace

bool is_for_apt(const Item& item) {
  const auto* packages = std::get_if<InstallPackages>(&item.action);
  return std::holds_alternative<AddAptSource>(item.action) ||
         std::holds_alternative<AddAptConfiguration>(item.action) ||
         (packages != nullptr && packages->family == PackageFamily::kApt);
}

bool has_apt(const Root& root) {
  return find_package_manager(root, PackageFamily::kApt).has_value();
}

Result<std::string> add_apt_source(const SystemRun& run, const AddAptSource& item) {
  const Root& root = run.context.root();
  auto text = OR_RETURN(make_text(root, item));
  // apt reads no source whose key is missing.
  if (!item.key.empty()) OR_RETURN(write_key(root, item));
  if (item.file.empty()) return "wrote " + item.key_file;
  const auto path = std::string(kSourceDirectory) + "/" + item.file;
  OR_RETURN(root.make_directory(kSourceDirectory));
  if (item.append) {
    const auto old = OR_RETURN(root.read_if_exists(path));
    text = append_source(old.value_or(""), text, item.file.ends_with(".sources"));
  }
  OR_RETURN(root.write(path, text));
  return "wrote " + path + (item.key.empty() ? "" : " and " + item.key_file);
}

Result<std::string> add_apt_configuration(const SystemRun& run, const AddAptConfiguration& item) {
  const Root& root = run.context.root();
  const auto path = std::string(kConfigurationDirectory) + "/" + item.file;
  OR_RETURN(root.make_directory(kConfigurationDirectory));
  OR_RETURN(root.write(path, item.text.reveal()));
  return "wrote " + path;
}

}  // namespace azl::provision::custom_data
