// Which local sources of accounts nsswitch.conf(5) names.
#pragma once

#include <string_view>

#include "base/error.h"
#include "base/root.h"

namespace azl::provision {

/// The local sources of one database, beside the file in /etc ("files", "compat"), which is always
/// read. All other services are left out: they may ask the network, or another process.
struct DatabaseSources {
  bool altfiles = false;  ///< nss-altfiles: /usr/lib/passwd and /usr/lib/group
  bool userdb = false;    ///< nss-systemd: the record files of systemd's userdb
};

struct LocalSources {
  DatabaseSources passwd;
  DatabaseSources group;
};

/// Parses nsswitch.conf(5). The last of several lines of a database counts.
[[nodiscard]] LocalSources parse_nsswitch(std::string_view text);
/// Reads /etc/nsswitch.conf, or /usr/etc/nsswitch.conf if that is missing. Without either file,
/// glibc uses "files". Errors: kIo, kInvalidInput.
[[nodiscard]] Result<LocalSources> read_nsswitch(const Root& root);

}  // namespace azl::provision
