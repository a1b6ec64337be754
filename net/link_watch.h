// Waits, without a timer, until the host has moved the VM to another network.
//
//   auto watch = OR_RETURN(LinkWatch::open(root, drivers, primary));
//   … tell the platform Ready …
//   const auto how = OR_RETURN(watch.wait());
#pragma once

#include <optional>
#include <string>

#include "base/error.h"
#include "base/fd.h"
#include "base/root.h"
#include "net/link_events.h"

namespace azl::net {

/// Follows the links of the calling thread's network namespace from open() on: no event after that
/// is lost. If the kernel had to drop messages, the links are read again, and what happened follows
/// from the difference.
class LinkWatch {
 public:
  /// `root` has the drivers in its /sys, and outlives this. `primary`: the ifindex of the link that
  /// leads to the platform, if it is known. Errors: kIo.
  [[nodiscard]] static Result<LinkWatch> open(const Root& root, SyntheticDrivers synthetic_drivers,
                                              std::optional<int> primary);

  /// Takes what has happened so far, without waiting. Errors: kIo.
  [[nodiscard]] Result<void> look();
  /// Blocks until the VM was moved. Returns how, as a sentence. Errors: kIo.
  [[nodiscard]] Result<std::string> wait();
  /// Whether the primary link is or was gone: a request may have got no answer for that reason.
  [[nodiscard]] bool lost() const { return switch_.lost; }

 private:
  LinkWatch(const Root& root, SyntheticDrivers drivers, UniqueFd socket);
  /// Reads one datagram. Returns false if none has arrived.
  [[nodiscard]] Result<bool> read_one();
  /// Reads all links, because messages were lost.
  [[nodiscard]] Result<void> read_all();
  void read_driver(Link& link) const;
  void take(const std::vector<LinkEvent>& events);

  const Root* root_;
  SyntheticDrivers drivers_;
  UniqueFd socket_;
  LinkTable table_ = {};
  NetworkSwitch switch_ = {};
};

}  // namespace azl::net
