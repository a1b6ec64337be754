#include "provision/image/check/read_image.h"

#include <array>
#include <string_view>

#include <fnmatch.h>

#include "base/text.h"
#include "provision/gather/tree.h"
#include "provision/image/check/layered_files.h"

namespace azl::provision {
namespace {

constexpr std::array<std::string_view, 5> kUnitDirectories = {
    "/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system", "/lib/systemd/system"};
constexpr std::array<std::string_view, 5> kPresetDirectories = {
    "/etc/systemd/system-preset", "/run/systemd/system-preset",
    "/usr/local/lib/systemd/system-preset", "/usr/lib/systemd/system-preset",
    "/lib/systemd/system-preset"};

}  // namespace

ImageFacts read_image(const ImageSource& source) {
  ImageFacts facts = {.directory = source.root.directory(), .config = load_config(source.root)};
  for (const auto read :
       {read_state_facts, read_boot_facts, read_agent_facts, read_network_facts, read_driver_facts,
        read_program_facts, read_account_facts, read_sshd_facts, read_selinux_facts})
    read(source, facts);
  return facts;
}

Presets::Presets(const Root& root) {
  constexpr std::size_t kMostLines = 50'000;
  for (const auto& file : list_layered_files(root, kPresetDirectories, ".preset")) {
    if (file.masked) continue;
    int number = 0;
    const auto text = read_image_file(root, file.path);
    for (const auto raw : split_lines(text)) {
      ++number;
      const auto line = trim(raw);
      if (line.empty() || line.front() == '#' || line.front() == ';') continue;
      if (lines_.size() == kMostLines) return;
      lines_.push_back({.path = file.path, .line = number, .text = std::string(line)});
    }
  }
}

PresetFacts Presets::find(const std::string& unit) const {
  for (const auto& line : lines_) {
    const auto words = split(line.text, ' ');
    if (words.size() < 2 || (words[0] != "enable" && words[0] != "disable" && words[0] != "ignore"))
      continue;
    const std::string pattern(trim(words[1]).substr(0, 256));
    if (fnmatch(pattern.c_str(), unit.c_str(), FNM_NOESCAPE) != 0) continue;
    return {.enables = words[0] != "disable", .line = line};
  }
  return {};
}

std::string find_unit_file(const Root& root, const std::string& unit) {
  for (const auto directory : kUnitDirectories) {
    auto path = std::string(directory) + "/" + unit;
    if (root.exists(path) || root.link_target(path)) return path;
  }
  return {};
}

bool will_be_enabled(const Root& root, const Presets& presets, bool first_boot,
                     const std::string& unit) {
  if (is_unit_enabled(root, unit)) return true;
  const auto file = find_unit_file(root, unit);
  return first_boot && !file.empty() && !is_masked(root, file) && presets.find(unit).enables;
}

}  // namespace azl::provision
