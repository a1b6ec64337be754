#include "provision/custom_data/plan/write_files.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/closest.h"
#include "base/count.h"
#include "base/text.h"
#include "provision/custom_data/parse/shown_name.h"
#include "provision/custom_data/plan/file_access.h"
#include "provision/custom_data/plan/file_content.h"
#include "provision/custom_data/plan/path_components.h"

namespace azl::provision::custom_data {
namespace {

constexpr auto kSubKeys = std::to_array<std::string_view>(
    {"path", "content", "owner", "permissions", "encoding", "append", "defer", "source"});
constexpr std::size_t kLongestPath = 4095;  // PATH_MAX without the final NUL

/// Reads one item of the list.
class FileReader {
 public:
  FileReader(const YamlNode& item, std::size_t number, std::size_t& budget, ModuleOutput& out)
      : item_(item), number_(number), budget_(budget), out_(out) {}

  /// Returns nullopt, with a remark, if the item cannot be used.
  std::optional<Item> read();

 private:
  [[nodiscard]] std::optional<std::string> read_path();
  [[nodiscard]] std::optional<Secret> read_content();
  [[nodiscard]] std::optional<FileOwner> read_owner();
  [[nodiscard]] bool read_flag(std::string_view key);
  [[nodiscard]] FileEncoding read_encoding();
  [[nodiscard]] mode_t read_mode();
  /// Returns false if the content was to come from `source` alone.
  [[nodiscard]] bool read_source();
  void remark_unknown_keys();

  /// A member that is there and not null.
  [[nodiscard]] const YamlNode* find(std::string_view key) const;
  [[nodiscard]] std::string subject() const { return "file " + std::to_string(number_); }
  std::nullopt_t skip(const YamlNode& at, std::string_view rule, const std::string& why,
                      std::string advice);
  void warn(const YamlNode& at, std::string_view rule, std::string text, std::string advice = {});

  const YamlNode& item_;
  std::size_t number_;  ///< from 1, in the list
  std::size_t& budget_;
  ModuleOutput& out_;
};

const YamlNode* FileReader::find(std::string_view key) const {
  const auto* node = item_.find(key);
  return node == nullptr || node->kind == YamlKind::kNull ? nullptr : node;
}

std::nullopt_t FileReader::skip(const YamlNode& at, std::string_view rule, const std::string& why,
                                std::string advice) {
  out_.remark(RemarkLevel::kError, rule, out_.place_of(at),
              why + ", so that " + subject() + " is not written", std::move(advice));
  return std::nullopt;
}

void FileReader::warn(const YamlNode& at, std::string_view rule, std::string text,
                      std::string advice) {
  out_.remark(RemarkLevel::kWarning, rule, out_.place_of(at), std::move(text), std::move(advice));
}

std::optional<std::string> FileReader::read_path() {
  const auto* node = find("path");
  if (node == nullptr || node->text.empty())
    return skip(item_, "write-files-path", "the item has no 'path'",
                "add 'path: /the/file/to/write'");
  const auto text = node->text.reveal();
  if (node->kind != YamlKind::kText)
    return skip(*node, "write-files-path", describe_wrong_kind("path", node->kind, "text"),
                "quote the path");
  auto path = "/" + join(split_path(text), "/");
  if (path == "/")
    return skip(*node, "write-files-path", "'path' names the root directory",
                "append the name of the file");
  if (path.contains('\0') || path.size() > kLongestPath)
    return skip(*node, "write-files-path", "'path' contains a NUL byte or is too long",
                "write a path of at most " + std::to_string(kLongestPath) + " bytes");
  if (!text.starts_with('/'))
    warn(*node, "relative-path", "'path' is relative; it is taken from /",
         "start the path with '/'");
  if (text.ends_with('/'))
    warn(*node, "write-files-path",
         "'path' ends with '/'; a file of this name is written, no directory",
         "make directories in runcmd with 'mkdir -p'");
  return path;
}

FileEncoding FileReader::read_encoding() {
  const auto* node = find("encoding");
  if (node == nullptr) return FileEncoding::kPlain;
  const auto encoding =
      node->kind == YamlKind::kText ? parse_file_encoding(node->text.reveal()) : std::nullopt;
  if (!encoding)
    warn(*node, "write-files-encoding",
         "the value of 'encoding' is unknown; the content is written as it is",
         "write " + std::string(known_file_encodings()));
  return encoding.value_or(FileEncoding::kPlain);
}

std::optional<Secret> FileReader::read_content() {
  const auto* node = find("content");
  if (node == nullptr) return Secret();
  if (node->kind == YamlKind::kList || node->kind == YamlKind::kMap)
    return skip(*node, "write-files-content", describe_wrong_kind("content", node->kind, "text"),
                "write 'content: |' and the indented text below it");
  if (node->kind != YamlKind::kText || node->date)
    warn(*node, "write-files-content",
         "'content' is " + std::string(describe_kind(*node)) +
             " for YAML; it is written as it stands there, and cloud-init fails for it",
         "quote it");
  auto content = decode_file_content(read_encoding(), node->text.reveal(), budget_);
  if (content.too_large)
    content.problem =
        "the files have more than " + std::to_string(kWriteFilesLimit >> 20U) + " MiB together";
  if (!content.problem.empty())
    return skip(*node, content.too_large ? "write-files-size" : "write-files-content",
                content.problem, std::move(content.advice));
  return std::move(content.bytes);
}

std::optional<FileOwner> FileReader::read_owner() {
  const auto* node = find("owner");
  if (node == nullptr) return FileOwner{};
  if (node->kind != YamlKind::kText)
    return skip(*node, "write-files-owner", describe_wrong_kind("owner", node->kind, "text"),
                "write it in quotes, as 'user:group'");
  return parse_file_owner(node->text.reveal());
}

mode_t FileReader::read_mode() {
  const auto* node = find("permissions");
  if (node == nullptr) return FileMode{}.mode;
  auto mode = read_file_mode(*node);
  if (!mode.problem.empty())
    warn(*node, "write-files-permissions", std::move(mode.problem), std::move(mode.advice));
  return mode.mode;
}

bool FileReader::read_flag(std::string_view key) {
  const auto* node = find(key);
  if (node == nullptr) return false;
  const auto flag = read_boolean(*node);
  if (!flag)
    warn(*node, "write-files-" + std::string(key),
         "the value of '" + std::string(key) + "' is neither true nor false; it counts as false",
         "write 'true' or 'false'");
  return flag.value_or(false);
}

bool FileReader::read_source() {
  const auto* node = find("source");
  if (node == nullptr) return true;
  const auto* uri = node->find("uri");
  if (uri == nullptr || uri->text.empty()) {
    warn(*node, "write-files-source", "'source' has no 'uri'; it is ignored");
    return true;
  }
  const bool has_content = find("content") != nullptr;
  const std::string advice = "fetch the file in a script, for example with 'curl -o'";
  if (has_content) {
    warn(*node, "write-files-source", "'source' is not fetched; 'content' is written instead",
         advice);
  } else {
    skip(*node, "write-files-source", "'source' is not fetched, and there is no 'content'", advice);
  }
  return has_content;
}

void FileReader::remark_unknown_keys() {
  for (const auto& member : item_.members) {
    if (std::find(kSubKeys.begin(), kSubKeys.end(), member.name) != kSubKeys.end()) continue;
    const auto meant =
        out_.may_suggest() ? find_closest(member.name, kSubKeys) : std::string_view();
    out_.remark(
        RemarkLevel::kWarning, "unknown-key", out_.place_of(member),
        "write_files has no key " + quote_name(member.name, kUnshownKey) + "; it is ignored",
        meant.empty() ? "" : "did you mean '" + std::string(meant) + "'?");
  }
}

/// "write /etc/app.conf (12 bytes, 0644, root:root)".
std::string describe_file(const WriteFile& file) {
  return (file.append ? "append to " : "write ") +
         printable(file.path, kLongestPath, Quotes::kKept) + " (" +
         describe_count(file.content.size(), "byte") + ", " + format_mode(file.mode) + ", " +
         printable(file.user) + ":" + printable(file.group) + ")";
}

std::optional<Item> FileReader::read() {
  if (item_.kind != YamlKind::kMap) {
    return skip(item_, "write-files-item",
                "the item is " + std::string(to_string(item_.kind)) + ", and has to be a map",
                "write '- path: /the/file/to/write'");
  }
  remark_unknown_keys();
  auto path = read_path();
  if (!path || !read_source()) return std::nullopt;
  auto content = read_content();
  auto owner = read_owner();
  if (!content || !owner) return std::nullopt;
  WriteFile file{.path = std::move(*path),
                 .content = std::move(*content),
                 .append = read_flag("append"),
                 .user = std::move(owner->user),
                 .group = std::move(owner->group),
                 .mode = read_mode()};
  Item item{.id = "write_files/" + std::to_string(number_),
            .place = out_.place_of(item_),
            .phase = read_flag("defer") ? ItemPhase::kFinal : ItemPhase::kEarly,
            .what = describe_file(file)};
  item.action = std::move(file);
  return item;
}

}  // namespace

void plan_write_files(const YamlMember& member, ModuleOutput& out) {
  const auto& list = member.value;
  if (list.kind == YamlKind::kNull) {
    out.remark(RemarkLevel::kWarning, "no-value", out.place_of(member),
               "'write_files' has no files");
    return;
  }
  if (list.kind != YamlKind::kList) {
    out.remark(
        RemarkLevel::kError, "write-files-kind", out.place_of(member),
        describe_wrong_kind(member.name, list.kind, "a list") + ", so that no file is written",
        "write '- path: /the/file/to/write' for each file");
    return;
  }
  std::size_t budget = kWriteFilesLimit;
  for (std::size_t i = 0; i < list.items.size(); ++i) {
    if (auto item = FileReader(list.items[i], i + 1, budget, out).read()) out.add(std::move(*item));
  }
}

}  // namespace azl::provision::custom_data
