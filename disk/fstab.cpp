#include "disk/fstab.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <utility>

#include "base/text.h"

namespace azl::disk {

namespace {

constexpr std::string_view kPath = "/etc/fstab";
constexpr std::string_view kMark = "x-azl-provision";
constexpr std::string_view kAdoptedMark = "x-azl-provision.adopted";
constexpr std::string_view kCustomMark = "x-azl-custom-data";
/// Options by which a line of cloud-init's is recognized. Each line has the first one. Lines of
/// versions until 24.2 may have the second one, and lines of later versions the third one.
constexpr std::array<std::string_view, 3> kCloudInitMarks = {
    "comment=cloudconfig", "x-systemd.requires=cloud-init.service",
    "x-systemd.after=cloud-init-network.service"};
constexpr std::size_t kLimit = 1U << 20U;

/// Escapes a field as fstab(5) requires: a space is "\040".
std::string escape(std::string_view field) {
  std::string escaped;
  for (const char c : field) {
    switch (c) {
      case ' ':
        escaped += "\\040";
        break;
      case '\t':
        escaped += "\\011";
        break;
      case '\n':
        escaped += "\\012";
        break;
      case '\\':
        escaped += "\\134";
        break;
      // A field that begins with '#' would start a comment.
      case '#':
        escaped += escaped.empty() ? "\\043" : "#";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

/// The unescaped fields of a line; none if it is empty or a comment.
std::vector<std::string> fields_of(std::string_view line) {
  line = trim(line);
  if (line.empty() || line.starts_with('#')) return {};
  std::vector<std::string> fields;
  std::size_t at = 0;
  while (at < line.size()) {
    const std::size_t end = std::min(line.find_first_of(" \t", at), line.size());
    fields.push_back(unescape_octal(line.substr(at, end - at)));
    at = std::min(line.find_first_not_of(" \t", end), line.size());
  }
  return fields;
}

/// Splits a text into lines, each with its newline.
std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return lines;
}

/// Normalizes a device's name: "UUID=\"X\"" becomes "/dev/disk/by-uuid/x".
std::string device_key(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kTags = {
      {{"UUID=", "/dev/disk/by-uuid/"},
       {"PARTUUID=", "/dev/disk/by-partuuid/"},
       {"LABEL=", "/dev/disk/by-label/"},
       {"PARTLABEL=", "/dev/disk/by-partlabel/"}}};
  std::string key(name);
  for (const auto& [tag, directory] : kTags) {
    if (!name.starts_with(tag)) continue;
    std::string_view value = name.substr(tag.size());
    if (value.size() >= 2 && value.starts_with('"') && value.ends_with('"')) {
      value = value.substr(1, value.size() - 2);
    }
    key = std::string(directory) + std::string(value);
  }
  // Case matters in labels, but not in UUIDs.
  if (key.starts_with("/dev/disk/by-uuid/") || key.starts_with("/dev/disk/by-partuuid/")) {
    key = lower(key);
  }
  return key;
}

std::string without_slash(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

/// What identifies a line: its mount point, for swap its device.
std::string key_of(const std::string& what, const std::string& mount_point,
                   const std::string& type) {
  if (type == "swap" || !mount_point.starts_with('/')) return device_key(what);
  return without_slash(mount_point);
}

/// A line of the file that mounts something.
struct Parsed {
  std::string what;
  std::string mount_point;
  std::string type;
  std::string key;
  std::vector<std::string> options;
  bool ours = false;
};

bool has_option(const Parsed& line, std::string_view option) {
  return std::ranges::find(line.options, option) != line.options.end();
}

std::optional<Parsed> parse(std::string_view line) {
  const std::vector<std::string> fields = fields_of(line);
  if (fields.size() < 3) return std::nullopt;
  Parsed parsed{.what = fields[0],
                .mount_point = without_slash(fields[1]),
                .type = fields[2],
                .key = key_of(fields[0], fields[1], fields[2]),
                .options = {}};
  if (fields.size() > 3) {
    for (const auto option : split(fields[3], ',')) parsed.options.emplace_back(option);
    parsed.ours = has_option(parsed, kMark);
  }
  return parsed;
}

bool same_device(const FstabLine& line, const std::string& what) {
  const std::string key = device_key(what);
  return key == device_key(line.what) ||
         std::any_of(line.other_names.begin(), line.other_names.end(),
                     [&key](const std::string& name) { return device_key(name) == key; });
}

/// With nofail alone, systemd would wait 90 s for a missing disk, in parallel to the boot. The
/// device timeout limits that.
std::string render(const FstabLine& line) {
  std::string options = "nofail,x-systemd.device-timeout=10s," + std::string(kMark);
  if (line.adopted) options += "," + std::string(kAdoptedMark);
  if (!line.options.empty()) options += "," + line.options;
  const bool checked = line.type == "ext4";  // fsck.xfs and fsck.btrfs do nothing
  return escape(line.what) + " " + escape(line.mount_point) + " " + escape(line.type) + " " +
         escape(options) + " 0 " + (checked ? "2" : "0") + "\n";
}

/// A share needs the network, which systemd knows by its type or by _netdev, and a server that does
/// not answer would hold the mount for minutes. For a device systemd waits 90 s, in parallel to the
/// boot: nobody else would mount it if it came later.
std::string render(const CustomLine& line) {
  std::vector<std::string> options;
  for (const auto option : split(line.options, ',')) {
    if (!option.empty()) options.emplace_back(option);
  }
  const auto has = [&](std::string_view start) {
    return std::ranges::any_of(options, [&](const auto& each) { return each.starts_with(start); });
  };
  const bool is_share = line.what.starts_with("//") || line.what.contains(":/");
  if (is_share && !has("_netdev")) options.emplace_back("_netdev");
  if (!has("nofail")) options.emplace_back("nofail");
  if (is_share && !has("x-systemd.mount-timeout="))
    options.emplace_back("x-systemd.mount-timeout=30s");
  options.emplace_back(kCustomMark);
  return escape(line.what) + " " + escape(line.mount_point) + " " + escape(line.type) + " " +
         escape(join(options, ",")) + " " + line.dump + " " + line.pass + "\n";
}

/// Whether an option is one that only cloud-init's own lines have a use for.
bool is_cloud_init_option(std::string_view option) {
  constexpr std::array<std::string_view, 2> kPrefixes = {"x-systemd.requires=cloud-",
                                                         "x-systemd.after=cloud-"};
  return std::ranges::find(kCloudInitMarks, option) != kCloudInitMarks.end() ||
         std::ranges::any_of(kPrefixes,
                             [&](std::string_view prefix) { return option.starts_with(prefix); });
}

/// Whether an option is one that cloud-init or this program adds to each line. _netdev is among
/// them, because no disk of Azure's needs the network.
bool is_added_by_agents(std::string_view option) {
  constexpr std::array<std::string_view, 5> kAdded = {"defaults", "nofail", "_netdev", kMark,
                                                      kAdoptedMark};
  return std::ranges::find(kAdded, option) != kAdded.end() || is_cloud_init_option(option) ||
         option.starts_with("x-systemd.device-timeout=");
}

bool is_one_of(std::string_view line, const std::vector<std::string>& lines) {
  return std::ranges::find(lines, trim(line)) != lines.end();
}

FstabEdit make_edit(std::string_view before, const std::vector<std::string>& lines) {
  FstabEdit edit{.text = join(lines, "")};
  edit.changed = edit.text != before;
  return edit;
}

/// The mode and owner of the file.
Result<FileAttributes> attributes_of_fstab(const Root& root) {
  const auto info = OR_RETURN(root.stat(kPath));
  if (!info) return FileAttributes{.mode = 0644};
  constexpr mode_t kPermissions = 07777;
  return FileAttributes{.mode = info->mode & kPermissions, .owner = info->uid, .group = info->gid};
}

}  // namespace

FstabEdit add_fstab_line(std::string_view text, const FstabLine& line) {
  const std::string key = key_of(line.what, line.mount_point, line.type);
  std::string taken_by;
  std::vector<std::string> lines;
  std::optional<std::size_t> place;
  for (std::string& old : lines_of(text)) {
    const auto parsed = parse(old);
    const bool same = parsed && parsed->key == key;
    if (parsed && parsed->ours && same) {
      if (place) continue;  // a duplicate
      place = lines.size();
    } else if (parsed && !parsed->ours && (same || same_device(line, parsed->what))) {
      taken_by = std::string(trim(old));
    }
    lines.push_back(std::move(old));
  }
  if (!taken_by.empty()) {
    if (place) lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(*place));
    FstabEdit edit = make_edit(text, lines);
    edit.taken_by = std::move(taken_by);
    return edit;
  }
  if (place) {
    lines[*place] = render(line);
  } else {
    if (!lines.empty() && !lines.back().ends_with('\n')) lines.back() += '\n';
    lines.push_back(render(line));
  }
  return make_edit(text, lines);
}

FstabEdit add_custom_line(std::string_view text, const CustomLine& line) {
  const std::string key = key_of(line.what, line.mount_point, line.type);
  std::vector<std::string> lines;
  bool placed = false;
  for (std::string& old : lines_of(text)) {
    const auto parsed = parse(old);
    const bool same = parsed && parsed->key == key;
    if (same && !has_option(*parsed, kCustomMark)) {
      FstabEdit edit{.text = std::string(text)};
      edit.taken_by = std::string(trim(old));
      return edit;
    }
    if (!same) {
      lines.push_back(std::move(old));
    } else if (!placed) {
      lines.push_back(render(line));
      placed = true;
    }
  }
  if (!placed) {
    if (!lines.empty() && !lines.back().ends_with('\n')) lines.back() += '\n';
    lines.push_back(render(line));
  }
  return make_edit(text, lines);
}

FstabEdit remove_custom_lines(std::string_view text) {
  auto lines = lines_of(text);
  std::erase_if(lines, [](const std::string& line) {
    const auto parsed = parse(line);
    return parsed && has_option(*parsed, kCustomMark);
  });
  return make_edit(text, lines);
}

FstabEdit remove_fstab_lines(std::string_view text, const std::vector<std::string>& kept) {
  std::vector<std::string> lines;
  for (std::string& line : lines_of(text)) {
    const auto parsed = parse(line);
    const bool wanted = std::any_of(kept.begin(), kept.end(), [&parsed](const std::string& each) {
      return parsed && (parsed->key == without_slash(each) || parsed->key == device_key(each));
    });
    if (!parsed || !parsed->ours || wanted) lines.push_back(std::move(line));
  }
  return make_edit(text, lines);
}

std::vector<AgentLine> find_agent_lines(std::string_view text) {
  std::vector<AgentLine> found;
  for (const std::string& line : lines_of(text)) {
    const auto parsed = parse(line);
    if (!parsed || parsed->type == "swap" || !parsed->mount_point.starts_with('/')) continue;
    const bool theirs = std::ranges::any_of(
        kCloudInitMarks, [&](std::string_view mark) { return has_option(*parsed, mark); });
    const bool ours = parsed->ours && has_option(*parsed, kAdoptedMark);
    if (parsed->ours ? !ours : !theirs) continue;
    auto options = parsed->options;
    std::erase_if(options, is_added_by_agents);
    found.push_back({.text = std::string(trim(line)),
                     .device = device_key(parsed->what),
                     .mount_point = parsed->mount_point,
                     .options = join(options, ","),
                     .ours = ours});
  }
  return found;
}

FstabEdit replace_fstab_lines(std::string_view text, const std::vector<std::string>& old,
                              const FstabLine& line) {
  const std::string key = key_of(line.what, line.mount_point, line.type);
  std::vector<std::string> lines;
  bool replaced = false;
  for (std::string& each : lines_of(text)) {
    const auto parsed = parse(each);
    if (is_one_of(each, old)) {
      if (!replaced) lines.push_back(render(line));
      replaced = true;
    } else if (!parsed || !parsed->ours || parsed->key != key) {
      lines.push_back(std::move(each));
    }
  }
  return replaced ? make_edit(text, lines) : FstabEdit{.text = std::string(text)};
}

std::string without_lines(std::string_view text, const std::vector<std::string>& old) {
  auto lines = lines_of(text);
  std::erase_if(lines, [&](const std::string& line) { return is_one_of(line, old); });
  return join(lines, "");
}

bool is_claimed(std::string_view text, const std::string& mount_point) {
  const auto key = without_slash(mount_point);
  return std::ranges::any_of(lines_of(text), [&](const std::string& line) {
    const auto parsed = parse(line);
    return parsed && !parsed->ours && !has_option(*parsed, kCustomMark) && parsed->key == key;
  });
}

Result<std::string> keep_fstab_copy(const Root& root, std::string_view text) {
  constexpr int kMostCopies = 10;
  for (int number = 0; number < kMostCopies; ++number) {
    auto path = std::string(kFstabCopy) + (number == 0 ? "" : "." + std::to_string(number));
    if (root.link_target(path)) continue;
    const auto there = root.read_if_exists(path, kLimit);
    if (!there) continue;  // not a file, or too long
    if (*there && **there != text) continue;
    if (!*there) {
      const auto attributes = OR_RETURN(attributes_of_fstab(root));
      OR_RETURN(root.write(path, text, attributes));
    }
    return path;
  }
  return fail(Reason::kIo, std::string(kFstabCopy) + " and 9 numbered copies exist already");
}

Result<std::string> read_fstab(const Root& root) {
  const auto text = OR_RETURN(root.read_if_exists(kPath, kLimit));
  return text.value_or("");
}

Result<bool> write_fstab(const Root& root, std::string_view text) {
  // A longer file could not be read again.
  if (text.size() > kLimit) return fail(Reason::kIo, "/etc/fstab would be too long");
  const auto attributes = OR_RETURN(attributes_of_fstab(root));
  return root.write(kPath, text, attributes);
}

}  // namespace azl::disk
