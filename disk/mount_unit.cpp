#include "disk/mount_unit.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"

namespace azl::disk {

namespace {

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ':' ||
         c == '_' || c == '.';
}

/// One component of a path. The first one's leading dot is escaped too, for a file of that name
/// would be hidden.
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

// Azure's remote I/O can stall for 120 s; systemd's own limit is 90 s.
constexpr const char* kTimeout = "TimeoutSec=300s";

}  // namespace

Result<std::string> unit_name(std::string_view path, std::string_view suffix) {
  constexpr std::size_t kLongest = 255;  // UNIT_NAME_MAX
  if (!path.starts_with('/') || path.find('\0') != std::string_view::npos) {
    return fail(Reason::kInvalidInput, "'" + printable(path) + "' is no absolute path");
  }
  std::string name;
  for (const std::string_view component : split(path, '/')) {
    if (component == ".") continue;
    if (component == "..") {
      return fail(Reason::kInvalidInput, "'" + printable(path) + "' has a '..'");
    }
    const bool first = name.empty();
    if (!first) name += '-';
    name += escape(component, first);
  }
  if (name.empty()) name = "-";
  name += suffix;
  if (name.size() > kLongest) {
    return fail(Reason::kInvalidInput,
                "'" + printable(path) + "' is too long for the name of a systemd unit");
  }
  return name;
}

Result<void> mount_now(Processes& processes, const MountUnit& unit, const Deadline& deadline) {
  const std::string options = unit.options.empty() ? "nofail" : "nofail," + unit.options;
  auto done = processes.run(
      {.argv = {"systemd-mount", "--quiet", "--collect", "--automount=no",
                "--description=" + unit.description, "--type=" + unit.type, "--options=" + options,
                std::string("--property=") + kTimeout, "--", unit.what, unit.where}},
      deadline);
  if (!done) return fail(std::move(done.error()), "mounting " + unit.where);
  return {};
}

Result<void> reload_units(Processes& processes, const Deadline& deadline) {
  auto done = processes.run({.argv = {"systemctl", "daemon-reload"}}, deadline);
  if (!done) return fail(std::move(done.error()), "having systemd read its units");
  return {};
}

Result<void> start_unit(Processes& processes, const std::string& name, const Deadline& deadline) {
  auto done = processes.run({.argv = {"systemctl", "start", "--", name}}, deadline);
  if (!done) return fail(std::move(done.error()), "starting " + name);
  return {};
}

}  // namespace azl::disk
