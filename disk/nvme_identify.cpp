#include "disk/nvme_identify.h"

#include <algorithm>
#include <cerrno>
#include <string_view>

#include <fcntl.h>
#include <linux/nvme_ioctl.h>
#include <sys/ioctl.h>

#include "base/sysfs.h"
#include "base/text.h"

namespace azl::disk {

namespace {

constexpr std::size_t kPageSize = 4096;
constexpr std::size_t kVendorPart = 384;
constexpr std::size_t kLongestValue = 64;
constexpr std::uint64_t kLargestNumber = 65'535;

/// The text up to its NUL; empty when there is none, or something in it can't be printed.
std::string_view vendor_text(std::span<const std::byte> page) {
  if (page.size() <= kVendorPart) return {};
  const auto part = page.first(std::min(page.size(), kPageSize)).subspan(kVendorPart);
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): bytes are read as char
  const std::string_view text(reinterpret_cast<const char*>(part.data()), part.size());
  const auto end = text.find('\0');
  if (end == std::string_view::npos) return {};
  const auto words = text.substr(0, end);
  const auto is_printable = [](char c) { return c >= ' ' && c <= '~'; };
  return std::ranges::all_of(words, is_printable) ? words : std::string_view();
}

/// False: it can't be taken.
bool take_text(std::string_view value, std::string& member) {
  if (value.empty() || value.size() > kLongestValue || !member.empty()) return false;
  member = value;
  return true;
}

bool take_number(std::string_view value, int& member) {
  const auto number = parse_number(value);
  if (!number || *number > kLargestNumber || member >= 0) return false;
  member = static_cast<int>(*number);
  return true;
}

bool take(std::string_view key, std::string_view value, NvmeIdentity& identity) {
  if (key == "type") return take_text(value, identity.type);
  if (key == "name") return take_text(value, identity.name);
  if (key == "index") return take_number(value, identity.index);
  if (key == "lun") return take_number(value, identity.lun);
  return true;
}

}  // namespace

std::optional<NvmeIdentity> parse_identify(std::span<const std::byte> page) {
  NvmeIdentity identity;
  for (const auto part : split(vendor_text(page), ',')) {
    const auto equals = part.find('=');
    if (equals == std::string_view::npos) continue;
    if (!take(part.substr(0, equals), part.substr(equals + 1), identity)) return std::nullopt;
  }
  if (identity.type.empty()) return std::nullopt;
  return identity;
}

Result<std::vector<std::byte>> read_identify(const Root& root, const std::string& device,
                                             std::uint32_t nsid) {
  constexpr std::uint8_t kIdentify = 0x06;  // NVM Express Base Specification: admin commands
  constexpr std::uint32_t kTimeoutMs = 5'000;
  auto fd = root.open_file(device, O_RDONLY | O_NONBLOCK);
  if (!fd) return fail(std::move(fd.error()));
  std::vector<std::byte> page(kPageSize);
  nvme_admin_cmd command{};
  command.opcode = kIdentify;
  command.nsid = nsid;
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the kernel takes it as a number
  command.addr = reinterpret_cast<std::uintptr_t>(page.data());
  command.data_len = kPageSize;
  command.cdw10 = 0;  // CNS 0: the namespace's own page
  command.timeout_ms = kTimeoutMs;
  const int status = ioctl(fd->get(), NVME_IOCTL_ADMIN_CMD, &command);
  if (status < 0) return fail_errno(errno, "asking " + device + " what it is");
  if (status > 0) {
    return fail(Reason::kIo,
                device + " does not say what it is: NVMe status " + std::to_string(status));
  }
  return page;
}

}  // namespace azl::disk
