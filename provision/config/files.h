// The files of the configuration.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "base/root.h"

namespace azl::provision {

struct ConfigFile {
  std::string path;  ///< for messages
  std::string text;
};

struct ConfigFiles {
  std::vector<ConfigFile> files;  ///< in the order in which they are parsed
  std::vector<Error> unread;      ///< files that exist and cannot be read
};

/// Reads the files that count below `root`: the first azl-provision.conf of /etc, /run and
/// /usr/lib, then the drop-ins of all three directories, sorted by name. A drop-in of /etc hides
/// one of /run with the same name, and that hides one of /usr/lib. An empty file or a link to
/// /dev/null hides others and sets nothing. systemd.unit(5), "configuration directories".
[[nodiscard]] ConfigFiles read_config_files(const Root& root);

}  // namespace azl::provision
