// The size of an RSA key. Pure.
#pragma once

#include <cstddef>

#include "provision/accounts/ssh_key.h"

namespace azl::provision {

/// Returns the bits of an RSA key's modulus, or 0 if the key has another type.
[[nodiscard]] std::size_t rsa_bits(const SshKey& key);

}  // namespace azl::provision
