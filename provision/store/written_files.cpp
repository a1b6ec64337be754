#include "provision/store/written_files.h"

#include <algorithm>
#include <array>
#include <utility>

#include <nlohmann/json.hpp>
#include <openssl/evp.h>

#include "base/json.h"
#include "provision/store/vm_state.h"

namespace azl::provision {
namespace {

using Json = nlohmann::ordered_json;
constexpr int kSchemaVersion = 1;
constexpr std::size_t kLimit = 4 << 20;
constexpr std::size_t kMostEntries = 10'000;
constexpr std::size_t kLongestPath = 4096;

/// Below these, all is removed by rules of deprovision, or kept.
constexpr std::array<std::string_view, 5> kLeftOut = {
    "/run/", "/var/log/", "/var/lib/azl-provision/", "/var/lib/waagent/", "/var/lib/cloud/"};
/// Deprovision edits or empties these.
constexpr std::array<std::string_view, 3> kKnown = {"/etc/hostname", "/etc/machine-id",
                                                    "/etc/fstab"};

}  // namespace

std::string sha256_of(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1)
    return "";
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  for (unsigned i = 0; i < size; ++i) {
    hex += kDigits[digest.at(i) >> 4U];
    hex += kDigits[digest.at(i) & 0xfU];
  }
  return hex;
}

bool is_recorded(std::string_view path) {
  const std::string below = std::string(path) + "/";  // the directories themselves, too
  return std::ranges::none_of(kLeftOut, [&](auto each) { return below.starts_with(each); }) &&
         std::ranges::find(kKnown, path) == kKnown.end();
}

Result<WrittenFiles> parse_written_files(std::string_view text) {
  const auto json = OR_RETURN(parse_json(text, kLimit, Reason::kState));
  if (number_member(json, "schema_version") != kSchemaVersion)
    return fail(Reason::kState, "it has an unknown schema_version");
  const auto* list = find_member(json, "written");
  if (list == nullptr || !list->is_array() || list->size() > kMostEntries)
    return fail(Reason::kState, "it has no list, or one that is too long");
  WrittenFiles files;
  for (const auto& each : *list) {
    auto path = text_member(each, "path");
    if (!path.starts_with('/') || path.size() > kLongestPath)
      return fail(Reason::kState, "it has an entry without an absolute path");
    files[std::move(path)] = {.step = text_member(each, "step"),
                              .sha256 = text_member(each, "sha256"),
                              .had_existed = bool_member(each, "had_existed")};
  }
  return files;
}

std::string to_json(const WrittenFiles& files) {
  Json list = Json::array();
  for (const auto& [path, entry] : files) {
    Json each = {{"path", path}, {"step", entry.step}};
    if (!entry.is_directory()) each["sha256"] = entry.sha256;
    if (entry.had_existed) each["had_existed"] = true;
    list.push_back(std::move(each));
  }
  const Json json = {{"schema_version", kSchemaVersion}, {"written", std::move(list)}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<WrittenFiles> load_written_files(const Root& root) {
  const std::string context = "reading " + std::string(kWrittenFile);
  const auto text = OR_RETURN(root.read_if_exists(kWrittenFile, kLimit), context);
  if (!text) return WrittenFiles{};
  return OR_RETURN(parse_written_files(*text), context);
}

Result<void> remove_unfinished_written_files(const Root& root) {
  const auto slash = kWrittenFile.rfind('/') + 1;
  const auto unfinished = std::string(kWrittenFile.substr(0, slash))
                              .append(".")
                              .append(kWrittenFile.substr(slash))
                              .append(kUnfinished);
  OR_RETURN(root.remove(unfinished));
  return {};
}

void WrittenFilesLog::on_write(const std::string& path, std::string_view content, bool is_new) {
  if (!is_recorded(path)) return;
  changes_.push_back(
      {.path = path,
       .entry = {.step = step_, .sha256 = sha256_of(content), .had_existed = !is_new}});
}

void WrittenFilesLog::on_make_directory(const std::string& path) {
  if (!is_recorded(path)) return;
  changes_.push_back({.path = path, .entry = {.step = step_, .sha256 = {}}});
}

void WrittenFilesLog::on_remove(const std::string& path) {
  if (is_recorded(path)) changes_.push_back({.path = path, .entry = {}, .removed = true});
}

void WrittenFilesLog::apply_to(WrittenFiles& files) {
  for (auto& change : changes_) {
    const auto found = files.find(change.path);
    if (change.removed) {
      if (found != files.end()) files.erase(found);
      continue;
    }
    // What a step of ours made stays ours when a step writes it again.
    if (found != files.end() && !found->second.had_existed) change.entry.had_existed = false;
    if (found != files.end() || files.size() < kMostEntries)
      files[change.path] = std::move(change.entry);
  }
  changes_.clear();
}

Result<void> WrittenFilesLog::save(const Root& root) {
  if (changes_.empty()) return {};
  auto loaded = load_written_files(root);
  WrittenFiles files = loaded ? *loaded : WrittenFiles{};
  apply_to(files);
  if (!loaded || files != *loaded) {
    OR_RETURN(root.make_directory(kStateDirectory));
    OR_RETURN(root.write(kWrittenFile, to_json(files), {.mode = 0600}),
              "recording what was written in " + std::string(kWrittenFile));
  }
  OR_RETURN(std::move(loaded), "what earlier runs wrote is forgotten");
  return {};
}

}  // namespace azl::provision
