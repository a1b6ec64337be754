// Templates of any bytes, with fixed variables. Text without tags, and raw text, stays as it is but
// for its line ends; places lie inside of the template; the result is bounded.
#include <algorithm>
#include <string>
#include <string_view>

#include "base/secret.h"
#include "provision/custom_data/parse/jinja.h"
#include "tests/fuzz/require.h"

using namespace azl::provision::custom_data;
using azl::fuzz::require;

namespace {

constexpr std::string_view kHeader = "## template: jinja\n";

const nlohmann::json& variables() {
  static const nlohmann::json kVariables = {
      {"v1", {{"region", "westeurope"}, {"local_hostname", "web"}, {"zone", nullptr}}},
      {"ds", {{"meta_data", {{"local-hostname", "web.example.org"}, {"keys", {"a", "b"}}}}}},
      {"n", 5},
      {"list", {1, true, "x"}},
      {"empty", ""}};
  return kVariables;
}

/// Requires that the place is one of the text's: that of a character, or that after a line.
void check_place(std::string_view text, int line, int column) {
  require(line >= 1 && column >= 1, "places count from 1");
  for (int i = 1; i < line; ++i) {
    const auto end = text.find('\n');
    require(end != std::string_view::npos, "the line exists");
    text.remove_prefix(end + 1);
  }
  const auto length = std::min(text.find('\n'), text.size());
  require(static_cast<std::size_t>(column) <= length + 1, "the column exists");
}

void check_remarks(std::string_view text, const Remarks& remarks) {
  require(remarks.size() <= kTemplateRemarks + 1, "remarks are bounded");
  for (const auto& remark : remarks) {
    require(remark.level == RemarkLevel::kWarning && remark.rule == "undefined-variable",
            "only undefined variables are remarked on");
    require(!remark.text.empty() && remark.text.size() < 200, "a remark is a sentence");
    require(remark.text.find('\n') == std::string::npos, "a remark is one line");
    if (remark.place.line > 0) check_place(text, remark.place.line, remark.place.column);
  }
}

/// What becomes of text without tags: line ends become LF, and a CR at the end is removed.
std::string with_line_feeds(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\r')
      result += text[i];
    else if (i + 1 < text.size() && text[i + 1] != '\n')
      result += '\n';
  }
  return result;
}

bool has_tags(std::string_view text) {
  return text.find("{{") != std::string_view::npos || text.find("{%") != std::string_view::npos ||
         text.find("{#") != std::string_view::npos;
}

void check_plain_text(std::string_view body) {
  if (has_tags(body)) return;
  const auto rendered = render_jinja(std::string(kHeader) + std::string(body), variables());
  require(rendered && rendered->text.reveal() == with_line_feeds(body),
          "text without tags stays as it is");
  require(rendered->remarks.empty(), "text without tags has no remarks");
}

void check_raw_text(std::string_view body) {
  if (body.find("{%") != std::string_view::npos) return;
  // The bar keeps a brace at the end apart from the tag.
  const auto text = std::string(kHeader) + "{% raw %}" + std::string(body) + "|{% endraw %}";
  const auto rendered = render_jinja(text, variables());
  require(rendered.has_value(), "raw text renders");
  const auto expected = with_line_feeds(std::string(body) + "|");
  require(rendered->text.reveal() == expected, "raw text stays as it is");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto body = azl::fuzz::text_of(data, size);
  const auto text =
      body.starts_with("##") ? std::string(body) : std::string(kHeader) + std::string(body);
  const auto rendered = render_jinja(text, variables());
  if (rendered) {
    require(rendered->text.size() <= kRenderedLimit, "the text is bounded");
    check_remarks(text, rendered->remarks);
    const auto again = render_jinja(text, variables());
    require(again && again->text.reveal() == rendered->text.reveal(), "rendering is repeatable");
  } else {
    const auto& failure = rendered.error();
    require(!failure.text.empty() && failure.text.size() < 200, "a failure is a sentence");
    require(failure.text.find('\n') == std::string::npos, "a failure is one line");
    check_place(text, failure.line, failure.column);
  }
  check_plain_text(body);
  check_raw_text(body);
  return 0;
}
