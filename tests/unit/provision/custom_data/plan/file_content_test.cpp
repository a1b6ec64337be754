#include "provision/custom_data/plan/file_content.h"

#include <string>

#include <doctest/doctest.h>

#include "base/text.h"

namespace azl::provision::custom_data {
namespace {

FileContent decode(FileEncoding encoding, std::string_view content, std::size_t budget = 1024) {
  return decode_file_content(encoding, content, budget);
}

/// "hello\n", packed by gzip.
constexpr std::string_view kPacked = "H4sIAAAAAAACA8tIzcnJ5wIAIDA6NgYAAAA=";

TEST_CASE("the encodings are those of cloud-init, in any case and with white space") {
  // https://docs.cloud-init.io/en/latest/reference/modules.html#write-files: "gz", "gzip",
  // "gz+base64", "gzip+base64", "gz+b64", "gzip+b64", "b64", "base64", "text/plain".
  const std::pair<std::string_view, FileEncoding> rows[] = {
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
      {" GZip+B64 ", FileEncoding::kGzipBase64},
  };
  for (const auto& [text, encoding] : rows) {
    CAPTURE(text);
    CHECK(parse_file_encoding(text) == encoding);
  }
  for (const auto* text : {"b32", "base64+gz", "gz b64", "text", "binary"}) {
    CAPTURE(text);
    CHECK(!parse_file_encoding(text));
  }
}

TEST_CASE("content is decoded by its encoding") {
  struct {
    FileEncoding encoding;
    std::string content;
    std::string_view bytes;
  } const rows[] = {
      {FileEncoding::kPlain, "a\n", "a\n"},
      {FileEncoding::kPlain, "", ""},
      {FileEncoding::kBase64, "aGVsbG8K", "hello\n"},
      {FileEncoding::kBase64, "", ""},
      {FileEncoding::kBase64, "aGVs\n  bG8K\n", "hello\n"},
      {FileEncoding::kBase64, "YQ==", "a"},
      {FileEncoding::kBase64, "YWI=", "ab"},
      // Python's b64decode() skips other characters, ends at the padding, and does not look at the
      // bits after the last byte.
      {FileEncoding::kBase64, "aGVs-bG8K", "hello\n"},
      {FileEncoding::kBase64, "YQ==YQ==", "a"},
      {FileEncoding::kBase64, "YR==", "a"},
      {FileEncoding::kBase64, "=aGVsbG8K", "hello\n"},
      {FileEncoding::kGzipBase64, std::string(kPacked), "hello\n"},
      {FileEncoding::kGzip, *base64_decode(kPacked), "hello\n"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.content);
    const auto content = decode(row.encoding, row.content);
    CHECK(content.bytes.reveal() == row.bytes);
    CHECK(content.problem.empty());
  }
}

TEST_CASE("content that is not encoded as it says has a problem") {
  struct {
    FileEncoding encoding;
    std::string content;
    std::string_view problem;
    std::string_view advice;
  } const rows[] = {
      // Python's b64decode() raises "Incorrect padding".
      {FileEncoding::kBase64, "YQ", "the content is not complete base64", "base64 -w0"},
      {FileEncoding::kBase64, "YQ=", "the content is not complete base64", "base64 -w0"},
      {FileEncoding::kBase64, "YWFhY", "the content is not complete base64", "base64 -w0"},
      {FileEncoding::kGzip, "hello", "the content is not gzip data", "gz+b64"},
      {FileEncoding::kGzip, std::string(kPacked), "the content is not gzip data", "it is base64"},
      // As !!binary gives it.
      {FileEncoding::kGzipBase64, *base64_decode(kPacked), "gzip data, and not base64",
       "write 'encoding: gz'"},
      {FileEncoding::kBase64, *base64_decode(kPacked), "gzip data, and not base64",
       "remove 'encoding'"},
      {FileEncoding::kGzipBase64, "aGVsbG8K", "the content is not gzip data", "gz+b64"},
      {FileEncoding::kGzipBase64, "H4sIAAAAAAACA8tI", "cannot be unpacked", "pack the file again"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.content);
    const auto content = decode(row.encoding, row.content);
    CHECK(content.bytes.empty());
    CHECK(content.problem.find(row.problem) != std::string::npos);
    CHECK(content.advice.find(row.advice) != std::string::npos);
    CHECK(!content.too_large);
  }
}

TEST_CASE("content beyond the budget is refused before and after decoding") {
  CHECK(decode(FileEncoding::kPlain, "12345", 5).problem.empty());
  CHECK(decode(FileEncoding::kPlain, "123456", 5).too_large);
  CHECK(decode(FileEncoding::kBase64, "aGVsbG8K", 6).problem.empty());
  CHECK(decode(FileEncoding::kBase64, "aGVsbG8K", 5).too_large);
  CHECK(decode(FileEncoding::kGzipBase64, kPacked, 6).problem.empty());
  CHECK(decode(FileEncoding::kGzipBase64, kPacked, 5).too_large);
}

TEST_CASE("what is decoded is taken from the budget") {
  std::size_t budget = 20;
  CHECK(decode_file_content(FileEncoding::kPlain, "1234", budget).problem.empty());
  CHECK(budget == 16);
  CHECK(decode_file_content(FileEncoding::kBase64, "aGVsbG8K", budget).problem.empty());
  CHECK(budget == 10);
  CHECK(decode_file_content(FileEncoding::kGzipBase64, kPacked, budget).problem.empty());
  CHECK(budget == 4);
  CHECK(decode_file_content(FileEncoding::kPlain, "12345", budget).too_large);
  CHECK(budget == 4);
}

}  // namespace
}  // namespace azl::provision::custom_data
