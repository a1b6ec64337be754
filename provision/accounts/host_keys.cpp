#include "provision/accounts/host_keys.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <string_view>
#include <utility>

#include "base/secret.h"
#include "provision/accounts/ssh_key.h"
#include "provision/accounts/tool.h"

namespace azl::provision {

namespace {

constexpr std::string_view kDirectory = "/etc/ssh";
constexpr std::string_view kPrefix = "ssh_host_";
constexpr std::string_view kPrivate = "_key";
constexpr std::string_view kPublic = "_key.pub";
constexpr std::string_view kToolName = "ssh-keygen";
constexpr std::size_t kKeyLimit = 1 << 16;
/// A distribution's units get this long; what is left of the deadline is for our own keys.
constexpr Duration kUnitsTime = std::chrono::seconds(30);
constexpr Duration kStopTime = std::chrono::seconds(10);

std::string file_name(std::string_view type, std::string_view suffix) {
  return std::string(kPrefix) + std::string(type) + std::string(suffix);
}

std::string installed_path(std::string_view type, std::string_view suffix) {
  return std::string(kDirectory) + "/" + file_name(type, suffix);
}

bool is_known(std::string_view type) {
  return type == "ed25519" || type == "rsa" || type == "ecdsa";
}

/// The type in the name of a host key's file: "rsa" of "ssh_host_rsa_key" and
/// "ssh_host_rsa_key.pub".
std::optional<std::string> type_of_file(std::string_view name, std::string_view suffix) {
  if (name.size() <= kPrefix.size() + suffix.size() || !name.starts_with(kPrefix) ||
      !name.ends_with(suffix)) {
    return std::nullopt;
  }
  name.remove_prefix(kPrefix.size());
  name.remove_suffix(suffix.size());
  return std::string(name);
}

/// The host key of one type as it stands, if both of its files do.
std::optional<HostKey> read_host_key(const Root& root, const std::string& type) {
  const auto info = root.stat(installed_path(type, kPrivate));
  if (!info || !*info || !(*info)->is_regular() || (*info)->size == 0) return std::nullopt;
  const auto line = root.read_if_exists(installed_path(type, kPublic), kKeyLimit);
  if (!line || !*line) return std::nullopt;
  auto key = parse_ssh_key(**line);
  if (!key) return std::nullopt;
  return HostKey{.type = type, .fingerprint = std::move(key->fingerprint)};
}

/// Removes the host keys of all types but those of `kept`.
Result<void> remove_others(const Root& root, const std::vector<HostKey>& kept) {
  const auto names = root.list(kDirectory);
  if (!names) return fail(Error(names.error()));
  for (const std::string& name : *names) {
    auto type = type_of_file(name, kPrivate);
    if (!type) type = type_of_file(name, kPublic);
    if (!type || std::any_of(kept.begin(), kept.end(),
                             [&type](const HostKey& key) { return key.type == *type; })) {
      continue;
    }
    auto removed = root.remove(std::string(kDirectory) + "/" + name);
    if (!removed) return fail(std::move(removed.error()));
  }
  return {};
}

/// Whether a unit waits for systemd's first boot. That is one with a machine-id that says
/// "uninitialized", or none at all; images come with an empty one.
bool is_for_first_boot(const Root& root, const std::string& path) {
  const auto text = root.read_if_exists(path, kKeyLimit);
  return text && *text && ("\n" + **text).find("\nConditionFirstBoot=") != std::string::npos;
}

/// Units by which `unit`, perhaps a template, makes these types.
std::vector<std::string> instances(const std::string& unit, const std::vector<std::string>& types) {
  const auto at = unit.find("@.");
  if (at == std::string::npos) return {unit};
  std::vector<std::string> units;
  units.reserve(types.size());
  for (const std::string& type : types) {
    units.push_back(unit.substr(0, at + 1) + type + unit.substr(at + 1));
  }
  return units;
}

}  // namespace

struct HostKeyJob::State {
  struct Making {
    std::string type;
    std::unique_ptr<Child> child;  ///< null: it did not start, or was waited for
    std::optional<Error> error;    ///< why there is no staged key
  };

  const Root& root;
  Processes& processes;
  std::vector<std::string> types;
  std::optional<Error> staging_error;
  std::optional<Staging> staging;
  std::vector<Making> makings;   ///< after staging: the children go before their directory
  std::string unit;              ///< the distribution's own; empty: none, or a tree
  std::unique_ptr<Child> units;  ///< its units at work, begun early; null: not begun
  std::string directory;         ///< for staging
  std::string made_by;

  void start();
  void stage();
  [[nodiscard]] Command systemctl(const std::string& verb) const;
  bool run_units(const Deadline& limit);
  std::optional<std::vector<HostKey>> by_units(const Deadline& deadline);
  Result<HostKey> install_staged(Making& making, const Deadline& deadline);
  Result<std::vector<HostKey>> all_staged(const Deadline& deadline);
};

/// The distribution's units can begin at once where there is no key to be replaced, which is how an
/// image should be. Where there are keys, nothing may be removed before it is decided that they are
/// due.
void HostKeyJob::State::start() {
  if (root.live()) unit = distribution_keygen_unit(root);
  if (unit.empty()) return stage();
  if (!read_host_keys(root).empty()) return;
  auto child = processes.start(systemctl("start"));
  if (child) units = std::move(*child);  // else install() tries again
}

Command HostKeyJob::State::systemctl(const std::string& verb) const {
  Command command{.argv = {"systemctl", verb}};
  for (std::string& each : instances(unit, types)) command.argv.push_back(std::move(each));
  return command;
}

/// Has an ssh-keygen for each type make its key aside.
void HostKeyJob::State::stage() {
  auto made = Staging::make(root, directory);
  if (!made) {
    staging_error = std::move(made.error());
    return;
  }
  staging.emplace(std::move(*made));
  for (const std::string& type : types) {
    Making making{.type = type, .child = nullptr, .error = std::nullopt};
    if (!is_known(type)) {
      making.error = Error(Reason::kHostKeys, "'" + type + "' is no type of host keys");
    } else {
      const std::string file = staging->real_path() + "/" + file_name(type, kPrivate);
      auto child = processes.start({.argv = {std::string(kToolName), "-q", "-t", type, "-N", "",
                                             "-C", "azl-provision", "-f", file}});
      if (child) {
        making.child = std::move(*child);
      } else {
        making.error = std::move(child.error());
      }
    }
    makings.push_back(std::move(making));
  }
}

/// Returns whether the units ended well in time.
bool HostKeyJob::State::run_units(const Deadline& limit) {
  if (units == nullptr)
    return remove_others(root, {}) && processes.run(systemctl("restart"), limit).has_value();
  const auto begun = std::move(units);
  return begun->wait(limit).has_value();
}

/// Has the distribution's own units make the keys. Empty when there are none, or they did not make
/// every key: in FIPS mode, or kept from it by a condition of theirs ("not under cloud-init").
std::optional<std::vector<HostKey>> HostKeyJob::State::by_units(const Deadline& deadline) {
  if (unit.empty()) return std::nullopt;
  if (!run_units(deadline.within(kUnitsTime))) {
    // Only systemctl has ended: a unit that is slow must not write over the keys that come instead.
    // One that can't be stopped does not run.
    (void)processes.run(systemctl("stop"), deadline.within(kStopTime));
    return std::nullopt;
  }

  // Its word alone is not enough: a unit whose condition does not hold succeeds too.
  std::vector<HostKey> keys;
  for (const std::string& type : types) {
    auto key = read_host_key(root, type);
    if (!key) return std::nullopt;
    keys.push_back(std::move(*key));
  }
  if (!remove_others(root, keys)) return std::nullopt;
  made_by = unit;
  return keys;
}

/// Waits for one ssh-keygen and puts its key in place, the private one first: it is the one that
/// sshd takes.
Result<HostKey> HostKeyJob::State::install_staged(Making& making, const Deadline& deadline) {
  if (making.error) return fail(Error(*making.error));
  const auto child = std::move(making.child);
  if (child == nullptr) return fail(Reason::kHostKeys, "ssh-keygen was not started");
  if (auto done = child->wait(deadline); !done) return fail(std::move(done.error()));

  const std::string staged = staging->path() + "/" + file_name(making.type, kPrivate);
  auto text = root.read(staged, kKeyLimit);
  if (!text) return fail(std::move(text.error()));
  const Secret secret(std::move(*text));
  const auto line = root.read(staged + ".pub", kKeyLimit);
  if (!line) return fail(Error(line.error()));
  const auto key = parse_ssh_key(*line);
  if (!key) return fail(Error(key.error()), "ssh-keygen's public key");

  const std::string path = installed_path(making.type, kPrivate);
  auto written = root.write(path, secret.reveal(), {.mode = 0600, .owner = 0, .group = 0});
  if (!written) return fail(std::move(written.error()));
  written = root.write(path + ".pub", *line, {.mode = 0644, .owner = 0, .group = 0});
  if (!written) return fail(std::move(written.error()));
  return HostKey{.type = making.type, .fingerprint = key->fingerprint};
}

Result<std::vector<HostKey>> HostKeyJob::State::all_staged(const Deadline& deadline) {
  if (staging_error) return fail_tool(Reason::kHostKeys, Error(*staging_error));
  std::vector<HostKey> keys;
  std::optional<Error> first_error;
  for (Making& making : makings) {
    auto key = install_staged(making, deadline);
    if (key) {
      keys.push_back(std::move(*key));
    } else if (!first_error) {
      first_error = std::move(key.error()).with_context("making the " + making.type + " key");
    }
  }
  if (keys.empty()) {
    if (!first_error) first_error = Error(Reason::kHostKeys, "no type of host keys was asked for");
    return fail_tool(Reason::kHostKeys, std::move(*first_error));
  }
  // Only now: until here every type that was there still is. What is left of them after an
  // interruption is removed by the next run, which replaces the new ones too.
  if (auto removed = remove_others(root, keys); !removed) {
    return fail_tool(Reason::kHostKeys, std::move(removed.error()), "removing the old host keys");
  }
  made_by = kToolName;
  return keys;
}

HostKeyJob::HostKeyJob(const Root& root, Processes& processes, std::vector<std::string> types,
                       std::string staging)
    : state_(new State{.root = root,
                       .processes = processes,
                       .types = std::move(types),
                       .staging_error = {},
                       .staging = {},
                       .makings = {},
                       .unit = {},
                       .units = {},
                       .directory = std::move(staging),
                       .made_by = {}}) {
  state_->start();
}

HostKeyJob::HostKeyJob(HostKeyJob&&) noexcept = default;
HostKeyJob& HostKeyJob::operator=(HostKeyJob&&) noexcept = default;
HostKeyJob::~HostKeyJob() = default;

Result<std::vector<HostKey>> HostKeyJob::install(const Deadline& deadline) {
  if (auto keys = state_->by_units(deadline)) return std::move(*keys);
  if (!state_->unit.empty()) state_->stage();
  auto keys = state_->all_staged(deadline);
  if (!keys) return fail(std::move(keys.error()), "making SSH host keys");
  return keys;
}

const std::string& HostKeyJob::made_by() const { return state_->made_by; }

std::string distribution_keygen_unit(const Root& root) {
  constexpr std::array<std::string_view, 5> kDirectories = {
      "/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system",
      "/usr/lib/systemd/system", "/lib/systemd/system"};
  for (const std::string unit : {"sshd-keygen@.service", "sshd-keygen.service"}) {
    for (const std::string_view directory : kDirectories) {
      const std::string path = std::string(directory) + "/" + unit;
      if (root.link_target(path) == "/dev/null") break;  // masked, whatever comes later
      const auto info = root.stat(path);
      if (!info || !*info) continue;
      const bool usable = (*info)->is_regular() && (*info)->size > 0;
      if (usable && !is_for_first_boot(root, path)) return unit;
      break;  // an empty file masks too
    }
  }
  return "";
}

std::vector<HostKey> read_host_keys(const Root& root) {
  std::vector<HostKey> keys;
  // What can't be listed shows no keys; whoever needs them to be there writes to it and is told
  // why.
  const auto names = root.list(kDirectory).value_or(std::vector<std::string>());
  for (const std::string& name : names) {
    const auto type = type_of_file(name, kPublic);
    auto key = type ? read_host_key(root, *type) : std::nullopt;
    if (key) keys.push_back(std::move(*key));
  }
  return keys;
}

}  // namespace azl::provision
