#include "provision/image/check/cpio_names.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <system_error>

namespace azl::provision {
namespace {

constexpr std::size_t kHeaderSize = 110;
constexpr std::size_t kMagicSize = 6;
constexpr std::size_t kNumberSize = 8;
constexpr std::size_t kFileSizeField = 6;  // of the 13 numbers
constexpr std::size_t kNameSizeField = 11;

/// Everything begins at a multiple of four bytes.
constexpr std::uint64_t padded(std::uint64_t size) { return (size + 3) & ~std::uint64_t{3}; }

std::optional<std::uint32_t> number_at(std::string_view header, std::size_t field) {
  const auto digits = header.substr(kMagicSize + field * kNumberSize, kNumberSize);
  std::uint32_t number = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), number, 16);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return number;
}

}  // namespace

bool is_cpio(std::string_view bytes) {
  return bytes.starts_with("070701") || bytes.starts_with("070702");
}

void CpioNames::skip(std::uint64_t bytes) {
  rest_ -= std::min(bytes, skippable());
  if (state_ == State::kContent && rest_ == 0) state_ = State::kHeader;
}

std::size_t CpioNames::collect(std::string_view bytes, std::size_t wanted) {
  const auto size = std::min(bytes.size(), wanted - field_.size());
  field_ += bytes.substr(0, size);
  return size;
}

std::size_t CpioNames::take(std::string_view bytes) {
  std::size_t taken = 0;
  switch (state_) {
    case State::kHeader:
      taken = collect(bytes, kHeaderSize);
      if (field_.size() == kHeaderSize) read_header();
      return taken;
    case State::kName:
      taken = collect(bytes, name_size_);
      if (field_.size() == name_size_) read_name();
      return taken;
    case State::kContent:
      taken = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), rest_));
      skip(taken);
      return taken;
    case State::kEnded:
    case State::kDamaged:
      break;
  }
  return 0;
}

void CpioNames::read_header() {
  const auto name_size = number_at(field_, kNameSizeField);
  const auto content = number_at(field_, kFileSizeField);
  const bool good = is_cpio(field_) && name_size && content && *name_size > 0 &&
                    *name_size <= kLongestName && ++entries_ <= kMostEntries;
  field_.clear();
  if (!good) {
    state_ = State::kDamaged;
    return;
  }
  name_bytes_ = *name_size;
  name_size_ = static_cast<std::size_t>(padded(kHeaderSize + *name_size)) - kHeaderSize;
  content_ = padded(*content);
  state_ = State::kName;
}

void CpioNames::read_name() {
  name_ = field_.substr(0, std::min(name_bytes_ - 1, field_.find('\0')));
  field_.clear();
  if (name_ == "TRAILER!!!") {
    state_ = State::kEnded;
    return;
  }
  named_ = true;
  rest_ = content_;
  state_ = rest_ == 0 ? State::kHeader : State::kContent;
}

std::string module_name(std::string_view name) {
  name.remove_prefix(std::min(name.rfind('/') + 1, name.size()));
  std::string module(name.substr(0, name.find(".ko")));
  std::ranges::replace(module, '-', '_');
  return module;
}

std::string module_of_file(std::string_view name) {
  const auto suffix = name.rfind(".ko");
  if (suffix == std::string_view::npos || name.find("lib/modules/") == std::string_view::npos)
    return {};
  const auto after = name.substr(suffix);
  if (after != ".ko" && after != ".ko.gz" && after != ".ko.xz" && after != ".ko.zst") return {};
  return module_name(name);
}

}  // namespace azl::provision
