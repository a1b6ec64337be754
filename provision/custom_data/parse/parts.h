// Takes custom data apart.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"
#include "provision/custom_data/parse/mime.h"
#include "provision/custom_data/parse/part_kind.h"
#include "provision/custom_data/parse/remark.h"

namespace azl::provision::custom_data {

/// One part, decoded and unpacked.
struct Part {
  /// For people: the last component of the file name that the MIME part names; else "part-001" and
  /// so on, by the part's place among all parts, those included that cannot be read. Unique in the
  /// document: "-2" and so on follows a name that another part has. At most 128 bytes and that
  /// number, valid UTF-8 without control characters and without "/".
  std::string name;
  /// The file that cloud-init writes a script to; scripts are run in the order of these names. Not
  /// unique. At most 128 of the characters A-Z a-z 0-9 _ - . ( ), and neither "." nor "..".
  std::string file_name = {};
  PartKind kind = PartKind::kText;
  std::string merge_type = {};  ///< of the Merge-Type header
  /// As it is written, without a byte-order mark. White space before the "#!" of a script is
  /// removed. Cloud-config and templates are valid UTF-8 without NUL bytes, if they are readable;
  /// others may hold any byte.
  Secret text = {};
  /// Where the text stands in the document as it is; nullopt: nowhere, because it was decoded or
  /// unpacked.
  std::optional<std::size_t> offset = {};
  /// If not, a remark says why, and the part is here only so that its lines can be shown.
  bool readable = true;
};

struct Parts {
  std::vector<Part> parts;  ///< in order; neither kMultipart nor kGzip
  Remarks remarks;
};

/// Most that all parts of a document unpack to, in bytes.
inline constexpr std::size_t kUnpackedLimit = std::size_t{8} << 20;
/// Most remarks about the parts of one document.
inline constexpr std::size_t kPartRemarks = 1000;

struct PartLimits {
  std::size_t unpacked = kUnpackedLimit;  ///< of the document, of all gzip data, and of all texts
  std::size_t parts = kMimeParts;
  std::size_t depth = kMimeDepth;  ///< gzip data and multiparts inside of each other
};

/// Takes any bytes apart: base64 around the whole, gzip around the whole, MIME, and gzip and MIME
/// inside of parts. A part that cannot be read costs only itself, with a remark. White space only
/// gives no part and no remark.
[[nodiscard]] Parts read_parts(std::string_view bytes, const PartLimits& limits = {});

}  // namespace azl::provision::custom_data
