// Custom data of any bytes. Parts and remarks keep their bounds, names can be file names, and what
// is packed and encoded comes back byte for byte.
#include <algorithm>
#include <set>
#include <string>
#include <string_view>

#include <zlib.h>

#include "base/text.h"
#include "provision/custom_data/parse/gzip.h"
#include "provision/custom_data/parse/parts.h"
#include "provision/custom_data/parse/text_encoding.h"
#include "tests/fuzz/require.h"

using namespace azl::provision::custom_data;
using azl::fuzz::require;

namespace {

void check_name(const std::string& name) {
  require(!name.empty() && name != "." && name != "..", "a name is the name of a file");
  require(name.size() <= 128 + std::string_view("-256").size(), "a name is short");
  require(name.find('/') == std::string::npos, "a name has no slash");
  require(azl::printable(name, 4 * name.size(), azl::Quotes::kKept) == name,
          "a name is UTF-8 without control characters");
}

void check_text(const Part& part) {
  const auto text = part.text.reveal();
  require(!skip_leading_space(text).empty(), "a part has text");
  if (part.readable && (part.kind == PartKind::kCloudConfig || part.kind == PartKind::kTemplate))
    require(find_invalid_utf8(text) == std::string_view::npos &&
                text.find('\0') == std::string_view::npos,
            "cloud-config is UTF-8 without NUL bytes");
}

void check_remark(const Remark& remark) {
  require(!remark.rule.empty() && !remark.text.empty(), "a remark has a rule and a text");
  require(remark.text.size() < 400 && remark.advice.size() < 400,
          "a remark does not quote the document");
  for (const auto* const text : {&remark.rule, &remark.text, &remark.advice, &remark.place.part})
    require(azl::printable(*text, 4096, azl::Quotes::kKept) == *text, "a remark can be shown");
  require(!remark.text.ends_with('.'), "a remark has no final period");
  require(remark.place.line >= 0 && remark.place.column >= 0, "a place counts from 1");
}

void check(std::string_view bytes, const Parts& parts) {
  require(parts.parts.size() <= kMimeParts && parts.remarks.size() <= kPartRemarks,
          "parts and remarks are bounded");
  std::size_t total = 0;
  std::set<std::string_view> names;
  for (const auto& part : parts.parts) {
    require(part.kind != PartKind::kMultipart && part.kind != PartKind::kGzip,
            "each part is taken apart");
    require(names.insert(part.name).second, "each part has a name of its own");
    check_name(part.name);
    check_name(part.file_name);
    check_text(part);
    total += part.text.size();
  }
  require(total <= kUnpackedLimit, "all texts together are bounded");
  for (const auto& remark : parts.remarks) check_remark(remark);
  const bool nothing = parts.parts.empty() && parts.remarks.empty();
  require(nothing == skip_leading_space(bytes).empty(), "only white space gives nothing");
}

std::string packed(std::string_view text) {
  std::string output(compressBound(text.size()) + 64, '\0');
  z_stream stream = {};
  require(deflateInit2(&stream, 1, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK,
          "zlib starts");
  // NOLINTBEGIN(cppcoreguidelines-pro-type-reinterpret-cast,cppcoreguidelines-pro-type-const-cast)
  stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(text.data()));
  stream.next_out = reinterpret_cast<Bytef*>(output.data());
  // NOLINTEND(cppcoreguidelines-pro-type-reinterpret-cast,cppcoreguidelines-pro-type-const-cast)
  stream.avail_in = static_cast<uInt>(text.size());
  stream.avail_out = static_cast<uInt>(output.size());
  require(deflate(&stream, Z_FINISH) == Z_STREAM_END, "zlib packs");
  output.resize(stream.total_out);
  deflateEnd(&stream);
  return output;
}

/// Requires that a script comes back from gzip data in a message as it was. Its type decides, so
/// that any bytes are a script.
void check_script_comes_back(std::string_view script) {
  const auto first = skip_leading_space(script);
  if (first.size() != script.size() || first.empty() || is_gzip(script) || is_utf16(script)) return;
  const std::string message =
      "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n"
      "Content-Type: text/x-shellscript-per-boot; name=script\n"
      "Content-Transfer-Encoding: base64\n\n" +
      azl::base64_encode(packed(script)) + "\n--b--\n";
  const auto parts = read_parts(message);
  require(parts.parts.size() == 1 && parts.parts[0].kind == PartKind::kPerBootScript &&
              parts.parts[0].name == "script" && parts.parts[0].text.reveal() == script,
          "a script comes back as it was");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = azl::fuzz::text_of(data, size);
  check(bytes, read_parts(bytes));
  check_script_comes_back(bytes);
  return 0;
}
