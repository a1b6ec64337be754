// MIME messages (RFC 2045, RFC 2046), as tools for user data make them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"
#include "provision/custom_data/parse/remark.h"

namespace azl::provision::custom_data {

/// One part that is not a multipart.
struct MimePart {
  /// Lower case, without parameters. "text/plain" if the part names none, as RFC 2045 says. May be
  /// no valid type, for example "cloud-config".
  std::string type;
  std::string file_name = {};   ///< of Content-Disposition, else the name of Content-Type
  std::string merge_type = {};  ///< the value of Merge-Type or X-Merge-Type
  Secret body = {};             ///< after its transfer encoding is removed
  /// Where the body stands in the message as it is; nullopt: nowhere, because it was decoded.
  std::optional<std::size_t> offset = {};
  std::size_t depth = 1;  ///< 1 more for each multipart inside of a multipart
  /// The part cannot be read: the body is empty, and a remark says why. It keeps its place, so that
  /// later parts are counted as the document has them.
  bool lost = false;
};

struct MimeMessage {
  std::vector<MimePart> parts;
  Remarks remarks;  ///< the place has no part, and the line counts from the start of the message
};

/// Returns true if `bytes` starts with a header, and a line of the first 4096 bytes starts with
/// "mime-version:" in any case. White space before the first header does not count.
// cloud-init looks for "mime-version:" anywhere in these bytes. What does not start with a header
// gets no headers from it either, so that it is taken as if it were no message.
[[nodiscard]] bool is_mime(std::string_view bytes);

inline constexpr std::size_t kMimeParts = 256;
inline constexpr std::size_t kMimeDepth = 8;

/// The rule of the remark about parts beyond the limit.
inline constexpr std::string_view kTooManyParts = "too-many-parts";

struct MimeLimits {
  std::size_t parts = kMimeParts;  ///< also of multiparts, counted by themselves
  std::size_t depth = kMimeDepth;
};

/// Parses any bytes. Multiparts are flattened in order. Lines may end with LF or CRLF, also mixed.
/// Transfer encodings: 7bit, 8bit, binary, base64, quoted-printable. A part that cannot be read
/// costs only itself. Parts beyond the limits are left out, with a remark.
[[nodiscard]] MimeMessage parse_mime(std::string_view bytes, const MimeLimits& limits = {});

}  // namespace azl::provision::custom_data
