// MIME's transfer encodings (RFC 2045, section 6).
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "base/secret.h"

namespace azl::provision::custom_data {

/// A body without its transfer encoding.
struct DecodedBody {
  Secret text = {};
  /// What is wrong with the encoding, although the body could be decoded: a sentence without a
  /// final period. Empty: nothing.
  std::string fault = {};
};

/// Removes a transfer encoding: 7bit, 8bit, binary, quoted-printable or base64, in any case; empty
/// is 7bit. As Python's email package, and so cloud-init, this takes base64 without its padding and
/// with characters that are not of base64, and a body of an unknown encoding as it is; the fault
/// says so. Of quoted-printable, an "=" that encodes nothing stays. Errors: kCustomData, if the
/// body is not base64 at all, or is uuencoded.
[[nodiscard]] Result<DecodedBody> decode_transfer_encoding(std::string_view encoding,
                                                           std::string_view body);

}  // namespace azl::provision::custom_data
