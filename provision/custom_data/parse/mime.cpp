#include "provision/custom_data/parse/mime.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/text.h"
#include "provision/custom_data/parse/mime_headers.h"
#include "provision/custom_data/parse/shown_name.h"
#include "provision/custom_data/parse/text_encoding.h"
#include "provision/custom_data/parse/transfer_encoding.h"

namespace azl::provision::custom_data {
namespace {

constexpr std::string_view kWriteMime =
    "make the message with 'cloud-init devel make-mime', Terraform's cloudinit_config or Python's "
    "email package";

constexpr std::string_view kUseEncoding = "use the transfer encoding base64 or 7bit";

enum class Delimiter : std::uint8_t { kNone, kPart, kEnd };

/// RFC 2046, section 5.1.1: "--", the boundary, "--" after the last part, and white space.
Delimiter find_delimiter(std::string_view line, std::string_view boundary) {
  if (!line.starts_with("--")) return Delimiter::kNone;
  line.remove_prefix(2);
  if (!line.starts_with(boundary)) return Delimiter::kNone;
  line.remove_prefix(boundary.size());
  line = line.substr(0, line.find_last_not_of(" \t\r") + 1);  // npos + 1 is 0
  if (line.empty()) return Delimiter::kPart;
  return line == "--" ? Delimiter::kEnd : Delimiter::kNone;
}

/// The line break before a delimiter belongs to the delimiter.
std::string_view without_line_break(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

struct Sections {
  std::vector<std::string_view> texts;
  bool ended = false;  ///< the end delimiter was found, or there are more sections than the limit
};

/// Returns at most `limit` sections of a multipart's body.
Sections split_sections(std::string_view body, std::string_view boundary, std::size_t limit) {
  Sections sections;
  std::optional<std::size_t> start;
  for (std::size_t at = 0; at < body.size();) {
    const std::size_t next = std::min(body.find('\n', at), body.size() - 1) + 1;
    const auto delimiter = find_delimiter(without_line_break(body.substr(at, next - at)), boundary);
    if (delimiter != Delimiter::kNone) {
      if (start) sections.texts.push_back(without_line_break(body.substr(*start, at - *start)));
      start = next;
      sections.ended = delimiter == Delimiter::kEnd || sections.texts.size() == limit;
      if (sections.ended) return sections;
    }
    at = next;
  }
  // Without an end delimiter, the last section is what is left.
  if (start && !trim(body.substr(*start)).empty()) sections.texts.push_back(body.substr(*start));
  return sections;
}

class Parser {
 public:
  Parser(std::string_view text, const MimeLimits& limits)
      : limits_(limits), text_(text), counted_(text) {}

  /// Reads a message or a part that stands in `depth` multiparts.
  void read(std::string_view text, std::size_t depth) {
    const int line = line_at(text);
    const MimeEntity entity = read_mime_headers(text);
    if (find_mime_type(entity.headers).starts_with("multipart/")) {
      read_multipart(entity, depth, line);
    } else {
      read_part(entity, depth, line);
    }
  }
  [[nodiscard]] MimeMessage take() && { return std::move(message_); }

 private:
  void read_multipart(const MimeEntity& entity, std::size_t depth, int line);
  void read_part(const MimeEntity& entity, std::size_t depth, int line);

  /// The line of the message in which `text` starts. Each call is for a later text.
  int line_at(std::string_view text) {
    const auto passed = counted_.substr(0, static_cast<std::size_t>(text.data() - counted_.data()));
    line_ += static_cast<int>(std::count(passed.begin(), passed.end(), '\n'));
    counted_.remove_prefix(passed.size());
    return line_;
  }

  /// Returns false, with one remark in total, if there are too many.
  [[nodiscard]] bool count(std::size_t& counter, int line) {
    if (counter++ < limits_.parts) return true;
    if (!std::exchange(too_many_, true))
      remark(RemarkLevel::kError, std::string(kTooManyParts), line,
             "the custom data has too many parts; this one and the later ones are left out");
    return false;
  }

  void remark(RemarkLevel level, std::string rule, int line, std::string text,
              std::string_view advice = {}) {
    message_.remarks.push_back({.level = level,
                                .rule = std::move(rule),
                                .place = {.line = line},
                                .text = std::move(text),
                                .advice = std::string(advice)});
  }

  /// `text` is a piece of the message.
  [[nodiscard]] std::size_t offset_of(std::string_view text) const {
    return static_cast<std::size_t>(text.data() - text_.data());
  }

  MimeLimits limits_;
  std::string_view text_;  ///< the whole message
  MimeMessage message_;
  std::size_t parts_ = 0;
  std::size_t multiparts_ = 0;
  bool too_many_ = false;
  std::string_view counted_;  ///< the text from line_ on
  int line_ = 1;
};

void Parser::read_multipart(const MimeEntity& entity, std::size_t depth, int line) {
  if (!count(multiparts_, line)) return;
  if (depth >= limits_.depth)
    return remark(RemarkLevel::kError, "too-deep", line,
                  "multiparts and gzip data are nested too deep; this one is left out");
  auto boundary = find_mime_parameter(entity.headers.content_type, "boundary").value_or("");
  boundary.resize(boundary.find_last_not_of(" \t") + 1);  // npos + 1 is 0
  if (boundary.empty())
    return remark(RemarkLevel::kError, "mime-no-boundary", line,
                  "the Content-Type header of a multipart names no boundary", kWriteMime);
  if (!entity.headers.merge_type.empty())
    remark(RemarkLevel::kWarning, "mime-merge-type", line,
           "a Merge-Type header of a multipart has no effect on its parts",
           "write the header into each part that it is for");
  const auto sections = split_sections(entity.body, boundary, limits_.parts + 1);
  if (sections.texts.empty())
    return remark(RemarkLevel::kError, "mime-no-parts", line,
                  "no line of the multipart consists of '--' and its boundary", kWriteMime);
  if (!sections.ended)
    remark(RemarkLevel::kWarning, "mime-no-end", line,
           "the multipart has no end: no line consists of '--', its boundary and '--'",
           "check that the message is complete");
  for (const auto section : sections.texts) {
    if (too_many_) return;
    read(section, depth + 1);
  }
}

void Parser::read_part(const MimeEntity& entity, std::size_t depth, int line) {
  if (!count(parts_, line)) return;
  const auto& headers = entity.headers;
  if (headers.misspelled_merge_type)
    remark(
        RemarkLevel::kWarning, "mime-merge-type", line,
        "a merge type header has no effect, because cloud-init looks for 'Merge-Type' in exactly "
        "these letters",
        "write 'Merge-Type:'");
  MimePart part{.type = find_mime_type(headers),
                .file_name = find_mime_file_name(headers),
                .merge_type = headers.merge_type,
                .depth = std::max<std::size_t>(depth, 1)};
  if (part.type.empty()) part.type = "text/plain";
  if (part.type.starts_with("message/")) {
    part.lost = true;
    remark(RemarkLevel::kWarning, "mime-message", line,
           "a part of the type " + quote_type(part.type, "'message'") + " is not read",
           "add its parts to the message itself");
  } else if (auto body = decode_transfer_encoding(headers.transfer_encoding, entity.body)) {
    part.body = std::move(body->text);
    if (part.body.reveal() == entity.body) part.offset = offset_of(entity.body);
    if (!body->fault.empty())
      remark(RemarkLevel::kWarning, "mime-encoding", line, std::move(body->fault), kUseEncoding);
  } else {
    part.lost = true;
    remark(RemarkLevel::kError, "mime-encoding", line,
           "the part's text cannot be decoded: " + body.error().to_string(), kUseEncoding);
  }
  message_.parts.push_back(std::move(part));
}

}  // namespace

bool is_mime(std::string_view bytes) {
  constexpr std::size_t kLookedAt = 4096;
  constexpr std::string_view kName = "mime-version:";
  auto text = bytes.substr(0, kLookedAt);
  text = skip_leading_space(text);
  if (!text.starts_with("From ") && !is_mime_header(text)) return false;
  while (!text.empty()) {
    if (lower(text.substr(0, kName.size())) == kName) return true;
    text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  }
  return false;
}

MimeMessage parse_mime(std::string_view bytes, const MimeLimits& limits) {
  const auto text = skip_leading_space(bytes);
  Parser parser(bytes, limits);
  parser.read(text, 0);
  return std::move(parser).take();
}

}  // namespace azl::provision::custom_data
