// The steps that end a first boot: what other agents look for, what is remembered, the drive.
#pragma once

#include "provision/engine/boot.h"
#include "provision/engine/step_table.h"

namespace azl::provision {

[[nodiscard]] Result<Said> hand_over(Boot& boot);
[[nodiscard]] Result<Said> remember(Boot& boot);
[[nodiscard]] Result<Said> eject_media(Boot& boot);

}  // namespace azl::provision
