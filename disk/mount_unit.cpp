#include "disk/mount_unit.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"

namespace azl::disk {

namespace {

constexpr std::string_view kDirectory = "/run/systemd/system";

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

/// A value after "Key=": to the end of the line, with "%" doubled, which begins a specifier.
Result<std::string> value_of(std::string_view text) {
  const bool control = std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < ' ' || c == '\x7F';
  });
  if (control || text.ends_with('\\') || trim(text) != text) {
    return fail(Reason::kInvalidInput, "'" + printable(text) + "' can't stand in a unit's file");
  }
  std::string value;
  for (const char c : text) value += c == '%' ? "%%" : std::string(1, c);
  return value;
}

/// The lines "Key=value" of a section; empty values are left out.
Result<std::string> section(
    std::string_view name,
    const std::vector<std::pair<std::string_view, std::string_view>>& assignments) {
  std::string text = "[" + std::string(name) + "]\n";
  for (const auto& [key, assigned] : assignments) {
    if (assigned.empty()) continue;
    auto value = value_of(assigned);
    if (!value) return value;
    text += std::string(key) + "=" + *value + "\n";
  }
  return text;
}

constexpr std::string_view kHead = "# Written by azl-provision on this boot.\n";
// Azure's remote I/O can stall for 120 s; systemd's own limit is 90 s.
constexpr std::string_view kTimeout = "300s";

Result<UnitFile> unit_file(std::string_view path, std::string_view suffix, Result<std::string> unit,
                           Result<std::string> rest) {
  if (!unit) return fail(std::move(unit.error()));
  if (!rest) return fail(std::move(rest.error()));
  auto name = unit_name(path, suffix);
  if (!name) return fail(std::move(name.error()));
  return UnitFile{.name = std::move(*name), .text = std::string(kHead) + *unit + "\n" + *rest};
}

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

std::string device_by_uuid(std::string_view uuid) {
  return "/dev/disk/by-uuid/" + std::string(uuid);
}

Result<UnitFile> mount_unit(const MountUnit& unit) {
  const std::string options = unit.options.empty() ? "nofail" : "nofail," + unit.options;
  return unit_file(unit.where, ".mount",
                   section("Unit", {{"Description", unit.description},
                                    {"Documentation", "man:azl-provision(8)"}}),
                   section("Mount", {{"What", unit.what},
                                     {"Where", unit.where},
                                     {"Type", unit.type},
                                     {"Options", options},
                                     {"TimeoutSec", kTimeout}}));
}

Result<UnitFile> swap_unit(const SwapUnit& unit) {
  // In place of the default dependencies, of which Before=swap.target would be in the boot's way.
  // That a file's mount comes before it and goes after it is a dependency that systemd always adds.
  return unit_file(unit.what, ".swap",
                   section("Unit", {{"Description", unit.description},
                                    {"Documentation", "man:azl-provision(8)"},
                                    {"DefaultDependencies", "no"},
                                    {"Conflicts", "umount.target"},
                                    {"Before", "umount.target"}}),
                   section("Swap", {{"What", unit.what}, {"TimeoutSec", kTimeout}}));
}

Result<bool> write_units(const Root& root, const std::vector<UnitFile>& units) {
  if (auto made = root.make_directory(kDirectory); !made) return made;
  bool changed = false;
  for (const UnitFile& unit : units) {
    auto written = root.write(std::string(kDirectory) + "/" + unit.name, unit.text,
                              {.durable = false});  // it is gone with the boot
    if (!written) return written;
    changed = changed || *written;
  }
  return changed;
}

Result<void> reload_units(Processes& processes, const Deadline& deadline) {
  auto done = processes.run({.argv = {"systemctl", "daemon-reload"}}, deadline);
  if (!done) return fail(std::move(done.error()), "having systemd read its units");
  return {};
}

Result<void> start_unit(Processes& processes, const std::string& name, UnitStart how,
                        const Deadline& deadline) {
  std::vector<std::string> argv = {"systemctl", "start"};
  if (how == UnitStart::kNoBlock) argv.emplace_back("--no-block");
  argv.insert(argv.end(), {"--", name});
  auto done = processes.run({.argv = std::move(argv)}, deadline);
  if (!done) return fail(std::move(done.error()), "starting " + name);
  return {};
}

}  // namespace azl::disk
