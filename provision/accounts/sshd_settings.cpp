#include "provision/accounts/sshd_settings.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "base/text.h"
#include "provision/accounts/sshd_config.h"
#include "provision/accounts/sshd_files.h"

namespace azl::provision {

namespace {

constexpr int kDeepest = 16;  // SERVCONF_MAX_DEPTH of OpenSSH
constexpr std::size_t kMostFiles = 256;
constexpr std::size_t kMostBytes = 1 << 20;  // of all files
constexpr std::size_t kMostSettings = 20'000;

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
      const auto text_of_line = std::string_view(*text).substr(from, end - from);
      SshdLine line = parse_sshd_line(text_of_line);
      from = end + 1;
      ++number;
      if (line.keyword.empty()) continue;
      if (line.keyword == "match") {
        match = {.criteria = join(line.arguments, " "), .file = file, .line = number};
      } else if (line.keyword == "include") {
        include(parse_sshd_include(text_of_line).value_or(std::vector<std::string>()), match,
                depth);
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
    for (const std::string& pattern : patterns) {
      // Where a pattern is refused, sshd's own answer says what counts.
      const auto files = glob_in_tree(root_, pattern, budget_);
      for (const std::string& file : files.value_or(std::vector<std::string>()))
        read(file, match, depth + 1);
    }
  }

  const Root& root_;
  std::size_t files_ = 0;
  std::size_t bytes_ = 0;
  std::size_t budget_ = kMostNamesCompared;
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
