// Carries out the items of apt.
#pragma once

#include <string>

#include "base/error.h"
#include "base/root.h"
#include "provision/custom_data/plan/item.h"
#include "provision/custom_data/run/system_run.h"

namespace azl::provision::custom_data {

/// Whether an item is for systems with apt only. Pure.
[[nodiscard]] bool is_for_apt(const Item& item);
/// Whether the system has apt-get.
[[nodiscard]] bool has_apt(const Root& root);

/// Writes the key and the source, and says what was done. A source that its file has already is not
/// added again. Errors: kCustomData if the name of the release is needed and not known; kIo,
/// kDiskFull, kReadOnly.
[[nodiscard]] Result<std::string> add_apt_source(const SystemRun& run, const AddAptSource& item);

/// Writes a file of /etc/apt/apt.conf.d. Errors: kIo, kDiskFull, kReadOnly.
[[nodiscard]] Result<std::string> add_apt_configuration(const SystemRun& run,
                                                        const AddAptConfiguration& item);

}  // namespace azl::provision::custom_data
