#include "imds/kvp.h"

#include <algorithm>
#include <array>
#include <utility>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "imds/kvp_event.h"
#include "imds/kvp_reason.h"

namespace azl::imds {
namespace {

using Field = std::pair<std::string, std::string>;

constexpr std::string_view kDirectory = "/var/lib/hyperv";
constexpr std::string_view kAgent = "azl-provision/" AZL_VERSION;
constexpr std::string_view kDocumentation = "https://aka.ms/linuxprovisioningerror";
/// Fields that dashboards match on, so they are never shortened.
constexpr std::array<std::string_view, 6> kNeverShortened = {
    "result", "agent", "pps_type", "vm_id", "timestamp", "documentation_url"};
/// Others hold the lock for a few writes only.
constexpr BackoffPolicy kLockRetries = {.initial = std::chrono::milliseconds(2),
                                        .factor = 2.0,
                                        .longest = std::chrono::milliseconds(100),
                                        .jitter = 0.2};

std::string_view until_nul(std::string_view field) { return field.substr(0, field.find('\0')); }

std::string_view key_of(std::string_view record) {
  return until_nul(record.substr(0, kKvpKeySize));
}

/// Returns the complete records of a pool, without a partial one at the end.
std::vector<std::string_view> split_records(std::string_view pool) {
  std::vector<std::string_view> records;
  for (; pool.size() >= kKvpRecordSize; pool.remove_prefix(kKvpRecordSize)) {
    records.push_back(pool.substr(0, kKvpRecordSize));
  }
  return records;
}

/// Returns whether `text` fits a field. Readers expect a C string: one NUL, at the end.
bool fits(std::string_view text, std::size_t size) {
  return text.size() < size && text.find('\0') == std::string_view::npos;
}

void append(std::string& pool, const KvpRecord& record) {
  pool.append(record.key).append(kKvpKeySize - record.key.size(), '\0');
  pool.append(record.value).append(kKvpValueSize - record.value.size(), '\0');
}

/// Returns one field of the CSV, which the host reads as Python's csv module does with quotechar '.
std::string encode(const Field& field) {
  auto text = field.first + "=" + field.second;
  std::ranges::replace(text, '\0', ' ');
  if (text.find_first_of("|'\r\n") == std::string::npos) return text;
  std::string quoted = "'";
  for (const char c : text) quoted.append(c == '\'' ? 2 : 1, c);
  return quoted + "'";
}

std::string encode(const std::vector<Field>& fields) {
  std::vector<std::string> encoded;
  encoded.reserve(fields.size());
  for (const auto& field : fields) encoded.push_back(encode(field));
  return join(encoded, "|");
}

bool may_be_shortened(const Field& field) {
  return std::ranges::find(kNeverShortened, field.first) == kNeverShortened.end();
}

/// Removes about half of `excess` from the longest value, so that several long values end up
/// equally long. Removes the last field if no value can be shortened.
void shorten(std::vector<Field>& fields, std::size_t excess) {
  const auto room = [](const Field& field) {
    return may_be_shortened(field) ? field.second.size() : 0;
  };
  const auto longest = std::ranges::max_element(fields, {}, room);
  if (room(*longest) == 0) {
    fields.pop_back();
    return;
  }
  auto& value = longest->second;
  const auto less = std::min(value.size(), (excess + 1) / 2);
  value = std::string(cut_utf8(value, value.size() - less));
}

/// Adds what support staff need in addition to the reason.
void add_supporting_data(std::vector<Field>& fields, const Error& error) {
  fields.emplace_back("error", error.to_string());
  if (error.http_status()) fields.emplace_back("http_code", std::to_string(*error.http_status()));
  if (error.errno_value()) fields.emplace_back("errno", std::to_string(*error.errno_value()));
}

void add_vm_id(std::vector<Field>& fields, std::string_view vm_id) {
  if (!vm_id.empty()) fields.emplace_back("vm_id", vm_id);
}

Result<UniqueFd> open_pool(const Root& root) {
  const auto directory = OR_RETURN(root.stat(kDirectory));
  if (!directory || !directory->is_directory()) {
    return fail(
        Reason::kKvp,
        "there is no " + std::string(kDirectory) +
            ": the Hyper-V KVP daemon, which reads the report, is not installed or not running");
  }
  return root.open_file(kKvpPool, O_RDWR | O_CREAT, 0600);
}

/// Takes both locks or none: cloud-init uses flock, and hv_kvp_daemon a POSIX lock, which an OFD
/// lock respects. Both end when the descriptor is closed. Returns 0 or an errno.
int try_lock(int fd) {
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) return errno;
  struct flock whole{};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  if (fcntl(fd, F_OFD_SETLK, &whole) == 0) return 0;
  const int error = errno;
  flock(fd, LOCK_UN);
  return error;
}

Result<void> lock(int fd, const Deadline& deadline) {
  Backoff backoff(kLockRetries);
  for (;;) {
    const int error = try_lock(fd);
    if (error == 0) return {};
    if (error != EWOULDBLOCK && error != EACCES && error != EINTR) {
      return fail_errno(error, "locking the pool", Reason::kKvp);
    }
    const auto pause = backoff.next(deadline);
    if (!pause) return fail(Reason::kKvp, "another program holds the lock of the pool");
    poll(nullptr, 0, deadline.within(*pause).poll_timeout());
  }
}

WallTime modified(const struct stat& info) {
  return WallTime(std::chrono::seconds(info.st_mtim.tv_sec) +
                  std::chrono::microseconds(info.st_mtim.tv_nsec / 1000));
}

/// Returns the pool's bytes; none if they are from an earlier boot, which the host has read
/// already.
Result<std::string> read_pool(int fd, WallTime booted) {
  struct stat info{};
  if (fstat(fd, &info) != 0) return fail_errno(errno, "examining the pool", Reason::kKvp);
  if (modified(info) < booted) return std::string();
  if (static_cast<std::uint64_t>(info.st_size) > kKvpMaxRecords * kKvpRecordSize) {
    return fail(Reason::kKvp, "the pool is larger than the host reads");
  }
  std::string pool(static_cast<std::size_t>(info.st_size), '\0');
  std::size_t done = 0;
  while (done < pool.size()) {
    const auto got = pread(fd, pool.data() + done, pool.size() - done, static_cast<off_t>(done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno(errno, "reading the pool", Reason::kKvp);
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  pool.resize(done);
  return pool;
}

Result<void> write_at(int fd, std::string_view bytes, std::size_t place) {
  while (!bytes.empty()) {
    const auto put = pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(place));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return fail_errno(errno, "writing the pool", Reason::kKvp);
    bytes.remove_prefix(static_cast<std::size_t>(put));
    place += static_cast<std::size_t>(put);
  }
  return {};
}

/// Changes the file from `before` to `now`. Writes only the records that differ, because the daemon
/// may read at any time without a lock. Writes neighbouring records together.
Result<void> update(int fd, std::string_view before, std::string_view now) {
  const auto differs = [&](std::size_t place) {
    return place >= before.size() ||
           before.substr(place, kKvpRecordSize) != now.substr(place, kKvpRecordSize);
  };
  for (std::size_t place = 0; place < now.size(); place += kKvpRecordSize) {
    const auto first = place;
    while (place < now.size() && differs(place)) place += kKvpRecordSize;
    if (place > first) OR_RETURN(write_at(fd, now.substr(first, place - first), first));
  }
  // Always, because a pool from an earlier boot counts as empty but still has its length.
  if (ftruncate(fd, static_cast<off_t>(now.size())) != 0) {
    return fail_errno(errno, "truncating the pool", Reason::kKvp);
  }
  if (fsync(fd) != 0) return fail_errno(errno, "writing the pool to disk", Reason::kKvp);
  return {};
}

Result<void> write_locked(int fd, const KvpRecord& record, std::span<const KvpEventRecords> events,
                          WallTime booted) {
  const auto before = OR_RETURN(read_pool(fd, booted));
  const auto now = OR_RETURN(kvp_with(before, record, events));
  return update(fd, before, now);
}

Result<void> check_record(const KvpRecord& record) {
  if (record.key.empty() || !fits(record.key, kKvpKeySize)) {
    return fail(Reason::kKvp, "a record's key must be text of 1 to 511 bytes");
  }
  if (!fits(record.value, kKvpValueSize)) {
    return fail(Reason::kKvp, "a record's value must be text of at most 2047 bytes");
  }
  return {};
}

/// Returns the pool without the events of this agent and a partial record at the end.
std::string without_own_events(std::string_view pool) {
  std::string rest;
  rest.reserve(pool.size());
  for (const auto record : split_records(pool)) {
    if (!is_own_event(key_of(record))) rest += record;
  }
  return rest;
}

}  // namespace

std::vector<KvpRecord> parse_kvp(std::string_view bytes) {
  std::vector<KvpRecord> records;
  for (const auto record : split_records(bytes)) {
    records.push_back(
        {std::string(key_of(record)), std::string(until_nul(record.substr(kKvpKeySize)))});
  }
  return records;
}

Result<std::string> kvp_with(std::string_view pool, const KvpRecord& record) {
  OR_RETURN(check_record(record));
  std::string now;
  bool placed = false;
  for (const auto old : split_records(pool)) {
    const bool same_key = key_of(old) == record.key;
    if (!same_key) now += old;
    if (same_key && !placed) append(now, record);
    placed = placed || same_key;
  }
  if (!placed && now.size() >= kKvpMaxRecords * kKvpRecordSize) {
    return fail(Reason::kKvp, "the pool is full");
  }
  if (!placed) append(now, record);
  return now;
}

Result<std::string> kvp_with(std::string_view pool, const KvpRecord& record,
                             std::span<const KvpEventRecords> events) {
  auto now = OR_RETURN(kvp_with(without_own_events(pool), record));
  auto room = std::min(kKvpMaxEventRecords, kKvpMaxRecords - now.size() / kKvpRecordSize);
  now.reserve(now.size() + std::min(room, events.size()) * kKvpRecordSize);
  for (const auto& event : events) {
    if (event.size() > room || !std::ranges::all_of(event, [](const auto& part) {
          return check_record(part).has_value();
        }))
      continue;
    for (const auto& part : event) append(now, part);
    room -= event.size();
  }
  return now;
}

std::string report_value(const std::vector<std::pair<std::string, std::string>>& fields) {
  auto shortened = fields;
  // Nothing longer can remain; this leaves little to do for shorten().
  for (auto& [key, value] : shortened) value = std::string(cut_utf8(value, kKvpHostLimit));
  auto text = encode(shortened);
  while (text.size() > kKvpHostLimit) {
    shorten(shortened, text.size() - kKvpHostLimit);
    text = encode(shortened);
  }
  return text;
}

std::string success_report(std::string_view vm_id, WallTime when, std::string_view pps_type) {
  std::vector<Field> fields = {
      {"result", "success"}, {"agent", std::string(kAgent)}, {"pps_type", std::string(pps_type)}};
  add_vm_id(fields, vm_id);
  fields.emplace_back("timestamp", iso8601(when));
  return report_value(fields);
}

std::string failure_report(const Error& error, std::string_view vm_id, WallTime when) {
  std::vector<Field> fields = {
      {"result", "error"}, {"reason", kvp_reason(error)}, {"agent", std::string(kAgent)}};
  add_supporting_data(fields, error);
  add_vm_id(fields, vm_id);
  fields.emplace_back("timestamp", iso8601(when));
  fields.emplace_back("documentation_url", kDocumentation);
  return report_value(fields);
}

Result<void> write_kvp(const Root& root, const KvpRecord& record,
                       std::span<const KvpEventRecords> events, WallTime booted,
                       const Deadline& deadline) {
  const auto context = "writing " + record.key + " to " + std::string(kKvpPool);
  const auto pool = open_pool(root);
  if (!pool) {
    // Whatever the system call returned, what failed is the report to the host.
    return fail(Error(Reason::kKvp, pool.error().to_string()), context);
  }
  OR_RETURN(lock(pool->get(), deadline), context);
  OR_RETURN(write_locked(pool->get(), record, events, booted), context);
  return {};
}

}  // namespace azl::imds
