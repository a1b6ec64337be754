// The headers of a MIME message or of one of its parts (RFC 2045, RFC 5322).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace azl::provision::custom_data {

/// The values of the headers that matter for user data, on one line each. Empty if a header is
/// absent. Of headers with the same name the first counts.
struct MimeHeaders {
  std::string content_type = {};
  std::string disposition = {};        ///< Content-Disposition
  std::string transfer_encoding = {};  ///< Content-Transfer-Encoding
  /// cloud-init's Merge-Type, else X-Merge-Type. Unlike the others they are known in these letters
  /// only, because cloud-init makes a dictionary of the headers.
  std::string merge_type = {};
  bool misspelled_merge_type = false;  ///< there is one in other letters, which does not count
};

struct MimeEntity {
  MimeHeaders headers;
  std::string_view body;
};

/// Returns true if the line starts as a header does: a name without space, and a colon.
[[nodiscard]] bool is_mime_header(std::string_view line);

/// Separates the headers from the body. Lines end with LF or CRLF. The headers end at an empty
/// line, or before the first line that is no header, as in Python's email package. A line "From …"
/// of an mbox may stand first.
[[nodiscard]] MimeEntity read_mime_headers(std::string_view text);

/// The type that Content-Type names, in lower case and without parameters; empty if there is none.
[[nodiscard]] std::string find_mime_type(const MimeHeaders& headers);

/// The value of a parameter, such as "boundary", in "multipart/mixed; boundary=x".
[[nodiscard]] std::optional<std::string> find_mime_parameter(std::string_view header,
                                                             std::string_view name);

/// The file name of Content-Disposition, else the name of Content-Type, also as RFC 2231 writes it
/// (filename*=utf-8''…). Empty if there is none. It is as the document has it: it may contain any
/// byte.
[[nodiscard]] std::string find_mime_file_name(const MimeHeaders& headers);

}  // namespace azl::provision::custom_data
