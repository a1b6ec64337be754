#include "provision/custom_data/parse/mime_headers.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <utility>

#include "base/text.h"

namespace azl::provision::custom_data {
namespace {

/// Takes the first line off `text`, without its line break.
std::string_view take_line(std::string_view& text) {
  const auto end = std::min(text.find('\n'), text.size());
  auto line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

bool is_continuation(std::string_view line) {
  return line.starts_with(' ') || line.starts_with('\t');
}

/// Takes the lines that continue a header off `text`, and returns its value on one line.
std::string take_value(std::string_view first, std::string_view& text) {
  std::string value(trim(first));
  while (is_continuation(text)) {
    value += ' ';
    value += trim(take_line(text));
  }
  return value;
}

void skip_continuations(std::string_view& text) {
  while (is_continuation(text)) take_line(text);
}

/// Values of headers by their names.
struct Values {
  MimeHeaders headers = {};
  std::string x_merge_type = {};

  /// Finds a header by its name in any case.
  [[nodiscard]] std::string* find(std::string_view written) {
    const auto name = lower(written);
    if (written == "Merge-Type") return &headers.merge_type;
    if (written == "X-Merge-Type") return &x_merge_type;
    if (name == "merge-type" || name == "x-merge-type") headers.misspelled_merge_type = true;
    if (name == "content-type") return &headers.content_type;
    if (name == "content-disposition") return &headers.disposition;
    if (name == "content-transfer-encoding") return &headers.transfer_encoding;
    return nullptr;
  }
};

/// The longest name above.
constexpr std::size_t kLongestName = 25;

/// Takes a quoted string off `text`, which starts with a quote. A backslash escapes only a quote
/// and itself: Python's email package leaves others in place, and so they are in names of Windows.
std::string take_quoted(std::string_view& text) {
  std::string value;
  text.remove_prefix(1);
  while (!text.empty() && text.front() != '"') {
    if (text.starts_with("\\\"") || text.starts_with("\\\\")) text.remove_prefix(1);
    value += text.front();
    text.remove_prefix(1);
  }
  return value;
}

std::string_view take_until(std::string_view& text, std::string_view ends) {
  const auto end = std::min(text.find_first_of(ends), text.size());
  const auto token = text.substr(0, end);
  text.remove_prefix(end);
  return trim(token);
}

std::string percent_decoded(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    unsigned byte = 0;
    const char* const digits = text.data() + 1;
    const bool encoded = text.size() > 2 && text[0] == '%' &&
                         std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2;
    result += encoded ? static_cast<char>(byte) : text.front();
    text.remove_prefix(encoded ? 3 : 1);
  }
  return result;
}

/// A value of RFC 2231, "utf-8'en'name". Returns nullopt if it is in another character set.
std::optional<std::string> decode_extended(std::string_view value) {
  const auto charset_end = value.find('\'');
  const auto language_end = value.find('\'', charset_end + 1);  // npos + 1 is 0
  if (charset_end == std::string_view::npos || language_end == std::string_view::npos ||
      language_end == charset_end)
    return std::nullopt;
  const std::string charset = lower(value.substr(0, charset_end));
  if (!charset.empty() && charset != "utf-8" && charset != "us-ascii") return std::nullopt;
  return percent_decoded(value.substr(language_end + 1));
}

std::optional<std::string> find_name_parameter(std::string_view header, const std::string& name) {
  if (const auto extended = find_mime_parameter(header, name + "*")) {
    if (auto decoded = decode_extended(*extended)) return decoded;
  }
  return find_mime_parameter(header, name);
}

}  // namespace

bool is_mime_header(std::string_view line) {
  // RFC 5322, section 3.6.8: visible ASCII characters but the colon.
  const auto end =
      std::find_if(line.begin(), line.end(), [](char c) { return c < '!' || c > '~' || c == ':'; });
  return end != line.begin() && end != line.end() && *end == ':';
}

MimeEntity read_mime_headers(std::string_view text) {
  if (text.starts_with("From ")) take_line(text);
  Values values;
  while (is_mime_header(text)) {
    auto line = take_line(text);
    const auto name = line.substr(0, line.find(':'));
    line.remove_prefix(name.size() + 1);
    auto* value = name.size() <= kLongestName ? values.find(name) : nullptr;
    if (value && value->empty()) {
      *value = take_value(line, text);
    } else {
      skip_continuations(text);
    }
  }
  auto& headers = values.headers;
  if (headers.merge_type.empty()) headers.merge_type = std::move(values.x_merge_type);
  // The empty line belongs to neither. A line that is no header belongs to the body.
  if (text.starts_with('\n') || text.starts_with("\r\n")) take_line(text);
  return {std::move(headers), text};
}

std::string find_mime_type(const MimeHeaders& headers) {
  const std::string_view value = headers.content_type;
  return lower(trim(value.substr(0, value.find(';'))));
}

std::optional<std::string> find_mime_parameter(std::string_view header, std::string_view name) {
  take_until(header, ";");
  while (!header.empty()) {
    header.remove_prefix(1);  // the semicolon
    const bool wanted = lower(take_until(header, ";=")) == name;
    std::string value;
    if (header.starts_with('=')) {
      header.remove_prefix(1);
      header.remove_prefix(std::min(header.find_first_not_of(" \t"), header.size()));
      value = header.starts_with('"') ? take_quoted(header) : std::string(take_until(header, ";"));
      take_until(header, ";");
    }
    if (wanted) return value;
  }
  return std::nullopt;
}

std::string find_mime_file_name(const MimeHeaders& headers) {
  if (auto name = find_name_parameter(headers.disposition, "filename"); name && !name->empty())
    return *std::move(name);
  return find_name_parameter(headers.content_type, "name").value_or("");
}

}  // namespace azl::provision::custom_data
