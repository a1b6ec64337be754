#include "provision/accounts/sudoers_files.h"

#include <cstddef>
#include <optional>
#include <utility>

#include <sys/stat.h>

#include "base/text.h"

namespace azl::provision {

namespace {

constexpr std::string_view kMainFile = "/etc/sudoers";

class Reader {
 public:
  explicit Reader(const Root& root) : root_(root) {}

  [[nodiscard]] Result<void> read_file(const std::string& path, int depth);
  [[nodiscard]] SudoersFiles take() { return std::move(files_); }

 private:
  [[nodiscard]] Result<void> read_directory(const std::string& path, int depth);
  [[nodiscard]] Result<void> follow(const SudoersInclude& include, std::string_view from,
                                    int depth);
  /// Returns whether sudo reads it, and notes why not.
  bool is_read(const std::string& path, const FileInfo& info);

  const Root& root_;
  SudoersFiles files_;
  std::size_t count_ = 0;
  std::size_t bytes_ = 0;
};

bool Reader::is_read(const std::string& path, const FileInfo& info) {
  const std::string why = describe_insecure(info);
  if (why.empty()) return true;
  files_.ignored.push_back("sudo ignores " + printable(path) + ", because " + why);
  return false;
}

Result<void> Reader::read_file(const std::string& path, int depth) {
  constexpr std::size_t kMostFiles = 256;
  constexpr std::size_t kMostBytes = 4 << 20;
  constexpr int kDeepest = 16;
  if (++count_ > kMostFiles || depth > kDeepest) return {};
  const auto info = OR_RETURN(root_.stat(path));
  if (!info || !info->is_regular() || !is_read(path, *info)) return {};
  const std::string text = OR_RETURN(root_.read(path));
  bytes_ += text.size();
  if (bytes_ > kMostBytes) return fail(Reason::kInvalidInput, "they have more than 4 MiB");
  for (SudoersLine& line : parse_sudoers(path, text)) {
    if (const auto include = parse_include(line.text)) {
      OR_RETURN(follow(*include, path, depth));
    } else {
      files_.lines.push_back(std::move(line));
    }
  }
  return {};
}

Result<void> Reader::follow(const SudoersInclude& include, std::string_view from, int depth) {
  std::string path = include.path;
  if (!path.starts_with('/')) path = std::string(from.substr(0, from.rfind('/') + 1)) + path;
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return include.directory ? read_directory(path, depth) : read_file(path, depth + 1);
}

Result<void> Reader::read_directory(const std::string& path, int depth) {
  const auto info = OR_RETURN(root_.stat(path));
  if (!info || !info->is_directory() || !is_read(path, *info)) return {};
  const auto names = OR_RETURN(root_.list(path));
  for (const std::string& name : names) {
    if (name.ends_with('~') || name.find('.') != std::string::npos) continue;
    OR_RETURN(read_file(path + "/" + name, depth + 1));
  }
  return {};
}

}  // namespace

std::string describe_insecure(const FileInfo& info) {
  if (info.uid != 0) return "it belongs to uid " + std::to_string(info.uid);
  if ((info.mode & S_IWOTH) != 0) return "everybody can write to it";
  if ((info.mode & S_IWGRP) != 0 && info.gid != 0) {
    return "the group with gid " + std::to_string(info.gid) + " can write to it";
  }
  return {};
}

Result<SudoersFiles> read_sudoers(const Root& root) {
  if (!root.exists(kMainFile)) {
    return fail(Reason::kSudoers, std::string(kMainFile) + " does not exist");
  }
  Reader reader(root);
  OR_RETURN(reader.read_file(std::string(kMainFile), 0), "reading the sudoers files");
  return reader.take();
}

}  // namespace azl::provision
