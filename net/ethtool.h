// Calls ethtool about a link, by ioctl, for what rtnetlink does not offer.
#pragma once

#include <string>

#include "base/error.h"

namespace azl::net {

/// Passes one request to the driver of a link, which writes the answer into it. `request` is one of
/// the structures of linux/ethtool.h, with its command set. Errors: kInvalidInput for a name that
/// no link can have; kIo with errno: EOPNOTSUPP if the driver does not support the request, ENODEV
/// if the link is gone.
[[nodiscard]] Result<void> call_ethtool(const std::string& link, void* request);

}  // namespace azl::net
