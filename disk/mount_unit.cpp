#include "disk/mount_unit.h"

#include <cstddef>

#include "base/text.h"

namespace azl::disk {

namespace {

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ':' ||
         c == '_' || c == '.';
}

/// Escapes one component of a path. A leading dot of the first one is escaped too, as it would make
/// the unit a hidden file.
std::string escape(std::string_view component, bool first) {
  std::string escaped;
  for (std::size_t i = 0; i < component.size(); ++i) {
    const char c = component[i];
    const bool hidden = first && i == 0 && c == '.';
    if (is_plain(c) && !hidden) {
      escaped += c;
    } else {
      constexpr std::string_view kDigits = "0123456789abcdef";
      const auto byte = static_cast<unsigned char>(c);
      escaped += "\\x";
      escaped += kDigits[byte >> 4U];
      escaped += kDigits[byte & 0xFU];
    }
  }
  return escaped;
}

// Azure's remote I/O can stall for 120 s; systemd's default time-out is 90 s.
constexpr const char* kTimeout = "TimeoutSec=300s";

}  // namespace

Result<std::string> unit_name(std::string_view path, std::string_view suffix) {
  constexpr std::size_t kMaxName = 255;  // UNIT_NAME_MAX
  if (!path.starts_with('/') || path.find('\0') != std::string_view::npos) {
    return fail(Reason::kInvalidInput, "'" + printable(path) + "' is not an absolute path");
  }
  std::string name;
  for (const std::string_view component : split(path, '/')) {
    if (component == ".") continue;
    if (component == "..") {
      return fail(Reason::kInvalidInput, "'" + printable(path) + "' contains '..'");
    }
    const bool first = name.empty();
    if (!first) name += '-';
    name += escape(component, first);
  }
  if (name.empty()) name = "-";
  name += suffix;
  if (name.size() > kMaxName) {
    return fail(Reason::kInvalidInput,
                "'" + printable(path) + "' is too long for the name of a systemd unit");
  }
  return name;
}

Result<void> mount_now(Processes& processes, const MountUnit& unit, const Deadline& deadline) {
  const std::string options = unit.options.empty() ? "nofail" : "nofail," + unit.options;
  const Command command = {.argv = {"systemd-mount", "--quiet", "--collect", "--automount=no",
                                    "--description=" + unit.description, "--type=" + unit.type,
                                    "--options=" + options, std::string("--property=") + kTimeout,
                                    "--", unit.what, unit.where}};
  OR_RETURN(processes.run(command, deadline), "mounting " + unit.where);
  return {};
}

Result<void> reload_units(Processes& processes, const Deadline& deadline) {
  const Command command = {.argv = {"systemctl", "daemon-reload"}};
  OR_RETURN(processes.run(command, deadline), "reloading systemd's units");
  return {};
}

Result<void> start_unit(Processes& processes, const std::string& name, const Deadline& deadline) {
  const Command command = {.argv = {"systemctl", "start", "--", name}};
  OR_RETURN(processes.run(command, deadline), "starting " + name);
  return {};
}

}  // namespace azl::disk
