#include "provision/custom_data/plan/file_content.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "provision/custom_data/parse/gzip.h"
#include "provision/custom_data/parse/loose_base64.h"

namespace azl::provision::custom_data {
namespace {

struct Row {
  std::string_view word;
  FileEncoding encoding;
};

constexpr auto kRows = std::to_array<Row>({
    {"", FileEncoding::kPlain},
    {"text/plain", FileEncoding::kPlain},
    {"gz", FileEncoding::kGzip},
    {"gzip", FileEncoding::kGzip},
    {"b64", FileEncoding::kBase64},
    {"base64", FileEncoding::kBase64},
    {"gz+b64", FileEncoding::kGzipBase64},
    {"gz+base64", FileEncoding::kGzipBase64},
    {"gzip+b64", FileEncoding::kGzipBase64},
    {"gzip+base64", FileEncoding::kGzipBase64},
});

std::optional<Secret> decode_base64(std::string_view text) {
  auto bytes = decode_loose_base64(text);
  if (!bytes) return std::nullopt;
  return Secret(std::move(*bytes));
}

FileContent refuse_size() {
  return {.bytes = {},
          .problem = "all files together have too many bytes",
          .advice = "let a script fetch large files",
          .too_large = true};
}

FileContent unpack(std::string_view packed, std::size_t& budget) {
  if (!is_gzip(packed)) {
    const bool in_base64 = trim(packed.substr(0, 80)).starts_with("H4sI");
    return {.bytes = {},
            .problem = "the content is not gzip data",
            .advice = in_base64 ? "it is base64: write 'encoding: gz+b64'"
                                : "write the output of 'gzip -c FILE | base64 -w0', and "
                                  "'encoding: gz+b64'"};
  }
  auto bytes = gunzip_within(packed, budget);
  if (bytes) return {.bytes = std::move(*bytes)};
  if (budget == 0) return refuse_size();
  return {.bytes = {},
          .problem = "the content cannot be unpacked: " + bytes.error().to_string(),
          .advice = "pack the file again with 'gzip -c FILE | base64 -w0'"};
}

/// Gzip data instead of base64 comes from the tag !!binary: YAML text cannot contain it.
FileContent refuse_decoded(bool packed) {
  return {.bytes = {},
          .problem = "the content is gzip data, and not base64",
          .advice = std::string(packed ? "write 'encoding: gz'" : "remove 'encoding'") +
                    ", because '!!binary' is decoded already"};
}

}  // namespace

std::optional<FileEncoding> parse_file_encoding(std::string_view text) {
  const auto word = lower(trim(text));
  const auto* const row =
      std::find_if(kRows.begin(), kRows.end(), [&](const Row& r) { return r.word == word; });
  if (row == kRows.end()) return std::nullopt;
  return row->encoding;
}

std::string_view known_file_encodings() { return "gz, b64 or gz+b64"; }

FileContent decode_file_content(FileEncoding encoding, std::string_view content,
                                std::size_t& budget) {
  const bool in_base64 = encoding == FileEncoding::kBase64 || encoding == FileEncoding::kGzipBase64;
  const bool packed = encoding == FileEncoding::kGzip || encoding == FileEncoding::kGzipBase64;
  std::optional<Secret> decoded;
  if (in_base64 && is_gzip(content)) return refuse_decoded(packed);
  if (in_base64) {
    decoded = decode_base64(content);
    if (!decoded)
      return {.bytes = {},
              .problem = "the content is not complete base64",
              .advice = "encode the file again with 'base64 -w0 FILE'"};
    content = decoded->reveal();
  }
  if (packed) return unpack(content, budget);
  if (content.size() > budget) return refuse_size();
  budget -= content.size();
  return {.bytes = decoded ? std::move(*decoded) : Secret(std::string(content))};
}

}  // namespace azl::provision::custom_data
