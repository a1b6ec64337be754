// Documents that somebody made to harm, and those that are damaged.
#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "base/text.h"
#include "provision/custom_data/parse/parts.h"
#include "tests/unit/imds/repeated.h"
#include "tests/unit/provision/custom_data/parse/lines.h"
#include "tests/unit/provision/custom_data/parse/packed.h"
#include "tests/unit/provision/custom_data/parse/parts_outline.h"

using namespace azl::provision::custom_data;
using azl::test::kMultipart;
using azl::test::Lines;
using azl::test::outline;
using azl::test::packed;
using azl::test::repeated;

namespace {

/// `levels` multiparts inside of each other, with the boundaries b0, b1 and so on, around a script.
std::string nested(int levels) {
  std::string text = "MIME-Version: 1.0\n";
  for (int i = 0; i < levels; ++i) {
    const std::string boundary = "b" + std::to_string(i);
    text += "Content-Type: multipart/mixed; boundary=" + boundary + "\n\n--" + boundary + "\n";
  }
  return text + "\n#!/a\n";
}

std::string packed_times(std::string text, int times) {
  for (int i = 0; i < times; ++i) text = packed(text);
  return text;
}

std::string with_boundary(const std::string& boundary) {
  return "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"" + boundary + "\"\n\n--" +
         boundary + "\n\n#!/a\n--" + boundary + "--\n";
}

std::string base64_part(std::string_view bytes) {
  return "--b\nContent-Transfer-Encoding: base64\n\n" + azl::base64_encode(bytes) + "\n";
}

std::size_t total_text(const Parts& parts) {
  std::size_t total = 0;
  for (const auto& part : parts.parts) total += part.text.size();
  return total;
}

std::size_t count_rule(const Parts& parts, std::string_view rule) {
  return static_cast<std::size_t>(
      std::count_if(parts.remarks.begin(), parts.remarks.end(),
                    [&](const Remark& remark) { return remark.rule == rule; }));
}

}  // namespace

TEST_CASE("hostile documents give clear remarks, and what can be read is read") {
  const PartLimits small{.unpacked = 4096, .parts = 4, .depth = 3};
  const std::string script = "#!/a";
  struct Row {
    std::string what;
    std::string bytes;
    Lines lines;
  };
  const std::vector<Row> rows = {
      {"a document beyond the limit", "#!/a" + std::string(4093, 'x'), {": error too-large"}},
      {"base64 beyond the limit", std::string(4100, 'A'), {": error too-large"}},
      {"a gzip bomb", packed(std::string(1'000'000, '\n')), {": error bad-gzip"}},
      {"a gzip bomb in a message",
       kMultipart + base64_part(packed(std::string(1'000'000, '\n'))) + "--b\n\n#!/a\n--b--",
       {"part-002 script[#!/a]", "part-001: error bad-gzip"}},
      {"as many gzip layers as the limit", packed_times(script, 3), {"part-001 script[#!/a]"}},
      {"a gzip layer too many", packed_times(script, 4), {": error too-deep"}},
      {"as many multiparts as the limit",
       nested(3),
       {"part-001 script[#!/a\n]", ":1: warning mime-no-end", ":5: warning mime-no-end",
        ":8: warning mime-no-end"}},
      {"a multipart too many",
       nested(4),
       {":1: warning mime-no-end", ":5: warning mime-no-end", ":8: warning mime-no-end",
        ":11: error too-deep"}},
      {"layers of both kinds",
       packed(kMultipart + base64_part(nested(1)) + "--b--"),
       {"part-001 script[#!/a\n]", "part-001: warning mime-no-end"}},
      {"a layer of both kinds too many",
       packed(kMultipart + base64_part(packed(nested(1))) + "--b--"),
       {"part-001: error too-deep"}},
      {"multiparts in gzip data",
       packed(nested(3)),
       {":1: warning mime-no-end", ":5: warning mime-no-end", ":8: error too-deep"}},
      {"messages that are no multiparts, inside of each other",
       repeated("MIME-Version: 1.0\n\n", 3) + script,
       {"part-001 script[#!/a]"}},
      {"one of them too many",
       repeated("MIME-Version: 1.0\n\n", 4) + script,
       {"part-001: error too-deep"}},
      {"five parts",
       kMultipart + repeated("--b\n\n#!/a\n", 5) + "--b--",
       {"part-001 script[#!/a]", "part-002 script[#!/a]", "part-003 script[#!/a]",
        "part-004 script[#!/a]", ":17: error too-many-parts"}},
      {"five parts that cannot be read",
       kMultipart + repeated("--b\nContent-Transfer-Encoding: base64\n\ne\n", 5) + "--b--",
       {":5: error mime-encoding", ":9: error mime-encoding", ":13: error mime-encoding",
        ":17: error mime-encoding", ":21: error too-many-parts"}},
      {"too many parts in a part",
       kMultipart + "--b\n\n#!/1\n" +
           base64_part(packed(kMultipart + repeated("--b\n\n#!/2\n", 4) + "--b--")) +
           "--b\n\n#!/3\n--b--",
       {"part-001 script[#!/1]", "part-002 script[#!/2]", "part-003 script[#!/2]",
        "part-004 script[#!/2]", "part-002: error too-many-parts"}},
      {"messages without parts",
       kMultipart + repeated(base64_part("MIME-Version: 1.0\nContent-Type: multipart/mixed\n"), 3) +
           "--b\n\n#!/a\n--b--",
       {"part-004 script[#!/a]", "part-001: error mime-no-boundary",
        "part-002: error mime-no-boundary", "part-003: error mime-no-boundary"}},
      {"no line break at all",
       "MIME-Version: 1.0 Content-Type: multipart/mixed; boundary=b --b #!/a --b--",
       {"part-001: note empty-part"}},
      {"a boundary without characters", with_boundary(""), {":1: error mime-no-boundary"}},
      {"a boundary of 1,000 characters",
       with_boundary(std::string(1000, 'x')),
       {"part-001 script[#!/a]"}},
      {"only boundaries",
       kMultipart + "--b\n--b\n--b--",
       {"part-001: note empty-part", "part-002: note empty-part"}},
      {"NUL bytes only",
       std::string(8, '\0'),
       {"part-001 text[" + std::string(8, '\0') + "]", "part-001: warning not-run-text"}},
  };
  for (const auto& [what, bytes, lines] : rows) {
    CAPTURE(what);
    CHECK(outline(read_parts(bytes, small)) == lines);
  }
}

TEST_CASE("10,000 multiparts inside of each other are bounded") {
  const auto parts = read_parts(nested(10'000));
  CHECK(parts.parts.empty());
  CHECK(count_rule(parts, "too-deep") == 1);
  CHECK(parts.remarks.size() == 1 + kMimeDepth);
}

TEST_CASE("of 1,000 parts the first 256 are read") {
  const auto parts = read_parts(kMultipart + repeated("--b\n\n#!/a\n", 1000) + "--b--\n");
  REQUIRE(parts.parts.size() == kMimeParts);
  CHECK(parts.parts.back().name == "part-256");
  CHECK(parts.remarks.size() == 1);
  CHECK(count_rule(parts, "too-many-parts") == 1);
}

TEST_CASE("1,000 multiparts without parts are bounded") {
  const auto parts =
      read_parts(kMultipart + repeated("--b\nContent-Type: multipart/mixed\n\n", 1000) + "--b--\n");
  CHECK(parts.parts.empty());
  CHECK(count_rule(parts, "too-many-parts") == 1);
  CHECK(parts.remarks.size() == kMimeParts);  // the outer one has no other remark
}

TEST_CASE("a header of 1 MiB is read") {
  const std::string long_name(std::size_t{1} << 20, 'x');
  const auto parts =
      read_parts("MIME-Version: 1.0\nX: " + repeated(long_name.substr(0, 1022) + "\n ", 1024) +
                 "\nContent-Disposition: attachment; filename=\"" + long_name + "\"\n\n#!/a\n");
  REQUIRE(parts.parts.size() == 1);
  CHECK(parts.parts[0].name == "part-001");
  CHECK(count_rule(parts, "part-name") == 1);
}

TEST_CASE("all gzip data of a document shares one budget") {
  // Each unpacks to 100,000 bytes, whose script has no more bytes than the limit.
  const std::string piece = packed("#!/a\n" + std::string(99'995, 'x'));
  const PartLimits limits{.unpacked = 350'000};
  const auto parts = read_parts(kMultipart + repeated(base64_part(piece), 5) + "--b--\n", limits);
  CHECK(parts.parts.size() == 3);
  CHECK(total_text(parts) == 300'000);
  CHECK(count_rule(parts, "bad-gzip") == 2);
}

TEST_CASE("all texts of a document share one budget") {
  const std::string piece = packed("#!/a\n" + std::string(59'995, 'x'));
  const PartLimits limits{.unpacked = 100'000};
  const auto parts = read_parts(
      kMultipart + "--b\n\n#!/a" + std::string(59'996, 'x') + "\n" + base64_part(piece) + "--b--\n",
      limits);
  CHECK(parts.parts.size() == 1);
  CHECK(total_text(parts) == 60'000);
  CHECK(count_rule(parts, "too-large") == 1);
}

TEST_CASE("remarks are bounded") {
  // Each of 250 parts is a message of 250 multiparts without a boundary.
  const std::string inner =
      kMultipart + repeated("--b\nContent-Type: multipart/mixed\n\n", 250) + "--b--\n";
  const auto parts = read_parts(kMultipart + repeated(base64_part(packed(inner)), 250) + "--b--\n");
  CHECK(parts.parts.empty());
  REQUIRE(parts.remarks.size() == kPartRemarks);
  CHECK(parts.remarks.back().rule == "more-remarks");
}
