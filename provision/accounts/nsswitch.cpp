#include "provision/accounts/nsswitch.h"

#include <string>

#include "base/text.h"

namespace azl::provision {

namespace {

/// Parses the services of a line, "files [SUCCESS=merge] systemd". Skips actions in brackets.
DatabaseSources parse_services(std::string_view text) {
  std::string plain;
  bool action = false;
  for (const char c : text) {
    action = (action || c == '[') && c != ']';
    const bool blank = action || c == ']' || c == '\t' || c == '\r';
    plain += blank ? ' ' : c;
  }
  DatabaseSources sources;
  for (const std::string_view service : split(plain, ' ')) {
    sources.altfiles = sources.altfiles || service == "altfiles";
    sources.userdb = sources.userdb || service == "systemd";
  }
  return sources;
}

}  // namespace

LocalSources parse_nsswitch(std::string_view text) {
  LocalSources sources;
  for (std::string_view line : split(text, '\n')) {
    line = line.substr(0, line.find('#'));
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const std::string_view database = trim(line.substr(0, colon));
    const std::string_view services = line.substr(colon + 1);
    if (database == "passwd") sources.passwd = parse_services(services);
    if (database == "group") sources.group = parse_services(services);
  }
  return sources;
}

Result<LocalSources> read_nsswitch(const Root& root) {
  for (const std::string_view path : {"/etc/nsswitch.conf", "/usr/etc/nsswitch.conf"}) {
    const auto text = OR_RETURN(root.read_if_exists(path));
    if (text) return parse_nsswitch(*text);
  }
  return LocalSources();
}

}  // namespace azl::provision
