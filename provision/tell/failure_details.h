// What an engineer who has only the serial console needs after a failure, beside the report.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/process.h"
#include "base/root.h"
#include "net/link.h"

namespace azl::provision {

/// A lease file of systemd-networkd.
struct LeaseText {
  std::string link;  ///< the name of its link
  std::string text;  ///< lines of KEY=VALUE
};

/// What was found. Any part may be missing.
struct FailureDetails {
  net::NetworkState network = {};
  std::vector<LeaseText> leases = {};
  std::string journal = {};              ///< the last lines of the units that matter
  std::vector<std::string> unread = {};  ///< what could not be read: a sentence each
};

inline constexpr std::size_t kDetailLines = 60;         ///< lines that are printed at most
inline constexpr std::size_t kDetailBytes = 8UL << 10;  ///< of these lines, each with its CR LF

/// Returns printable lines without secrets, as redact() knows them: a heading, the links with their
/// addresses, the routes, the leases, what could not be read, and the journal. Of a long list the
/// first entries are shown and the others counted; of the journal the last lines that have room.
/// Pure.
[[nodiscard]] std::vector<std::string> describe_details(const FailureDetails& details);

/// Reads them: the network from the kernel, the leases from /run, the journal by journalctl within
/// a few seconds. Runs no other program.
[[nodiscard]] FailureDetails gather_details(const Root& root, Processes& processes,
                                            const Clock& clock);

}  // namespace azl::provision
