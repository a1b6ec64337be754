#include "disk/signatures.h"

#include <algorithm>
#include <cerrno>
#include <vector>

#include <blkid/blkid.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"

namespace azl::disk {

namespace {

using Probe = Handle<blkid_struct_probe, blkid_free_probe>;

Result<Probe> make_probe(int fd, std::uint64_t start, std::uint64_t size) {
  Probe probe(blkid_new_probe());
  if (!probe) return fail(Reason::kIo, "no memory for a probe of libblkid");
  if (blkid_probe_set_device(probe.get(), fd, static_cast<blkid_loff_t>(start),
                             static_cast<blkid_loff_t>(size)) != 0) {
    return fail(Reason::kIo, "libblkid cannot read it");
  }
  return probe;
}

std::string value_of(blkid_probe probe, const char* name) {
  const char* value = nullptr;
  if (blkid_probe_lookup_value(probe, name, &value, nullptr) != 0 || value == nullptr) return {};
  return value;
}

}  // namespace

bool is_unfinished(int fd, std::uint64_t start, std::string_view type) {
  constexpr std::uint64_t kInProgress = 126;
  char flag = 0;
  return type == "xfs" && pread(fd, &flag, 1, static_cast<off_t>(start + kInProgress)) == 1 &&
         flag != 0;
}

Result<Signature> read_signature(const std::string& path) {
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return fail_errno(errno, "opening " + path);
  const Probe probe = OR_RETURN(make_probe(fd.get(), 0, 0), path);
  blkid_probe_enable_superblocks(probe.get(), 1);
  blkid_probe_set_superblocks_flags(probe.get(), BLKID_SUBLKS_TYPE | BLKID_SUBLKS_UUID);
  const int result = blkid_do_safeprobe(probe.get());
  if (result == 1) return Signature{};
  if (result == -2) return fail(Reason::kIo, path + " has signatures that contradict each other");
  if (result != 0) return fail(Reason::kIo, "libblkid cannot read " + path);
  Signature found{.type = value_of(probe.get(), "TYPE"), .uuid = value_of(probe.get(), "UUID")};
  AZL_LOG(kDisk, kDebug, path + ": probed as '" + found.type + "', UUID '" + found.uuid + "'");
  return is_unfinished(fd.get(), 0, found.type) ? Signature{} : found;
}

Result<void> wipe_signatures(int fd, std::uint64_t start, std::uint64_t size) {
  const Probe probe = OR_RETURN(make_probe(fd, start, size));
  blkid_probe_enable_superblocks(probe.get(), 1);
  blkid_probe_set_superblocks_flags(probe.get(), BLKID_SUBLKS_MAGIC | BLKID_SUBLKS_BADCSUM);
  blkid_probe_enable_partitions(probe.get(), 1);
  blkid_probe_set_partitions_flags(probe.get(), BLKID_PARTS_MAGIC | BLKID_PARTS_FORCE_GPT);
  // Repeats until nothing is found, as some file systems have several copies of their signature.
  // The limit is for devices that accept writes and do not keep them.
  constexpr int kMaxSignatures = 128;
  for (int i = 0; i < kMaxSignatures; ++i) {
    const int found = blkid_do_probe(probe.get());
    if (found == 1) return {};
    if (found != 0) return fail(Reason::kIo, "libblkid cannot read it");
    if (blkid_do_wipe(probe.get(), 0) != 0) {
      return fail_errno(errno, "removing an old signature");
    }
  }
  return fail(Reason::kIo,
              "old signatures cannot be removed: the device does not keep what is written");
}

Result<void> write_zeros(int fd, std::uint64_t start, std::uint64_t size) {
  constexpr std::uint64_t kChunk = 1U << 20U;
  const std::vector<char> zeros(std::min(size, kChunk));
  while (size > 0) {
    const ssize_t written = pwrite(fd, zeros.data(), std::min<std::uint64_t>(size, zeros.size()),
                                   static_cast<off_t>(start));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return fail_errno(written < 0 ? errno : EIO, "writing zeros");
    start += static_cast<std::uint64_t>(written);
    size -= static_cast<std::uint64_t>(written);
  }
  return {};
}

}  // namespace azl::disk
