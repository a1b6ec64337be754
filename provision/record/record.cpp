#include "provision/record/record.h"

#include <algorithm>
#include <cerrno>
#include <compare>
#include <functional>
#include <ranges>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/text.h"
#include "provision/record/advice.h"

/// Writes and reads each enumeration with a table of spellings as its word.
template <class Enum>
  requires requires { azl::provision::kSpellings<Enum>.size(); }
struct nlohmann::adl_serializer<Enum, void> {
  static void to_json(json& into, Enum value) { into = azl::provision::to_string(value); }
  static void from_json(const json& from, Enum& value) {
    const auto& word = from.get_ref<const std::string&>();
    const auto parsed = azl::provision::parse_word<Enum>(word);
    if (!parsed)
      throw json::other_error::create(501, "unknown word '" + azl::printable(word) + "'", &from);
    value = *parsed;
  }
};

namespace azl::provision {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(FindingRecord, severity, step, reason, chain,
                                                advice, device, cause)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(ToolRecord, program, wall_us, cpu_us, ok)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(StepRecord, name, what, outcome, why, start_us,
                                                took_us, tools, waits_for, waits_until_us,
                                                last_error)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(AttemptRecord, endpoint, request, at, took_us,
                                                status, outcome)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(AccelerationRecord, accelerated, vf, driver, pci,
                                                enslaved, received, sent, why)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(LinkRecord, name, mac, driver, role, why, primary,
                                                addresses, acceleration)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(DiskRecord, device, kind, why, number, size, found,
                                                decisions)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(KeyRecord, type, fingerprint, why)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(UserRecord, name, groups, password, keys)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(ToldRecord, channel, what, how, at, delivered,
                                                description)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(AttestedRecord, verdict, why, vm_id,
                                                subscription_id, plan, created, signer)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(StageRecord, schema_version, agent, stage, boot_id,
                                                vm_id, root, started, sequence, since_boot_us,
                                                began_us, took_us, outcome, course, course_why,
                                                hostname, exit_status, cpu_us, children_cpu_us,
                                                max_rss_kib, steps, findings, attempts, links,
                                                disks, user, host_keys, told, attested)

namespace {

constexpr std::size_t kRecordLimit = 8 << 20;
constexpr std::string_view kSuffix = ".json";
/// Least size of a running stage's record, in bytes: enough for what the headline needs of the
/// final record, which keep_in_run() writes over it on a full disk.
constexpr std::size_t kReserved = 16 << 10;

// A tree's records are somebody else's.
constexpr JsonCaps kRecordCaps = {.elements = 4'096, .values = 100'000};
constexpr std::size_t kMostBoots = 10'000;        // [Report] KeepBoots= allows 9999
constexpr std::size_t kMostFiles = 64;            // of one boot
constexpr std::size_t kLimitOfAll = 64UL << 20U;  // bytes of all records that are read at once

/// Returns the first `most` names in a directory, sorted; empty if it cannot be listed.
std::vector<std::string> list_first(const Root& root, std::string_view directory,
                                    std::size_t most) {
  auto names = root.list(directory).value_or(std::vector<std::string>());
  if (names.size() > most) names.resize(most);
  return names;
}

std::string directory_of(std::string_view boot_id) {
  return std::string(kBootsDirectory) + "/" + std::string(boot_id);
}

std::string record_path(std::string_view boot_id, Stage stage) {
  return directory_of(boot_id) + "/" + std::string(to_string(stage)) + std::string(kSuffix);
}

/// A boot with its place in the order of boots.
struct BootPlace {
  std::int64_t sequence = 0;    ///< the highest of its records; 0: they have none
  std::int64_t modified_s = 0;  ///< when its last record was written; 0: it has none
  std::string boot_id;
  auto operator<=>(const BootPlace&) const = default;
};

/// Returns 0 if there is no record, or it has no sequence. Subtracts the bytes read from `room`.
std::int64_t read_sequence(const Root& root, const std::string& path, std::size_t& room) {
  constexpr std::int64_t kHighest = 1'000'000'000'000;
  const auto text = root.read_if_exists(path, std::min(kRecordLimit, room));
  if (!text || !*text) return 0;
  room -= (*text)->size();
  const auto record = parse_record(**text);
  return record && record->sequence > 0 && record->sequence < kHighest ? record->sequence : 0;
}

/// Returns the boots, oldest first. Records without a sequence, of earlier versions, come first, in
/// the order of their times.
std::vector<BootPlace> boots_by_age(const Root& root) {
  std::vector<BootPlace> boots;
  std::size_t room = kLimitOfAll;
  for (const auto& name : list_first(root, kBootsDirectory, kMostBoots)) {
    const auto found = root.stat(directory_of(name));
    if (name.starts_with('.') || !found || !*found || !(*found)->is_directory()) continue;
    BootPlace place{.boot_id = name};
    for (const auto& file : list_first(root, directory_of(name), kMostFiles)) {
      if (!file.ends_with(kSuffix)) continue;
      const auto path = directory_of(name) + "/" + file;
      const auto record = root.stat(path);
      if (record && *record) place.modified_s = std::max(place.modified_s, (*record)->modified_s);
      place.sequence = std::max(place.sequence, read_sequence(root, path, room));
    }
    boots.push_back(std::move(place));
  }
  std::ranges::sort(boots);
  return boots;
}

/// Whether two records are of the same run of a stage.
bool is_same_run(const StageRecord& one, const StageRecord& other) {
  return one.sequence == other.sequence && (one.sequence > 0 || one.started == other.started);
}

/// Whether `one` began before `other`. The time counts only for records without a sequence.
bool began_before(const StageRecord& one, const StageRecord& other) {
  if (one.sequence != other.sequence) return one.sequence < other.sequence;
  return one.started < other.started;
}

/// What the headline needs of a record. The findings are cut to what fits.
StageRecord essence_of(const StageRecord& record) {
  constexpr std::size_t kMostFindings = 8;
  StageRecord essence = record;
  essence.steps.clear();
  essence.attempts.clear();
  essence.links.clear();
  essence.disks.clear();
  std::ranges::stable_sort(essence.findings, std::ranges::greater(), &FindingRecord::severity);
  if (essence.findings.size() > kMostFindings) essence.findings.resize(kMostFindings);
  return essence;
}

/// Overwrites a file in its place, which needs no space if it is long enough.
Result<void> overwrite(const Root& root, const std::string& path, const std::string& text) {
  const auto file = OR_RETURN(root.open_file(path, O_WRONLY | O_NOFOLLOW | O_NONBLOCK));
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return fail_errno(errno, "examining " + path);
  if (!S_ISREG(status.st_mode)) return fail(Cause::kNotAFile, path + " is not a regular file");
  const auto put = ::pwrite(file.get(), text.data(), text.size(), 0);
  if (put != static_cast<ssize_t>(text.size()) ||
      ::ftruncate(file.get(), static_cast<off_t>(text.size())) != 0)
    return fail_errno(put < 0 ? errno : ENOSPC, "writing " + path);
  return {};
}

/// Removes the records of a boot. Another stage may do the same at the same time.
Result<void> remove_boot(const Root& root, const std::string& boot_id) {
  const auto names = root.list(directory_of(boot_id));
  if (!names) return std::unexpected(names.error());
  for (const auto& name : *names) {
    if (auto removed = root.remove(directory_of(boot_id) + "/" + name); !removed)
      return std::unexpected(std::move(removed.error()));
  }
  auto removed = root.remove_directory(directory_of(boot_id));
  if (!removed && removed.error().errno_value() == ENOENT) return {};
  return removed;
}

/// Removes what earlier boots left half-written. Skips this boot, in which another stage may be
/// writing. A file that cannot be removed is removed later with its boot.
void remove_unfinished(const Root& root, const std::string& this_boot) {
  const auto boots = root.list(kBootsDirectory);
  for (const auto& boot : boots.value_or(std::vector<std::string>())) {
    if (boot.contains(this_boot)) continue;
    const auto directory = directory_of(boot);
    if (boot.ends_with(kUnfinished)) (void)root.remove_directory(directory);
    const auto names = root.list(directory);
    for (const auto& name : names.value_or(std::vector<std::string>())) {
      if (name.ends_with(kUnfinished)) (void)root.remove(directory + "/" + name);
    }
  }
}

/// Returns nullopt if there is no record, or it cannot be read.
std::optional<StageRecord> read_record(const Root& root, const std::string& path) {
  const auto text = root.read_if_exists(path, kRecordLimit);
  if (!text || !*text) return std::nullopt;
  auto record = parse_record(**text);
  if (!record) return std::nullopt;
  return std::move(*record);
}

/// Adds the records of one directory to those of a boot. Takes their bytes from `room`.
void load_directory(const Root& root, const std::string& directory, BootRecords& boot,
                    bool only_this_boot, std::size_t& room) {
  std::size_t files = 0;
  const auto names = root.list(directory);
  if (!names) {
    boot.unread.push_back(names.error().to_string());
    return;
  }
  for (const auto& name : *names) {
    if (!name.ends_with(kSuffix) || name.starts_with('.')) continue;
    if (++files > kMostFiles) {
      boot.unread.push_back(directory + " has more than " + std::to_string(kMostFiles) +
                            " records; the others are not read");
      return;
    }
    const auto text = root.read(directory + "/" + name, std::min(kRecordLimit, room));
    if (text) room -= text->size();
    auto record = text ? parse_record(*text) : Result<StageRecord>(std::unexpected(text.error()));
    if (!record) {
      boot.unread.push_back(directory + "/" + name + ": " + record.error().to_string());
    } else if (!only_this_boot || record->boot_id == boot.boot_id) {
      const auto known = std::ranges::find(boot.stages, record->stage, &StageRecord::stage);
      if (known == boot.stages.end()) {
        boot.stages.push_back(std::move(*record));
      } else if (began_before(*known, *record)) {  // the stage ran again
        *known = std::move(*record);
      }
    }
  }
}

}  // namespace

std::string to_json(const StageRecord& record) {
  // The macros above use the unordered type, so members are sorted by name.
  return nlohmann::json(record).dump(1, ' ', false, nlohmann::json::error_handler_t::replace) +
         "\n";
}

Result<StageRecord> parse_record(std::string_view text) {
  try {
    const auto document = OR_RETURN(parse_json(text, kRecordLimit, Reason::kState, kRecordCaps),
                                    "it is not the record of a stage");
    if (document.shortened) return fail(Reason::kState, "it has too many values");
    const auto& json = document.value;
    if (json.at("schema_version") != 1)
      return fail(Reason::kState, "it has an unknown schema_version");
    return json.get<StageRecord>();
  } catch (const nlohmann::json::exception& error) {
    return fail(Reason::kState, std::string("it is not the record of a stage: ") + error.what());
  }
}

FindingRecord to_finding(const Error& error, Severity severity, std::string_view step,
                         std::string_view device) {
  return {.severity = severity,
          .step = std::string(step),
          .reason = std::string(to_string(error.reason())),
          .chain = error.chain(),
          .advice = std::string(advice_for(error)),
          .device = std::string(device),
          .cause = std::string(error.known_cause() ? to_string(*error.known_cause()) : "")};
}

std::int64_t next_sequence(const Root& root) {
  std::int64_t highest = 0;
  std::size_t room = kLimitOfAll;
  for (const auto& boot : boots_by_age(root)) highest = std::max(highest, boot.sequence);
  for (const auto& row : kSpellings<Stage>)
    highest = std::max(highest, read_sequence(root, running_record_path(row.value), room));
  return highest + 1;
}

std::string running_record_path(Stage stage) {
  return std::string(kRunDirectory) + "/" + std::string(to_string(stage)) + std::string(kSuffix);
}

Result<void> write_running_record(const Root& root, const StageRecord& record) {
  auto text = to_json(record);
  if (text.size() < kReserved) text.append(kReserved - text.size() - 1, ' ').append("\n");
  OR_RETURN(root.write(running_record_path(record.stage), text, {.mode = 0600, .durable = false}));
  return {};
}

Result<void> keep_in_run(const Root& root, const StageRecord& record) {
  const auto path = running_record_path(record.stage);
  if (root.write(path, to_json(record), {.mode = 0600, .durable = false})) return {};
  return overwrite(root, path, to_json(essence_of(record)));
}

bool has_unfinished_record(const Root& root, Stage stage) {
  const auto path = running_record_path(stage);
  const auto record = read_record(root, path);
  return record ? record->outcome == StageOutcome::kRunning : root.exists(path);
}

Result<void> save_record(const Root& root, const StageRecord& record, int keep) {
  const auto directory = directory_of(record.boot_id);
  const auto made = root.make_directory(directory);
  if (!made) return std::unexpected(Error(made.error()));
  auto written = root.write(record_path(record.boot_id, record.stage), to_json(record));
  if (!written)
    return fail(std::move(written.error()),
                "keeping the record of stage " + std::string(to_string(record.stage)));
  if (*made) remove_unfinished(root, record.boot_id);
  auto boots = boots_by_age(root);
  std::erase_if(boots, [&](const auto& boot) { return boot.boot_id == record.boot_id; });
  // People ask long afterwards how the VM was provisioned, so later boots do not displace it.
  const auto provisioning = has_record(root, record.boot_id, Stage::kMain)
                                ? boots.rend()
                                : std::find_if(boots.rbegin(), boots.rend(), [&](const auto& boot) {
                                    return has_record(root, boot.boot_id, Stage::kMain);
                                  });
  const auto kept = provisioning == boots.rend() ? std::string() : provisioning->boot_id;
  for (std::size_t i = 0; i + static_cast<std::size_t>(keep) <= boots.size(); ++i) {
    if (boots[i].boot_id == kept) continue;
    if (auto removed = remove_boot(root, boots[i].boot_id); !removed) return removed;
  }
  return {};
}

std::optional<StageRecord> kept_record(const Root& root, std::string_view boot_id, Stage stage) {
  return read_record(root, record_path(boot_id, stage));
}

bool has_record(const Root& root, std::string_view boot_id, Stage stage) {
  return root.exists(record_path(boot_id, stage));
}

Result<void> forget_record(const Root& root, std::string_view boot_id, Stage stage) {
  auto removed = root.remove(record_path(boot_id, stage));
  if (!removed) return std::unexpected(std::move(removed.error()));
  return {};
}

std::optional<StageRecord> interrupted_record(const Root& root, const StageRecord& fresh) {
  const auto name = "/" + std::string(to_string(fresh.stage)) + std::string(kSuffix);
  auto record = read_record(root, std::string(kRunDirectory) + name);
  const bool same = record && record->stage == fresh.stage && record->boot_id == fresh.boot_id &&
                    record->vm_id == fresh.vm_id;
  if (!same) return std::nullopt;
  auto kept = read_record(root, directory_of(fresh.boot_id) + name);
  if (kept && is_same_run(*kept, *record)) return kept;
  for (auto& step : record->steps) {
    if (step.outcome != StepOutcome::kRunning) continue;
    step.outcome = StepOutcome::kInterrupted;
    step.why = "the agent was killed during this step";
  }
  return record;
}

std::string boot_id_of(const Root& root) {
  const auto text = root.read_if_exists("/proc/sys/kernel/random/boot_id", 128);
  const auto id = text && *text ? std::string(trim(**text)) : std::string();
  const bool sound = !id.empty() && std::ranges::all_of(id, [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-';
  });
  return sound ? id : "tree";
}

std::vector<BootRecords> load_boots(const Root& root) {
  std::vector<BootRecords> boots;
  std::size_t room = kLimitOfAll;
  const auto by_age = boots_by_age(root);
  // The latest boots first, because they matter most if there is not room for all.
  for (const auto& place : std::views::reverse(by_age)) {
    boots.push_back({.boot_id = place.boot_id, .stages = {}, .unread = {}});
    load_directory(root, directory_of(place.boot_id), boots.back(), false, room);
  }
  std::ranges::reverse(boots);
  const auto current = boot_id_of(root);
  // The clock may have been set since, so the running boot is the last one whatever the times say.
  std::ranges::stable_partition(boots, [&](const auto& b) { return b.boot_id != current; });
  if (boots.empty() || boots.back().boot_id != current)
    boots.push_back({.boot_id = current, .stages = {}, .unread = {}});
  load_directory(root, std::string(kRunDirectory), boots.back(), true, room);
  if (boots.back().stages.empty() && boots.back().unread.empty()) boots.pop_back();
  for (auto& boot : boots) std::ranges::stable_sort(boot.stages, began_before);
  return boots;
}

}  // namespace azl::provision
