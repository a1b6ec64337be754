#include "provision/custom_data/parse/transfer_encoding.h"

#include <optional>
#include <string>
#include <utility>

#include "base/text.h"
#include "provision/custom_data/parse/loose_base64.h"
#include "provision/custom_data/parse/shown_name.h"

namespace azl::provision::custom_data {
namespace {

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  return std::nullopt;
}

/// The byte that "=XX" at the start of `text` encodes.
std::optional<char> decode_quoted(std::string_view text) {
  if (text.size() < 3 || text[0] != '=') return std::nullopt;
  const auto high = hex_digit(text[1]);
  const auto low = hex_digit(text[2]);
  if (!high || !low) return std::nullopt;
  return static_cast<char>(*high * 16 + *low);
}

void append_quoted_line(std::string& result, std::string_view line) {
  while (!line.empty()) {
    const auto byte = decode_quoted(line);
    result += byte ? *byte : line.front();
    line.remove_prefix(byte ? 3 : 1);
  }
}

/// RFC 2045, section 6.7. White space at the end of a line is not part of the text, and a line that
/// ends with "=" goes on in the next one.
std::string decode_quoted_printable(std::string_view body) {
  std::string result;
  result.reserve(body.size());  // so that no copy of the text is left behind
  while (!body.empty()) {
    const auto end = body.find('\n');
    const bool whole = end != std::string_view::npos;
    auto line = body.substr(0, end);
    body.remove_prefix(whole ? end + 1 : body.size());
    const std::string_view line_break = !whole ? "" : line.ends_with('\r') ? "\r\n" : "\n";
    line = line.substr(0, line.find_last_not_of(" \t\r") + 1);  // npos + 1 is 0
    const bool goes_on = line.ends_with('=');
    if (goes_on) line.remove_suffix(1);
    append_quoted_line(result, line);
    if (!goes_on) result += line_break;
  }
  return result;
}

constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";

/// The characters of base64 in a text, and as much padding as a group can lack.
Secret with_padding(std::string_view text) {
  std::string result;
  result.reserve(text.size() + 2);  // so that no part of it stays behind in memory
  for (const char c : text)
    if (kBase64.contains(c)) result += c;
  return Secret(result.append("=="));
}

/// Source: Python's email._encoded_words.decode_b().
Result<DecodedBody> decode_base64(std::string_view body) {
  if (auto bytes = base64_decode(body)) return DecodedBody{.text = Secret(std::move(*bytes))};
  const auto padded = with_padding(body);
  auto bytes = decode_loose_base64(padded.reveal());
  if (!bytes) return fail(Reason::kCustomData, "the text is not valid base64");
  const bool foreign = body.find_first_not_of(std::string(kBase64) + "\r\n") != std::string::npos;
  return DecodedBody{
      .text = Secret(std::move(*bytes)),
      .fault = foreign
                   ? "the part's base64 has characters that are not of base64, which are left out"
                   : "the part's base64 is not complete: it ends without its padding"};
}

bool is_uuencode(std::string_view name) {
  return name == "x-uuencode" || name == "uuencode" || name == "uue" || name == "x-uue";
}

}  // namespace

Result<DecodedBody> decode_transfer_encoding(std::string_view encoding, std::string_view body) {
  const std::string name = lower(trim(encoding));
  if (name == "quoted-printable") return DecodedBody{.text = Secret(decode_quoted_printable(body))};
  if (name == "base64") return decode_base64(body);
  if (is_uuencode(name))
    return fail(Reason::kCustomData, "the transfer encoding '" + name + "' is not supported");
  DecodedBody decoded{.text = Secret(std::string(body))};
  if (!name.empty() && name != "7bit" && name != "8bit" && name != "binary")
    decoded.fault = "the transfer encoding " + quote_type(encoding, "of this part") +
                    " is not known; its text is taken as it is";
  return decoded;
}

}  // namespace azl::provision::custom_data
