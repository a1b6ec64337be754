#include "provision/config/config.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include <ini.h>

#include "base/text.h"
#include "provision/config/keys.h"

namespace azl::provision {
namespace {

constexpr std::array<std::string_view, 3> kDirectories = {
    "/etc/azl-provision", "/run/azl-provision", "/usr/lib/azl-provision"};

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// What inih's callbacks share: inih hands out no line numbers unless it was built to, so the
/// reader counts.
struct Reading {
  const ConfigFile* file;
  std::string_view rest;
  int line = 0;
  Config* config;

  void warn(const std::string& what) const {
    config->warnings.push_back(file->path + ":" + std::to_string(line) + ": " + what);
  }
};

constexpr const char* kNoLine = "neither a [Section] nor Key=Value; the line is ignored";

bool makes_sense(std::string_view line) {
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
  // inih would take an indented line for more of the last value. For systemd it is one like others.
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  if (line.size() > static_cast<std::size_t>(size - 1)) {
    // inih would take the rest for a line of its own.
    reading.warn("longer than " + std::to_string(size - 1) + " characters; the line is ignored");
    line = {};
  } else if (!makes_sense(line)) {  // of those inih names only the first
    reading.warn(kNoLine);
    line = {};
  }
  std::ranges::copy(line, buffer);
  buffer[line.size()] = '\0';
  return buffer;
}

int take(void* user, const char* section, const char* name, const char* value) {
  auto& reading = *static_cast<Reading*>(user);
  const auto* key = find_config_key(section, name);
  if (key == nullptr) {
    reading.warn("unknown key '" + printable(name) + "' in section [" + printable(section) +
                 "] is ignored");
  } else if (const auto refusal = key->set(*reading.config, trim(value)); !refusal.empty()) {
    reading.warn(std::string(name) + "=" + printable(value) + " " + refusal +
                 "; the line is ignored");
  }
  return 1;
}

bool masked(const Root& root, const std::string& path, const std::string& text) {
  return trim(text).empty() || root.link_target(path) == "/dev/null";
}

Result<std::optional<ConfigFile>> read_file(const Root& root, const std::string& path) {
  if (root.link_target(path) == "/dev/null") return ConfigFile{path, {}};
  auto text = root.read_if_exists(path);
  if (!text) return fail(std::move(text.error()), "reading " + path);
  if (!*text) return std::optional<ConfigFile>{};
  return ConfigFile{path, std::move(**text)};
}

}  // namespace

ConfigFiles find_config(const Root& root) {
  ConfigFiles found;
  // Returns whether there is such a file, readable or not.
  const auto take_file = [&](const std::string& path, bool drop_in) {
    auto file = read_file(root, path);
    if (!file) {
      found.unread.push_back(std::move(file.error()));
      return true;
    }
    if (!*file) return false;
    if (!drop_in || !masked(root, path, (*file)->text)) found.files.push_back(std::move(**file));
    return true;
  };
  for (const auto directory : kDirectories) {
    if (take_file(std::string(directory) + "/azl-provision.conf", false)) break;
  }
  std::map<std::string, std::string> drop_ins;  // name -> path; the first directory wins
  for (const auto directory : kDirectories) {
    const auto folder = std::string(directory) + "/azl-provision.conf.d";
    auto names = root.list(folder);
    if (!names) {
      found.unread.push_back(std::move(names.error()).with_context("reading " + folder));
      continue;
    }
    for (const auto& name : *names) {
      if (name.ends_with(".conf") && !name.starts_with('.'))
        drop_ins.try_emplace(name, folder + "/" + name);
    }
  }
  for (const auto& [name, path] : drop_ins) take_file(path, true);
  return found;
}

Config parse_config(const std::vector<ConfigFile>& files) {
  Config config;
  for (const auto& file : files) {
    Reading reading{.file = &file, .rest = file.text, .config = &config};
    if (reading.rest.starts_with(kByteOrderMark)) reading.rest.remove_prefix(kByteOrderMark.size());
    const int bad_line = ini_parse_stream(next_line, &reading, take, &reading);
    if (bad_line > 0) {
      reading.line = bad_line;
      reading.warn(kNoLine);
    }
  }
  return config;
}

Config load_config(const Root& root) {
  auto found = find_config(root);
  auto config = parse_config(found.files);
  config.unread = std::move(found.unread);
  return config;
}

}  // namespace azl::provision
