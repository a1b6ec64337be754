#include "provision/custom_data/parse/yaml_source.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/text.h"
#include "provision/custom_data/parse/yaml_text.h"

namespace azl::provision::custom_data {
namespace {

/// A line that ends the document. Empty if it would add a line feed to a block scalar at the end:
/// then the last line is indented, so that it is no directive, and yaml-cpp sees an open quote.
std::string_view find_end(std::string_view text) {
  if (text.empty()) return "";
  if (text.ends_with('\n')) return "...\n";
  const auto last = find_line(text, text.size());
  return last.starts_with(' ') && !trim(last).empty() ? "" : "\n...\n";
}

}  // namespace

YamlSource::YamlSource(std::string_view text) : text_(text), end_(find_end(text)), chunk_() {}

std::size_t YamlSource::fill(std::size_t at) {
  const auto part = text_.substr(0, chunk_.size() - at);
  std::ranges::copy(part, chunk_.begin() + static_cast<std::ptrdiff_t>(at));
  text_.remove_prefix(part.size());
  if (text_.empty()) text_ = std::exchange(end_, {});
  return at + part.size();
}

YamlSource::int_type YamlSource::underflow() {
  // Twice, so that yaml-cpp can put back the first characters of a short text.
  const auto size = fill(fill(0));
  if (size == 0) return traits_type::eof();
  constexpr std::string_view kSigns = "[]{},:-?&*!|>'\"%#";
  signs_ += static_cast<std::size_t>(std::ranges::count_if(
      std::string_view(chunk_.data(), size), [&](char c) { return kSigns.contains(c); }));
  if (signs_ > kYamlSigns)
    throw YamlStop{{.text = "a value has too many brackets, commas, colons and quotes",
                    .advice = "encode it as base64, or split it"}};
  setg(chunk_.data(), chunk_.data(), chunk_.data() + size);
  return traits_type::to_int_type(chunk_.front());
}

}  // namespace azl::provision::custom_data
