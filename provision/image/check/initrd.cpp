#include "provision/image/check/initrd.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"
#include "provision/image/check/cpio_names.h"
#include "provision/image/check/packed_stream.h"

namespace azl::provision {
namespace {

constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 30;
constexpr std::size_t kMostModules = 20'000;
constexpr std::size_t kPiece = std::size_t{64} << 10;

class Reader {
 public:
  Reader(int file, Processes& processes, const Deadline& deadline)
      : file_(file), processes_(processes), deadline_(deadline) {}

  Result<void> run() {
    constexpr int kMostParts = 32;
    for (int part = 0; part < kMostParts; ++part) {
      const auto start = OR_RETURN(find_part());
      if (start.empty() && found_archive_) return {};
      const auto packing = find_packing(start);
      if (is_cpio(start)) {
        OR_RETURN(read_plain());
      } else if (packing != Packing::kNone) {
        OR_RETURN(read_packed(packing));
      } else if (found_archive_) {
        return {};  // the kernel takes no notice of what stands behind an archive
      } else {
        return fail(Reason::kInvalidInput, "its format is not known");
      }
    }
    return {};
  }
  std::set<std::string> take() { return std::move(modules_); }

 private:
  Result<std::string_view> read_at(std::uint64_t offset) {
    if (deadline_.passed()) return fail(Reason::kTimeout, "reading it takes too long");
    ssize_t got = 0;
    do {
      got = ::pread(file_, piece_.data(), piece_.size(), static_cast<off_t>(offset));
    } while (got < 0 && errno == EINTR);
    if (got < 0) return fail_errno(errno, "reading it");
    return std::string_view(piece_.data(), static_cast<std::size_t>(got));
  }

  /// Passes over the zeros between two parts. Returns the first bytes of the next one; empty at the
  /// end.
  Result<std::string_view> find_part() {
    constexpr std::uint64_t kMostZeros = std::uint64_t{1} << 20;
    for (const auto begin = offset_; offset_ - begin <= kMostZeros;) {
      const auto bytes = OR_RETURN(read_at(offset_));
      if (bytes.empty()) return bytes;
      const auto zeros = std::min(bytes.find_first_not_of('\0'), bytes.size());
      offset_ += zeros;
      if (zeros == 0) return bytes;
    }
    return std::string_view();
  }

  void note(std::string_view name) {
    auto module = module_of_file(name);
    if (!module.empty() && modules_.size() < kMostModules) modules_.insert(std::move(module));
  }

  Result<void> read_plain() {
    CpioNames names;
    while (!names.ended()) {
      const auto skipped = names.skippable();
      names.skip(skipped);
      offset_ += skipped;
      const auto bytes = OR_RETURN(read_at(offset_));
      if (bytes.empty()) return fail(Reason::kInvalidInput, "it is cut off");
      if (bytes.size() > budget_) return fail(Reason::kInvalidInput, "it is too large");
      // Stops before contents, which are skipped rather than read.
      offset_ += names.feed(bytes, [this](std::string_view name) { note(name); });
      budget_ -= bytes.size();
      if (names.damaged()) return fail(Reason::kInvalidInput, "its cpio archive is damaged");
    }
    found_archive_ = true;
    return {};
  }

  Result<void> read_packed(Packing packing) {
    CpioNames names;
    bool whole = false;
    const auto on_piece = [&](std::string_view bytes) {
      while (!bytes.empty()) {
        if (names.ended() || names.between_entries()) {
          // Archives may stand one after the other, with zeros between them.
          bytes.remove_prefix(std::min(bytes.find_first_not_of('\0'), bytes.size()));
          if (names.ended() && !bytes.empty()) names = CpioNames();
        }
        if (bytes.empty()) break;
        bytes.remove_prefix(names.feed(bytes, [this](std::string_view name) { note(name); }));
        whole = whole || names.ended();
        if (names.damaged()) return false;
      }
      return true;
    };
    offset_ = OR_RETURN(unpack(file_, offset_, packing, budget_, processes_, deadline_, on_piece));
    if (!whole) return fail(Reason::kInvalidInput, "what it unpacks to is no whole cpio archive");
    found_archive_ = true;
    return {};
  }

  int file_;
  Processes& processes_;
  const Deadline& deadline_;
  std::uint64_t offset_ = 0;
  std::uint64_t budget_ = kMostBytes;
  bool found_archive_ = false;
  std::set<std::string> modules_;
  std::vector<char> piece_ = std::vector<char>(kPiece);
};

}  // namespace

InitrdFacts read_initrd(const Root& root, const std::string& path, Processes& processes,
                        const Deadline& deadline) {
  InitrdFacts facts = {.path = path};
  const auto file = root.open_file(path, O_RDONLY);
  if (!file) {
    facts.unread = file.error().to_string();
    return facts;
  }
  Reader reader(file->get(), processes, deadline);
  if (const auto read = reader.run(); !read) facts.unread = read.error().to_string();
  facts.modules = reader.take();
  return facts;
}

}  // namespace azl::provision
