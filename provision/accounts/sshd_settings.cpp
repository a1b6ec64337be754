#include "provision/accounts/sshd_settings.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include <fnmatch.h>

#include "base/text.h"
#include "provision/accounts/sshd_config.h"

namespace azl::provision {

namespace {

constexpr std::string_view kDirectory = "/etc/ssh/";
constexpr int kDeepest = 16;  // SERVCONF_MAX_DEPTH of OpenSSH
constexpr std::size_t kMostFiles = 256;
constexpr std::size_t kMostBytes = 1 << 20;  // of all files
constexpr std::size_t kMostSettings = 20'000;
constexpr std::size_t kMostNames = 200'000;  // that are compared with patterns of Include

/// A Match block.
struct Match {
  std::string criteria;  ///< empty: outside of any
  std::string file;
  int line = 0;
};

class Reader {
 public:
  explicit Reader(const Root& root) : root_(root) {}

  /// Adds the settings of a file. A Match block of the including file continues in this file. A
  /// Match block that begins in this file ends with it.
  void read(const std::string& file, Match match, int depth) {
    const auto info = root_.stat(file);
    if (!info || !*info || !(*info)->is_regular() || ++files_ > kMostFiles) return;
    const auto text = root_.read(file, kMostBytes - bytes_);
    if (!text) return;
    bytes_ += text->size();
    int number = 0;
    for (std::size_t from = 0; from < text->size() && settings.size() < kMostSettings;) {
      const auto end = std::min(text->find('\n', from), text->size());
      SshdLine line = parse_sshd_line(std::string_view(*text).substr(from, end - from));
      from = end + 1;
      ++number;
      if (line.keyword.empty()) continue;
      if (line.keyword == "match") {
        match = {.criteria = join(line.arguments, " "), .file = file, .line = number};
      } else if (line.keyword == "include") {
        include(line.arguments, match, depth);
      } else {
        settings.push_back({.file = file,
                            .line = number,
                            .keyword = std::move(line.keyword),
                            .arguments = std::move(line.arguments),
                            .match = match.criteria,
                            .match_file = match.file,
                            .match_line = match.line});
      }
    }
  }

  std::vector<SshdSetting> settings;

 private:
  void include(const std::vector<std::string>& patterns, const Match& match, int depth) {
    if (depth == kDeepest) return;
    for (const std::string& pattern : patterns)
      for (const std::string& file : find_files(pattern)) read(file, match, depth + 1);
  }

  /// Returns the files that a pattern of Include names, sorted as glob(3) sorts them. Expands
  /// patterns in the last component only.
  [[nodiscard]] std::vector<std::string> find_files(std::string pattern) {
    if (!pattern.starts_with('/')) pattern.insert(0, kDirectory);
    const auto slash = pattern.rfind('/');
    const std::string name = pattern.substr(slash + 1);
    if (name.find_first_of("*?[") == std::string::npos) return {pattern};
    const std::string directory = pattern.substr(0, slash);
    std::vector<std::string> files;
    if (budget_ == 0) return {};
    const auto names = root_.list(directory).value_or(std::vector<std::string>());
    budget_ -= std::min(budget_, names.size() + 1);
    for (const std::string& each : names) {
      if (fnmatch(name.c_str(), each.c_str(), FNM_PERIOD) == 0)
        files.push_back(directory + "/" + each);
    }
    return files;
  }

  const Root& root_;
  std::size_t files_ = 0;
  std::size_t bytes_ = 0;
  std::size_t budget_ = kMostNames;
};

}  // namespace

std::vector<SshdSetting> read_sshd_settings(const Root& root) {
  Reader reader(root);
  reader.read(std::string(kSshdConfig), {}, 0);
  return std::move(reader.settings);
}

std::string describe_place(const SshdSetting& setting) {
  return "line " + std::to_string(setting.line) + " of " + printable(setting.file, 200);
}

const SshdSetting* find_setting(
    std::span<const SshdSetting> settings, std::span<const std::string_view> keywords,
    const std::function<bool(const std::vector<std::string>&)>& is_value) {
  const auto sets = [&](const SshdSetting& setting) {
    return std::ranges::find(keywords, setting.keyword) != keywords.end();
  };
  const auto first = std::ranges::find_if(
      settings, [&](const SshdSetting& setting) { return setting.match.empty() && sets(setting); });
  if (first != settings.end() && is_value(first->arguments)) return &*first;
  const auto matched = std::ranges::find_if(settings, [&](const SshdSetting& setting) {
    return !setting.match.empty() && sets(setting) && is_value(setting.arguments);
  });
  return matched == settings.end() ? nullptr : &*matched;
}

}  // namespace azl::provision
