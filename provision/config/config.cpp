#include "provision/config/config.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include <ini.h>

#include "base/closest.h"
#include "base/text.h"
#include "provision/config/keys.h"

namespace azl::provision {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// What inih's callbacks share. They count the lines, because not every build of inih does.
struct Reading {
  const ConfigFile* file;
  std::string_view rest;
  int line = 0;
  std::string section;  ///< of the line
  Config* config;
  ConfigOf whose;

  void warn(const std::string& what, bool about_login) const {
    config->warnings.push_back(
        {printable(file->path, 200) + ":" + std::to_string(line) + ": " + what, about_login});
  }
};

constexpr const char* kBadLine = "neither a [Section] nor Key=Value; the line is ignored";

constexpr std::array<std::string_view, 2> kLoginSections = {"User", "Ssh"};

/// Whether a line that cannot be used may have been meant for [User] or [Ssh]: it stands there, its
/// section is unknown, or these sections have its key.
bool may_be_about_login(std::string_view section, std::string_view key) {
  if (!is_config_section(section)) return true;
  return std::ranges::any_of(kLoginSections, [&](std::string_view login) {
    return login == section || find_config_key(login, key) != nullptr;
  });
}

/// Says what somebody probably meant by an unknown key: "; did you mean Sudo=?".
std::string suggest(std::string_view section, std::string_view name) {
  if (!is_config_section(section)) {
    const auto meant = find_closest(section, config_sections());
    if (!meant.empty()) return "; did you mean [" + std::string(meant) + "]?";
  }
  for (const auto other : config_sections()) {
    if (find_config_key(other, name) != nullptr)
      return "; " + std::string(name) + "= belongs to [" + std::string(other) + "]";
  }
  const auto meant = find_closest(name, config_key_names(section));
  return meant.empty() ? std::string() : "; did you mean " + std::string(meant) + "=?";
}

/// Whether a key names a source or a receiver outside the tree, which only the command line may
/// name for a tree.
bool leads_out_of_tree(std::string_view section, std::string_view name) {
  if (section == "Report") return name == "OtlpEndpoint";
  return section == "Platform" &&
         (name == "ImdsUrl" || name == "WireServerUrl" || name == "MediaPath");
}

bool is_valid_line(std::string_view line) {
  line = trim(line);
  if (line.empty() || line.front() == '#' || line.front() == ';') return true;
  return line.find(line.front() == '[' ? ']' : '=') != std::string_view::npos;
}

char* next_line(char* buffer, int size, void* stream) {
  auto& reading = *static_cast<Reading*>(stream);
  if (reading.rest.empty() || size < 2) return nullptr;
  const auto end = std::min(reading.rest.find('\n'), reading.rest.size() - 1) + 1;
  auto line = reading.rest.substr(0, end);
  reading.rest.remove_prefix(end);
  ++reading.line;
  // inih appends an indented line to the last value. systemd parses it like any other line.
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  if (line.size() > static_cast<std::size_t>(size - 1)) {
    // inih would parse the rest as another line.
    reading.warn("longer than " + std::to_string(size - 1) + " characters; the line is ignored",
                 may_be_about_login(reading.section, {}));
    line = {};
  } else if (!is_valid_line(line)) {  // inih reports only the first of these
    // "[User" is one too, and would have begun a section.
    reading.warn(kBadLine, line.starts_with('[') || may_be_about_login(reading.section, {}));
    line = {};
  } else if (line.starts_with('[')) {
    reading.section = line.substr(1, line.find(']') - 1);
  }
  std::ranges::copy(line, buffer);
  buffer[line.size()] = '\0';
  return buffer;
}

int take_value(void* user, const char* section, const char* name, const char* value) {
  auto& reading = *static_cast<Reading*>(user);
  const auto* key = find_config_key(section, name);
  if (key == nullptr) {
    reading.warn("unknown key '" + printable(name) + "' in section [" + printable(section) +
                     "] is ignored" + suggest(section, name),
                 may_be_about_login(section, name));
  } else if (reading.whose == ConfigOf::kTree && leads_out_of_tree(section, name)) {
    reading.warn("[" + std::string(section) + "] " + name +
                     "= is ignored in a root tree; name it on the command line",
                 false);
  } else if (const auto refusal = key->set(*reading.config, trim(value)); !refusal.empty()) {
    reading.warn(
        std::string(name) + "=" + printable(value) + " " + refusal + "; the line is ignored",
        may_be_about_login(section, name));
  } else {
    reading.config->settings.push_back(
        {section, name, std::string(trim(value)), reading.file->path, reading.line});
  }
  return 1;
}

}  // namespace

Config parse_config(const std::vector<ConfigFile>& files, ConfigOf whose) {
  Config config;
  for (const auto& file : files) {
    Reading reading{
        .file = &file, .rest = file.text, .section = {}, .config = &config, .whose = whose};
    if (reading.rest.starts_with(kByteOrderMark)) reading.rest.remove_prefix(kByteOrderMark.size());
    const int bad_line = ini_parse_stream(next_line, &reading, take_value, &reading);
    if (bad_line > 0) {
      reading.line = bad_line;
      reading.warn(kBadLine, true);
    }
  }
  return config;
}

Config load_config(const Root& root) {
  auto found = read_config_files(root);
  auto config = parse_config(found.files, root.live() ? ConfigOf::kMachine : ConfigOf::kTree);
  config.unread = std::move(found.unread);
  return config;
}

}  // namespace azl::provision
