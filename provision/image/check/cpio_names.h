// The names in a cpio archive, as its bytes come. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace azl::provision {

/// Reads an archive of the formats "newc" and "crc" (070701 and 070702) as the kernel takes it for
/// an initrd: Documentation/driver-api/early-userspace/buffer-format.rst. Keeps one name at a time;
/// what the files contain is passed over.
class CpioNames {
 public:
  /// Takes the next bytes. Calls `on_name(name)` for each entry but the last, which is named
  /// TRAILER!!!. Returns how many bytes were taken: fewer than given if the archive ends in them or
  /// is damaged.
  template <class OnName>
  std::size_t feed(std::string_view bytes, OnName&& on_name) {
    std::size_t taken = 0;
    while (taken < bytes.size() && state_ != State::kEnded && state_ != State::kDamaged) {
      taken += take(bytes.substr(taken));
      if (!named_) continue;
      named_ = false;
      on_name(std::string_view(name_));
    }
    return taken;
  }

  /// How many of the next bytes do not matter, so that they need not be read.
  [[nodiscard]] std::uint64_t skippable() const { return state_ == State::kContent ? rest_ : 0; }
  /// Passes over that many bytes, at most skippable().
  void skip(std::uint64_t bytes);

  [[nodiscard]] bool ended() const { return state_ == State::kEnded; }
  [[nodiscard]] bool damaged() const { return state_ == State::kDamaged; }
  /// Whether no entry has begun that is not complete.
  [[nodiscard]] bool between_entries() const { return state_ == State::kHeader && field_.empty(); }

  /// The longest name that is read, in bytes. The kernel takes PATH_MAX.
  static constexpr std::size_t kLongestName = 4096;
  /// The most entries of an archive.
  static constexpr std::size_t kMostEntries = 1'000'000;

 private:
  enum class State { kHeader, kName, kContent, kEnded, kDamaged };

  std::size_t take(std::string_view bytes);
  std::size_t collect(std::string_view bytes, std::size_t wanted);
  void read_header();
  void read_name();

  State state_ = State::kHeader;
  std::string field_;  ///< the bytes of the header or of the name that have come
  std::string name_;
  bool named_ = false;          ///< name_ was read and not handed out
  std::size_t name_size_ = 0;   ///< with the NUL and the padding
  std::size_t name_bytes_ = 0;  ///< with the NUL
  std::uint64_t content_ = 0;   ///< with the padding
  std::uint64_t rest_ = 0;      ///< of the content
  std::size_t entries_ = 0;
};

/// Whether bytes begin as such an archive does.
[[nodiscard]] bool is_cpio(std::string_view bytes);

/// Returns the module of a file in an initrd, with '_' for '-': "hv_storvsc" for
/// "usr/lib/modules/6.6.1/kernel/drivers/scsi/hv_storvsc.ko.xz". Empty if the name is not that of a
/// module.
[[nodiscard]] std::string module_of_file(std::string_view name);
/// The same for a name alone: "hv-storvsc" or "hv_storvsc.ko.zst".
[[nodiscard]] std::string module_name(std::string_view name);

}  // namespace azl::provision
