// The content of a write_files item, and how it is encoded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/secret.h"

namespace azl::provision::custom_data {

enum class FileEncoding : std::uint8_t { kPlain, kGzip, kBase64, kGzipBase64 };

/// Parses the value of `encoding`: "gz", "gzip", "b64", "base64", both as in "gz+b64", and
/// "text/plain", in any case and with white space around it. Empty is plain. Returns nullopt for
/// anything else. Source: cloud-init's module reference, "Write Files".
[[nodiscard]] std::optional<FileEncoding> parse_file_encoding(std::string_view text);

/// The words that parse_file_encoding() knows.
[[nodiscard]] std::string_view known_file_encodings();

struct FileContent {
  Secret bytes;
  std::string problem = {};  ///< a sentence without a final period; empty: none
  std::string advice = {};
  bool too_large = false;  ///< the problem is the limit
};

/// Removes an encoding. Has a problem if the content is not encoded so, or has more than `budget`
/// bytes. What is decoded is taken from the budget; of gzip data also what is lost by an error,
/// which bounds the time. As Python does, base64 skips characters that do not belong to it.
[[nodiscard]] FileContent decode_file_content(FileEncoding encoding, std::string_view content,
                                              std::size_t& budget);

}  // namespace azl::provision::custom_data
