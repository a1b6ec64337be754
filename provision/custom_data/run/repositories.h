// Carries out the items of yum_repos.
#pragma once

#include <string>

#include "base/error.h"
#include "provision/custom_data/plan/item.h"
#include "provision/custom_data/run/system_run.h"

namespace azl::provision::custom_data {

/// Writes the file of a repository, unless there is one or the system has apt, and says what was
/// done. Errors: kIo, kDiskFull, kReadOnly.
[[nodiscard]] Result<std::string> add_repository(const SystemRun& run, const AddRepository& item);

}  // namespace azl::provision::custom_data
