#include "base/private_directory.h"

#include <cerrno>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

namespace azl {

namespace {

constexpr std::string_view kPrefix = "azl-provision.";
constexpr std::string_view kPattern = "XXXXXX";  // mkdtemp(3) replaces it

/// Removes a directory and its content. What cannot be removed is left for the next make().
void remove_with_content(const std::string& path) {
  std::error_code ignored;
  std::filesystem::remove_all(path, ignored);
}

UniqueFd open_directory(const std::string& path) {
  return UniqueFd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

/// Removes the directories of this user in `parent` whose process has ended. A process holds a lock
/// on its directory.
void remove_left_over(const std::string& parent) {
  std::error_code error;
  for (std::filesystem::directory_iterator entry(parent, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (!name.starts_with(kPrefix) || name.size() != kPrefix.size() + kPattern.size()) continue;
    const UniqueFd directory = open_directory(entry->path().string());
    struct stat status{};
    const bool ours = directory && fstat(directory.get(), &status) == 0 &&
                      status.st_uid == geteuid() && (status.st_mode & 07777) == 0700;
    if (ours && flock(directory.get(), LOCK_EX | LOCK_NB) == 0) {
      remove_with_content(entry->path().string());
    }
  }
}

/// Makes a directory and locks it. Returns an empty descriptor if another process took it for a
/// left-over before it was locked.
Result<std::pair<UniqueFd, std::string>> make_locked(const std::string& parent) {
  std::string path = parent + "/" + std::string(kPrefix) + std::string(kPattern);
  if (mkdtemp(path.data()) == nullptr) {
    return fail_errno(errno, "making a directory in " + printable(parent));
  }
  UniqueFd directory = open_directory(path);
  const bool locked = directory && flock(directory.get(), LOCK_EX | LOCK_NB) == 0;
  struct stat status{};
  const bool there = locked && fstat(directory.get(), &status) == 0 && status.st_nlink > 0;
  if (!there) directory.reset();
  return std::pair(std::move(directory), std::move(path));
}

}  // namespace

PrivateDirectory::PrivateDirectory(UniqueFd lock, std::string path, Root files)
    : lock_(std::move(lock)), path_(std::move(path)), files_(std::move(files)) {}

Result<PrivateDirectory> PrivateDirectory::make(const std::vector<std::string>& parents) {
  std::optional<Error> failure;
  constexpr int kTries = 4;
  for (const std::string& parent : parents) {
    remove_left_over(parent);
    for (int i = 0; i < kTries; ++i) {
      auto made = make_locked(parent);
      if (!made) {
        failure = std::move(made.error());
        break;
      }
      auto& [lock, path] = *made;
      if (!lock) continue;
      Root files = OR_RETURN(Root::open(path));
      return PrivateDirectory(std::move(lock), std::move(path), std::move(files));
    }
  }
  if (!failure) failure = Error(Reason::kIo, "no private directory could be made");
  return std::unexpected(std::move(*failure));
}

PrivateDirectory::~PrivateDirectory() {
  if (lock_) remove_with_content(path_);  // no lock: moved from
}

}  // namespace azl
