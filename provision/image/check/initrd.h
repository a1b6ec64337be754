// Which kernel modules an initrd has.
#pragma once

#include <string>

#include "base/process.h"
#include "base/root.h"
#include "provision/image/check/image_facts.h"

namespace azl::provision {

/// Lists the modules in an initrd: cpio archives one after the other, of which the first ones
/// (microcode) may be plain and the last one compressed. Reads at most 1 GiB of names and contents
/// together. If it cannot be read, `unread` says why.
[[nodiscard]] InitrdFacts read_initrd(const Root& root, const std::string& path,
                                      Processes& processes, const Deadline& deadline);

}  // namespace azl::provision
