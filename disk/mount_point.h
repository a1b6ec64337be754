// Where something is to be mounted: looked at, made, and what its reader is warned of.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "base/root.h"
#include "disk/plan/disk_plan.h"

namespace azl::disk {

/// What is at an absolute path. A symbolic link in any component is kLink, as systemd mounts at
/// none and somebody else may turn it elsewhere. Errors: kIo, kInvalidInput (not absolute, has
/// "..").
[[nodiscard]] Result<PointState> read_point_state(const Root& root, std::string_view path);

/// Makes the directory, and its missing parents, where read_point_state() finds it free; 0755.
/// Errors: kInvalidInput with a sentence that says what is there, kIo.
[[nodiscard]] Result<void> make_mount_point(const Root& root, std::string_view path);

/// "is not empty" and its like, to follow the name of a path.
[[nodiscard]] std::string_view describe_point_state(PointState state);

/// The name and the text of the file that warns of the loss of all that is on an ephemeral disk.
constexpr std::string_view kWarningName = "DATALOSS_WARNING_README.txt";
[[nodiscard]] std::string_view warning_text();

}  // namespace azl::disk
