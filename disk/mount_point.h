// Directories to mount on: their state, making them, and the warning file on ephemeral disks.
#pragma once

#include <string_view>

#include "base/error.h"
#include "base/root.h"
#include "disk/disk_facts.h"

namespace azl::disk {

/// Reads what is at an absolute path. A symbolic link in any component is kLink: systemd does not
/// mount on one, and its target may change. Errors: kIo, kInvalidInput (not absolute, has "." or
/// "..").
[[nodiscard]] Result<PointState> read_point_state(const Root& root, std::string_view path);

/// Makes a directory and its missing parents, with mode 0755. Errors: kInvalidInput if the path is
/// not kFree, with a message that says what is there; kIo.
[[nodiscard]] Result<void> make_mount_point(const Root& root, std::string_view path);

/// The rest of a sentence whose subject is a path: "is a directory with files in it".
[[nodiscard]] std::string_view describe_point_state(PointState state);

/// The file that warns users of an ephemeral disk that its content can get lost.
inline constexpr std::string_view kWarningName = "DATALOSS_WARNING_README.txt";
[[nodiscard]] std::string_view warning_text();

}  // namespace azl::disk
