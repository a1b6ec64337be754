// ethtool's requests about a link, by ioctl: what rtnetlink does not tell.
#pragma once

#include <string>

#include "base/error.h"

namespace azl::net {

/// Hands one request to the driver of a link, which fills in the answer. `request` is one of the
/// structures of linux/ethtool.h, with its command set. Errors: kInvalidInput for a name that no
/// link can have; kNetwork with errno: EOPNOTSUPP where the driver has no such thing, ENODEV where
/// the link is gone.
[[nodiscard]] Result<void> ask_ethtool(const std::string& link, void* request);

}  // namespace azl::net
