// The record of what a stage did, step by step. The journal, the console and --report show it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/root.h"
#include "provision/record/words.h"

namespace azl::provision {

/// The directory of the records of finished stages: DIRECTORY/BOOT_ID/STAGE.json.
inline constexpr std::string_view kBootsDirectory = "/var/lib/azl-provision/boots";
/// The directory of the records of running stages, STAGE.json. Its mode is 0700.
inline constexpr std::string_view kRunDirectory = "/run/azl-provision";

// Other programs and later versions of this one read records, so times are in ISO 8601 (UTC),
// durations in microseconds, and enumerations are words. docs/report-schema.json describes them.

/// A failure, or input that could not be used as it was given.
struct FindingRecord {
  Severity severity = Severity::kNote;
  std::string step;                ///< the step that found it
  std::string reason;              ///< ReasonName::name
  std::vector<std::string> chain;  ///< outermost context first, cause last
  std::string advice;
  std::string device = {};  ///< the disk that it is about, "/dev/sdb"; empty: none
  std::string cause = {};   ///< CauseName::name; empty: the advice is that of the reason
};

/// A program that a step ran.
struct ToolRecord {
  std::string program;
  std::int64_t wall_us = 0;
  std::int64_t cpu_us = 0;
  bool ok = true;
};

struct StepRecord {
  std::string name;
  std::string what;  ///< what the step is for, a few words
  StepOutcome outcome = StepOutcome::kRunning;
  std::string why;            ///< what was done and why, or why not: a sentence
  std::int64_t start_us = 0;  ///< since the stage began
  std::int64_t took_us = 0;
  std::vector<ToolRecord> tools;
  // Of a running step only.
  std::string waits_for = {};       ///< a program or an endpoint; empty: for nothing
  std::int64_t waits_until_us = 0;  ///< CLOCK_BOOTTIME; 0: without a limit
  std::string last_error = {};      ///< of what it tries again; empty: nothing failed
};

/// One request to an endpoint of the platform.
struct AttemptRecord {
  std::string endpoint;
  std::string request;
  std::string at;
  std::int64_t took_us = 0;
  int status = 0;  ///< HTTP status; 0: no answer
  std::string outcome;
};

/// Whether a virtual function carries the traffic of a synthetic link.
struct AccelerationRecord {
  bool accelerated = false;
  std::string vf;  ///< name of the virtual function; empty: there is none
  std::string driver;
  std::string pci;  ///< "0001:00:02.0"
  bool enslaved = false;
  std::int64_t received = -1;  ///< packets by the virtual function; -1: not known
  std::int64_t sent = -1;
  std::string why;  ///< a sentence; empty: the link is not synthetic
};

struct LinkRecord {
  std::string name;
  std::string mac;
  std::string driver;
  std::string role;
  std::string why;
  bool primary = false;
  std::vector<std::string> addresses;  ///< "10.0.0.4/24"
  AccelerationRecord acceleration = {};
};

/// One disk, and what became of it.
struct DiskRecord {
  std::string device = {};  ///< "/dev/sdb"; of an array "/dev/md/azl-local"
  std::string kind = {};    ///< os, resource, local, data, other
  std::string why = {};     ///< how that is known
  int number = -1;          ///< LUN, or index of a local disk; -1: none
  std::uint64_t size = 0;   ///< bytes
  std::string found = {};   ///< a description of what was on it; empty: it was not read
  std::vector<std::string> decisions = {};  ///< "what: why", one sentence each
};

struct KeyRecord {
  std::string type;
  std::string fingerprint;
  std::string why;
};

struct UserRecord {
  std::string name;  ///< empty: none was provisioned
  std::vector<std::string> groups;
  std::string password;  ///< "locked", "set", "unchanged"
  std::vector<KeyRecord> keys;
};

/// A message to the platform, delivered or not.
struct ToldRecord {
  std::string channel;  ///< "KVP", "health"
  std::string what;     ///< "Ready", "NotReady"
  std::string how;      ///< "json", "xml", "pool 1"
  std::string at;
  bool delivered = false;
  std::string description;  ///< for a failure: the text that the portal shows
};

/// What Azure attests about the VM. The other members are empty unless it was verified.
struct AttestedRecord {
  Attested verdict = Attested::kNotAsked;
  std::string why = {};  ///< why it was not verified, a sentence
  std::string vm_id = {};
  std::string subscription_id = {};
  std::string plan = {};     ///< "PUBLISHER/PRODUCT/NAME" of a marketplace image's plan
  std::string created = {};  ///< when Azure signed it
  std::string signer = {};   ///< "metadata.azure.com"
};

struct StageRecord {
  int schema_version = 1;
  std::string agent;  ///< "azl-provision/0.1.0"
  Stage stage = Stage::kMain;
  std::string boot_id;
  std::string vm_id;
  std::string root;  ///< "/" or the tree
  std::string started;
  std::int64_t sequence = 0;       ///< from 1, higher than that of each earlier run; 0: not known
  std::int64_t since_boot_us = 0;  ///< CLOCK_BOOTTIME at the start; 0 for a tree
  std::int64_t began_us = 0;       ///< CLOCK_BOOTTIME to which the steps' start_us are relative
  std::int64_t took_us = 0;
  StageOutcome outcome = StageOutcome::kRunning;
  std::string course;  ///< to_string(Course), empty before the decision
  std::string course_why;
  std::string hostname;
  int exit_status = 0;
  std::int64_t cpu_us = 0;  ///< of the agent itself, user + system
  std::int64_t children_cpu_us = 0;
  std::int64_t max_rss_kib = 0;
  std::vector<StepRecord> steps;
  std::vector<FindingRecord> findings;
  std::vector<AttemptRecord> attempts;
  std::vector<LinkRecord> links;
  std::vector<DiskRecord> disks;
  UserRecord user;
  std::vector<KeyRecord> host_keys;
  std::vector<ToldRecord> told;
  AttestedRecord attested = {};
};

[[nodiscard]] std::string to_json(const StageRecord& record);
/// Parses a record. Ignores unknown members; missing ones keep their defaults. Errors: kState.
[[nodiscard]] Result<StageRecord> parse_record(std::string_view json);
/// Makes the record of an error.
[[nodiscard]] FindingRecord to_finding(const Error& error, Severity severity, std::string_view step,
                                       std::string_view device = {});

/// Returns 1 more than the sequence of each record in the tree. The order of records rests on it,
/// because the clock may be set back.
[[nodiscard]] std::int64_t next_sequence(const Root& root);
/// Writes the record of a stage that runs, so that --report works meanwhile, and after the stage
/// was killed. The file is large enough for keep_in_run() to replace its content on a full disk.
/// Errors: as Root::write.
[[nodiscard]] Result<void> write_running_record(const Root& root, const StageRecord& record);
/// Keeps the record of a finished stage in /run, where it lasts until the next boot, if it could
/// not be saved. On a full disk it leaves out what the headline does not need, and overwrites what
/// write_running_record() has written. Errors: as Root::write.
[[nodiscard]] Result<void> keep_in_run(const Root& root, const StageRecord& record);
/// Returns the path of a running stage's record.
[[nodiscard]] std::string running_record_path(Stage stage);
/// Whether /run has the record of a stage that runs or was killed, or what is left of one. A record
/// of keep_in_run() does not count.
[[nodiscard]] bool has_unfinished_record(const Root& root, Stage stage);
/// Saves the record of a finished stage. Removes the records of the oldest boots if there are more
/// than `keep`, but keeps the last boot that had a main stage. The first record of a boot also
/// removes files that earlier boots left half-written. Errors: as Root::write.
[[nodiscard]] Result<void> save_record(const Root& root, const StageRecord& record, int keep);
/// Returns the saved record of a stage of that boot. Returns nullopt if there is none, or it cannot
/// be read.
[[nodiscard]] std::optional<StageRecord> kept_record(const Root& root, std::string_view boot_id,
                                                     Stage stage);
/// Whether there is a saved record of a stage of that boot.
[[nodiscard]] bool has_record(const Root& root, std::string_view boot_id, Stage stage);
/// Removes it. Errors: kIo, kReadOnly.
[[nodiscard]] Result<void> forget_record(const Root& root, std::string_view boot_id, Stage stage);
/// Returns the record of a run that was killed, of the same stage, boot and VM as `fresh`: the
/// saved one if the run came to save it, else the one in /run, with its running step "interrupted".
/// Returns nullopt if there was no such run, or its record cannot be read.
[[nodiscard]] std::optional<StageRecord> interrupted_record(const Root& root,
                                                            const StageRecord& fresh);
/// Returns the kernel's boot id; "tree" for a tree that has none.
[[nodiscard]] std::string boot_id_of(const Root& root);

/// The records of one boot.
struct BootRecords {
  std::string boot_id;
  std::vector<StageRecord> stages;  ///< in the order in which they began
  std::vector<std::string> unread;  ///< what could not be read, one sentence each
};
/// Returns all boots that have records, oldest first. Running stages are included.
[[nodiscard]] std::vector<BootRecords> load_boots(const Root& root);

}  // namespace azl::provision
