#include "disk/table/gpt.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>

namespace azl::disk {

namespace {

// UEFI Specification, 5.2 and 5.3: all numbers are little-endian.
constexpr std::size_t kHeaderSize = 92;
constexpr std::uint64_t kMinEntriesSize = 16'384;  // reserved for the entries
constexpr std::uint64_t kMaxEntriesSize = 4 << 20;

std::uint64_t number_at(std::span<const std::byte> bytes, std::size_t at, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = size; i > 0; --i) {
    value = value << 8U | std::to_integer<std::uint64_t>(bytes[at + i - 1]);
  }
  return value;
}
std::uint64_t number64(std::span<const std::byte> bytes, std::size_t at) {
  return number_at(bytes, at, 8);
}
std::uint32_t number32(std::span<const std::byte> bytes, std::size_t at) {
  return static_cast<std::uint32_t>(number_at(bytes, at, 4));
}

/// CRC-32 of ISO 3309, the same as zlib's. A lookup table is not worth it for 16 KiB.
std::uint32_t crc32(std::span<const std::byte> bytes) {
  constexpr std::uint32_t kPolynomial = 0xEDB88320;
  std::uint32_t crc = ~0U;
  for (const std::byte each : bytes) {
    crc ^= std::to_integer<std::uint32_t>(each);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1U ^ ((crc & 1U) != 0 ? kPolynomial : 0);
  }
  return ~crc;
}

bool has_protective_mbr(std::span<const std::byte> mbr) {
  constexpr std::size_t kSignature = 510;
  constexpr std::uint64_t kMagic = 0xAA55;
  constexpr std::size_t kEntries = 446;
  constexpr std::size_t kEntrySize = 16;
  constexpr std::size_t kType = 4;
  constexpr std::byte kProtective{0xEE};
  if (mbr.size() < 512 || number_at(mbr, kSignature, 2) != kMagic) return false;
  for (std::size_t i = 0; i < 4; ++i) {
    if (mbr[kEntries + i * kEntrySize + kType] == kProtective) return true;
  }
  return false;
}

struct Header {
  std::uint64_t backup;   ///< LBA of the other header
  std::uint64_t entries;  ///< LBA
  std::uint64_t entries_size;
  std::uint32_t entries_crc;
};

/// Parses the sector at LBA 1. Returns nullopt if the header's checksum or its values are invalid.
std::optional<Header> parse_header(std::span<const std::byte> sector, std::uint64_t sectors) {
  constexpr std::string_view kMagic = "EFI PART";
  constexpr std::size_t kCrc = 16;
  if (sector.size() < kHeaderSize) return std::nullopt;
  if (std::memcmp(sector.data(), kMagic.data(), kMagic.size()) != 0) return std::nullopt;
  const std::size_t size = number32(sector, 12);
  if (size < kHeaderSize || size > sector.size()) return std::nullopt;
  std::vector<std::byte> summed(sector.begin(), sector.begin() + static_cast<std::ptrdiff_t>(size));
  std::fill_n(summed.begin() + kCrc, 4, std::byte{0});  // counts as zero in its own checksum
  if (crc32(summed) != number32(sector, kCrc) || number64(sector, 24) != 1) return std::nullopt;
  const Header header{.backup = number64(sector, 32),
                      .entries = number64(sector, 72),
                      .entries_size = std::uint64_t{number32(sector, 80)} * number32(sector, 84),
                      .entries_crc = number32(sector, 88)};
  if (header.entries < 2 || header.entries >= sectors) return std::nullopt;
  if (header.entries_size == 0 || header.entries_size > kMaxEntriesSize) return std::nullopt;
  return header;
}

/// The area of a backup that ends at `end`, with its header in the last sector.
Area backup_area(const RawDisk& disk, std::uint64_t end, std::uint64_t entries_size) {
  const std::uint64_t sector = disk.sector();
  const std::uint64_t size = sector + (entries_size + sector - 1) / sector * sector;
  return {end - std::min(size, end), end};
}

void add_areas(const RawDisk& disk, const std::optional<Header>& header, Gpt& gpt) {
  const std::uint64_t sector = disk.sector();
  const std::uint64_t size = std::max(kMinEntriesSize, header ? header->entries_size : 0);
  gpt.areas = {{0, 2 * sector}, backup_area(disk, disk.size(), size)};
  gpt.end = 2 * sector;
  // The entries may also be elsewhere, even behind the partitions.
  if (header && header->entries == 2) gpt.end += header->entries_size;
  const std::uint64_t entries = (header ? header->entries : 2) * sector;
  gpt.areas.push_back({entries, entries + size});
  if (header && header->backup < disk.size() / sector) {
    gpt.areas.push_back(backup_area(disk, (header->backup + 1) * sector, size));
  }
}

}  // namespace

Result<Gpt> read_gpt(const RawDisk& disk) {
  Gpt gpt;
  const std::uint64_t sector = disk.sector();
  const auto start = OR_RETURN(disk.read(0, static_cast<std::size_t>(2 * sector)));
  gpt.present = has_protective_mbr(start);
  if (!gpt.present || start.size() < 2 * sector) return gpt;
  const auto header = parse_header(std::span(start).subspan(sector), disk.size() / sector);
  if (header) {
    const auto size = static_cast<std::size_t>(header->entries_size);
    const auto entries = OR_RETURN(disk.read(header->entries * sector, size));
    gpt.intact = entries.size() == size && crc32(entries) == header->entries_crc;
  }
  add_areas(disk, header, gpt);
  return gpt;
}

}  // namespace azl::disk
