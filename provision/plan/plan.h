// What will be done, as plain data; decided by one pure function.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "provision/accounts/ssh_key.h"
#include "provision/config/config.h"
#include "provision/gather/facts.h"
#include "provision/record/words.h"

namespace azl::provision {

/// Something that the plan could not take as it was given.
struct Finding {
  Severity severity;
  Error error;
};

/// Which of the ways through a first boot this one takes.
enum class Course {
  kProvision,    ///< an ordinary first boot
  kSpecialized,  ///< a new VM id on an old machine: no user, keys, machine-id or host name changes
  kAdopted,      ///< another agent provisioned this VM id: recorded, nothing done again
  kDone,         ///< this VM id is provisioned
  kRefused,  ///< a fatal finding: nothing is changed but what keeps the machine reachable or closed
};
/// "provision", "specialized", "adopted", "done", "refused"
[[nodiscard]] std::string_view to_string(Course course);

struct PlannedHostName {
  std::string value;
  std::string why;
};

struct PlannedKey {
  SshKey key;
  std::string why;
};

struct PlannedUser {
  std::string name;
  std::vector<std::string> groups;  ///< those of the configuration that exist
  std::string shell;                ///< of a new account
  PasswordChange password = PasswordChange::kLocked;
  std::string password_why;
  std::vector<PlannedKey> keys;
  SudoRule sudo = SudoRule::kNoPassword;
  std::string why;
};

struct PlannedSshd {
  bool password_authentication = false;
  std::string why;
};

/// A yes or no with its reason.
struct Choice {
  bool yes = false;
  std::string why;
};

struct PlannedLink {
  std::string mac;
  std::string name;
  net::Role role;
  std::string why;
};

/// The Plan. No secret is in it: a password is taken from the Facts when it is set.
struct Plan {
  std::string vm_id;
  Course course = Course::kRefused;
  std::string course_why;
  bool from_ovf = false;
  std::string imds_version;  ///< api-version that answered; empty: IMDS gave nothing
  std::optional<PlannedHostName> hostname;
  std::optional<PlannedUser> user;
  std::optional<PlannedSshd> sshd;
  Choice host_keys;    ///< replace them
  Choice machine_id;   ///< renew it
  Choice guest_agent;  ///< hand over to WALinuxAgent
  std::string primary_mac;
  std::vector<PlannedLink> links;
  net::NetworkPlan network;  ///< not of a refused or adopted VM: there the NICs stay as they are
  std::vector<disk::DiskAction> disks;  ///< decided beside the rest, by its own stage
  std::size_t custom_data_size = 0;     ///< bytes
  std::vector<Finding> findings;

  [[nodiscard]] const Error* fatal() const;  ///< the first fatal finding, or null
  void find(Severity severity, Error error) { findings.push_back({severity, std::move(error)}); }
};

/// Decides. Pure.
[[nodiscard]] Plan make_plan(const Facts& facts, const Config& config);
/// Decides where something beside the Facts keeps this boot from provisioning: refused for that
/// reason. Pure.
[[nodiscard]] Plan refused_plan(const Facts& facts, const Config& config, Error why);

/// Whether the host keys are to be replaced. `any_source`: whether media or IMDS gave something, or
/// still may. Pure.
[[nodiscard]] Choice host_keys_due(const Facts& facts, const Config& config, bool any_source);

/// A host name as it will be set. Labels of letters, digits and inner hyphens; over 64 bytes it is
/// cut at a label boundary. Errors: kHostName.
[[nodiscard]] Result<std::string> valid_host_name(std::string_view given);
/// The media's host name, for the local stage, before IMDS can be asked; empty when it gives none
/// or must not be used yet.
[[nodiscard]] std::optional<PlannedHostName> early_host_name(const Facts& facts);

/// The Plan as the JSON of design.md, schema_version 1.
[[nodiscard]] std::string to_json(const Plan& plan);

}  // namespace azl::provision
