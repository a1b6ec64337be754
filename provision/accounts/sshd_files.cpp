#include "provision/accounts/sshd_files.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <set>
#include <system_error>
#include <utility>

#include <fnmatch.h>

#include "base/secret.h"
#include "base/text.h"
#include "provision/accounts/sshd_config.h"

namespace azl::provision {

namespace {

constexpr std::string_view kDirectory = "/etc/ssh";
constexpr std::string_view kCopy = "/ssh";
/// Below /etc/ssh, the copies of files that are outside it.
constexpr std::string_view kOutside = "/.azl-outside/";
constexpr std::size_t kFileLimit = 1 << 20;
constexpr std::size_t kTotalLimit = 16 << 20;
constexpr std::size_t kMostFiles = 1000;
constexpr int kDeepestInclude = 16;  // sshd's own limit
constexpr int kDeepestDirectory = 4;

bool is_below(std::string_view path, std::string_view directory) {
  return path.starts_with(directory) && path.substr(directory.size()).starts_with('/');
}

}  // namespace

std::optional<std::vector<std::string>> parse_sshd_include(std::string_view line) {
  SshdLine parsed = parse_sshd_line(line);
  if (parsed.keyword != "include") return std::nullopt;
  for (std::string& pattern : parsed.arguments) {
    if (!pattern.starts_with('/')) pattern.insert(0, std::string(kDirectory) + "/");
  }
  return std::move(parsed.arguments);
}

Result<std::vector<std::string>> glob_in_tree(const Root& root, std::string_view pattern,
                                              std::size_t& budget) {
  std::vector<std::string> paths = {""};
  for (const std::string_view component : split(pattern, '/')) {
    if (component == "..") {
      return fail(Reason::kInvalidInput, "the pattern '" + printable(pattern) + "' contains '..'");
    }
    std::vector<std::string> longer;
    for (const std::string& path : paths) {
      if (component.find_first_of("*?[\\") == std::string_view::npos) {
        longer.push_back(path + "/" + std::string(component));
        continue;
      }
      const auto names = OR_RETURN(root.list(path.empty() ? "/" : path));
      const std::size_t cost = names.size() + 1;
      if (cost > budget) {
        return fail(Reason::kInvalidInput, "the patterns of Include lines, up to '" +
                                               printable(pattern) +
                                               "', are to be compared with too many names");
      }
      budget -= cost;
      for (const std::string& name : names) {
        if (fnmatch(std::string(component).c_str(), name.c_str(), FNM_PERIOD) == 0) {
          longer.push_back(path + "/" + name);
        }
      }
      if (longer.size() > kMostFiles) {
        return fail(Reason::kInvalidInput, "the pattern '" + printable(pattern) +
                                               "' matches more than " + std::to_string(kMostFiles) +
                                               " files");
      }
    }
    paths = std::move(longer);
  }
  // sshd opens a directory too, and reads nothing from it.
  std::erase_if(paths, [&](const std::string& path) {
    const auto info = root.stat(path);
    return info && (!*info || (*info)->is_directory());
  });
  std::ranges::sort(paths);
  return paths;
}

/// Copies the files, and counts them.
class SshdCopying {
 public:
  SshdCopying(const Root& tree, const Root& copy) : tree_(tree), copy_(copy) {}

  /// Copies a configuration file and what it includes, `depth` files deep.
  Result<void> copy_config(const std::string& path, int depth = 0);
  /// Copies the regular files of a directory, except those that were copied.
  Result<void> copy_others(const std::string& directory, int depth = 0);
  [[nodiscard]] SshdFiles take_files() { return std::move(files_); }

 private:
  Result<std::string> copy_includes(std::string_view text, int depth);
  Result<std::string> copy_include(std::string_view line, int depth);
  Result<void> write(const std::string& path, std::string_view content);
  /// Returns the path that sshd sees the file at. Gives a file outside /etc/ssh a number.
  std::string path_for_sshd(const std::string& path);

  const Root& tree_;
  const Root& copy_;
  std::set<std::string> copied_;
  std::size_t bytes_ = 0;
  std::size_t budget_ = kMostNamesCompared;
  SshdFiles files_;
};

std::string SshdCopying::path_for_sshd(const std::string& path) {
  if (is_below(path, kDirectory)) return path;
  auto& outside = files_.outside_;
  auto found = std::ranges::find(outside, path);
  if (found == outside.end()) found = outside.insert(outside.end(), path);
  return std::string(kDirectory) + std::string(kOutside) + std::to_string(found - outside.begin());
}

Result<void> SshdCopying::write(const std::string& path, std::string_view content) {
  bytes_ += content.size();
  if (copied_.size() > kMostFiles || bytes_ > kTotalLimit) {
    return fail(Reason::kInvalidInput, "sshd's configuration has more than " +
                                           std::to_string(kMostFiles) + " files or " +
                                           std::to_string(kTotalLimit >> 20U) + " MiB");
  }
  const std::string name = std::string(kCopy) + path_for_sshd(path).substr(kDirectory.size());
  OR_RETURN(copy_.make_directory(name.substr(0, name.rfind('/')), {.mode = 0755}));
  OR_RETURN(copy_.write(name, content, {.mode = 0600, .durable = false}));
  return {};
}

Result<void> SshdCopying::copy_config(const std::string& path, int depth) {
  if (depth > kDeepestInclude || !copied_.insert(path).second) return {};  // sshd reports a loop
  const auto content = OR_RETURN(tree_.read_if_exists(path, kFileLimit));
  if (!content) return {};
  return write(path, OR_RETURN(copy_includes(*content, depth)));
}

/// Returns the text of a configuration file for sshd, after copying what it includes.
Result<std::string> SshdCopying::copy_includes(std::string_view text, int depth) {
  std::string result;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    result += parse_sshd_include(line) ? OR_RETURN(copy_include(line, depth)) : std::string(line);
    if (end < text.size()) result += '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return result;
}

/// Copies the files that a line includes. Returns the line for sshd: as it was if it includes only
/// files in /etc/ssh.
Result<std::string> SshdCopying::copy_include(std::string_view line, int depth) {
  const auto patterns = parse_sshd_include(line).value_or(std::vector<std::string>());
  std::vector<std::string> names;
  bool outside = false;
  for (const std::string& pattern : patterns) {
    const auto paths = OR_RETURN(glob_in_tree(tree_, pattern, budget_));
    outside = outside || !is_below(pattern, kDirectory);
    for (const std::string& path : paths) {
      OR_RETURN(copy_config(path, depth + 1));
      names.push_back(path_for_sshd(path));
    }
  }
  if (!outside) return std::string(line);
  for (const std::string& name : names) {
    // sshd splits and expands the name again.
    if (name.find_first_of("*?[\\\"' \t#") != std::string::npos) {
      return fail(Reason::kInvalidInput,
                  "the file name " + printable(name) + " in an Include line needs quotes");
    }
  }
  return names.empty() ? "#" : "Include " + join(names, " ");
}

Result<void> SshdCopying::copy_others(const std::string& directory, int depth) {
  if (depth > kDeepestDirectory) return {};
  const auto names = OR_RETURN(tree_.list(directory));
  for (const std::string& name : names) {
    const std::string path = directory + "/" + name;
    const auto info = tree_.stat(path);
    if (!info || !*info || copied_.contains(path)) continue;
    if ((*info)->is_directory()) OR_RETURN(copy_others(path, depth + 1));
    if (!(*info)->is_regular() || (*info)->size > kFileLimit) continue;
    // It is gone, or grew meanwhile: sshd does without it.
    auto content = tree_.read(path, kFileLimit);
    if (!content) continue;
    copied_.insert(path);
    const Secret text(std::move(*content));  // it may be a private key
    OR_RETURN(write(path, text.reveal()));
  }
  return {};
}

Result<SshdFiles> SshdFiles::copy(const Root& tree, const Root& copy) {
  const std::string context = "copying sshd's configuration";
  SshdCopying copying(tree, copy);
  OR_RETURN(copy.make_directory(kCopy, {.mode = 0755}), context);
  OR_RETURN(copying.copy_config(std::string(kSshdConfig)), context);
  OR_RETURN(copying.copy_others(std::string(kDirectory)), context);
  return copying.take_files();
}

std::string SshdFiles::path_in_tree(std::string_view path) const {
  const std::string prefix = std::string(kDirectory) + std::string(kOutside);
  if (!path.starts_with(prefix)) return std::string(path);
  const std::string_view digits = path.substr(prefix.size());
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  const bool known =
      error == std::errc() && end == digits.data() + digits.size() && number < outside_.size();
  return known ? outside_[number] : std::string(path);
}

}  // namespace azl::provision
