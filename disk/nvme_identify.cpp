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
constexpr std::size_t kVendorOffset = 384;
constexpr std::size_t kMaxValue = 64;
constexpr std::uint64_t kMaxNumber = 65'535;

/// The vendor's text up to its NUL; empty if there is no NUL or a character is not printable.
std::string_view vendor_text(std::span<const std::byte> page) {
  if (page.size() <= kVendorOffset) return {};
  const auto part = page.first(std::min(page.size(), kPageSize)).subspan(kVendorOffset);
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): bytes are read as char
  const std::string_view text(reinterpret_cast<const char*>(part.data()), part.size());
  const auto end = text.find('\0');
  if (end == std::string_view::npos) return {};
  const auto result = text.substr(0, end);
  const auto is_printable = [](char c) { return c >= ' ' && c <= '~'; };
  return std::ranges::all_of(result, is_printable) ? result : std::string_view();
}

/// Sets a member. Returns false if the value is invalid or the key occurs twice.
bool set_text(std::string_view value, std::string& member) {
  if (value.empty() || value.size() > kMaxValue || !member.empty()) return false;
  member = value;
  return true;
}

bool set_number(std::string_view value, int& member) {
  const auto number = parse_number(value);
  if (!number || *number > kMaxNumber || member >= 0) return false;
  member = static_cast<int>(*number);
  return true;
}

bool set_member(std::string_view key, std::string_view value, NvmeIdentity& identity) {
  if (key == "type") return set_text(value, identity.type);
  if (key == "name") return set_text(value, identity.name);
  if (key == "index") return set_number(value, identity.index);
  if (key == "lun") return set_number(value, identity.lun);
  return true;
}

}  // namespace

std::optional<NvmeIdentity> parse_identify(std::span<const std::byte> page) {
  NvmeIdentity identity;
  for (const auto part : split(vendor_text(page), ',')) {
    const auto equals = part.find('=');
    if (equals == std::string_view::npos) continue;
    if (!set_member(part.substr(0, equals), part.substr(equals + 1), identity)) return std::nullopt;
  }
  if (identity.type.empty()) return std::nullopt;
  return identity;
}

Result<std::vector<std::byte>> read_identify(const Root& root, const std::string& device,
                                             std::uint32_t nsid) {
  constexpr std::uint8_t kIdentify = 0x06;  // NVM Express Base Specification: admin commands
  constexpr std::uint32_t kTimeoutMs = 5'000;
  const auto fd = OR_RETURN(root.open_device(device, O_RDONLY | O_NONBLOCK));
  std::vector<std::byte> page(kPageSize);
  nvme_admin_cmd command{};
  command.opcode = kIdentify;
  command.nsid = nsid;
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the kernel takes it as a number
  command.addr = reinterpret_cast<std::uintptr_t>(page.data());
  command.data_len = kPageSize;
  command.cdw10 = 0;  // CNS 0: identify namespace
  command.timeout_ms = kTimeoutMs;
  const int status = ioctl(fd.get(), NVME_IOCTL_ADMIN_CMD, &command);
  const std::string context = "reading the identify page of " + device;
  if (status < 0) return fail_errno(errno, context);
  if (status > 0) {
    return fail(Error(Reason::kIo, "NVMe status " + std::to_string(status)), context);
  }
  return page;
}

}  // namespace azl::disk
