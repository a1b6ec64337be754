#include "provision/accounts/host_keys.h"

#include <chrono>
#include <optional>
#include <string_view>
#include <utility>

#include "base/secret.h"
#include "provision/accounts/host_key_unit.h"
#include "provision/accounts/ssh_key.h"
#include "provision/accounts/tool.h"

namespace azl::provision {

namespace {

constexpr std::string_view kToolName = "ssh-keygen";
/// Time limit of the distribution's units. The rest of the deadline is for our own keys.
constexpr Duration kUnitsTime = std::chrono::seconds(30);
constexpr Duration kStopTime = std::chrono::seconds(10);

bool is_known(std::string_view type) {
  return type == "ed25519" || type == "rsa" || type == "ecdsa";
}

}  // namespace

struct HostKeyJob::State {
  struct Making {
    std::string type;
    std::unique_ptr<Child> child;  ///< null if it did not start or has ended
    std::optional<Error> error;    ///< why there is no staged key
  };

  const Root& root;
  Processes& processes;
  std::vector<std::string> types;
  std::optional<Error> staging_error;
  std::optional<PrivateDirectory> staging;
  std::vector<Making> makings;   ///< after `staging`: children end before it is removed
  std::string unit;              ///< the distribution's unit; empty if none, or in a tree
  std::unique_ptr<Child> units;  ///< the systemctl that starts it; null if not started early
  std::string made_by;
  std::vector<MissingHostKey> missing;
  bool adds = false;  ///< leave all other keys as they are

  void start();
  void stage();
  [[nodiscard]] Command systemctl(const std::string& verb) const;
  bool run_units(const Deadline& limit);
  std::optional<std::vector<HostKey>> install_by_units(const Deadline& deadline);
  Result<HostKey> install_staged(Making& making, const Deadline& deadline);
  Result<std::vector<HostKey>> install_all_staged(const Deadline& deadline);
};

/// Starts the distribution's unit at once if there are no keys, as in a well-made image. Waits for
/// install() if there are keys: they must stay until the plan says that they are replaced.
void HostKeyJob::State::start() {
  if (root.live() && !adds) unit = find_host_key_unit(root);
  if (unit.empty()) return stage();
  if (!read_host_keys(root).empty()) return;
  auto child = processes.start(systemctl("start"));
  if (child) units = std::move(*child);  // otherwise install() tries again
}

Command HostKeyJob::State::systemctl(const std::string& verb) const {
  Command command{.argv = {"systemctl", verb}};
  for (std::string& each : host_key_units(unit, types)) command.argv.push_back(std::move(each));
  return command;
}

/// Starts an ssh-keygen for each type, which writes to the staging directory.
void HostKeyJob::State::stage() {
  auto made = make_staging(root);
  if (!made) {
    staging_error = std::move(made.error());
    return;
  }
  staging.emplace(std::move(*made));
  for (const std::string& type : types) {
    Making making{.type = type, .child = nullptr, .error = std::nullopt};
    if (!is_known(type)) {
      making.error = Error(Cause::kHostKeyType, "'" + type + "' is not a known type of host key");
    } else {
      const std::string file = staging->path() + "/" + host_key_name(type);
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

/// Returns whether the units succeeded in time.
bool HostKeyJob::State::run_units(const Deadline& limit) {
  if (units == nullptr)
    return remove_host_keys_except(root, {}) &&
           processes.run(systemctl("restart"), limit).has_value();
  const auto begun = std::move(units);
  return begun->wait(limit).has_value();
}

/// Makes the keys by the distribution's units. Returns nullopt if there are no units or they did
/// not make every key: in FIPS mode, or because a condition of theirs failed ("not under
/// cloud-init").
std::optional<std::vector<HostKey>> HostKeyJob::State::install_by_units(const Deadline& deadline) {
  if (unit.empty()) return std::nullopt;
  if (!run_units(deadline.within(kUnitsTime))) {
    // Only systemctl has ended. Stop the units, so that a slow one does not overwrite our keys. If
    // this fails, they do not run.
    (void)processes.run(systemctl("stop"), deadline.within(kStopTime));
    return std::nullopt;
  }

  // Check the keys: a unit whose condition fails succeeds too.
  std::vector<HostKey> keys;
  for (const std::string& type : types) {
    auto key = read_host_key(root, type);
    if (!key) return std::nullopt;
    keys.push_back(std::move(*key));
  }
  if (!remove_host_keys_except(root, keys)) return std::nullopt;
  made_by = unit;
  return keys;
}

/// Waits for one ssh-keygen and writes its key to /etc/ssh. Writes the private key first, because
/// sshd uses that one.
Result<HostKey> HostKeyJob::State::install_staged(Making& making, const Deadline& deadline) {
  if (making.error) return fail(Error(*making.error));
  const auto child = std::move(making.child);
  if (child == nullptr) return fail(Reason::kHostKeys, "ssh-keygen was not started");
  OR_RETURN(child->wait(deadline));

  const Root& staged = staging->files();
  const std::string name = "/" + host_key_name(making.type);
  const Secret secret(OR_RETURN(staged.read(name, kHostKeyLimit)));
  const std::string line = OR_RETURN(staged.read(name + ".pub", kHostKeyLimit));
  SshKey key = OR_RETURN(parse_ssh_key(line), "checking ssh-keygen's public key");

  const std::string path = host_key_path(making.type);
  OR_RETURN(root.write(path, secret.reveal(), {.mode = 0600, .owner = 0, .group = 0}));
  OR_RETURN(root.write(path + ".pub", line, {.mode = 0644, .owner = 0, .group = 0}));
  return HostKey{.type = making.type, .fingerprint = std::move(key.fingerprint)};
}

Result<std::vector<HostKey>> HostKeyJob::State::install_all_staged(const Deadline& deadline) {
  if (staging_error) return fail_tool(Reason::kHostKeys, Error(*staging_error));
  std::vector<HostKey> keys;
  for (Making& making : makings) {
    auto key = install_staged(making, deadline);
    if (key) {
      keys.push_back(std::move(*key));
    } else {
      missing.push_back(
          {making.type, std::move(key.error()).with_context("making the " + making.type + " key")});
    }
  }
  if (keys.empty()) {
    return fail_tool(Reason::kHostKeys,
                     missing.empty() ? Error(Reason::kHostKeys, "no host key types are configured")
                                     : Error(missing.front().error));
  }
  made_by = kToolName;
  if (adds) return keys;
  // Remove the old types last, so that no type is missing meanwhile. After an interruption the next
  // run replaces all keys and removes the rest.
  if (auto removed = remove_host_keys_except(root, keys); !removed) {
    return fail_tool(Reason::kHostKeys, std::move(removed.error()), "removing the old host keys");
  }
  return keys;
}

HostKeyJob::HostKeyJob(const Root& root, Processes& processes, std::vector<std::string> types,
                       bool adds)
    : state_(new State{.root = root,
                       .processes = processes,
                       .types = std::move(types),
                       .staging_error = {},
                       .staging = {},
                       .makings = {},
                       .unit = {},
                       .units = {},
                       .made_by = {},
                       .missing = {},
                       .adds = adds}) {
  state_->start();
}

HostKeyJob::HostKeyJob(HostKeyJob&&) noexcept = default;
HostKeyJob& HostKeyJob::operator=(HostKeyJob&&) noexcept = default;
HostKeyJob::~HostKeyJob() = default;

Result<std::vector<HostKey>> HostKeyJob::install(const Deadline& deadline) {
  if (auto keys = state_->install_by_units(deadline)) return std::move(*keys);
  if (!state_->unit.empty()) state_->stage();
  return OR_RETURN(state_->install_all_staged(deadline), "making SSH host keys");
}

const std::vector<MissingHostKey>& HostKeyJob::missing() const { return state_->missing; }
const std::string& HostKeyJob::made_by() const { return state_->made_by; }

}  // namespace azl::provision
