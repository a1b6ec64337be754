#include "provision/config/config.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include <ini.h>

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
  Config* config;

  void warn(const std::string& what) const {
    config->warnings.push_back(file->path + ":" + std::to_string(line) + ": " + what);
  }
};

constexpr const char* kBadLine = "neither a [Section] nor Key=Value; the line is ignored";

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
    reading.warn("longer than " + std::to_string(size - 1) + " characters; the line is ignored");
    line = {};
  } else if (!is_valid_line(line)) {  // inih reports only the first of these
    reading.warn(kBadLine);
    line = {};
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
                 "] is ignored");
  } else if (const auto refusal = key->set(*reading.config, trim(value)); !refusal.empty()) {
    reading.warn(std::string(name) + "=" + printable(value) + " " + refusal +
                 "; the line is ignored");
  }
  return 1;
}

}  // namespace

Config parse_config(const std::vector<ConfigFile>& files) {
  Config config;
  for (const auto& file : files) {
    Reading reading{.file = &file, .rest = file.text, .config = &config};
    if (reading.rest.starts_with(kByteOrderMark)) reading.rest.remove_prefix(kByteOrderMark.size());
    const int bad_line = ini_parse_stream(next_line, &reading, take_value, &reading);
    if (bad_line > 0) {
      reading.line = bad_line;
      reading.warn(kBadLine);
    }
  }
  return config;
}

Config load_config(const Root& root) {
  auto found = read_config_files(root);
  auto config = parse_config(found.files);
  config.unread = std::move(found.unread);
  return config;
}

}  // namespace azl::provision
