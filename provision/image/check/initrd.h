// Which kernel modules an initrd has.
#pragma once

#include <string>

#include "base/process.h"
#include "base/root.h"
#include "provision/image/check/image_facts.h"

namespace azl::provision {

/// Lists the modules in an initrd. An initrd is a sequence of cpio archives; the last one may be
/// compressed. Reads at most 1 GiB, names and contents together. If the initrd cannot be read,
/// `unread` says why.
[[nodiscard]] InitrdFacts read_initrd(const Root& root, const std::string& path,
                                      Processes& processes, const Deadline& deadline);

}  // namespace azl::provision
