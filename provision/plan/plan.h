// The plan of a boot as plain data, and the pure function that decides it.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "disk/plan/disk_plan.h"
#include "net/link.h"
#include "net/network_plan.h"
#include "provision/config/config.h"
#include "provision/gather/facts.h"
#include "provision/plan/choice.h"
#include "provision/plan/course.h"
#include "provision/plan/finding.h"
#include "provision/plan/host_name.h"
#include "provision/plan/preprovisioned.h"
#include "provision/plan/sshd.h"
#include "provision/plan/updates.h"
#include "provision/plan/user.h"

namespace azl::provision {

struct PlannedLink {
  std::string mac;
  std::string name;
  net::Role role;
  std::string why;
};

/// What a stage of custom data will do, for people.
struct PlannedItem {
  std::string id;
  std::string phase;   ///< "early" or "final"
  std::string repeat;  ///< "once" or "each-boot"
  std::string what;
};

/// What a boot will do. Contains no secret: apply/ takes the password from the Facts.
struct Plan {
  std::string vm_id;
  Course course = Course::kRefused;
  std::string course_why;
  bool from_ovf = false;
  std::string imds_version;  ///< api-version that answered; empty if IMDS gave nothing
  std::optional<PlannedHostName> hostname;
  std::optional<PlannedUser> user;
  std::optional<PlannedSshd> sshd;
  Choice host_keys;    ///< replace them
  Choice machine_id;   ///< renew it
  Choice guest_agent;  ///< hand over to WALinuxAgent
  std::optional<PlannedUpdates> updates;
  Choice custom_data;                          ///< store it for its own stages
  std::vector<PlannedItem> custom_data_items;  ///< filled by the command plan
  std::string primary_mac;                     ///< empty if the primary is not known
  std::vector<PlannedLink> links;
  net::NetworkPlan network;             ///< empty for a refused or adopted VM, whose NICs stay
  std::vector<disk::DiskAction> disks;  ///< filled by stage disks
  Findings findings;

  /// Returns the first fatal finding, or null.
  [[nodiscard]] const Error* fatal() const;
  void add_finding(Severity severity, Error error) {
    findings.push_back({severity, std::move(error)});
  }
};

/// Decides everything but the disks. Pure.
[[nodiscard]] Plan make_plan(const Facts& facts, const Config& config);
/// Returns the plan of a VM that waits in a pool: nothing changes before its user's settings are
/// known. Pure.
[[nodiscard]] Plan pool_plan(const Facts& facts, const Config& config, const PoolPlan& pool);
/// Returns the refused plan for a failure `why` that the Facts do not show. Pure.
[[nodiscard]] Plan refused_plan(const Facts& facts, const Config& config, Error why);

}  // namespace azl::provision
